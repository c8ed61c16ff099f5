//! Hold, book, confirm, release.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState, Via};
use entity::sessions::{session, slot};
use entity::{BookingId, ResidentId, SessionId, SlotId};
use sea_orm::{ActiveModelTrait, ActiveValue};

use super::{
    announce, audit, free_slot, let_go, lock_session, note_origin, occupy, offer, queue_expiry,
    seats, seats_for_web, slot_of, span, store, take_seat, vouch,
};
use crate::bookings::rules::{self, HOLD, MAX_LIVING, Place, Refusal};
use crate::bookings::{Change, queries};
use crate::platform::japan::BookingNumber;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;

/// What somebody would like.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Wish {
    pub session_id: SessionId,
    /// For consultations.
    pub slot_id: Option<SlotId>,
    pub resident_id: ResidentId,
    pub via: Via,
    /// Whether the person waits when the session is full.
    pub may_wait: bool,
}

/// Keeps a seat for five minutes while the operator talks; a seat that is kept already for five
/// more. Somebody who waits in this session gets the seat that is free now; the place in the list
/// comes back when the hold runs out.
///
/// # Errors
/// The refusals of [`rules::place`]; `Overlap` when the person is elsewhere; `AlreadyBooked`.
pub async fn hold(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<booking::Model> {
    match ask(tx, scope, &Wish { may_wait: false, ..*wish }).await? {
        Answer::Earlier(earlier)
            if earlier.state == BookingState::Held && earlier.slot_id == wish.slot_id =>
        {
            renew_locked(tx, earlier).await
        }
        Answer::Earlier(_) => Err(Refusal::AlreadyBooked.into()),
        Answer::Place(new) => place(tx, wish, *new, BookingState::Held).await,
    }
}

/// Keeps a held seat for five more minutes, because the talk goes on. While most of the time is
/// left it locks and changes nothing.
///
/// # Errors
/// `too_late` when the hold ran out, `not_now` when the booking is none.
pub async fn renew(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let seen = queries::get(tx.db(), scope, id).await?;
    if rules::renewed(seen.state, seen.queued_at, seen.expires_at, tx.now())?.is_none() {
        return Ok(seen);
    }
    lock_session(tx, &Scope::whole(scope.municipality_id), seen.session_id).await?;
    renew_locked(tx, queries::lock(tx, scope, id).await?).await
}

async fn renew_locked(tx: &Tx, held: booking::Model) -> Result<booking::Model> {
    let next = rules::renewed(held.state, held.queued_at, held.expires_at, tx.now())?;
    let Some(next) = next else { return Ok(held) };
    let mut changed = booking::ActiveModel::from(held);
    changed.queued_at = ActiveValue::Set(next.queued_at);
    changed.expires_at = ActiveValue::Set(Some(next.expires_at));
    let held = store(tx, changed).await?;
    queue_expiry(tx, &held).await?;
    Ok(held)
}

/// Books a seat, or a place in the waiting list when the person would wait. What is held for the
/// person in this session or offered to them becomes the booking, and so does a place in the
/// waiting list when a seat is free.
///
/// # Errors
/// As [`hold`].
pub async fn book(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<booking::Model> {
    match ask(tx, scope, wish).await? {
        Answer::Earlier(earlier)
            if [BookingState::Held, BookingState::Offered].contains(&earlier.state)
                && earlier.slot_id == wish.slot_id =>
        {
            confirm(tx, scope, earlier.id).await
        }
        Answer::Earlier(_) => Err(Refusal::AlreadyBooked.into()),
        Answer::Place(new) => {
            let state = match new.place {
                Place::Seat => BookingState::Confirmed,
                Place::Wait => BookingState::Waiting,
            };
            place(tx, wish, *new, state).await
        }
    }
}

/// Turns a hold, or an offer, into a booking.
///
/// # Errors
/// `too_late` when it ran out, `not_now` when there is nothing to confirm, `session_started`,
/// `session_cancelled`.
pub async fn confirm(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;

    if booking.state == BookingState::Expired {
        return Err(Refusal::TooLate.into());
    }
    rules::can_confirm(booking.state, booking.expires_at, tx.now())?;
    rules::open_for_booking(&seats(&session), tx.now())?;

    let mut changed = booking::ActiveModel::from(booking);
    changed.state = ActiveValue::Set(BookingState::Confirmed);
    changed.expires_at = ActiveValue::Set(None);
    let booking = store(tx, changed).await?;
    vouch(tx, &booking).await?;

    let slot = slot_of(tx, &booking).await?;
    announce(tx, &booking, &session, slot.as_ref(), Change::Confirmed).await?;
    Ok(booking)
}

/// Lets a hold go, without telling anybody.
///
/// # Errors
/// `not_now` when the booking is no hold (any more).
pub async fn release(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let mut session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    match booking.state {
        BookingState::Expired => return Ok(booking),
        BookingState::Held => {}
        _ => return Err(Refusal::NotNow.into()),
    }
    let booking = let_go(tx, &mut session, booking).await?;
    offer::promote(tx, &mut session).await?;
    Ok(booking)
}

/// What the rules say of a wish.
enum Answer {
    /// The person has a living booking in this session, with a seat or without any to be had.
    Earlier(booking::Model),
    Place(Box<NewPlace>),
}

/// A place that can be given, with everything locked that this rests on.
struct NewPlace {
    session: session::Model,
    slot: Option<slot::Model>,
    place: Place,
    /// The person's place in the waiting list, which becomes the booking.
    waited: Option<booking::Model>,
}

async fn ask(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<Answer> {
    residents::queries::get(tx.db(), &Scope::whole(scope.municipality_id), wish.resident_id)
        .await?;
    if scope.resident_id.is_some_and(|own| own != wish.resident_id) {
        return Err(Error::NotFound);
    }

    let session = lock_session(tx, scope, wish.session_id).await?;
    let earlier = queries::living_in(tx.db(), session.id, wish.resident_id).await?;
    let kept = offer::kept_for_others(tx, &session).await?;

    let mut seats = match wish.via {
        Via::Web => seats_for_web(tx, &session).await?,
        _ => seats(&session),
    };
    seats.taken += kept.len();

    let waited = match earlier {
        Some(waits) if waits.state == BookingState::Waiting && seats.left() => Some(waits),
        Some(earlier) => {
            rules::open_for_booking(&seats, tx.now())?;
            return Ok(Answer::Earlier(earlier));
        }
        None => None,
    };

    let place = rules::place(&seats, wish.slot_id.is_some(), wish.may_wait, tx.now())?;
    let slot = match (place, wish.slot_id) {
        (Place::Seat, Some(id)) if kept.has(id) => return Err(Refusal::SlotTaken.into()),
        (Place::Seat, Some(id)) => Some(free_slot(tx, &session, id).await?),
        _ => None,
    };

    Ok(Answer::Place(Box::new(NewPlace { session, slot, place, waited })))
}

async fn place(tx: &Tx, wish: &Wish, new: NewPlace, state: BookingState) -> Result<booking::Model> {
    let NewPlace { mut session, slot, waited, .. } = new;
    let slot = slot.as_ref();

    let booking = match waited {
        Some(waited) => {
            let mut changed = booking::ActiveModel::from(waited);
            changed.state = ActiveValue::Set(state);
            changed.slot_id = ActiveValue::Set(slot.map(|slot| slot.id));
            changed.expires_at = ActiveValue::Set(hold_end(tx, state));
            store(tx, changed).await?
        }
        // Whoever waited is counted among the living already.
        None if queries::still_to_come(tx.db(), wish.resident_id, tx.now()).await?
            >= MAX_LIVING =>
        {
            return Err(Refusal::TooMany.into());
        }
        None => insert(tx, wish, &session, slot, state).await?,
    };

    if state != BookingState::Waiting {
        take_seat(tx, &mut session).await?;
        occupy(tx, &booking, span(&session, slot)).await?;
    }

    match state {
        BookingState::Held => queue_expiry(tx, &booking).await?,
        BookingState::Waiting => {
            offer::queue_kept(tx, &session).await?;
            announce(tx, &booking, &session, None, Change::Waiting).await?;
        }
        _ => announce(tx, &booking, &session, slot, Change::Confirmed).await?,
    }
    Ok(booking)
}

fn hold_end(tx: &Tx, state: BookingState) -> Option<DateTime<Utc>> {
    (state == BookingState::Held).then(|| tx.now() + HOLD)
}

pub(super) async fn insert(
    tx: &Tx,
    wish: &Wish,
    session: &session::Model,
    slot: Option<&slot::Model>,
    state: BookingState,
) -> Result<booking::Model> {
    let number = new_number(tx)?;
    let booking = booking::ActiveModel {
        municipality_id: ActiveValue::Set(session.municipality_id),
        session_id: ActiveValue::Set(session.id),
        slot_id: ActiveValue::Set(slot.map(|slot| slot.id)),
        resident_id: ActiveValue::Set(wish.resident_id),
        number: ActiveValue::Set(number),
        state: ActiveValue::Set(state),
        via: ActiveValue::Set(wish.via),
        queued_at: ActiveValue::Set(tx.now()),
        expires_at: ActiveValue::Set(hold_end(tx, state)),
        calendar_uid: ActiveValue::Set(format!("booking-{}@shirube", &tx.random().token()[..32])),
        calendar_sequence: ActiveValue::Set(0),
        booked_by: ActiveValue::Set(tx.ctx().staff_id()),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    }
    .insert(tx.db())
    .await?;

    note_origin(tx, &booking).await?;
    audit(tx, &booking);
    Ok(booking)
}

/// A random number: whoever knows one cannot count to the next. A number that exists
/// already makes the insert meet it, and the write is tried again with another.
fn new_number(tx: &Tx) -> Result<i32> {
    let serial = tx.random().below(10_000_000);
    let number = BookingNumber::from_serial(serial).ok_or(Error::internal("serial"))?;
    number.digits().parse().map_err(Error::internal)
}
