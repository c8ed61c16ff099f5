//! Who is asked at a class, and what they told.

use std::collections::HashMap;

use entity::bookings::booking;
use entity::surveys::class_answers::{self, ClassMoment};
use entity::{BookingId, ClassAnswersId, ResidentId, SessionId};
use poem_openapi::Object;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::view::stored;
use crate::bookings::queries as bookings;
use crate::platform::{Personal, Result, Scope};
use crate::residents::{self, Found};
use crate::sessions;

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
            // Who came along with somebody learned nothing that could be asked about.
            ClassMoment::EndOfClass => booking.came(),
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

/// What was recorded.
#[derive(Object, Clone, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ClassAnswers {
    /// Absent while nothing was recorded.
    pub id: Option<ClassAnswersId>,
    pub booking_id: BookingId,
    pub moment: ClassMoment,
    pub answers: HashMap<String, Value>,
    /// Tasks of the ten that the person can do alone.
    pub alone_count: i32,
    /// 0 while nothing was recorded.
    #[oai(skip)]
    pub revision: i32,
}

/// What one person told at a moment of a class. Whoever reaches the session may read it.
///
/// # Errors
/// `NotFound` when the session is outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn told_at_class(
    db: &impl ConnectionTrait,
    scope: &Scope,
    booking_id: BookingId,
    moment: ClassMoment,
) -> Result<Personal<ClassAnswers>> {
    let whole = Scope::whole(scope.municipality_id);
    let booking = bookings::get(db, &whole, booking_id).await?;
    sessions::queries::get(db, scope, booking.session_id).await?;

    let known = super::class_answers(db, &[booking_id]).await?;
    let row = known.into_iter().find(|row| row.moment == moment);
    let told = ClassAnswers {
        id: row.as_ref().map(|row| row.id),
        booking_id,
        moment,
        alone_count: row.as_ref().map_or(0, |row| row.alone_count),
        revision: row.as_ref().map_or(0, |row| row.revision),
        answers: row.map(|row| stored(row.answers)).unwrap_or_default(),
    };
    Ok(Personal::new(told, [booking.resident_id]))
}
