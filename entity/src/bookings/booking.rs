pub use crate::sessions::seat::{BookingState, Via};
use crate::{BookingId, MunicipalityId, ResidentId, SessionId, SlotId, StaffId};
use sea_orm::entity::prelude::*;

/// One person's place, or wait for one, in one session.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "booking")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BookingId,
    pub municipality_id: MunicipalityId,
    pub session_id: SessionId,
    /// The 1-on-1 slot; none for classes, events and waits.
    pub slot_id: Option<SlotId>,
    pub resident_id: ResidentId,
    /// Eight digits with a check digit, spoken 4 + 4.
    #[sea_orm(unique)]
    pub number: i32,
    pub state: BookingState,
    pub via: Via,
    /// Place in the waiting order: smaller is earlier.
    pub queued_at: ChronoDateTimeUtc,
    /// When a hold or an offer ends.
    pub expires_at: Option<ChronoDateTimeUtc>,
    /// What a cancelled booking was, where it can be given back.
    pub taken_from: Option<BookingState>,
    /// Which act took it.
    pub taken_by: Option<TakenBy>,
    /// Until when the seat of a cancelled booking is not offered on.
    pub kept_until: Option<ChronoDateTimeUtc>,
    pub attendance: Option<Attendance>,
    pub attendance_at: Option<ChronoDateTimeUtc>,
    /// UID of the invitation, for the booking's life.
    pub calendar_uid: String,
    /// SEQUENCE of the invitation: grows with each change of time or place.
    pub calendar_sequence: i32,
    /// The operator; none on the web.
    pub booked_by: Option<StaffId>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// An act that took a booking from its person, and that can be taken back.
    TakenBy {
        /// The person or the office cancelled it.
        Cancel = "cancel",
        /// The person died, moved away or withdrew.
        Standing = "standing",
    }
}
text_enum! {
    /// Whether the person came.
    Attendance {
        Present = "present", Late = "late", LeftEarly = "left_early",
        AbsentTold = "absent_told", NoShow = "no_show", Companion = "companion",
    }
}

impl Attendance {
    /// Those who took part: what 延べ counts in every table. Who came along with somebody did not.
    pub const CAME: [Self; 3] = [Self::Present, Self::Late, Self::LeftEarly];

    /// Whether the person took part.
    pub fn came(self) -> bool {
        Self::CAME.contains(&self)
    }
}

impl Model {
    /// Whether the person took part: who cancelled after all did not.
    pub fn came(&self) -> bool {
        self.state == BookingState::Confirmed && self.attendance.is_some_and(Attendance::came)
    }
}

belongs_to! {
    ResidentId => crate::residents::resident,
    SlotId => crate::sessions::slot,
}
