//! 開催回: dated classes, consultation days and events.
//!
//! ```text
//!  create ----> planned ----> (its time passes)
//!                 | change_time: frees the room and the staff, takes them again
//!                 v
//!             cancelled: frees the room and the staff
//! ```
//!
//! - A session has seats (class, event) or 1-on-1 slots with a staff member (consultation);
//!   then its capacity is the number of its slots.
//! - It takes its room and its staff for its time, in ten-minute cells; nobody and nothing is
//!   in two places at once, whatever the programme.
//! - What speaks against it is refused or asked before anything is stored (`rules::conflicts`): some
//!   events take place on a holiday.
//! - People who are booked follow in the room `bookings`.

pub mod actions;
pub mod api;
pub mod queries;
pub mod roster;
pub mod rules;

/// Outbox event: a session got more seats. Payload: [`Widened`].
pub const WIDENED: &str = "session_widened";

/// Payload of [`WIDENED`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Widened {
    pub municipality_id: entity::MunicipalityId,
    pub session_id: entity::SessionId,
}

pub use actions::NewSession;
pub use entity::sessions::{session, slot};
pub use queries::{SessionFilter, SessionRow, SlotRow};
pub use rules::{NewTime, SessionChange};

use crate::platform::Room;
use crate::platform::web::door::{Right, rights};

rights! {
    /// Plans sessions and sends letters.
    Planning = "planning": [Coordinator, ProgrammeManager]
    /// Sees sessions and their rosters, and records attendance.
    Roster = "roster": [Operator, Coordinator, Teacher, ProgrammeManager]
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Planning::RIGHTS, Roster::RIGHTS],
    ..Room::new("sessions", include_str!("../../seeds/wording/sessions.tsv"))
};
