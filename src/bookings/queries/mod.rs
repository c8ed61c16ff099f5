//! Reads and row locks.

mod bursts;
mod roster;
mod targets;
mod views;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState};
use entity::bookings::{resident_busy, web_application};
use entity::places::venue;
use entity::residents::resident::Standing;
use entity::sessions::{session, slot};
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

pub use bursts::{Burst, BurstLine, get_burst, in_reach, list_bursts};
pub use roster::{RosterLine, roster};
pub use targets::{MoveTarget, move_targets};
pub use views::{AttendanceAnswer, BookingAnswer, BookingDetail, MoveConflict, move_conflicts};

use super::rules::{Beside, Clash, clashes as find_clashes};
use crate::platform::db::locked;
use crate::platform::japan::BookingNumber;
use crate::platform::{Error, Personal, Result, Scope, Tx, cells};
use crate::sessions::SessionRow;
use crate::{residents, sessions};

/// A booking with its session, venue and slot.
#[derive(Clone, Debug)]
pub struct BookingRow {
    pub booking: booking::Model,
    pub session: session::Model,
    pub venue: venue::Model,
    pub slot: Option<slot::Model>,
}

impl BookingRow {
    /// When the person should come: the slot, or the whole session.
    pub fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        match &self.slot {
            Some(slot) => (slot.starts_at, slot.ends_at),
            None => (self.session.starts_at, self.session.ends_at),
        }
    }

    /// The number as it is spoken and printed, 「4821-3754」.
    pub fn number(&self) -> String {
        number_text(self.booking.number)
    }
}

/// A booking with its slot, when it has one.
pub type Seat = (booking::Model, Option<slot::Model>);

/// A stored number as it is spoken and printed, 「4821-3754」.
pub fn number_text(number: i32) -> String {
    let digits = format!("{number:08}");
    format!("{}-{}", &digits[..4], &digits[4..])
}

fn within(scope: &Scope) -> sea_orm::Select<booking::Entity> {
    let mut select =
        booking::Entity::find().filter(booking::Column::MunicipalityId.eq(scope.municipality_id));
    if let Some(resident_id) = scope.resident_id {
        select = select.filter(booking::Column::ResidentId.eq(resident_id));
    }
    select
}

/// A booking.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: BookingId,
) -> Result<booking::Model> {
    within(scope).filter(booking::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// A booking with its session. A booking lies within reach when its session does; whoever shows a
/// person by it asks this first.
///
/// # Errors
/// `NotFound`, also when the booking or its session is outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_reached(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: BookingId,
) -> Result<(booking::Model, SessionRow)> {
    let booking = get(db, scope, id).await?;
    let session = sessions::queries::get(db, scope, booking.session_id).await?;
    Ok((booking, session))
}

/// A booking, locked until the transaction ends. Lock its session first.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: BookingId) -> Result<booking::Model> {
    locked(within(scope).filter(booking::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// Those of these bookings that are applications nobody has settled, made on a record of their own:
/// they only seem to be `person`'s.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn only_seem_to_be_of(
    db: &impl ConnectionTrait,
    person: ResidentId,
    ids: &[BookingId],
) -> Result<Vec<BookingId>> {
    Ok(web_application::Entity::find()
        .select_only()
        .column(web_application::Column::BookingId)
        .filter(web_application::Column::BookingId.is_in(ids.iter().copied()))
        .filter(web_application::Column::SettledAt.is_null())
        .filter(web_application::Column::ResidentId.ne(person))
        .into_tuple()
        .all(db)
        .await?)
}

/// A booking by its number.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_number(
    db: &impl ConnectionTrait,
    scope: &Scope,
    number: BookingNumber,
) -> Result<Option<booking::Model>> {
    let number: i32 = number.digits().parse().map_err(Error::internal)?;
    Ok(within(scope).filter(booking::Column::Number.eq(number)).one(db).await?)
}

/// One booking with session, venue and slot.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_row(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: BookingId,
) -> Result<Personal<BookingRow>> {
    let booking = get(db, scope, id).await?;
    let person = booking.resident_id;
    let row = rows(db, vec![booking]).await?.pop().ok_or(Error::NotFound)?;
    Ok(Personal::new(row, [person]))
}

/// A person's bookings, newest session first; `living` leaves out those that ended.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn of_resident(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    living: bool,
) -> Result<Vec<BookingRow>> {
    let mut select = within(scope)
        .filter(booking::Column::ResidentId.eq(resident_id))
        .order_by_desc(booking::Column::Id)
        .limit(200);
    if living {
        select = select.filter(booking::Column::State.is_in(BookingState::LIVING));
    }

    let mut found = rows(db, select.all(db).await?).await?;
    found.sort_by_key(|row| std::cmp::Reverse((row.session.starts_at, row.booking.id)));
    Ok(found)
}

