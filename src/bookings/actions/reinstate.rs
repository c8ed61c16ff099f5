//! Taking a cancellation back.

use entity::BookingId;
use entity::bookings::booking::{self, BookingState};
use sea_orm::ActiveValue;

use super::book::living_in;
use super::{announce, free_slot, lock_session, occupy, seats, span, store, take_seat};
use crate::bookings::rules::{self, Place, Refusal};
use crate::bookings::{Change, queries};
use crate::platform::{Result, Scope, Tx};

/// Takes a cancellation back: the same booking, with its number, has its seat again, or its place in
/// the waiting list.
///
/// # Errors
/// `not_now` for what was not cancelled, `already_booked` when the person has another booking there,
/// `session_full`, `slot_taken` and `overlap` when the seat or the time is not free any more, and
/// those of a session that takes no bookings.
pub async fn reinstate(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let mut session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    if booking.state != BookingState::Cancelled {
        return Err(Refusal::NotNow.into());
    }
    if living_in(tx, session.id, booking.resident_id).await?.is_some() {
        return Err(Refusal::AlreadyBooked.into());
    }
    // Whoever had an invitation had a seat: it is not turned into a wait unasked.
    let had_seat = booking.calendar_sequence > 0;
    let has_slot = booking.slot_id.is_some();
    let waits = !had_seat && session.taken >= session.capacity;
    let place = rules::place(&seats(&session), has_slot, waits, tx.now())?;
    let slot = match booking.slot_id {
        Some(slot_id) if place == Place::Seat => Some(free_slot(tx, &session, slot_id).await?),
        _ => None,
    };
    let sequence = booking.calendar_sequence + i32::from(had_seat);
    let mut changed = booking::ActiveModel::from(booking);
    let (state, change) = match place {
        Place::Seat => (BookingState::Confirmed, Change::Confirmed),
        Place::Wait => (BookingState::Waiting, Change::Waiting),
    };
    changed.state = ActiveValue::Set(state);
    changed.slot_id = ActiveValue::Set(slot.as_ref().map(|slot| slot.id));
    changed.calendar_sequence = ActiveValue::Set(sequence);
    let booking = store(tx, changed).await?;
    if place == Place::Seat {
        take_seat(tx, &mut session).await?;
        occupy(tx, &booking, span(&session, slot.as_ref())).await?;
    }
    announce(tx, &booking, &session, slot.as_ref(), change).await?;
    Ok(booking)
}
