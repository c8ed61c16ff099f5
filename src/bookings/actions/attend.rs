//! Attendance.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, Attendance, BookingState, Via};
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::ActiveValue;

use super::book::{Wish, insert};
use super::{announce, lock_session, occupy, slot_of, span, store, take_seat, vouch};
use crate::bookings::rules::{self, Refusal};
use crate::bookings::{Change, queries};
use crate::platform::{Result, Scope, Tx};
use crate::residents;
use crate::sessions::session::SessionState;

/// Records whether the person came; `None` takes the record back. A later record replaces an
/// earlier one.
///
/// # Errors
/// `not_now` without a seat, `too_early` more than an hour before the session.
pub async fn record_attendance(
    tx: &Tx,
    scope: &Scope,
    id: BookingId,
    attendance: Option<Attendance>,
) -> Result<booking::Model> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    // The scope of the roles decides here: a teacher reaches the programme's own sessions.
    let session = lock_session(tx, scope, session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;

    rules::can_attend(booking.state, session.starts_at, tx.now())?;
    if booking.attendance == attendance {
        return Ok(booking);
    }

    let slot = slot_of(tx, &booking).await?;
    let recorded_at: Option<DateTime<Utc>> = attendance.map(|_| tx.now());
    let mut changed = booking::ActiveModel::from(booking);
    changed.attendance = ActiveValue::Set(attendance);
    changed.attendance_at = ActiveValue::Set(recorded_at);
    let booking = store(tx, changed).await?;

    vouch(tx, &booking).await?;
    announce(tx, &booking, &session, slot.as_ref(), Change::Attended).await?;
    Ok(booking)
}

/// Somebody came without a booking, or waited for one: gets a seat, if one is left, and is present.
///
/// # Errors
/// `session_full`, `session_cancelled`, `already_booked`, `overlap`; `too_early` more than an
/// hour before, `session_started` after the end; `no_slot_here` for consultations, whose slots
/// are booked.
pub async fn walk_in(
    tx: &Tx,
    scope: &Scope,
    session_id: SessionId,
    resident_id: ResidentId,
) -> Result<booking::Model> {
    residents::queries::get(tx.db(), &Scope::whole(scope.municipality_id), resident_id).await?;
    let mut session = lock_session(tx, scope, session_id).await?;

    if session.state == SessionState::Cancelled {
        return Err(Refusal::SessionCancelled.into());
    }
    if session.ends_at <= tx.now() {
        return Err(Refusal::SessionStarted.into());
    }
    if session.slot_minutes.is_some() {
        return Err(Refusal::NoSlotHere.into());
    }
    rules::can_attend(BookingState::Confirmed, session.starts_at, tx.now())?;

    let booking = match queries::living_in(tx.db(), session_id, resident_id).await? {
        Some(waited) if waited.state == BookingState::Waiting => waited,
        Some(_) => return Err(Refusal::AlreadyBooked.into()),
        None => {
            let (slot_id, via) = (None, Via::WalkIn);
            let wish = Wish { session_id, slot_id, resident_id, via, may_wait: false };
            insert(tx, &wish, &session, None, BookingState::Confirmed).await?
        }
    };

    take_seat(tx, &mut session).await?;
    occupy(tx, &booking, span(&session, None)).await?;
    let mut changed = booking::ActiveModel::from(booking);
    changed.state = ActiveValue::Set(BookingState::Confirmed);
    changed.attendance = ActiveValue::Set(Some(Attendance::Present));
    changed.attendance_at = ActiveValue::Set(Some(tx.now()));
    let booking = store(tx, changed).await?;

    announce(tx, &booking, &session, None, Change::Attended).await?;
    Ok(booking)
}
