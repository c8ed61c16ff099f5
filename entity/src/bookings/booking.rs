use crate::{BookingId, MunicipalityId, ResidentId, SessionId, SlotId, StaffId};
use sea_orm::entity::prelude::*;

/// One person's place, or wait for one, in one session.
#[sea_orm::model]
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
    #[sea_orm(belongs_to, from = "resident_id", to = "id")]
    pub resident: BelongsTo<crate::residents::resident::Entity>,
    #[sea_orm(belongs_to, from = "slot_id", to = "id")]
    pub slot: BelongsTo<Option<crate::sessions::slot::Entity>>,
}

text_enum! {
    /// Life of a booking; drawn in `shirube::bookings`.
    BookingState {
        /// Kept for five minutes while the operator talks.
        Held = "held",
        /// Has a seat.
        Confirmed = "confirmed",
        /// Waits for a seat.
        Waiting = "waiting",
        /// A freed seat is kept for this person until the answer.
        Offered = "offered",
        /// Taken back by the person or the office.
        Cancelled = "cancelled",
        /// A hold or an offer that ran out.
        Expired = "expired",
    }
}

impl BookingState {
    /// The states in which a booking takes a seat or a slot.
    pub const SEATED: [Self; 3] = [Self::Held, Self::Confirmed, Self::Offered];
    /// The states that have not ended: with a seat, or waiting for one.
    pub const LIVING: [Self; 4] = [Self::Held, Self::Confirmed, Self::Offered, Self::Waiting];

    /// Whether the booking takes a seat or a slot.
    pub fn has_seat(self) -> bool {
        Self::SEATED.contains(&self)
    }

    /// Whether the booking has not ended.
    pub fn is_living(self) -> bool {
        Self::LIVING.contains(&self)
    }
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
    /// How the booking came.
    Via {
        Phone = "phone", Counter = "counter", Paper = "paper", Web = "web", WalkIn = "walk_in",
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

impl ActiveModelBehavior for ActiveModel {}
