//! The service through a real browser: Debian's Chromium, headless, by WebDriver.
//!
//! Screenshots and PDFs of every page are left in `target/screens`, to be looked at.

mod support;

mod desk;
mod forms;
mod goals;
mod pages;
mod paper;
mod resident;
mod sessions;
mod subsidies;
mod surveys;
