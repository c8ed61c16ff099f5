//! Day, times and place of a session as forms carry them.

use chrono::{DateTime, Utc};
use entity::{RoomId, VenueId};

use crate::platform::error::FieldError;
use crate::platform::japan::time::instant;
use crate::platform::japan::{clock, day};

/// The form value of a place.
pub fn place_value(venue: VenueId, room: Option<RoomId>) -> String {
    match room {
        Some(room) => format!("{venue}-{room}"),
        None => venue.to_string(),
    }
}

/// The venue and room that a form value names.
pub fn read_place(value: &str) -> Option<(VenueId, Option<RoomId>)> {
    match value.split_once('-') {
        Some((venue, room)) => {
            Some((VenueId(venue.parse().ok()?), Some(RoomId(room.parse().ok()?))))
        }
        None => Some((VenueId(value.parse().ok()?), None)),
    }
}

/// The span of a day and two times: `2024-07-10`, 14:00, 「午後4時」.
///
/// # Errors
/// The fields that are empty or unreadable.
pub fn read_span(
    date: &str,
    start: &str,
    end: &str,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field| errors.push(FieldError::new(field, "err.session.time.empty"));

    let (day, from, to) = (day::read(date), clock::read(start), clock::read(end));
    if day.is_err() {
        wrong("date");
    }
    if from.is_err() {
        wrong("starts_at");
    }
    if to.is_err() {
        wrong("ends_at");
    }

    match (day, from, to) {
        (Ok(day), Ok(from), Ok(to)) => Ok((instant(day, from), instant(day, to))),
        _ => Err(errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_two_times_become_a_span() {
        let span = read_span("２０２４-07-10", "１４:00", "16:00:00").expect("readable");
        assert_eq!(span.0.to_rfc3339(), "2024-07-10T05:00:00+00:00");
        assert_eq!(span.1.to_rfc3339(), "2024-07-10T07:00:00+00:00");
        let said = read_span("令和6年7月10日", "午後2時", "16時").expect("readable");
        assert_eq!(said, span);
        let errors = read_span("", "14", "").expect_err("unreadable");
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["date", "starts_at", "ends_at"]);
    }

    #[test]
    fn a_place_is_a_venue_with_or_without_a_room() {
        for (value, want) in [
            ("3-7", Some((VenueId(3), Some(RoomId(7))))),
            ("3", Some((VenueId(3), None))),
            ("", None),
            ("3-", None),
            ("x", None),
        ] {
            assert_eq!(read_place(value), want, "{value}");
        }
    }
}
