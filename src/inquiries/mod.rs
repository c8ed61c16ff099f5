//! 問い合わせ: what was asked, what was answered, which call was promised.
//!
//! While a call goes on its inquiry is a draft, saved as it is typed; an operator has at most
//! one. A closed inquiry is not changed any more, but for the mark that its promised call was
//! made.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::inquiries::inquiry;

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::platform::web::door::{Right, rights};
use crate::residents::Desk;

rights! {
    /// Answers calls as the daily work.
    Calls = "calls": [Operator, Coordinator]
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Calls::RIGHTS],
    menu: &[
        Entry::new(("calls", 11), "/calls", "nav.calls", Desk::opens),
        Entry::new(("calls", 12), "/callbacks", "nav.callbacks", Desk::opens),
    ],
    pages: pages::pages,
    ..Room::new("inquiries", include_str!("../../seeds/wording/inquiries.tsv"))
};
