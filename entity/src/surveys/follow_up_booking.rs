use crate::{BookingId, FollowUpId};
use sea_orm::entity::prelude::*;

/// A class that a follow-up covers.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follow_up_booking")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: BookingId,
    pub follow_up_id: FollowUpId,
    /// The day of the class.
    pub attended_on: ChronoDate,
}

belongs_to! {}
