//! `/bursts`: web bookings that came in a burst, and their end in one act.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::BookingId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{moment_words, time_words};
use crate::bookings::queries::{self, Burst};
use crate::bookings::{actions, booking};
use crate::platform::japan::dates;
use crate::platform::japan::time::local_date;
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{App, Ctx, Error, Lang, Result, actor};
use crate::residents::record_look;
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
pub(super) struct Told {
    /// Bookings that were cancelled.
    cancelled: Option<u32>,
}

#[derive(Template)]
#[template(path = "bookings/pages/bursts.html")]
struct ListPage {
    page: Page,
    told: Told,
    rows: Vec<Row>,
}

/// `GET /bursts`
#[handler]
pub(super) async fn list(
    page: Page,
    ctx: Ctx,
    app: App,
    Query(told): Query<Told>,
) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let all = queries::list_bursts(app.store().reader(), &scope, ctx.now).await?;
    let row = |burst: &Burst| Row {
        id: burst.first.0,
        when: when(&page, burst),
        label: burst.label.clone(),
        sources: burst.sources,
        count: burst.lines.len(),
        open: burst.open(ctx.now),
    };
    let rows = all.iter().map(row).collect();
    render(&ListPage { page, told, rows })
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
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let db = app.store().reader();
    let burst = queries::get_burst(db, &scope, BookingId(id), ctx.now).await?;
    let people: Vec<_> = burst.lines.iter().map(|line| line.row.booking.resident_id).collect();
    let guests = roster::guests(db, &scope, &people).await?;
    record_look(&app, &ctx, &people, "burst_page").await?;
    let line = |line: &queries::BurstLine| {
        let (starts_at, ends_at) = line.row.span();
        let booking = &line.row.booking;
        Line {
            id: booking.id.0,
            came: time_words(ctx.lang, line.origin.booked_at),
            kana: guests.get(&booking.resident_id).map(|who| who.kana.clone()).unwrap_or_default(),
            session: ctx.lang.pick(&line.row.session.title_ja, &line.row.session.title_en).into(),
            when: day_and_time(ctx.lang, starts_at, ends_at),
            state: page.f(&format!("state.{}", booking.state), &[]),
            vouched: line.origin.vouched_at.is_some(),
            can_end: line.can_end(ctx.now),
        }
    };
    let lines = burst.lines.iter().map(line).collect();
    let (from, until) = ends(ctx.lang, &burst);
    render(&BurstPage {
        id,
        from,
        until,
        label: burst.label.clone(),
        seen: burst.until.timestamp_micros(),
        open: burst.open(ctx.now),
        lines,
        page,
    })
}

/// What was seen when the button was pressed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    seen: String,
}

/// `POST /bursts/{first booking}/cancel`; a second press finds nothing left to cancel.
#[handler]
pub(super) async fn cancel(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<Seen>,
) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let seen = form.seen.parse().ok().and_then(DateTime::from_timestamp_micros);
    let (first, seen) = (BookingId(id), seen.ok_or(Error::BadRequest)?);
    let count = app
        .store()
        .write(&ctx, "cancel_burst", |tx| async move {
            actions::cancel_burst(&tx, scope, first, seen).await
        })
        .await?;
    Ok(redirect(&format!("/bursts?cancelled={count}")))
}

/// The booking whose person was reached.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reached {
    booking: String,
}

/// `POST /bursts/{first booking}/vouch`
#[handler]
pub(super) async fn vouch(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<Reached>,
) -> Result<Response> {
    let scope = &ctx.scope(actor::DESK)?;
    let booking = BookingId(form.booking.parse().map_err(|_| Error::BadRequest)?);
    app.store()
        .write(&ctx, "vouch_for_booking", |tx| async move {
            actions::vouch_for(&tx, scope, booking).await.map(|_: booking::Model| ())
        })
        .await?;
    Ok(redirect(&format!("/bursts/{id}")))
}
