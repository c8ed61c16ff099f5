//! The verbs: write a notice, send, print, post, call.

use crate::bookings::Changed;
use crate::platform::{App, Error, Result};

/// Writes the notice that a change of a booking calls for, and opens its first rung.
/// Runs from the outbox; running it twice writes one notice.
pub async fn tell(_: &App, _: &Changed) -> Result<()> {
    Err(Error::internal("stub"))
}
