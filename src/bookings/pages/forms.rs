//! What the forms of a session have in common.

use chrono::{DateTime, Utc};
use entity::{RoomId, StaffId, VenueId};

use crate::places;
use crate::platform::web::door::{Choice, Typed, Visit};
use crate::platform::{Error, FieldError, Result};
use crate::sessions::Planning;
use crate::sessions::rules::{place_value, read_place, read_span};

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

/// When and where a session is to be, as it was typed.
pub(super) struct TimeAndPlace {
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub place: Option<(VenueId, Option<RoomId>)>,
}

impl TimeAndPlace {
    /// What is wrong with it goes to `errors`.
    pub fn read(typed: &Typed, errors: &mut Vec<FieldError>) -> Self {
        let (date, from, to) = (typed.get("date"), typed.get("starts_at"), typed.get("ends_at"));
        let span = read_span(date, from, to).map_err(|mut found| errors.append(&mut found)).ok();

        let place = read_place(typed.get("place"));
        if place.is_none() {
            errors.push(FieldError::new("place", "err.session.venue"));
        }
        Self { span, place }
    }
}

/// The staff that was ticked.
///
/// # Errors
/// The field, when one of them is no number.
pub(super) fn read_staff(typed: &Typed) -> Result<Vec<StaffId>, FieldError> {
    let ids = typed.all("staff").into_iter().map(|id| id.parse().map(StaffId));
    ids.collect::<Result<_, _>>().map_err(|_| FieldError::new("staff", "err.session.staff"))
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
