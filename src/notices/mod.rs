//! お知らせ: one notice to one person, by the person's own ways, until one of them arrives.
//!
//! The ladder is the person's order of channels, closed by phone and letter, so that nobody is
//! out of reach. A rung that fails (mail refused, third call without answer) opens the next.
//! Whether a person may be contacted at all is asked when a notice is sent or printed, not when
//! it is written.

pub mod actions;
pub mod ical;
pub mod mail;
pub mod queries;

pub use entity::notices::{delivery, notice};
