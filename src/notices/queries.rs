//! Reads.

use sea_orm::ConnectionTrait;

use crate::bookings::queries::BookingRow;
use crate::platform::{Error, Result};

/// The invitation of a booking as a calendar file for download (METHOD:PUBLISH).
pub async fn invite(_: &impl ConnectionTrait, _: &BookingRow) -> Result<String> {
    Err(Error::internal("stub"))
}
