//! 問い合わせ: what was asked, what was answered, which call was promised.
//!
//! While a call goes on its inquiry is a draft, saved as it is typed; an operator has at most
//! one. A closed inquiry is not changed any more, but for the mark that its promised call was
//! made.

pub mod actions;
pub mod api;
pub mod pages;
pub mod queries;
pub mod rules;

pub use entity::inquiries::inquiry;

use crate::platform::web::door::rights;

rights! {
    /// Answers calls as the daily work.
    Calls = "calls": [Operator, Coordinator]
}
