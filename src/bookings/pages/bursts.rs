//! `/bursts`: web bookings that came in a burst, and their end in one act.

use std::collections::HashMap;

use askama::Template;
use chrono::{DateTime, Utc};
use entity::{BookingId, ResidentId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::actions;
use crate::bookings::queries::{self, Burst, BurstLine};
use crate::platform::japan::time::local_time;
use crate::platform::web::door::Visit;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::sessions::roster::{self, Guest};

/// What the page before left in the address.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct BurstsQuery {
    /// Bookings that were cancelled.
    cancelled: Option<u32>,
}

#[derive(Template)]
#[template(path = "bookings/pages/bursts.html")]
struct BurstsPage {
    page: Page,
    told: BurstsQuery,
    bursts: Vec<Burst>,
}

impl BurstsPage {
    /// Beginning and end.
    fn when(&self, burst: &Burst) -> String {
        let (from, until) = (self.page.moment(&burst.from), clock(&self.page, &burst.until));
        self.page.f("bursts.from_to", &[("from", &from), ("until", &until)])
    }
}

fn clock(page: &Page, at: &DateTime<Utc>) -> String {
    page.ctx.lang.clock(local_time(*at))
}

/// `GET /bursts`
#[handler]
pub(super) async fn list(visit: Visit<Desk>, Query(told): Query<BurstsQuery>) -> Result<Response> {
    let bursts = queries::list_bursts(visit.db(), &visit.scope, visit.ctx.now).await?;
    render(&BurstsPage { page: visit.page, told, bursts })
}

#[derive(Template)]
#[template(path = "bookings/pages/burst.html")]
struct BurstPage {
    page: Page,
    burst: Burst,
    guests: HashMap<ResidentId, Guest>,
}

impl BurstPage {
    fn lead(&self) -> String {
        let (from, until) = (self.page.moment(&self.burst.from), self.clock(&self.burst.until));
        self.page.f("burst.lead", &[("from", &from), ("until", &until)])
    }

    /// The last booking that is shown, in microseconds: what came later is not cancelled unseen.
    fn seen(&self) -> i64 {
        self.burst.until.timestamp_micros()
    }

    fn clock(&self, at: &DateTime<Utc>) -> String {
        clock(&self.page, at)
    }

    fn kana(&self, line: &BurstLine) -> &str {
        let guest = self.guests.get(&line.row.booking.resident_id);
        guest.map(|guest| guest.kana.as_str()).unwrap_or_default()
    }

    /// When the person is to come.
    fn when(&self, line: &BurstLine) -> String {
        let (starts_at, ends_at) = line.row.span();
        self.page.ctx.lang.day_and_span(starts_at, ends_at)
    }
}

/// `GET /bursts/{first booking}`
#[handler]
pub(super) async fn show(visit: Visit<Desk>, Path(first): Path<BookingId>) -> Result<Response> {
    let (db, scope) = (visit.db(), &visit.scope);
    let burst = queries::get_burst(db, scope, first, visit.ctx.now).await?;
    let burst = visit.saw(burst, "burst_page").await?;
    let people: Vec<_> = burst.lines.iter().map(|line| line.row.booking.resident_id).collect();
    let guests = roster::guests(db, scope, &people).await?;
    render(&BurstPage { page: visit.page, burst, guests })
}

/// What was seen when the button was pressed.
#[derive(Deserialize)]
pub(super) struct CancelForm {
    seen: i64,
}

/// `POST /bursts/{first booking}/cancel`; a second press finds nothing left to cancel.
#[handler]
pub(super) async fn cancel(
    visit: Visit<Desk>,
    Path(first): Path<BookingId>,
    Form(form): Form<CancelForm>,
) -> Result<Response> {
    let seen = DateTime::from_timestamp_micros(form.seen).ok_or(Error::BadRequest)?;
    let count = visit
        .does("cancel_burst", |tx, scope| async move {
            actions::cancel_burst(&tx, scope, first, seen).await
        })
        .await?;
    Ok(redirect(&format!("/bursts?cancelled={count}")))
}

/// The booking whose person was reached.
#[derive(Deserialize)]
pub(super) struct VouchForm {
    booking: BookingId,
}

/// `POST /bursts/{first booking}/vouch`
#[handler]
pub(super) async fn vouch(
    visit: Visit<Desk>,
    Path(first): Path<BookingId>,
    Form(VouchForm { booking }): Form<VouchForm>,
) -> Result<Response> {
    visit
        .does("vouch_for_booking", |tx, scope| async move {
            actions::vouch_for(&tx, scope, booking).await.map(|_| ())
        })
        .await?;
    Ok(redirect(&format!("/bursts/{first}")))
}
