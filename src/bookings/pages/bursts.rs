//! `/bursts`: web bookings that came in a burst, and their end in one act.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::BookingId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{moment_words, time_words};
use crate::bookings::actions;
use crate::bookings::queries::{self, Burst, BurstLine};
use crate::platform::japan::dates;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Lang, Result};
use crate::residents::Desk;
use crate::sessions::queries::span_words;
use crate::sessions::roster;

/// A burst in the list.
struct Row {
    id: i64,
    when: String,
    label: String,
    sources: usize,
    count: usize,
    open: usize,
}

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
    rows: Vec<Row>,
}

/// `GET /bursts`
#[handler]
pub(super) async fn list(visit: Visit<Desk>, Query(told): Query<BurstsQuery>) -> Result<Response> {
    let all = queries::list_bursts(visit.db(), &visit.scope, visit.ctx.now).await?;
    let page = visit.page;
    let row = |burst: &Burst| Row {
        id: burst.first.0,
        when: when(&page, burst),
        label: burst.label.clone(),
        sources: burst.sources,
        count: burst.lines.len(),
        open: burst.open(page.ctx.now),
    };
    let rows = all.iter().map(row).collect();
    render(&BurstsPage { page, told, rows })
}

fn when(page: &Page, burst: &Burst) -> String {
    let (from, until) = ends(page.ctx.lang, burst);
    page.f("bursts.from_to", &[("from", &from), ("until", &until)])
}

/// Beginning and end in words.
fn ends(lang: Lang, burst: &Burst) -> (String, String) {
    (moment_words(lang, burst.from), time_words(lang, burst.until))
}

fn day_and_time(lang: Lang, start: DateTime<Utc>, end: DateTime<Utc>) -> String {
    let (day, time) = (local_date(start), span_words(lang, start, end));
    match lang {
        Lang::Ja => format!("{}{time}", dates::date_ja(day)),
        Lang::En => format!("{}, {time}", dates::date_en(day)),
    }
}

/// A booking of a burst.
struct Line {
    id: i64,
    came: String,
    kana: String,
    session: String,
    when: String,
    state: String,
    vouched: bool,
    can_end: bool,
}

impl Line {
    fn new(page: &Page, line: &BurstLine, kana: String) -> Self {
        let (lang, (starts_at, ends_at)) = (page.ctx.lang, line.row.span());
        let (booking, session) = (&line.row.booking, &line.row.session);
        Self {
            id: booking.id.0,
            came: time_words(lang, line.origin.booked_at),
            kana,
            session: lang.pick(&session.title_ja, &session.title_en).to_owned(),
            when: day_and_time(lang, starts_at, ends_at),
            state: page.f(&format!("state.{}", booking.state), &[]),
            vouched: line.origin.vouched_at.is_some(),
            can_end: line.can_end(page.ctx.now),
        }
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/burst.html")]
struct BurstPage {
    page: Page,
    id: i64,
    from: String,
    until: String,
    label: String,
    /// The last booking that is shown, in microseconds: what came later is not cancelled unseen.
    seen: i64,
    open: usize,
    lines: Vec<Line>,
}

/// `GET /bursts/{first booking}`
#[handler]
pub(super) async fn show(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let burst = queries::get_burst(db, scope, BookingId(id), now).await?;
    let burst = visit.saw(burst, "burst_page").await?;
    let people: Vec<_> = burst.lines.iter().map(|line| line.row.booking.resident_id).collect();
    let guests = roster::guests(db, scope, &people).await?;

    let page = visit.page;
    let line = |line: &BurstLine| {
        let guest = guests.get(&line.row.booking.resident_id);
        Line::new(&page, line, guest.map(|guest| guest.kana.clone()).unwrap_or_default())
    };
    let lines = burst.lines.iter().map(line).collect();
    let (from, until) = ends(page.ctx.lang, &burst);
    render(&BurstPage {
        id,
        from,
        until,
        label: burst.label.clone(),
        seen: burst.until.timestamp_micros(),
        open: burst.open(now),
        lines,
        page,
    })
}

/// What was seen when the button was pressed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct CancelForm {
    seen: String,
}

/// `POST /bursts/{first booking}/cancel`; a second press finds nothing left to cancel.
#[handler]
pub(super) async fn cancel(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<CancelForm>,
) -> Result<Response> {
    let seen = form.seen.parse().ok().and_then(DateTime::from_timestamp_micros);
    let (first, seen) = (BookingId(id), seen.ok_or(Error::BadRequest)?);
    let count = visit
        .does("cancel_burst", |tx, scope| async move {
            actions::cancel_burst(&tx, scope, first, seen).await
        })
        .await?;
    Ok(redirect(&format!("/bursts?cancelled={count}")))
}

/// The booking whose person was reached.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct VouchForm {
    booking: String,
}

/// `POST /bursts/{first booking}/vouch`
#[handler]
pub(super) async fn vouch(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<VouchForm>,
) -> Result<Response> {
    let booking = BookingId(form.booking.parse().map_err(|_| Error::BadRequest)?);
    visit
        .does("vouch_for_booking", |tx, scope| async move {
            actions::vouch_for(&tx, scope, booking).await.map(|_| ())
        })
        .await?;
    Ok(redirect(&format!("/bursts/{id}")))
}
