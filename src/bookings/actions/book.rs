//! Hold, book, confirm, release.

use entity::bookings::booking::{self, BookingState, Via};
use entity::sessions::{session, slot};
use entity::{BookingId, ResidentId, SessionId, SlotId};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::{
    announce, audit, end, free_slot, lock_session, occupy, offer, queue_expiry, seats, span, store,
    take_seat,
};
use crate::bookings::rules::{self, HOLD, LIVING, MAX_LIVING, Place, Refusal};
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

/// Keeps a seat for five minutes while the operator talks.
///
/// # Errors
/// The refusals of [`rules::place`]; `Overlap` when the person is elsewhere; `AlreadyBooked`.
pub async fn hold(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<booking::Model> {
    let asked = ask(tx, scope, &Wish { may_wait: false, ..*wish }).await?;
    if let Some(earlier) = asked.earlier {
        return match earlier.state {
            BookingState::Held if earlier.slot_id == wish.slot_id => Ok(earlier),
            _ => Err(Refusal::AlreadyBooked.into()),
        };
    }
    place(tx, wish, asked, BookingState::Held).await
}

/// Books a seat, or a place in the waiting list when the person would wait. A hold of the
/// person in this session becomes the booking.
///
/// # Errors
/// As [`hold`].
pub async fn book(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<booking::Model> {
    let asked = ask(tx, scope, wish).await?;
    match asked.earlier.as_ref().map(|earlier| (earlier.id, earlier.state, earlier.slot_id)) {
        Some((id, BookingState::Held, slot_id)) if slot_id == wish.slot_id => {
            return confirm(tx, scope, id).await;
        }
        Some(_) => return Err(Refusal::AlreadyBooked.into()),
        None => {}
    }
    let state = match asked.place {
        Place::Seat => BookingState::Confirmed,
        Place::Wait => BookingState::Waiting,
    };
    place(tx, wish, asked, state).await
}

/// Turns a hold, or an offer, into a booking.
///
/// # Errors
/// `too_late` when it ran out, `not_now` when there is nothing to confirm.
pub async fn confirm(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let session = lock_session(tx, &Scope::whole(scope.municipality_id), session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    if booking.state == BookingState::Expired {
        return Err(Refusal::TooLate.into());
    }
    rules::can_confirm(booking.state, booking.expires_at, tx.now())?;
    let mut changed = booking::ActiveModel::from(booking);
    changed.state = ActiveValue::Set(BookingState::Confirmed);
    changed.expires_at = ActiveValue::Set(None);
    let booking = store(tx, changed).await?;
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
    let booking = end(tx, &mut session, booking, BookingState::Expired).await?;
    offer::promote(tx, &mut session).await?;
    Ok(booking)
}

/// The answer of the rules, with everything locked that the answer rests on.
struct Asked {
    session: session::Model,
    slot: Option<slot::Model>,
    /// The person's living booking in this session.
    earlier: Option<booking::Model>,
    place: Place,
}

async fn ask(tx: &Tx, scope: &Scope, wish: &Wish) -> Result<Asked> {
    residents::queries::get(tx.db(), &Scope::whole(scope.municipality_id), wish.resident_id)
        .await?;
    if scope.resident_id.is_some_and(|own| own != wish.resident_id) {
        return Err(Error::NotFound);
    }
    let session = lock_session(tx, scope, wish.session_id).await?;
    let earlier = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::ResidentId.eq(wish.resident_id))
        .filter(booking::Column::State.is_in(LIVING))
        .one(tx.db())
        .await?;
    if earlier.is_some() {
        rules::open_for_booking(&seats(&session), tx.now())?;
        return Ok(Asked { session, slot: None, earlier, place: Place::Seat });
    }
    let place = rules::place(&seats(&session), wish.slot_id.is_some(), wish.may_wait, tx.now())?;
    let slot = match (place, wish.slot_id) {
        (Place::Seat, Some(id)) => Some(free_slot(tx, &session, id).await?),
        _ => None,
    };
    Ok(Asked { session, slot, earlier, place })
}

async fn place(tx: &Tx, wish: &Wish, asked: Asked, state: BookingState) -> Result<booking::Model> {
    let Asked { mut session, slot, .. } = asked;
    let living = booking::Entity::find()
        .filter(booking::Column::ResidentId.eq(wish.resident_id))
        .filter(booking::Column::State.is_in(LIVING))
        .count(tx.db())
        .await?;
    if living >= MAX_LIVING as u64 {
        return Err(Refusal::TooMany.into());
    }
    let seated = state != BookingState::Waiting;
    let booking = insert(tx, wish, &session, slot.as_ref(), state).await?;
    if seated {
        take_seat(tx, &mut session).await?;
        occupy(tx, &booking, span(&session, slot.as_ref())).await?;
    }
    match state {
        BookingState::Held => queue_expiry(tx, &booking).await?,
        BookingState::Waiting => announce(tx, &booking, &session, None, Change::Waiting).await?,
        _ => announce(tx, &booking, &session, slot.as_ref(), Change::Confirmed).await?,
    }
    Ok(booking)
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
        expires_at: ActiveValue::Set((state == BookingState::Held).then(|| tx.now() + HOLD)),
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

pub(super) async fn slot_of(tx: &Tx, booking: &booking::Model) -> Result<Option<slot::Model>> {
    match booking.slot_id {
        Some(id) => Ok(slot::Entity::find_by_id(id).one(tx.db()).await?),
        None => Ok(None),
    }
}
