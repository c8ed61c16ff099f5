//! 目標・実績・達成状況: what a plan promised for each fiscal year, what was reached, and what people
//! say about it.
//!
//! ```text
//!  plan ──< edition ──< theme          a document as printed, or the draft of the next one
//!              │
//!              └──< item (取組) ──< measure ──< goal of a fiscal year (cell)
//!                      │               └──< actual of a fiscal year ── frozen figure
//!                      └──< review of a fiscal year: 達成状況, evidence, who judged, what comes next
//!
//!            draft                    publish
//!  edition ─────────> draft edition ─────────> published      nothing changes any more;
//!     ^                    │  goals, actuals,       │         bound actuals keep their figure
//!     └────────────────────┘  judgements            └──> next draft
//! ```
//!
//! - A "quarter" of Yokohama's クォーター・コード is a fiscal year: 1Q(R4) is April 2022 to March 2023,
//!   and the year always stands beside it.
//! - 継続 and an empty merged cell both say "as the year before". A goal shown in a picture only is
//!   unknown, not missing.
//! - 再掲: a cross-listed item is counted once, under the item that it names.
//! - 達成 is a human judgement and needs evidence and somebody who judged; no number decides it.
//! - An actual is entered in words, or bound to a figure of our own records. On publication the
//!   figure and its rows are kept; the living figure goes on beside it.
//! - A published edition never changes. The next one is drafted from it, and the two are compared.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::goals::{goal_edition, goal_plan};

use crate::platform::Ctx;
use crate::platform::Room;
use crate::platform::room::{Asset, Entry};
use crate::platform::web::door::{Right, rights};

rights! {
    /// Keeps the goals of the municipality and publishes them.
    Goals = "goals": [ProgrammeManager]
}

/// Whether somebody keeps the goals of the whole municipality.
fn keeps_all(ctx: &Ctx) -> bool {
    Goals::scope(ctx).is_ok_and(|scope| scope.is_whole())
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Goals::RIGHTS],
    menu: &[Entry::new(("goals", 90), "/goals", "nav.goals", keeps_all)],
    assets: &[Asset::css("goals.css", include_str!("pages/goals.css"))],
    pages: pages::pages,
    ..Room::new("goals", include_str!("../../seeds/wording/goals.tsv"))
};
