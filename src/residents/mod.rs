//! 住民: the people whom we serve.
//!
//! A person is complete with a kana reading alone. Several people may share a phone. A search
//! comes before every creation; possible duplicates are shown and nothing merges by itself.
//! What happens with a person, in whatever room, stands on the person's timeline.

pub mod actions;
pub mod api;
pub mod intake;
pub mod pages;
pub mod queries;
pub mod rules;
mod search;
pub mod timeline;

pub use actions::{Created, NewResident};
pub use entity::residents::{contact_channel, resident, resident_barrier};
pub use queries::{Card, Found};

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::platform::web::door::{Right, rights};

/// Outbox event: a person died, moved away, withdrew, or is back. Payload: [`Moved`].
pub const STANDING: &str = "resident_standing";

/// Outbox event: a mail address was corrected or taken away. Payload: [`Moved`].
pub const MAIL_CHANGED: &str = "resident_mail";

/// Payload of [`STANDING`] and [`MAIL_CHANGED`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    pub municipality_id: entity::MunicipalityId,
    pub resident_id: entity::ResidentId,
}

rights! {
    /// Serves callers at the desk and sees residents.
    Desk = "desk": [Operator, Coordinator, ProgrammeManager]
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Desk::RIGHTS],
    menu: &[Entry::new(("people", 20), "/people", "nav.people", Desk::opens)],
    pages: pages::pages,
    ..Room::new("residents", include_str!("../../seeds/wording/residents.tsv"))
};
