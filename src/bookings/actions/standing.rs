//! What happens to the bookings of a person who is not there any more.

use entity::bookings::booking::{self, BookingState, TakenBy};
use entity::residents::resident::Standing;
use entity::residents::timeline_entry::TimelineKind;
use entity::sessions::session;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::json;

use super::give_back::restore;
use super::{lock_session, offer, own_record, slot_of, span, take, tell_below, write_line};
use crate::bookings::{Change, queries};
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;

/// Takes from a person who died, moved away or withdrew what is still ahead, without a word to
/// anybody, with a line in the history for each thing; the seats are offered on after
/// [`crate::bookings::rules::KEEP`]. Gives it back to somebody who is there after all, where the
/// place is free; what is not free stays taken, and staff are asked. Running it again changes
/// nothing.
///
/// # Errors
/// Only those of the database.
pub async fn follow_standing(tx: &Tx, person: ResidentId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let standing = match residents::queries::get(tx.db(), &whole, person).await {
        Ok(person) if person.standing == Standing::Active => return back(tx, person.id).await,
        Err(Error::NotFound) => return Ok(()),
        found => found?.standing,
    };

    for (id, session_id) in
        ahead(tx, person, booking::Column::State.is_in(BookingState::LIVING)).await?
    {
        let mut session = lock_session(tx, &whole, session_id).await?;
        let booking = queries::lock(tx, &whole, id).await?;
        if booking.state.is_living() {
            let Some(booking) = of_the_person(tx, &session, booking).await? else { continue };
            let wording = match booking.state {
                BookingState::Waiting => "timeline.wait_taken",
                _ => "timeline.taken",
            };
            let more = json!({ "standing_key": format!("standing.{standing}") });
            take_silently(tx, &mut session, booking, wording, more).await?;
        }
    }
    Ok(())
}

/// The booking, if it is this person's. Of an application that only seems to be theirs nothing may
/// show to whoever made it: it goes back to its own record, and the office is asked whose it is.
async fn of_the_person(
    tx: &Tx,
    session: &session::Model,
    booking: booking::Model,
) -> Result<Option<booking::Model>> {
    let (person, whole) = (booking.resident_id, Scope::whole(booking.municipality_id));
    let booking = own_record::step_back(tx, session, booking).await?;
    if booking.resident_id == person {
        return Ok(Some(booking));
    }

    residents::actions::ask_whether_same(tx, &whole, booking.resident_id, &[person]).await?;
    let change = match booking.state {
        BookingState::Waiting => Change::Waiting,
        BookingState::Offered => Change::Offered,
        _ => Change::Confirmed,
    };
    // Its notices go along.
    tell_below(tx, &booking, change, None, None).await?;
    Ok(None)
}

/// Takes a living booking without a word to anybody but the person's history.
pub(super) async fn take_silently(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
    wording: &'static str,
    more: serde_json::Value,
) -> Result<()> {
    let slot = slot_of(tx, &booking).await?;
    let (told, starts_at) = (booking.clone(), span(session, slot.as_ref()).0);
    let sequence = booking.calendar_sequence;
    take(tx, session, booking, TakenBy::Standing, sequence).await?;
    write_line(tx, &told, session, TimelineKind::Booking, wording, starts_at, more).await?;
    offer::promote(tx, session).await
}

/// Gives back what the standing took, as far as the places are free.
async fn back(tx: &Tx, person: ResidentId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let taken = booking::Column::TakenBy.eq(TakenBy::Standing);
    for (id, session_id) in ahead(tx, person, taken).await? {
        let mut session = lock_session(tx, &whole, session_id).await?;
        let booking = queries::lock(tx, &whole, id).await?;
        match restore(tx, &mut session, booking).await {
            // Staff see what is still taken, and ask the person.
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The person's bookings of sessions that have not begun, in the order in which they are locked.
pub(super) async fn ahead(
    tx: &Tx,
    person: ResidentId,
    which: Expr,
) -> Result<Vec<(BookingId, SessionId)>> {
    let not_begun = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::StartsAt.gt(tx.now()));

    Ok(booking::Entity::find()
        .select_only()
        .columns([booking::Column::Id, booking::Column::SessionId])
        .filter(booking::Column::ResidentId.eq(person))
        .filter(which)
        .filter(booking::Column::SessionId.in_subquery(not_begun.into_query()))
        .order_by_asc(booking::Column::SessionId)
        .into_tuple()
        .all(tx.db())
        .await?)
}
