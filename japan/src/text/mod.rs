//! Text that people type: names, readings, notes, and the keys by which they are found again.
//!
//! Two rules hold throughout. What is stored is what was typed, cleaned of what nobody can see.
//! What is searched is a key made from it, in which different ways to write the same thing meet.

pub mod characters;
pub mod clean;
pub mod email;
pub mod kana;
pub mod limits;
pub mod name;
pub mod name_order;
pub mod search;
pub mod variants;

pub use clean::{TextError, free_text, single_line};
pub use email::{EmailAddress, EmailError};
pub use kana::{Kana, KanaError};
pub use name::{NameError, PersonName};
