//! 受講フロー: from what a person answers to three to six steps that suit the person.
//!
//! The rules are data (`seeds/paths/rules.toml`), versioned; every step names the rules it
//! came from and says why in a sentence. Unknown is not no. The operator may change the
//! proposal, with a reason. Steps follow their bookings and attendance.

pub mod actions;
pub mod api;
pub mod queries;
pub mod rules;

pub use entity::paths::{path, path_step};

use crate::platform::Room;

/// What the house has to know of this room.
pub const ROOM: Room = Room { ..Room::new("paths", include_str!("../../seeds/wording/paths.tsv")) };
