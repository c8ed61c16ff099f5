//! The data sets of `seeds/`: loaded from the shell and by the demo, each as often as wanted.
//!
//! The files travel inside the program. What has a code is there once, however often it is loaded.

mod demo;
mod goals;
mod goals_demo;
mod history;
mod people;
mod places;
mod projects;
mod routers;
mod staff;
mod surveys;
mod synthetic;
mod tables;

pub use demo::{Rest, demo, prepare};
pub use places::{chiyoda, meguro, minato, yokohama};
pub use staff::DemoLogin;
pub use synthetic::synthetic;
pub use tables::problems;
