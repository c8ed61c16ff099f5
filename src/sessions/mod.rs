//! 開催回: dated classes, consultation days and events.
//!
//! A session has seats (class, event) or 1-on-1 slots with a staff member (consultation). It
//! takes its room and its staff for its time; nobody and nothing is in two places at once.

pub mod queries;

pub use entity::sessions::{session, slot};
pub use queries::{SessionFilter, SessionRow};
