//! Another time or place, or none at all.

use chrono::TimeDelta;
use entity::SessionId;
use entity::sessions::session::{self, SessionState};
use entity::sessions::slot;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::create::duty;
use super::{NewTime, places};
use crate::platform::error::FieldError;
use crate::platform::{Error, Result, Scope, Tx};
use crate::sessions::{queries, rules};
use crate::staff;

/// Moves a session: frees its room and staff, takes them at the new time, shifts its slots.
/// Whoever is booked is the business of `bookings::actions::move_session`.
///
/// # Errors
/// `NotFound` outside the scope; `Refused` when it has begun or is cancelled, and with
/// `room_busy` or `staff_busy`; `Invalid` with the fields to mend.
pub async fn change_time(
    tx: &Tx,
    scope: &Scope,
    id: SessionId,
    to: &NewTime,
) -> Result<session::Model> {
    let session = queries::lock(tx, scope, id).await?;
    let planned = session.state == SessionState::Planned;
    rules::can_change(planned, session.starts_at, tx.now())?;
    let place = places::find(tx, scope, session.programme_id, to.venue_id, to.room_id).await?;
    check(tx, &session, to, place.room.as_ref().map(|room| room.capacity))?;
    places::free(tx, id).await?;
    let assigned =
        staff::queries::assigned_to(tx.db(), &[id]).await?.remove(&id).unwrap_or_default();
    staff::actions::release_session(tx, id).await?;
    if let Some(room) = &place.room {
        places::take(tx, room.id, id, to.starts_at, to.ends_at).await?;
    }
    for (staff_id, _) in assigned {
        let duty = duty(session.kind);
        staff::actions::assign(tx, staff_id, duty, Some(id), to.starts_at, to.ends_at).await?;
    }
    shift_slots(tx, id, to.starts_at - session.starts_at).await?;
    session::Entity::update_many()
        .col_expr(session::Column::VenueId, Expr::value(place.venue.id))
        .col_expr(session::Column::WardId, Expr::value(place.venue.ward_id))
        .col_expr(session::Column::RoomId, Expr::value(place.room.map(|room| room.id)))
        .col_expr(session::Column::StartsAt, Expr::value(to.starts_at))
        .col_expr(session::Column::EndsAt, Expr::value(to.ends_at))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    tx.audit("session", id.0, json!({ "changed": ["time", "venue"], "venue": place.venue.id }));
    queries::lock(tx, scope, id).await
}

fn check(tx: &Tx, session: &session::Model, to: &NewTime, room: Option<i32>) -> Result<()> {
    let mut errors = Vec::new();
    if let Err(error) = rules::check_time(to.starts_at, to.ends_at) {
        errors.push(error);
    } else if to.starts_at <= tx.now() {
        errors.push(FieldError::new("starts_at", "err.session.time.past"));
    }
    let length = session.ends_at - session.starts_at;
    if session.slot_minutes.is_some() && to.ends_at - to.starts_at != length {
        errors.push(FieldError::new("ends_at", "err.session.time.slots"));
    }
    // Of a consultation only those whose turn it is are in the room.
    if session.slot_minutes.is_none()
        && let Err(error) = rules::capacity_fits(session.capacity, session.taken, room)
    {
        errors.push(FieldError { field: "room_id".to_owned(), ..error });
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Moves every slot by the same time, starting at the side to which they move, so that none
/// meets another on the way.
async fn shift_slots(tx: &Tx, id: SessionId, by: TimeDelta) -> Result<()> {
    if by.is_zero() {
        return Ok(());
    }
    let mut slots = slot::Entity::find()
        .filter(slot::Column::SessionId.eq(id))
        .order_by_asc(slot::Column::StartsAt)
        .all(tx.db())
        .await?;
    if by > TimeDelta::zero() {
        slots.reverse();
    }
    for slot in slots {
        slot::Entity::update_many()
            .col_expr(slot::Column::StartsAt, Expr::value(slot.starts_at + by))
            .col_expr(slot::Column::EndsAt, Expr::value(slot.ends_at + by))
            .filter(slot::Column::Id.eq(slot.id))
            .exec(tx.db())
            .await?;
    }
    Ok(())
}

/// Marks a session as cancelled and frees its room and staff. Whoever is booked is the
/// business of `bookings::actions::cancel_session`.
///
/// # Errors
/// `NotFound` outside the scope; `Refused` when it has begun or is cancelled already.
pub async fn set_cancelled(tx: &Tx, scope: &Scope, id: SessionId) -> Result<session::Model> {
    let session = queries::lock(tx, scope, id).await?;
    let planned = session.state == SessionState::Planned;
    rules::can_change(planned, session.starts_at, tx.now())?;
    places::free(tx, id).await?;
    staff::actions::release_session(tx, id).await?;
    session::Entity::update_many()
        .col_expr(session::Column::State, Expr::value(SessionState::Cancelled))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    tx.audit("session", id.0, json!({ "state": SessionState::Cancelled }));
    queries::lock(tx, scope, id).await
}
