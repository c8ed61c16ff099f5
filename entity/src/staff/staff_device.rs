use crate::{StaffDeviceId, StaffId};
use sea_orm::entity::prelude::*;

/// A device on which a staff member has logged in: wrong tries of others do not stop it. It opens
/// nothing. Only the hash of its token is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_device")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: StaffDeviceId,
    pub staff_id: StaffId,
    /// SHA-256 of the token in the device's cookie, in hex. Several people may share a device.
    pub token_hash: String,
    pub created_at: ChronoDateTimeUtc,
    /// The last right login.
    pub seen_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
}

belongs_to! {
    StaffId => super::staff_member,
}
