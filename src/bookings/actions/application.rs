//! Applications of the public pages.
//!
//! Each stands on a record that was made of what was typed, so that nothing of the person who bears
//! that name and number has a say in whether it is taken. Afterwards, unseen from outside, it goes
//! to the record of the person whose it clearly is; what is doubtful, or clashes with something of
//! theirs, is a question for the office.

use entity::bookings::booking::{self, BookingState};
use entity::bookings::web_application;
use entity::{BookingId, ResidentId, SessionId, SlotId};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::change::moved;
use super::lock_session;
use super::own_record::{hand_over, unsettled};
use super::standing::{ahead, take_silently};
use crate::bookings::queries;
use crate::bookings::rules::Refusal;
use crate::platform::japan::PhoneNumber;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;
use crate::residents::actions::{ask_whether_same, unite};
use crate::residents::rules::same::{Verdict, verdict};

/// Remembers that a booking was made on the public pages, and the number that was typed.
///
/// # Errors
/// Only those of the database.
pub async fn note_application(
    tx: &Tx,
    booking: &booking::Model,
    phone: &PhoneNumber,
) -> Result<()> {
    let row = web_application::ActiveModel {
        booking_id: ActiveValue::Set(booking.id),
        municipality_id: ActiveValue::Set(booking.municipality_id),
        resident_id: ActiveValue::Set(booking.resident_id),
        digits: ActiveValue::Set(phone.digits().to_owned()),
        last4: ActiveValue::Set(phone.last4().to_owned()),
        settled_at: ActiveValue::Set(None),
    };
    web_application::Entity::insert(row).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Moves an application as whoever made it asks. Nothing else of the person whose it seems to be
/// has a say in it.
///
/// # Errors
/// As [`super::move_to`].
pub async fn move_application(
    tx: &Tx,
    scope: &Scope,
    id: BookingId,
    session_id: SessionId,
    slot_id: Option<SlotId>,
) -> Result<booking::Model> {
    moved(tx, scope, id, session_id, slot_id, true).await
}

/// Brings an application with a seat to the record of the person whose it clearly is, or asks the
/// office. Running it again changes nothing; bookings that were made otherwise stay as they are.
///
/// # Errors
/// Only those of the database.
pub async fn join_known(tx: &Tx, id: BookingId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let Some(own) = unsettled(tx, id).await? else { return Ok(()) };
    let booking = match queries::get(tx.db(), &whole, id).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };

    let on_its_own = booking.resident_id == own.resident_id && booking.attendance.is_none();
    if !on_its_own || !booking.state.is_living() {
        return Ok(());
    }

    let alike = residents::queries::likeness(tx.db(), &whole, own.resident_id).await?;
    match verdict(&alike) {
        Verdict::Nobody => Ok(()),
        Verdict::Ask(known) => ask_whether_same(tx, &whole, own.resident_id, &known).await,
        Verdict::Is(known) => join(tx, &whole, id, known).await,
    }
}

async fn join(tx: &Tx, scope: &Scope, id: BookingId, known: ResidentId) -> Result<()> {
    let session_id = queries::get(tx.db(), scope, id).await?.session_id;
    let session = lock_session(tx, scope, session_id).await?;
    let booking = queries::lock(tx, scope, id).await?;
    let own = booking.resident_id;

    let row = queries::get_row(tx.db(), scope, id).await?.for_work();
    if !queries::clashes(tx.db(), scope, &row, known, tx.now()).await?.is_empty() {
        return ask_whether_same(tx, scope, own, &[known]).await;
    }
    // Who waits is offered a seat by what stands on the record; that would show from outside.
    if booking.state != BookingState::Confirmed {
        return Ok(());
    }

    match hand_over(tx, &session, booking, known).await? {
        Some(_) => unite(tx, scope, own, known).await,
        None => ask_whether_same(tx, scope, own, &[known]).await,
    }
}

/// Gives what a record has ahead to the known person, as the office has found: all of it or none.
///
/// # Errors
/// The first thing that speaks against it: `already_booked`, `overlap`, `too_many_bookings`,
/// `person_silent`.
pub async fn attach(
    tx: &Tx,
    scope: &Scope,
    record: ResidentId,
    known: ResidentId,
) -> Result<Vec<BookingId>> {
    let mut given = Vec::new();
    for (id, session_id) in
        ahead(tx, record, booking::Column::State.is_in(BookingState::LIVING)).await?
    {
        let session = lock_session(tx, scope, session_id).await?;
        let booking = queries::lock(tx, scope, id).await?;
        let row = queries::get_row(tx.db(), scope, id).await?.for_work();
        let clashes = queries::clashes(tx.db(), scope, &row, known, tx.now()).await?;
        if let Some(clash) = clashes.first() {
            return Err(clash.refusal().into());
        }
        hand_over(tx, &session, booking, known).await?.ok_or(Refusal::Overlap)?;
        given.push(id);
    }

    settle(tx, record).await?;
    Ok(given)
}

/// Ends what a record has ahead, without a word: the known person, whose it is, has been asked and
/// needs no second seat. The seats are offered on when their minute is over; until then, and later
/// where they are free, they can be given back. Answers the sessions.
///
/// # Errors
/// Only those of the database.
pub async fn drop_doubles(
    tx: &Tx,
    scope: &Scope,
    record: ResidentId,
) -> Result<Vec<(BookingId, SessionId)>> {
    let doubles = ahead(tx, record, booking::Column::State.is_in(BookingState::LIVING)).await?;
    for (id, session_id) in &doubles {
        let mut session = lock_session(tx, scope, *session_id).await?;
        let booking = queries::lock(tx, scope, *id).await?;
        if booking.state.is_living() {
            take_silently(tx, &mut session, booking, "timeline.double_taken", json!({})).await?;
        }
    }

    settle(tx, record).await?;
    Ok(doubles)
}

/// The office has said whose the applications of a record are.
///
/// # Errors
/// Only those of the database.
pub async fn settle(tx: &Tx, record: ResidentId) -> Result<()> {
    web_application::Entity::update_many()
        .col_expr(web_application::Column::SettledAt, Expr::value(tx.now()))
        .filter(web_application::Column::ResidentId.eq(record))
        .filter(web_application::Column::SettledAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}
