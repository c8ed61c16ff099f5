//! アンケート: what people tell before, at the end of a class, and three months after it (定着).
//!
//! ```text
//!  attendance        7 days before      7 days after,     30 days after
//!  recorded          letter or mail,    nobody answered   nobody answered
//!                    on the day a letter
//!                    after a silent mail
//!     |                   |                  |                 |
//!     v                   v                  v                 v
//!  waiting ------------> asked -----------> calling --------> closed (no_answer)
//!     |                   |                  |                 |
//!     +-------------------+------------------+-----------------+---> answered
//!     |  died, moved away, withdrew: closed (silent)   a late sheet still counts
//!     |  attendance taken back:      closed (taken_back)
//!     +  the person says no:         closed (declined)
//! ```
//!
//! - One interview for all classes whose days lie within thirty days.
//! - Link, sheet and telephone fill one set of answers; it is finished once.
//! - Questions and the rule of 定着 are versioned data; a result names its versions, and figures
//!   never add up over versions.
//! - Figures have three denominators (due, reached, answered); fewer than five people, and what
//!   could be counted from the rest, are not shown.
//! - Answers move the path only through a person: they make a proposal that somebody accepts.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;
pub mod sheet;

pub use entity::surveys::{class_answers, follow_up, survey_call};

use entity::surveys::class_answers::ClassMoment;

use crate::platform::room::{Asset, Entry};
use crate::platform::web::door::{By, Right, rights};
use crate::platform::{Result, Room, Scope};
use crate::residents::Desk;
use crate::sessions::Roster;

rights! {
    /// Sees the figures of the own programmes and wards.
    Figures = "figures": [Coordinator, ProgrammeManager, WardOfficer]
}

/// Outbox job: the next turn of a follow-up is due. Payload: [`Turned`].
pub const TURN: &str = "survey_turn";
/// Outbox event: a person is to be asked by letter or mail. Payload: [`Turned`].
pub const ASK: &str = "survey_ask";
/// Outbox event: a mail was not answered, and a letter is to follow. Payload: [`Turned`].
pub const ASK_AGAIN: &str = "survey_ask_again";
/// Outbox event: a follow-up ended, answered or not. Payload: [`Turned`].
pub const ENDED: &str = "survey_ended";

/// Payload of [`TURN`], [`ASK`], [`ASK_AGAIN`] and [`ENDED`].
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Turned {
    pub municipality_id: entity::MunicipalityId,
    pub follow_up_id: entity::FollowUpId,
}

/// Whom one may ask about a class: what was true before it is for those who serve callers.
fn class_scope(by: &By<Roster>, moment: ClassMoment) -> Result<Scope> {
    match moment {
        ClassMoment::Before => Desk::scope(&by.ctx),
        ClassMoment::EndOfClass => Ok(by.scope.clone()),
    }
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Figures::RIGHTS],
    menu: &[Entry::new(("follow", 40), "/followup", "nav.followup", Desk::opens)],
    assets: &[Asset::script("survey.js", include_str!("pages/survey.js"))],
    jobs: &[(TURN, actions::turn_job)],
    pages: pages::pages,
    ..Room::new("surveys", include_str!("../../seeds/wording/surveys.tsv"))
};
