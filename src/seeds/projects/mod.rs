//! Ward projects: the two of fiscal year 2022 that the paper names, and invented ones of the demo.

mod past;
mod played;

pub use past::yokohama;
pub use played::{Plan, demo};
