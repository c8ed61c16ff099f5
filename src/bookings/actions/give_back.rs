//! Giving back what was taken.

use entity::BookingId;
use entity::bookings::booking::{self, BookingState, TakenBy};
use entity::residents::resident::Standing;
use entity::residents::timeline_entry::TimelineKind;
use entity::sessions::session;
use sea_orm::ActiveValue;
use serde_json::json;

use super::{
    free_slot, lock_session, offer, own_record, seats, slot_of, span, store, take_seat, tell_below,
    try_occupy, write_line,
};
use crate::bookings::rules::{self, Refusal};
use crate::bookings::{Change, queries};
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;

/// Gives a cancelled booking back as it was: the seat or slot where it is free, otherwise nothing
/// changes. Number, invitation and place in the waiting list stay the same. The person hears of it
/// when they were told of the cancelling.
///
/// # Errors
/// `not_now` when nothing was taken or it is given back already; `session_full`, `slot_taken`,
/// `overlap`, `already_booked`, `session_started`, `session_cancelled` when something else took the
/// place; `person_silent` while the person may not be contacted.
pub async fn give_back(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    given_back(tx, scope, id, false).await
}

/// As [`give_back`], for whoever made an application: nothing else of the person whose it seems to be
/// has a say in it.
///
/// # Errors
/// As [`give_back`].
pub async fn give_back_application(
    tx: &Tx,
    scope: &Scope,
    id: BookingId,
) -> Result<booking::Model> {
    given_back(tx, scope, id, true).await
}

/// Gives a booking back; an application that nobody has settled goes back `to_own` record first.
async fn given_back(tx: &Tx, scope: &Scope, id: BookingId, to_own: bool) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let mut session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let mut booking = queries::lock(tx, scope, id).await?;
    if to_own {
        booking = own_record::step_back(tx, &session, booking).await?;
    }
    restore(tx, &mut session, booking).await
}

/// Gives a booking back in its locked session. Whatever is refused is refused before anything is
/// written, so that a caller who gives back several may go on with the next.
pub(super) async fn restore(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
) -> Result<booking::Model> {
    let to = rules::given_back(booking.state, booking.taken_from)?;
    rules::open_for_booking(&seats(session), tx.now())?;

    let whole = Scope::whole(booking.municipality_id);
    let person = residents::queries::get(tx.db(), &whole, booking.resident_id).await?;
    if person.standing != Standing::Active {
        return Err(Refusal::PersonSilent.into());
    }
    if queries::living_in(tx.db(), session.id, booking.resident_id).await?.is_some() {
        return Err(Refusal::AlreadyBooked.into());
    }

    if to == BookingState::Confirmed {
        sit_down(tx, session, &booking).await?;
    }

    let by = booking.taken_by;
    let mut sequence = booking.calendar_sequence;
    // The calendar was told of the cancelling, so SEQUENCE grows once more.
    if to == BookingState::Confirmed && by == Some(TakenBy::Cancel) {
        sequence += 1;
    }

    let mut changed = booking::ActiveModel::from(booking);
    changed.state = ActiveValue::Set(to);
    changed.taken_from = ActiveValue::Set(None);
    changed.taken_by = ActiveValue::Set(None);
    changed.kept_until = ActiveValue::Set(None);
    changed.calendar_sequence = ActiveValue::Set(sequence);
    if to == BookingState::Waiting {
        changed.slot_id = ActiveValue::Set(None);
    }
    let booking = store(tx, changed).await?;

    // Who died or moved was taken out without a word, and hears nothing now.
    if by == Some(TakenBy::Cancel) {
        let change = match to {
            BookingState::Waiting => Change::Waiting,
            _ => Change::Confirmed,
        };
        tell_below(tx, &booking, change, None, None).await?;
    }

    let slot = slot_of(tx, &booking).await?;
    let starts_at = span(session, slot.as_ref()).0;
    let wording = "timeline.given_back";
    write_line(tx, &booking, session, TimelineKind::Booking, wording, starts_at, json!({})).await?;

    offer::promote(tx, session).await?;
    Ok(booking)
}

/// Takes the old seat or slot, and the person's time, again.
async fn sit_down(tx: &Tx, session: &mut session::Model, booking: &booking::Model) -> Result<()> {
    let kept = offer::kept_for_others(tx, session).await?.without(booking.id);
    if session.taken + kept.len() >= session.capacity {
        return Err(Refusal::Full.into());
    }

    let slot = match booking.slot_id {
        Some(id) if kept.has(id) => return Err(Refusal::SlotTaken.into()),
        Some(id) => Some(free_slot(tx, session, id).await?),
        None => None,
    };

    if !try_occupy(tx, booking, span(session, slot.as_ref())).await? {
        return Err(Refusal::Overlap.into());
    }
    take_seat(tx, session).await.map_err(|_| Error::internal("a free seat is not free"))
}
