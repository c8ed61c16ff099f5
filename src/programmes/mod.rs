//! 事業: the programmes of a municipality, and how many sessions each plans for a fiscal year.

pub mod queries;

pub use entity::programmes::{programme, programme_plan};
