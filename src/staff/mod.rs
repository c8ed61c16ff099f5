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

use crate::platform::web::door::rights;

rights! {
    /// Manages staff, roles and venues.
    Administration = "administration": [Administrator]
    /// Reads the audit log.
    Audit = "audit": [Auditor]
}
