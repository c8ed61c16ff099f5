use crate::{MunicipalityId, RoomId, VenueId};
use sea_orm::entity::prelude::*;

/// A room in a venue; one session at a time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RoomId,
    pub municipality_id: MunicipalityId,
    pub venue_id: VenueId,
    pub name_ja: String,
    pub name_en: String,
    pub capacity: i32,
}

belongs_to! {}
