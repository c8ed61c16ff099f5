//! What happens to the bookings of a person who is not there any more.

use entity::bookings::booking::{self, BookingState};
use entity::residents::resident::Standing;
use entity::sessions::session;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{end, lock_session, offer};
use crate::bookings::queries;
use crate::bookings::rules::LIVING;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents;

/// Ends what a person who died, moved away or withdrew still has ahead, without a word to anybody,
/// and offers the seats on. Running it again changes nothing.
///
/// # Errors
/// Only those of the database.
pub async fn follow_standing(tx: &Tx, person: ResidentId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    match residents::queries::get(tx.db(), &whole, person).await {
        Ok(person) if person.standing == Standing::Active => return Ok(()),
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    for (id, session_id) in ahead(tx, person).await? {
        let mut session = lock_session(tx, &whole, session_id).await?;
        let booking = queries::lock(tx, &whole, id).await?;
        if LIVING.contains(&booking.state) {
            end(tx, &mut session, booking, BookingState::Cancelled).await?;
            offer::promote(tx, &mut session).await?;
        }
    }
    Ok(())
}

/// The living bookings of sessions that have not begun, in the order in which they are locked.
pub(super) async fn ahead(tx: &Tx, person: ResidentId) -> Result<Vec<(BookingId, SessionId)>> {
    let not_begun = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::StartsAt.gt(tx.now()));
    Ok(booking::Entity::find()
        .select_only()
        .columns([booking::Column::Id, booking::Column::SessionId])
        .filter(booking::Column::ResidentId.eq(person))
        .filter(booking::Column::State.is_in(LIVING))
        .filter(booking::Column::SessionId.in_subquery(not_begun.into_query()))
        .order_by_asc(booking::Column::SessionId)
        .into_tuple()
        .all(tx.db())
        .await?)
}
