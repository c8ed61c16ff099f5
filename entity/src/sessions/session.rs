pub use crate::programmes::session_kind::SessionKind;
use crate::{MunicipalityId, ProgrammeId, RoomId, SessionId, VenueId, WardId};
use sea_orm::entity::prelude::*;

/// One dated class, consultation day or event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SessionId,
    pub municipality_id: MunicipalityId,
    pub programme_id: ProgrammeId,
    pub ward_id: Option<WardId>,
    pub venue_id: VenueId,
    pub room_id: Option<RoomId>,
    /// Name of the row in the seeds, or a generated one; unique in the municipality.
    pub code: String,
    pub kind: SessionKind,
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
    pub capacity: i32,
    /// Seats taken; equals the bookings that hold a seat (`invariants.sql`).
    pub taken: i32,
    pub allocation: Allocation,
    pub state: SessionState,
    /// Why it was called off, as the people are told; none when nothing was said.
    pub called_off_because: Option<String>,
    /// Shown to the public.
    pub is_public: bool,
    /// Since when the public can book. None: hidden, or open since before this was noted.
    pub opened_at: Option<ChronoDateTimeUtc>,
    /// Minutes of a 1-on-1 slot; none for sessions without slots.
    pub slot_minutes: Option<i32>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// How seats are given.
    Allocation {
        /// 先着
        FirstCome = "first_come",
        /// 抽選
        Draw = "draw",
    }
}
text_enum! {
    /// Whether it takes place.
    SessionState { Planned = "planned", Cancelled = "cancelled" }
}

belongs_to! {}
