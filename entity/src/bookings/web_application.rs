use crate::{BookingId, MunicipalityId, ResidentId};
use sea_orm::entity::prelude::*;

/// A booking that was made on the public pages, and what its number is proved with.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "web_application")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: BookingId,
    pub municipality_id: MunicipalityId,
    /// The record that was made of what was typed. The booking stands here, or on the record of
    /// the person whom it clearly is.
    pub resident_id: ResidentId,
    /// National digits of the number that was typed.
    pub digits: String,
    /// Its last four digits.
    pub last4: String,
    /// When the office said whose application it is.
    pub settled_at: Option<ChronoDateTimeUtc>,
}

belongs_to! {}
