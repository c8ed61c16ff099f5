//! What happens to the bookings when the office moves or cancels a session.

use entity::bookings::booking::{self, BookingState};
use entity::bookings::resident_busy;
use entity::{BookingId, SessionId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::{
    announce, announce_moved, end, former, lock_session, own_record, slot_of, span, store,
    try_occupy, vacate,
};
use crate::bookings::rules::Refusal;
use crate::bookings::{Change, Former};
use crate::platform::{Result, Scope, Tx};
use crate::sessions;
use crate::sessions::session::{self, SessionState};

/// What became of the bookings of a moved session.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct SessionMoved {
    /// Bookings that moved with it.
    pub kept: Vec<BookingId>,
    /// Bookings of people who are elsewhere at the new time: they were taken back, and the
    /// people are told.
    pub conflicts: Vec<BookingId>,
}

/// Moves a session to another time or place, with its bookings. `confirm` is the yes to what speaks
/// against it, when it was asked before.
///
/// # Errors
/// `room_busy`, `staff_busy`, `session_cancelled`, `session_started`; `Asked` when something speaks
/// against it.
pub async fn move_session(
    tx: &Tx,
    scope: &Scope,
    id: SessionId,
    to: &sessions::NewTime,
    confirm: Option<&str>,
) -> Result<SessionMoved> {
    let session = lock_session(tx, scope, id).await?;
    if session.state == SessionState::Cancelled {
        return Err(Refusal::SessionCancelled.into());
    }
    if session.starts_at <= tx.now() {
        return Err(Refusal::SessionStarted.into());
    }

    let before = session;
    let lost = elsewhere(tx, &before, to).await?;
    let mut session = sessions::actions::change_time(tx, scope, id, to, lost, confirm).await?;

    let bookings = living(tx, id).await?;
    // The new time may overlap the old one: all leave that first.
    for booking in &bookings {
        vacate(tx, booking.id).await?;
    }

    let mut moved = SessionMoved { kept: Vec::new(), conflicts: Vec::new() };
    for booking in bookings {
        let id = booking.id;
        if follow(tx, &mut session, booking, &before).await? {
            moved.kept.push(id);
        } else {
            moved.conflicts.push(id);
        }
    }

    super::offer::promote(tx, &mut session).await?;
    Ok(moved)
}

/// Counts the people with a seat who are in another session at the new time: [`follow`] will take
/// the seat back.
async fn elsewhere(tx: &Tx, session: &session::Model, to: &sessions::NewTime) -> Result<usize> {
    let by = to.starts_at - session.starts_at;
    let mut seated = living(tx, session.id).await?;
    seated.retain(|booking| matches!(booking.state, BookingState::Held | BookingState::Confirmed));

    let mut found = 0;
    for booking in &seated {
        let slot = slot_of(tx, booking).await?;
        let (starts_at, ends_at) = slot
            .map_or((to.starts_at, to.ends_at), |slot| (slot.starts_at + by, slot.ends_at + by));

        let others = resident_busy::Entity::find()
            .filter(resident_busy::Column::ResidentId.eq(booking.resident_id))
            .filter(resident_busy::Column::BookingId.ne(booking.id))
            .filter(resident_busy::Column::CellAt.gte(starts_at))
            .filter(resident_busy::Column::CellAt.lt(ends_at))
            .count(tx.db())
            .await?;
        found += usize::from(others > 0);
    }
    Ok(found)
}

/// Takes one booking along from where the session was `before`. Says whether the person still
/// has it.
async fn follow(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
    before: &session::Model,
) -> Result<bool> {
    let slot = slot_of(tx, &booking).await?;
    let (starts_at, ends_at) = span(session, slot.as_ref());

    match booking.state {
        BookingState::Waiting => return Ok(true),
        // The offer named the old day: it is made again, in the same order, with the new one.
        BookingState::Offered => {
            end(tx, session, booking, BookingState::Waiting).await?;
            return Ok(true);
        }
        _ => {}
    }

    let by = session.starts_at - before.starts_at;
    let former = Former {
        starts_at: starts_at - by,
        ends_at: slot.as_ref().map_or(before.ends_at, |slot| slot.ends_at - by),
        ..former(before, None)
    };
    let told = booking.state == BookingState::Confirmed;
    let sequence = booking.calendar_sequence + i32::from(told);

    let mut booking = booking;
    let mut stays = try_occupy(tx, &booking, (starts_at, ends_at)).await?;
    if !stays && own_record::is_unsettled(tx, &booking).await? {
        // Whoever applied must not learn that the person whose it seems to be is elsewhere.
        booking = own_record::step_back(tx, session, booking).await?;
        stays = true;
    }

    if stays {
        if told {
            let booking = with_sequence(tx, booking, sequence).await?;
            let change = Change::SessionMoved;
            announce_moved(tx, &booking, session, slot.as_ref(), change, Some(former)).await?;
        }
        return Ok(true);
    }

    let booking = end(tx, session, booking, BookingState::Cancelled).await?;
    let booking = with_sequence(tx, booking, sequence).await?;
    if told {
        let change = Change::SessionLeft;
        announce_moved(tx, &booking, session, slot.as_ref(), change, Some(former)).await?;
    }
    Ok(false)
}

/// Cancels a session and all its bookings; everybody is told.
///
/// # Errors
/// `session_cancelled` when it is cancelled already, `session_started` when it has begun.
pub async fn cancel_session(tx: &Tx, scope: &Scope, id: SessionId) -> Result<Vec<BookingId>> {
    let session = lock_session(tx, scope, id).await?;
    if session.state == SessionState::Cancelled {
        return Err(Refusal::SessionCancelled.into());
    }
    if session.starts_at <= tx.now() {
        return Err(Refusal::SessionStarted.into());
    }

    let mut session = sessions::actions::set_cancelled(tx, scope, id).await?;
    let mut told = Vec::new();
    for booking in living(tx, id).await? {
        let slot = slot_of(tx, &booking).await?;
        let silent = booking.state == BookingState::Held;
        let sequence =
            booking.calendar_sequence + i32::from(booking.state == BookingState::Confirmed);

        let booking = end(tx, &mut session, booking, BookingState::Cancelled).await?;
        let booking = with_sequence(tx, booking, sequence).await?;
        if !silent {
            announce(tx, &booking, &session, slot.as_ref(), Change::SessionCancelled).await?;
            told.push(booking.id);
        }
    }
    Ok(told)
}

async fn living(tx: &Tx, session_id: SessionId) -> Result<Vec<booking::Model>> {
    Ok(booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session_id))
        .filter(booking::Column::State.is_in(BookingState::LIVING))
        .order_by_asc(booking::Column::QueuedAt)
        .order_by_asc(booking::Column::Id)
        .all(tx.db())
        .await?)
}

async fn with_sequence(tx: &Tx, booking: booking::Model, sequence: i32) -> Result<booking::Model> {
    let mut changed = booking::ActiveModel::from(booking);
    changed.calendar_sequence = ActiveValue::Set(sequence);
    store(tx, changed).await
}
