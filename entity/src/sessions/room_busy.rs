use crate::{RoomId, SessionId};
use sea_orm::entity::prelude::*;

/// Ten minutes of a room, taken by one session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_busy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub room_id: RoomId,
    /// Start of the ten minutes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cell_at: ChronoDateTimeUtc,
    pub session_id: SessionId,
}

belongs_to! {}
