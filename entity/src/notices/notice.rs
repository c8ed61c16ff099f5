use crate::{BookingId, MunicipalityId, NoticeId, ResidentId, RoomId, SessionId, VenueId};
use sea_orm::entity::prelude::*;

/// One message to one person about one booking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: NoticeId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    pub booking_id: BookingId,
    pub kind: NoticeKind,
    /// SEQUENCE of the booking's invitation when the notice was written.
    pub calendar_sequence: i32,
    /// When the session that the office moved was to begin.
    pub former_starts_at: Option<ChronoDateTimeUtc>,
    /// The session that the booking was in before it changed.
    pub former_session_id: Option<SessionId>,
    /// Where it was to be.
    pub former_venue_id: Option<VenueId>,
    pub former_room_id: Option<RoomId>,
    /// From when to when the person was to come.
    pub former_from_at: Option<ChronoDateTimeUtc>,
    pub former_until_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What the message says.
    NoticeKind {
        Confirmed = "confirmed", Waiting = "waiting", Offered = "offered", Moved = "moved",
        Cancelled = "cancelled", SessionMoved = "session_moved", SessionCancelled = "session_cancelled",
        /// How things are three months after a class.
        Survey = "survey",
    }
}

belongs_to! {}
