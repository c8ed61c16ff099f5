use crate::{BookingId, MunicipalityId, ResidentId};
use sea_orm::entity::prelude::*;

/// What the search for people sees of the table of bookings: whose number somebody reads out.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BookingId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    #[sea_orm(unique)]
    pub number: i32,
}

belongs_to! {}
