//! The two doors, pages and API, as far as they are alike for every room.

pub mod api;
pub mod assets;
pub mod client;
pub mod document;
pub mod door;
pub mod face;
pub mod form;
pub mod forwarded;
pub mod gate;
pub mod health;
pub mod page;
pub mod qr;
pub mod server;
pub mod sheet;

pub use form::Form;
pub use page::{Page, redirect, render};
