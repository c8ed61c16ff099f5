use crate::{ClosureId, MunicipalityId, VenueId};
use sea_orm::entity::prelude::*;

/// A day on which the municipality (or one venue) is closed, beside holidays and the year's end.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "closure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ClosureId,
    pub municipality_id: MunicipalityId,
    pub venue_id: Option<VenueId>,
    pub on_date: ChronoDate,
    pub reason_ja: String,
    pub reason_en: String,
}

belongs_to! {}