/// What was taken from a person and can be given back, of sessions that have not begun, soonest
/// first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn taken_from(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<BookingRow>> {
    let select = within(scope)
        .filter(booking::Column::ResidentId.eq(resident_id))
        .filter(booking::Column::TakenFrom.is_not_null())
        .order_by_desc(booking::Column::Id)
        .limit(50);

    let mut found = rows(db, select.all(db).await?).await?;
    found.retain(|row| row.session.starts_at > now);
    found.sort_by_key(|row| (row.span().0, row.booking.id));
    Ok(found)
}

/// The living bookings of a session: seats first, then those who wait, each in order.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn of_session(
    db: &impl ConnectionTrait,
    scope: &Scope,
    session_id: SessionId,
) -> Result<Personal<Vec<Seat>>> {
    let mut found = within(scope)
        .filter(booking::Column::SessionId.eq(session_id))
        .filter(booking::Column::State.is_in(BookingState::LIVING))
        .order_by_asc(booking::Column::QueuedAt)
        .order_by_asc(booking::Column::Id)
        .find_also_related(slot::Entity)
        .all(db)
        .await?;

    found.sort_by_key(|(booking, slot)| {
        let waits = booking.state == BookingState::Waiting;
        (waits, slot.as_ref().map(|slot| slot.starts_at), booking.queued_at, booking.id)
    });

    let people: Vec<ResidentId> = found.iter().map(|(booking, _)| booking.resident_id).collect();
    Ok(Personal::new(found, people))
}

/// The person's living booking in a session.
pub(super) async fn living_in(
    db: &impl ConnectionTrait,
    session_id: SessionId,
    resident_id: ResidentId,
) -> Result<Option<booking::Model>> {
    Ok(booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session_id))
        .filter(booking::Column::ResidentId.eq(resident_id))
        .filter(booking::Column::State.is_in(BookingState::LIVING))
        .one(db)
        .await?)
}

/// How many living bookings the person has in sessions that are not over.
pub(super) async fn still_to_come(
    db: &impl ConnectionTrait,
    resident_id: ResidentId,
    now: DateTime<Utc>,
) -> Result<u64> {
    let not_over = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::EndsAt.gt(now));

    Ok(booking::Entity::find()
        .filter(booking::Column::ResidentId.eq(resident_id))
        .filter(booking::Column::State.is_in(BookingState::LIVING))
        .filter(booking::Column::SessionId.in_subquery(not_over.into_query()))
        .count(db)
        .await?)
}

/// What speaks against a booking of another record standing on this person's.
///
/// # Errors
/// `NotFound` when the person is outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn clashes(
    db: &impl ConnectionTrait,
    scope: &Scope,
    row: &BookingRow,
    known: ResidentId,
    now: DateTime<Utc>,
) -> Result<Vec<Clash>> {
    let person = residents::queries::get(db, scope, known).await?;
    let (from, to) = row.span();
    let busy = resident_busy::Entity::find()
        .filter(resident_busy::Column::ResidentId.eq(known))
        .filter(resident_busy::Column::CellAt.is_in(cells::of(from, to)))
        .count(db)
        .await?;

    Ok(find_clashes(Beside {
        active: person.standing == Standing::Active,
        in_session: living_in(db, row.session.id, known).await?.is_some(),
        elsewhere: busy > 0,
        living: still_to_come(db, known, now).await?,
    }))
}

/// What the number of a booking is proved with, when it was made on the public pages.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_application(
    db: &impl ConnectionTrait,
    id: BookingId,
) -> Result<Option<web_application::Model>> {
    Ok(web_application::Entity::find_by_id(id).one(db).await?)
}

/// Joins sessions, venues and slots to bookings: three queries, however many bookings.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn rows(
    db: &impl ConnectionTrait,
    bookings: Vec<booking::Model>,
) -> Result<Vec<BookingRow>> {
    if bookings.is_empty() {
        return Ok(Vec::new());
    }

    let sessions: HashMap<_, _> = session::Entity::find()
        .filter(session::Column::Id.is_in(bookings.iter().map(|b| b.session_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();

    let venues: HashMap<_, _> = venue::Entity::find()
        .filter(venue::Column::Id.is_in(sessions.values().map(|s| s.venue_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();

    let slots: HashMap<_, _> = slot::Entity::find()
        .filter(slot::Column::Id.is_in(bookings.iter().filter_map(|b| b.slot_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();

    bookings
        .into_iter()
        .map(|booking| {
            let session = sessions.get(&booking.session_id).cloned().ok_or(Error::NotFound)?;
            let venue = venues.get(&session.venue_id).cloned().ok_or(Error::NotFound)?;
            let slot = booking.slot_id.and_then(|id| slots.get(&id).cloned());
            Ok(BookingRow { booking, session, venue, slot })
        })
        .collect()
}
