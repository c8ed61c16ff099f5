//! Day, times and place as forms carry them.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::{RoomId, VenueId};

use crate::places;
use crate::platform::japan::time::instant;
use crate::platform::text::characters::narrow;
use crate::platform::web::door::{Choice, Visit};
use crate::platform::{Error, FieldError, Result};
use crate::sessions::Planning;

/// The rooms by venue, each venue also without a room, as choices: `3-7` for a room, `3` for the
/// venue alone. Two queries.
pub(super) async fn places(visit: &Visit<Planning>) -> Result<Vec<Choice>> {
    let (db, scope, page) = (visit.db(), &visit.scope, &visit.page);
    let venues = places::queries::list_venues(db, scope).await?;
    let rooms = places::queries::list_rooms(db, scope).await?;

    let mut choices = Vec::new();
    for venue in venues.into_iter().filter(|venue| scope.reaches_ward(venue.ward_id)) {
        let name = page.pick(&venue.name_ja, &venue.name_en);
        for room in rooms.iter().filter(|room| room.venue_id == venue.id) {
            let (room_name, n) =
                (page.pick(&room.name_ja, &room.name_en), room.capacity.to_string());
            let values = [("venue", name), ("room", room_name), ("n", n.as_str())];
            let label = page.f("plan.place.room", &values);
            choices.push((place_value(venue.id, Some(room.id)), label));
        }
        choices.push((place_value(venue.id, None), page.f1("plan.place.none", "venue", name)));
    }
    Ok(choices)
}

/// The form value of a place.
pub(super) fn place_value(venue: VenueId, room: Option<RoomId>) -> String {
    match room {
        Some(room) => format!("{venue}-{room}"),
        None => venue.to_string(),
    }
}

/// The venue and room that a form value names.
pub(super) fn read_place(value: &str) -> Option<(VenueId, Option<RoomId>)> {
    match value.split_once('-') {
        Some((venue, room)) => {
            Some((VenueId(venue.parse().ok()?), Some(RoomId(room.parse().ok()?))))
        }
        None => Some((VenueId(value.parse().ok()?), None)),
    }
}

/// The span of a day and two times, `2024-07-10`, `14:00`, `16:00`.
///
/// # Errors
/// The fields that are empty or unreadable.
pub(super) fn read_span(
    date: &str,
    start: &str,
    end: &str,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |field| errors.push(FieldError::new(field, "err.session.time.empty"));

    let day = narrow(date.trim()).replace('/', "-").parse::<NaiveDate>().ok();
    let (from, to) = (read_time(start), read_time(end));
    if day.is_none() {
        wrong("date");
    }
    if from.is_none() {
        wrong("starts_at");
    }
    if to.is_none() {
        wrong("ends_at");
    }

    match (day, from, to) {
        (Some(day), Some(from), Some(to)) => Ok((instant(day, from), instant(day, to))),
        _ => Err(errors),
    }
}

fn read_time(text: &str) -> Option<NaiveTime> {
    let text = narrow(text.trim());
    NaiveTime::parse_from_str(&text, "%H:%M").or(NaiveTime::parse_from_str(&text, "%H:%M:%S")).ok()
}

/// An error of an action, its fields under the names that the form has.
pub(super) fn as_of_form(error: Error) -> Error {
    let renamed = |error: FieldError| match error.field.as_str() {
        "venue_id" | "room_id" => FieldError { field: "place".to_owned(), ..error },
        _ => error,
    };
    match error {
        Error::Invalid(errors) => Error::Invalid(errors.into_iter().map(renamed).collect()),
        other => other,
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
