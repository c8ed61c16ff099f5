//! The record on which an application stands: its own, until it is clear whose it is.

use entity::bookings::booking::{self, BookingState};
use entity::bookings::web_application;
use entity::residents::timeline_entry::TimelineKind;
use entity::sessions::session;
use entity::{BookingId, ResidentId};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};

use super::{slot_of, span, store, try_occupy, vacate};
use crate::platform::{Error, Result, Tx};
use crate::residents::actions::{copy, part};
use crate::residents::timeline;

/// Whether the office has not said yet whose application this booking is.
pub(super) async fn is_unsettled(tx: &Tx, booking: &booking::Model) -> Result<bool> {
    Ok(unsettled(tx, booking.id).await?.is_some())
}

/// An application, unless the office has said whose it is.
pub(super) async fn unsettled(tx: &Tx, id: BookingId) -> Result<Option<web_application::Model>> {
    Ok(web_application::Entity::find_by_id(id)
        .filter(web_application::Column::SettledAt.is_null())
        .one(tx.db())
        .await?)
}

/// Brings an application that nobody has settled back to its own record, or to a new one like it
/// where somebody has meanwhile used that one for something else. Others stay where they are. The
/// caller holds the locks of the session and the booking.
pub(super) async fn step_back(
    tx: &Tx,
    session: &session::Model,
    booking: booking::Model,
) -> Result<booking::Model> {
    let Some(own) = unsettled(tx, booking.id).await? else { return Ok(booking) };

    let others = booking::Entity::find()
        .filter(booking::Column::ResidentId.eq(own.resident_id))
        .filter(booking::Column::State.is_in(BookingState::LIVING))
        .filter(booking::Column::Id.ne(booking.id))
        .count(tx.db())
        .await?;
    if others == 0 && booking.resident_id == own.resident_id {
        return Ok(booking);
    }

    let record = match others {
        0 => own.resident_id,
        _ => copy(tx, own.resident_id).await?,
    };
    part(tx, record).await?;

    let mut moved = web_application::ActiveModel::from(own);
    moved.resident_id = ActiveValue::Set(record);
    moved.update(tx.db()).await?;

    let back = hand_over(tx, session, booking, record).await?;
    back.ok_or(Error::internal("a record without bookings is elsewhere"))
}

/// Gives a booking to another record, with its time and its lines of the history; nothing, where
/// that person is elsewhere. The caller holds the locks of the session and the booking.
pub(super) async fn hand_over(
    tx: &Tx,
    session: &session::Model,
    booking: booking::Model,
    to: ResidentId,
) -> Result<Option<booking::Model>> {
    let (from, id) = (booking.resident_id, booking.id);

    if booking.state.has_seat() {
        let at = span(session, slot_of(tx, &booking).await?.as_ref());
        let theirs = booking::Model { resident_id: to, ..booking.clone() };
        vacate(tx, id).await?;
        if !try_occupy(tx, &theirs, at).await? {
            try_occupy(tx, &booking, at).await?;
            return Ok(None);
        }
    }

    let mut given = booking::ActiveModel::from(booking);
    given.resident_id = ActiveValue::Set(to);
    let given = store(tx, given).await?;
    timeline::hand_over(tx, from, to, TimelineKind::Booking, id.0).await?;
    Ok(Some(given))
}
