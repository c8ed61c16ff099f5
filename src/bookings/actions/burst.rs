//! Bookings that came from one network in a burst, and their end in one act.

use chrono::{DateTime, Utc};
use entity::BookingId;
use entity::bookings::booking::{self, BookingState, Via};
use entity::bookings::booking_origin;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::cancel;
use crate::bookings::queries;
use crate::bookings::rules::bursts::ORIGINS_KEPT_FOR;
use crate::platform::{Error, Result, Scope, Tx};

/// Notes from which network a web booking came.
pub(super) async fn note_origin(tx: &Tx, booking: &booking::Model) -> Result<()> {
    let origin = &tx.ctx().origin;
    if booking.via != Via::Web || !origin.is_known() {
        return Ok(());
    }

    let row = booking_origin::ActiveModel {
        booking_id: ActiveValue::Set(booking.id),
        municipality_id: ActiveValue::Set(booking.municipality_id),
        network: ActiveValue::Set(origin.network.to_string()),
        wider: ActiveValue::Set(origin.wider.to_string()),
        booked_at: ActiveValue::Set(tx.now()),
        vouched_at: ActiveValue::Set(None),
        vouched_by: ActiveValue::Set(None),
    };
    row.insert(tx.db()).await?;
    Ok(())
}

/// When it is the staff who acts: somebody had to do with the person, and the booking is no bot's.
pub(super) async fn vouch(tx: &Tx, booking: &booking::Model) -> Result<()> {
    let Some(staff_id) = tx.ctx().staff_id().filter(|_| booking.via == Via::Web) else {
        return Ok(());
    };
    booking_origin::Entity::update_many()
        .col_expr(booking_origin::Column::VouchedAt, Expr::value(tx.now()))
        .col_expr(booking_origin::Column::VouchedBy, Expr::value(staff_id))
        .filter(booking_origin::Column::BookingId.eq(booking.id))
        .filter(booking_origin::Column::VouchedAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Notes that the office has reached the person of a web booking: it stays when its burst ends.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn vouch_for(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    let booking = queries::in_reach(tx.db(), scope, &[id]).await?.pop().ok_or(Error::NotFound)?;
    vouch(tx, &booking).await?;
    tx.audit("booking", booking.id.0, json!({ "vouched": true }));
    Ok(booking)
}

/// Cancels the bookings of the burst that began with `first`, as far as they came up to `until`:
/// those that live, whose session has not begun, and for which nobody has vouched. Their people are
/// told, and the seats are offered on. Returns how many there were.
///
/// # Errors
/// `NotFound` when no burst begins so within the scope.
pub async fn cancel_burst(
    tx: &Tx,
    scope: &Scope,
    first: BookingId,
    until: DateTime<Utc>,
) -> Result<usize> {
    let burst = queries::get_burst(tx.db(), scope, first, tx.now()).await?.for_work();
    let mut doomed: Vec<_> = burst
        .lines
        .into_iter()
        .filter(|line| line.origin.booked_at <= until && line.can_end)
        .map(|line| line.row.booking)
        .collect();

    // Sessions in the order of their ids, so that two writes cannot wait for each other; who waits
    // before who has a seat, so that no freed seat is offered to one of these.
    doomed.sort_by_key(|booking| {
        (booking.session_id, booking.state != BookingState::Waiting, booking.id)
    });

    let whole = Scope::whole(scope.municipality_id);
    for booking in &doomed {
        cancel(tx, &whole, booking.id).await?;
    }

    let detail = json!({ "cancelled": doomed.len(), "network": burst.label });
    tx.audit("booking_burst", first.0, detail);
    Ok(doomed.len())
}

/// Forgets where bookings came from, when no burst shows them any more.
pub async fn forget_origins(tx: &Tx) -> Result<()> {
    booking_origin::Entity::delete_many()
        .filter(booking_origin::Column::BookedAt.lt(tx.now() - ORIGINS_KEPT_FOR))
        .exec(tx.db())
        .await?;
    Ok(())
}
