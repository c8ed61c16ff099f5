use crate::{BookingId, MunicipalityId, StaffId};
use sea_orm::entity::prelude::*;

/// From which network a web booking came, kept for two weeks so that the office sees a burst.
/// Networks stand here as digests, never as addresses.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking_origin")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub booking_id: BookingId,
    pub municipality_id: MunicipalityId,
    /// One IPv4 address or one IPv6 /64.
    pub network: String,
    /// The IPv4 /24 around it; of IPv6 the same /64.
    pub wider: String,
    pub booked_at: ChronoDateTimeUtc,
    /// When somebody of the staff had to do with the person, so that the booking is no bot's.
    pub vouched_at: Option<ChronoDateTimeUtc>,
    pub vouched_by: Option<StaffId>,
}

belongs_to! {}
