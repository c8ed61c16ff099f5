//! Figures for committees, in the documents' own shape: 年度・回数・場所・人数.
//!
//! The room owns no table. Live years are counted from the rows of sessions and bookings at the
//! moment somebody looks; years before the service are what the papers print, never mixed with them.
//!
//! - 回数 is sessions that were not cancelled and have ended.
//! - 延べ人数 is attendances (present, late, left early); 実人数 is different persons among them.
//!   Persons of several sessions, kinds or years count once wherever figures are put together, so
//!   the figure of several years is less than their sum, or equal.
//! - A printed figure keeps its words: what is approximate stays so, and people of whom the paper
//!   does not say whether they are 延べ or 実 are neither.
//! - Every figure leads to its rows.

pub mod api;
pub mod pages;
pub mod printed;
pub mod queries;
pub mod rules;

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::surveys::Figures;

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    menu: &[Entry::new(("reports", 70), "/reports/committee", "nav.reports", Figures::opens)],
    pages: pages::pages,
    ..Room::new("reports", include_str!("../../seeds/wording/reports.tsv"))
};
