//! Reads: what the public may see, and a booking for whoever can prove it.

use chrono::{DateTime, Utc};
use entity::SessionId;
use entity::bookings::booking;
use entity::residents::resident_phone;
use entity::sessions::session::SessionKind;
use entity::sessions::slot;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::proof::{self, Reach};
use crate::bookings::{self, BookingRow};
use crate::platform::japan::BookingNumber;
use crate::platform::{Error, Page, Result, Scope};
use crate::residents::{self, Found};
use crate::sessions::{self, SessionFilter, SessionRow};

/// Sessions that begin after `now` and are shown to the public, soonest first.
pub async fn coming(
    db: &impl ConnectionTrait,
    scope: &Scope,
    kind: Option<SessionKind>,
    area_code: Option<String>,
    now: DateTime<Utc>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<SessionRow>> {
    let filter =
        SessionFilter { kind, area_code, from: Some(now), public_only: true, ..Default::default() };
    sessions::queries::list(db, scope, &filter, now, limit, after).await
}

/// A session that is shown to the public.
///
/// # Errors
/// `NotFound`, also for one that is not public.
pub async fn public_session(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
) -> Result<SessionRow> {
    let row = sessions::queries::get(db, scope, id).await?;
    if row.session.is_public { Ok(row) } else { Err(Error::NotFound) }
}

/// The times of a consultation that can still be had, one for each start.
pub async fn free_times(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
) -> Result<Vec<slot::Model>> {
    let free = sessions::queries::free_slots(db, scope, id).await?;
    let mut times: Vec<slot::Model> = free.into_iter().map(|(slot, ..)| slot).collect();
    times.sort_by_key(|slot| (slot.starts_at, slot.id));
    times.dedup_by_key(|slot| slot.starts_at);
    Ok(times)
}

/// A booking with its person, for whoever proved it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub row: BookingRow,
    pub person: Found,
    /// How far the proof reaches.
    pub reach: Reach,
}

impl Mine {
    /// A proof to carry from page to page.
    pub fn proof(&self, now: DateTime<Utc>) -> String {
        let booking = &self.row.booking;
        let phones = &self.person.phones;
        proof::issue(booking.number, self.reach, &booking.calendar_uid, phones, now)
    }

    /// What this person may reach.
    pub fn scope(&self) -> Scope {
        Scope::own(self.row.booking.municipality_id, self.person.id)
    }
}

/// The booking with this number, if one of its person's phone numbers ends in `last4`.
///
/// One query decides, whatever is wrong, so that neither answer nor time says whether a number
/// exists.
pub async fn look_up(
    db: &impl ConnectionTrait,
    scope: &Scope,
    number: BookingNumber,
    last4: &str,
) -> Result<Option<Mine>> {
    let number: i32 = number.digits().parse().map_err(Error::internal)?;
    let owners = Query::select()
        .column(resident_phone::Column::ResidentId)
        .from(resident_phone::Entity)
        .and_where(resident_phone::Column::MunicipalityId.eq(scope.municipality_id))
        .and_where(resident_phone::Column::Last4.eq(last4))
        .take();
    let booking = booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::Number.eq(number))
        .filter(booking::Column::ResidentId.in_subquery(owners))
        .one(db)
        .await?;
    let Some(booking) = booking else { return Ok(None) };
    let id = booking.resident_id;
    match residents::queries::found_by_ids(db, scope, &[id]).await?.remove(&id) {
        Some(person) => with_row(db, booking, person, Reach::Person).await.map(Some),
        None => Ok(None),
    }
}

/// The booking that a proof names, if the proof holds.
pub async fn by_proof(
    db: &impl ConnectionTrait,
    scope: &Scope,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Option<Mine>> {
    let Some(claim) = proof::read(text) else { return Ok(None) };
    let Ok(number) = BookingNumber::parse(&format!("{:08}", claim.number)) else { return Ok(None) };
    let Some(booking) = bookings::queries::find_by_number(db, scope, number).await? else {
        return Ok(None);
    };
    let id = booking.resident_id;
    let Some(person) = residents::queries::found_by_ids(db, scope, &[id]).await?.remove(&id) else {
        return Ok(None);
    };
    if !claim.holds(&booking.calendar_uid, &person.phones, now) {
        return Ok(None);
    }
    with_row(db, booking, person, claim.reach).await.map(Some)
}

async fn with_row(
    db: &impl ConnectionTrait,
    booking: booking::Model,
    person: Found,
    reach: Reach,
) -> Result<Mine> {
    let mut rows = bookings::queries::rows(db, vec![booking]).await?;
    let row = rows.pop().ok_or(Error::NotFound)?;
    Ok(Mine { row, person, reach })
}
