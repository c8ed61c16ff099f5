//! The frame of every door: who comes in, what they do, what they were shown.
//!
//! An operation of the API takes [`By`], a page takes [`Visit`]; both name the right that opens
//! them. A write is [`By::does`], a look at people [`By::saw`].

mod by;
mod field;
mod returned;
mod visit;

pub(crate) use by::rights;
pub use by::{By, Right, Rights};
pub use field::{Choice, Field, Look};
pub use returned::{Returned, Typed, render_form, revision_of};
pub use visit::Visit;
