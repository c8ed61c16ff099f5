//! Cancel and move.

use entity::bookings::booking::{self, BookingState, TakenBy};
use entity::{BookingId, SessionId, SlotId};
use sea_orm::ActiveValue;

use super::{
    announce, announce_moved, ask_elsewhere, former, free_slot, give_seat, lock_session, occupy,
    offer, own_record, seats, seats_for_web, slot_of, span, store, take, take_seat, vacate, vouch,
};
use crate::bookings::rules::{self, Refusal};
use crate::bookings::{Change, queries};
use crate::platform::{Actor, Result, Scope, Tx};

/// Takes a booking back. A freed seat is offered on after [`rules::KEEP`]; until then the booking can
/// be given back with it.
///
/// # Errors
/// `not_now` when it has ended, `session_started` when it is too late.
pub async fn cancel(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let mut session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    rules::can_change(booking.state, session.starts_at, tx.now())?;
    let slot = slot_of(tx, &booking).await?;
    let was_invited = booking.state == BookingState::Confirmed;
    let sequence = booking.calendar_sequence + i32::from(was_invited);
    let booking = take(tx, &mut session, booking, TakenBy::Cancel, sequence).await?;
    announce(tx, &booking, &session, slot.as_ref(), Change::Cancelled).await?;
    offer::promote(tx, &mut session).await?;
    Ok(booking)
}

/// Gives the invitation of a confirmed booking its next version, as for a guest who is invited under
/// another address (RFC 5546, 3.2.5): what went out before is older than what comes now.
///
/// # Errors
/// `NotFound` outside the scope, `not_now` without a seat.
pub async fn renew_invitation(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    if booking.state != BookingState::Confirmed {
        return Err(Refusal::NotNow.into());
    }
    let sequence = booking.calendar_sequence + 1;
    let mut changed = booking::ActiveModel::from(booking);
    changed.calendar_sequence = ActiveValue::Set(sequence);
    store(tx, changed).await
}

/// Moves a booking to another session, or to another slot. Number and invitation stay the same.
///
/// # Errors
/// As for booking the new place and cancelling the old one; nothing changes then.
pub async fn move_to(
    tx: &Tx,
    scope: &Scope,
    id: BookingId,
    session_id: SessionId,
    slot_id: Option<SlotId>,
) -> Result<booking::Model> {
    moved(tx, scope, id, session_id, slot_id, false).await
}

/// As [`move_to`]; an application that nobody has settled goes back `to_own` record first, so that
/// nothing else of the person whose it seems to be has a say in it.
pub(super) async fn moved(
    tx: &Tx,
    scope: &Scope,
    id: BookingId,
    session_id: SessionId,
    slot_id: Option<SlotId>,
    to_own: bool,
) -> Result<booking::Model> {
    let whole = Scope::whole(scope.municipality_id);
    let old_id = queries::get(tx.db(), scope, id).await?.session_id;

    // Always in the order of ids, so that two moves cannot wait for each other.
    let mut sessions = Vec::new();
    let mut ids = vec![old_id, session_id];
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        sessions.push(lock_session(tx, &whole, id).await?);
    }

    let mut booking = queries::lock(tx, scope, id).await?;
    let mut new = sessions.iter().find(|s| s.id == session_id).cloned().ok_or(Refusal::NotNow)?;
    let mut old = sessions.into_iter().find(|s| s.id == old_id).ok_or(Refusal::NotNow)?;
    rules::can_change(booking.state, old.starts_at, tx.now())?;
    let before = former(&old, slot_of(tx, &booking).await?.as_ref());

    if to_own {
        booking = own_record::step_back(tx, &old, booking).await?;
    }

    let had_seat = booking.state.has_seat();
    if new.id != old.id {
        refuse_second(tx, &booking, new.id).await?;
    } else if booking.slot_id == slot_id {
        return Err(Refusal::AlreadyBooked.into());
    }

    if had_seat {
        give_seat(tx, &mut old).await?;
        vacate(tx, booking.id).await?;
        ask_elsewhere(tx, &booking).await?;
        // Of one session there are two copies here.
        if new.id == old.id {
            new.taken = old.taken;
        }
    }

    // Who moves a booking on the web takes another seat there as whoever books on the web.
    let by_themselves = matches!(tx.ctx().actor, Actor::Anonymous | Actor::Resident { .. });
    let on_the_web = by_themselves && new.id != old.id;

    let kept = offer::kept_for_others(tx, &new).await?;
    let mut left = match on_the_web {
        true => seats_for_web(tx, &new).await?,
        false => seats(&new),
    };
    left.taken += kept.len();
    rules::place(&left, slot_id.is_some(), false, tx.now())?;

    let slot = match slot_id {
        Some(id) if kept.has(id) => return Err(Refusal::SlotTaken.into()),
        Some(id) => Some(free_slot(tx, &new, id).await?),
        None => None,
    };

    let was_invited = booking.state == BookingState::Confirmed;
    let sequence = booking.calendar_sequence + i32::from(was_invited);
    let mut changed = booking::ActiveModel::from(booking);
    changed.session_id = ActiveValue::Set(new.id);
    changed.slot_id = ActiveValue::Set(slot_id);
    changed.state = ActiveValue::Set(BookingState::Confirmed);
    changed.expires_at = ActiveValue::Set(None);
    changed.queued_at = ActiveValue::Set(tx.now());
    changed.calendar_sequence = ActiveValue::Set(sequence);
    let booking = store(tx, changed).await?;

    take_seat(tx, &mut new).await?;
    occupy(tx, &booking, span(&new, slot.as_ref())).await?;
    vouch(tx, &booking).await?;

    let change = if was_invited { Change::Moved } else { Change::Confirmed };
    let before = was_invited.then_some(before);
    announce_moved(tx, &booking, &new, slot.as_ref(), change, before).await?;

    if new.id == old.id {
        old = new;
    }
    offer::promote(tx, &mut old).await?;
    Ok(booking)
}

async fn refuse_second(tx: &Tx, booking: &booking::Model, session_id: SessionId) -> Result<()> {
    match queries::living_in(tx.db(), session_id, booking.resident_id).await? {
        Some(_) => Err(Refusal::AlreadyBooked.into()),
        None => Ok(()),
    }
}
