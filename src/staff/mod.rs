//! Who works here: logins, roles, and the time of staff shared between programmes.
//!
//! A staff member has one login and any number of roles, each in a municipality, a programme
//! or a ward, each with an end date if need be. Somebody can be in one place at a time,
//! whatever the programme.

pub mod actions;
pub mod api;
mod attempts;
pub mod devices;
pub mod pages;
pub mod passwords;
pub mod queries;
pub mod rules;

pub use entity::staff::{assignment, role_grant, staff_member};

use crate::platform::Room;
use crate::platform::room::Entry;
use crate::platform::web::door::{Right, rights};

rights! {
    /// Manages staff, roles and venues.
    Administration = "administration": [Administrator]
    /// Reads the audit log.
    Audit = "audit": [Auditor]
}

/// What the house has to know of this room.
pub const ROOM: Room = Room {
    rights: &[Administration::RIGHTS, Audit::RIGHTS],
    menu: &[
        Entry {
            home: |ctx| Administration::opens(ctx).then_some(4),
            ..Entry::new(("admin", 100), "/admin", "nav.admin", Administration::opens)
        },
        Entry {
            home: |ctx| Audit::opens(ctx).then_some(5),
            ..Entry::new(("admin", 101), "/audit", "nav.audit", Audit::opens)
        },
    ],
    pages: pages::pages,
    ..Room::new("staff", include_str!("../../seeds/wording/staff.tsv"))
};
