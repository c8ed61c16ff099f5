use crate::{MunicipalityId, SessionId, SlotId, StaffId};
use sea_orm::entity::prelude::*;

/// A 1-on-1 slot of a consultation with one staff member.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "slot")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SlotId,
    pub municipality_id: MunicipalityId,
    pub session_id: SessionId,
    pub staff_id: StaffId,
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
}

belongs_to! {}
