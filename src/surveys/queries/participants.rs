//! Who is asked at a class.

use std::collections::HashMap;

use entity::bookings::booking;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::ConnectionTrait;

use crate::bookings::queries as bookings;
use crate::platform::{Personal, Result, Scope};
use crate::residents::{self, Found};
use crate::surveys::rules::came;

/// Somebody who is asked at a class, with what was told at that moment.
#[derive(Clone, Debug)]
pub struct Participant {
    pub booking: booking::Model,
    pub person: Found,
    /// None where nothing was recorded.
    pub told: Option<class_answers::Model>,
}

/// Those who are asked at a moment of a class: before it who has a seat, at its end who came.
/// Whoever reaches the session reaches all of them.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn participants(
    db: &impl ConnectionTrait,
    scope: &Scope,
    session_id: SessionId,
    moment: ClassMoment,
) -> Result<Personal<Vec<Participant>>> {
    let whole = Scope::whole(scope.municipality_id);
    // Closed again below, over those who are shown of all who booked.
    let booked = bookings::of_session(db, &whole, session_id).await?.for_work();
    let there: Vec<booking::Model> = booked
        .into_iter()
        .map(|(booking, _)| booking)
        .filter(|booking| match moment {
            ClassMoment::Before => booking.state.has_seat(),
            ClassMoment::EndOfClass => came(booking.state, booking.attendance),
        })
        .collect();

    let ids: Vec<ResidentId> = there.iter().map(|booking| booking.resident_id).collect();
    let people = residents::queries::found_by_ids(db, &whole, &ids).await?.for_work();

    let known: Vec<BookingId> = there.iter().map(|booking| booking.id).collect();
    let mut told: HashMap<BookingId, class_answers::Model> = super::class_answers(db, &known)
        .await?
        .into_iter()
        .filter(|row| row.moment == moment)
        .map(|row| (row.booking_id, row))
        .collect();

    let found = there.into_iter().filter_map(|booking| {
        let person = people.get(&booking.resident_id)?.clone();
        let told = told.remove(&booking.id);
        Some(Participant { booking, person, told })
    });
    Ok(Personal::new(found.collect(), ids))
}
