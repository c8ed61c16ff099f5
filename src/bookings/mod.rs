//! 予約: seats and slots, waiting lists, offers, attendance.
//!
//! ```text
//!            hold                 confirm
//!  (nobody) ------> held -------------------> confirmed ----> attendance recorded
//!     |              | 5 minutes of silence      |  ^
//!     |              v                           |  | accept
//!     |           expired <------- offered ------+--+      offered: a freed seat is kept
//!     |                   time out    ^          |         for the first who waits
//!     |  full                         | seat     | cancel
//!     +------------------> waiting ---+ freed    v
//!                             +------------> cancelled
//! ```
//!
//! - No session gives more seats than it has; no slot is given twice.
//! - One person has one living booking in a session and is in one place at a time.
//! - Who books while others wait goes behind them: whoever comes to a session first offers its
//!   free seats to them.
//! - What was cancelled can be given back, and its seat is kept for that for a minute.
//! - A seat is kept as long as the call goes on that keeps it, and five minutes after its last sign.
//! - A freed seat is offered to the first who waits and has the time; the offer lasts a
//!   number of call-centre hours, longer where it goes by letter, and ends two hours before the
//!   session. In these last hours a free seat is for whoever asks first, waiting or not.
//!
//! Every change writes the outbox event `CHANGED`; notices and paths follow it.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use actions::{SessionMoved, Wish};
pub use entity::bookings::booking;
pub use queries::BookingRow;

/// Outbox event: a booking changed. Payload: [`Changed`].
pub const CHANGED: &str = "booking_changed";
/// Outbox job: a hold or an offer runs out. Payload: [`Expiry`].
pub const EXPIRE: &str = "expire_booking";

/// What happened to a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Confirmed,
    Waiting,
    Offered,
    Moved,
    Cancelled,
    /// An offer ran out.
    OfferExpired,
    /// The office moved the whole session.
    SessionMoved,
    /// The office moved the whole session to a time at which the person is elsewhere.
    SessionLeft,
    /// The office cancelled the whole session.
    SessionCancelled,
    Attended,
}

/// Payload of [`CHANGED`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Changed {
    pub municipality_id: entity::MunicipalityId,
    pub booking_id: entity::BookingId,
    pub change: Change,
    /// SEQUENCE of the invitation at the change.
    pub sequence: i32,
    /// When the session that the office moved was to begin.
    #[serde(default)]
    pub former_starts_at: Option<chrono::DateTime<chrono::Utc>>,
    /// What was moved, as it was before.
    #[serde(default)]
    pub former: Option<Former>,
}

/// Where and when a person was to come before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Former {
    pub session_id: entity::SessionId,
    pub venue_id: entity::VenueId,
    pub room_id: Option<entity::RoomId>,
    pub starts_at: chrono::DateTime<chrono::Utc>,
    pub ends_at: chrono::DateTime<chrono::Utc>,
}

/// Payload of [`EXPIRE`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Expiry {
    pub municipality_id: entity::MunicipalityId,
    pub booking_id: entity::BookingId,
    pub revision: i32,
}

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::sessions::{self, Roster};

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    menu: &[Entry {
        home: |ctx| Roster::opens(ctx).then_some(3),
        ..Entry::new(("sessions", 30), "/sessions", "nav.sessions", Roster::opens)
    }],
    jobs: &[(EXPIRE, actions::expire_job), (sessions::WIDENED, actions::offer_new_seats_job)],
    pages: pages::pages,
    ..Room::new("bookings", include_str!("../../seeds/wording/bookings.tsv"))
};
