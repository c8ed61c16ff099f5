//! Another time or place, or none at all.

use chrono::TimeDelta;
use entity::SessionId;
use entity::sessions::session::{self, SessionState};
use entity::sessions::slot;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::create::duty;
use super::findings::{Findings, with_accepted};
use super::places;
use crate::platform::error::FieldError;
use crate::platform::{Error, Result, Scope, Tx};
use crate::sessions::queries::around::Wanted;
use crate::sessions::rules::NewTime;
use crate::sessions::{queries, rules};
use crate::staff;

/// Moves a session: frees its room and staff, takes them at the new time, shifts its slots.
/// Whoever is booked is the business of `bookings::actions::move_session`, which counts the people
/// who are `elsewhere` at the new time. Who has left the staff goes along, until somebody else is
/// named. `confirm` is the yes to what speaks against it, when it was asked before.
///
/// # Errors
/// `NotFound` outside the scope; `Refused` when it has begun or is cancelled, and with
/// `room_busy` or `staff_busy`; `Invalid` with the fields to mend; `Asked` when something speaks
/// against it.
pub async fn change_time(
    tx: &Tx,
    scope: &Scope,
    id: SessionId,
    to: &NewTime,
    elsewhere: usize,
    confirm: Option<&str>,
) -> Result<session::Model> {
    let session = queries::lock(tx, scope, id).await?;
    let planned = session.state == SessionState::Planned;
    rules::can_change(planned, session.starts_at, tx.now())?;

    let place = places::find(tx, scope, session.programme_id, to.venue_id, to.room_id).await?;
    let assigned = queries::around::staff_of(tx.db(), id).await?;
    let wanted = Wanted {
        starts_at: to.starts_at,
        ends_at: to.ends_at,
        venue: place.venue.clone(),
        room: place.room.clone(),
        ..queries::around::as_it_is(tx.db(), scope, &session).await?
    };

    let findings = Findings::of(tx, scope, &wanted, Some(&session), elsewhere).await?;
    let wrong = findings.wrong();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong.into_iter().map(about_room).collect()));
    }

    // All is freed before any of it is taken: the new time may overlap the old one.
    places::free(tx, id).await?;
    staff::actions::release_session(tx, id).await?;
    if let Some(room) = &place.room {
        places::take(tx, room.id, id, to.starts_at, to.ends_at).await?;
    }

    let duty = duty(session.kind);
    for staff_id in assigned {
        staff::actions::keep(tx, staff_id, duty, id, to.starts_at, to.ends_at).await?;
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

    // Asked last: what the cells refuse is refused without a question.
    let accepted = findings.settle(tx, confirm)?;
    let detail = json!({
        "changed": ["time", "venue"], "venue": place.venue.id,
        "starts_at": to.starts_at, "ends_at": to.ends_at,
    });
    tx.audit("session", id.0, with_accepted(detail, accepted));
    queries::lock(tx, scope, id).await
}

/// A move has no field for the seats: what they do not fit is the room.
fn about_room(error: FieldError) -> FieldError {
    if error.field == "capacity" {
        return FieldError { field: "room_id".to_owned(), ..error };
    }
    error
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
