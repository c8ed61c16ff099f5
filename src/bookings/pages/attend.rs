//! Attendance: on a tablet, and from a paper roster.

use askama::Template;
use entity::bookings::booking::Attendance;
use entity::{BookingId, SessionId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{Board, load};
use super::numbers;
use super::session::OTHERS;
use crate::bookings::{actions, queries};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result, actor};
use crate::sessions;

#[derive(Template)]
#[template(path = "bookings/pages/attend.html")]
struct AttendPage {
    page: Page,
    board: Board,
    others: &'static [Attendance],
    back: &'static str,
}

/// Rows for a finger, without addresses and full phone numbers.
#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let board = load(&app, &ctx, &scope, SessionId(id), "attendance").await?;
    render(&AttendPage { page, board, others: &OTHERS, back: "attend" })
}

/// One mark.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    booking: String,
    /// A kind of attendance, or `none` to take the record back.
    state: String,
    /// `attend` for the tablet's page.
    back: String,
}

/// Records one mark and shows the line again.
#[handler]
pub(super) async fn record(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(mark): Form<Mark>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let booking_id = BookingId(mark.booking.parse().map_err(|_| Error::BadRequest)?);
    let attendance = match mark.state.as_str() {
        "none" => None,
        text => Some(Attendance::from_text(text).ok_or(Error::BadRequest)?),
    };
    mark_all(&app, &ctx, &scope, SessionId(id), &[booking_id], attendance).await?;
    let place = if mark.back == "attend" { "/attend" } else { "" };
    Ok(redirect(&format!("/sessions/{id}{place}#b{booking_id}")))
}

async fn mark_all(
    app: &App,
    ctx: &Ctx,
    scope: &crate::platform::Scope,
    id: SessionId,
    bookings: &[BookingId],
    attendance: Option<Attendance>,
) -> Result<()> {
    app.store()
        .write(ctx, "record_attendance", |tx| async move {
            sessions::queries::lock(&tx, scope, id).await?;
            for booking_id in bookings {
                if queries::get(tx.db(), scope, *booking_id).await?.session_id != id {
                    return Err(Error::NotFound);
                }
                actions::record_attendance(&tx, scope, *booking_id, attendance).await?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

/// Numbers from a paper roster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Numbers {
    numbers: String,
}

#[derive(Template)]
#[template(path = "bookings/pages/numbers.html")]
struct NumbersPage {
    page: Page,
    board: Board,
    typed: String,
    error: Option<&'static str>,
    chosen: Vec<usize>,
}

/// Shows who the numbers are: the roster may have changed since it was printed.
#[handler]
pub(super) async fn preview(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<Numbers>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let board = load(&app, &ctx, &scope, SessionId(id), "attendance").await?;
    let read = numbers::read(&form.numbers, board.seats.len());
    let status = if read.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let template = NumbersPage {
        error: read.as_ref().err().copied(),
        chosen: read.map(|found| found.into_iter().collect()).unwrap_or_default(),
        typed: form.numbers,
        board,
        page,
    };
    render_with(status, &template)
}

/// The people whom the page of numbers named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Present {
    booking: Vec<String>,
}

/// Records all of them as present, or none.
#[handler]
pub(super) async fn record_many(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<Present>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let ids: Result<Vec<BookingId>, _> =
        form.booking.iter().map(|text| text.parse().map(BookingId)).collect();
    let ids = ids.map_err(|_| Error::BadRequest)?;
    mark_all(&app, &ctx, &scope, SessionId(id), &ids, Some(Attendance::Present)).await?;
    Ok(redirect(&format!("/sessions/{id}#at")))
}
