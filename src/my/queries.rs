//! Reads: what the public may see, and a booking for whoever can prove it.

use chrono::{DateTime, Utc};
use entity::bookings::{booking, web_application};
use entity::residents::resident_phone;
use entity::sessions::session::SessionKind;
use entity::sessions::slot;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use super::proof::{self, Reach};
use super::view::{SessionView, TimeView};
use crate::bookings::{self, BookingRow};
use crate::paths;
use crate::paths::queries::StepView;
use crate::platform::japan::BookingNumber;
use crate::platform::{Ctx, Error, Page, Result, Scope};
use crate::residents::{self, Found};
use crate::sessions::{self, SessionFilter};

/// Sessions that have not begun and are shown to the public, soonest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn coming(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    kind: Option<SessionKind>,
    area_code: Option<String>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<SessionView>> {
    let (scope, now) = (ctx.public_scope(), ctx.now);
    let filter =
        SessionFilter { kind, area_code, from: Some(now), public_only: true, ..Default::default() };
    let Page { items, next } =
        sessions::queries::list(db, &scope, &filter, now, limit, after).await?;
    let items = items.iter().map(|row| SessionView::new(ctx.lang, row, now)).collect();
    Ok(Page { items, next })
}

/// A session that is shown to the public.
///
/// # Errors
/// `NotFound`, also for one that is not public.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn public_session(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: SessionId,
) -> Result<SessionView> {
    let row = sessions::queries::get(db, &ctx.public_scope(), id).await?;
    if !row.session.is_public {
        return Err(Error::NotFound);
    }
    Ok(SessionView::new(ctx.lang, &row, ctx.now))
}

/// The times of a consultation that can still be had, one for each start.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn free_times(
    db: &impl ConnectionTrait,
    ctx: &Ctx,
    id: SessionId,
) -> Result<Vec<TimeView>> {
    let free = sessions::queries::free_slots(db, &ctx.public_scope(), id).await?;
    let mut times: Vec<slot::Model> = free.into_iter().map(|(slot, ..)| slot).collect();
    times.sort_by_key(|slot| (slot.starts_at, slot.id));
    times.dedup_by_key(|slot| slot.starts_at);
    Ok(times.iter().map(|slot| TimeView::new(ctx.lang, slot)).collect())
}

/// A booking with its person, for whoever proved it.
#[derive(Clone, Debug)]
pub struct Mine {
    pub row: BookingRow,
    pub person: Found,
    /// How far the proof reaches.
    pub reach: Reach,
    /// How it was applied for on these pages, if it was.
    pub application: Option<web_application::Model>,
}

impl Mine {
    /// A proof to carry from page to page.
    pub fn proof(&self, now: DateTime<Utc>) -> String {
        let booking = &self.row.booking;
        let phones = proving(self.application.as_ref(), &self.person);
        proof::issue(booking.number, self.reach, &booking.calendar_uid, &phones, now)
    }

    /// What this person may reach.
    pub fn scope(&self) -> Scope {
        Scope::own(self.row.booking.municipality_id, self.person.id)
    }

    /// Whether the office knows from the person whose booking it is.
    pub fn is_settled(&self) -> bool {
        self.application.as_ref().is_none_or(|application| application.settled_at.is_some())
    }
}

/// The phone numbers that prove a booking. Of an application that nobody has settled, only the one
/// that was typed: it stays the same, whosever record the booking goes to.
fn proving(application: Option<&web_application::Model>, person: &Found) -> Vec<String> {
    match application {
        None => person.phones.clone(),
        Some(application) if application.settled_at.is_none() => vec![application.digits.clone()],
        Some(application) => person.phones.iter().chain([&application.digits]).cloned().collect(),
    }
}

/// The booking with this number, if one of the phone numbers that prove it ends in `last4`.
///
/// One query decides, whatever is wrong, so that neither answer nor time says whether a number
/// exists.
#[tracing::instrument(skip_all, level = "debug")]
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

    let applications = |which: Expr| {
        Query::select()
            .column(web_application::Column::BookingId)
            .from(web_application::Entity)
            .and_where(web_application::Column::MunicipalityId.eq(scope.municipality_id))
            .and_where(which)
            .take()
    };
    let typed = applications(web_application::Column::Last4.eq(last4));
    let unsettled = applications(web_application::Column::SettledAt.is_null());

    let of_person = Condition::all()
        .add(booking::Column::ResidentId.in_subquery(owners))
        .add(booking::Column::Id.not_in_subquery(unsettled));
    let booking = booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::Number.eq(number))
        .filter(Condition::any().add(of_person).add(booking::Column::Id.in_subquery(typed)))
        .one(db)
        .await?;

    let Some(booking) = booking else { return Ok(None) };
    let id = booking.resident_id;
    let application = bookings::queries::find_application(db, booking.id).await?;
    match person(db, scope, id).await? {
        Some(person) => with_row(db, booking, person, Reach::Person, application).await.map(Some),
        None => Ok(None),
    }
}

/// The booking that a proof names, if the proof holds.
#[tracing::instrument(skip_all, level = "debug")]
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
    let Some(person) = person(db, scope, id).await? else { return Ok(None) };

    let application = bookings::queries::find_application(db, booking.id).await?;
    let phones = proving(application.as_ref(), &person);
    if !claim.holds(&booking.calendar_uid, &phones, now) {
        return Ok(None);
    }

    with_row(db, booking, person, claim.reach, application).await.map(Some)
}

/// Whose booking it is.
async fn person(db: &impl ConnectionTrait, scope: &Scope, id: ResidentId) -> Result<Option<Found>> {
    // These pages show people what is their own: that is no look of the office.
    Ok(residents::queries::found_by_ids(db, scope, &[id]).await?.for_work().remove(&id))
}

/// The booking that was made with a form of this browser.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn booked(db: &impl ConnectionTrait, scope: &Scope, id: BookingId) -> Result<BookingRow> {
    // The own one, too.
    Ok(bookings::queries::get_row(db, scope, id).await?.for_work())
}

/// The steps of the own path; none before there is one.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn own_steps(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Vec<StepView>> {
    // The own path, too.
    let path = paths::queries::current(db, scope, id).await?.for_work();
    Ok(path.map(|path| path.steps).unwrap_or_default())
}

async fn with_row(
    db: &impl ConnectionTrait,
    booking: booking::Model,
    person: Found,
    reach: Reach,
    application: Option<web_application::Model>,
) -> Result<Mine> {
    let mut rows = bookings::queries::rows(db, vec![booking]).await?;
    let row = rows.pop().ok_or(Error::NotFound)?;
    Ok(Mine { row, person, reach, application })
}
