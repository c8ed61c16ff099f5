use crate::{BookingId, ResidentId};
use sea_orm::entity::prelude::*;

/// Ten minutes of a resident's time, taken by one booking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident_busy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
    /// Start of the ten minutes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cell_at: ChronoDateTimeUtc,
    pub booking_id: BookingId,
}

belongs_to! {}
