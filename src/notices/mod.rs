//! お知らせ: one notice to one person, by the person's own ways, until one of them arrives.
//!
//! ```text
//! letter   waiting --print--> printed --post--> posted
//! call     waiting --> no_answer (twice) --> told          third: failed, next way
//! mail     waiting --> sent                                refused for good: failed, next way
//! ```
//!
//! - The ladder is the person's order of channels, closed by phone and letter, so that nobody
//!   is out of reach. A rung that fails opens the next.
//! - A later notice about the same booking drops what was not delivered yet.
//! - Whether a person may be contacted at all is asked when a notice is sent or printed, not
//!   when it is written.
//! - Only `posted`, `told` and `sent` count as informed, and stand on the person's timeline.

pub mod actions;
pub mod api;
pub mod dispatch;
pub mod ical;
pub mod letter;
pub mod mail;
pub mod message;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::notices::{delivery, notice};

/// Outbox job: a mail is to be sent. Payload: [`SendMail`].
pub const SEND_MAIL: &str = "send_mail";

/// Payload of [`SEND_MAIL`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct SendMail {
    pub municipality_id: entity::MunicipalityId,
    pub delivery_id: entity::DeliveryId,
}

/// Outbox job: a mail that went to a wrong address is recalled there. Payload: [`RecallMail`].
pub const RECALL_MAIL: &str = "recall_mail";

/// Payload of [`RECALL_MAIL`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct RecallMail {
    pub municipality_id: entity::MunicipalityId,
    /// The mail; the address stands there alone.
    pub delivery_id: entity::DeliveryId,
    /// Version of the event's cancellation.
    pub sequence: i32,
}

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::residents::Desk;

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    menu: &[Entry::new(("post", 50), "/post", "nav.post", Desk::opens)],
    jobs: &[(SEND_MAIL, actions::send_mail_job), (RECALL_MAIL, actions::recall_mail_job)],
    pages: pages::pages,
    ..Room::new("notices", include_str!("../../seeds/wording/notices.tsv"))
};
