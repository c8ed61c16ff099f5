//! Attendance: on a tablet, and from a paper roster.

use askama::Template;
use entity::bookings::booking::Attendance;
use entity::{BookingId, SessionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Board;
use super::session::OTHERS;
use crate::bookings::rules::numbers;
use crate::bookings::{actions, queries};
use crate::platform::web::door::{By, Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, FieldError, Result};
use crate::sessions::{self, Roster};

#[derive(Template)]
#[template(path = "bookings/pages/attend.html")]
struct AttendPage {
    page: Page,
    board: Board,
    others: &'static [Attendance],
    from: &'static str,
}

/// Rows for a finger, without addresses and full phone numbers.
#[handler]
pub(super) async fn show(visit: Visit<Roster>, Path(id): Path<SessionId>) -> Result<Response> {
    let board = Board::load(&visit, id, "attendance").await?;
    render(&AttendPage { page: visit.page, board, others: &OTHERS, from: "attend" })
}

/// One mark.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MarkForm {
    booking: BookingId,
    /// A kind of attendance, or `none` to take the record back.
    state: String,
    /// `attend` for the tablet's page.
    #[serde(default)]
    back: String,
}

impl MarkForm {
    fn attendance(&self) -> Result<Option<Attendance>> {
        match self.state.as_str() {
            "none" => Ok(None),
            text => Attendance::from_text(text).map(Some).ok_or(Error::BadRequest),
        }
    }
}

/// Records one mark and shows the line again.
#[handler]
pub(super) async fn record(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Form(mark): Form<MarkForm>,
) -> Result<Response> {
    mark_all(&visit, id, &[mark.booking], mark.attendance()?).await?;
    let place = if mark.back == "attend" { "/attend" } else { "" };
    Ok(redirect(&format!("/sessions/{id}{place}#b{}", mark.booking)))
}

async fn mark_all(
    by: &By<Roster>,
    id: SessionId,
    bookings: &[BookingId],
    attendance: Option<Attendance>,
) -> Result<()> {
    by.does("record_attendance", |tx, scope| async move {
        sessions::queries::lock(&tx, scope, id).await?;
        for booking_id in bookings {
            if queries::get(tx.db(), scope, *booking_id).await?.session_id != id {
                return Err(Error::NotFound);
            }
            actions::record_attendance(&tx, scope, *booking_id, attendance).await?;
        }
        Ok(())
    })
    .await
}

/// Numbers from a paper roster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NumbersForm {
    numbers: String,
}

impl NumbersForm {
    /// The lines that are meant, of a roster that ends at `last`.
    fn read(&self, last: usize) -> Result<Vec<i32>> {
        let last = i32::try_from(last).unwrap_or(i32::MAX);
        let found = numbers::read(&self.numbers, last).map_err(|wording| {
            let values = vec![("n", last.to_string())];
            Error::Invalid(vec![FieldError { values, ..FieldError::new("numbers", wording) }])
        })?;
        Ok(found.into_iter().collect())
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/numbers.html")]
struct NumbersPage {
    page: Page,
    board: Board,
    typed: NumbersForm,
    back: Returned,
    chosen: Vec<i32>,
}

/// Shows who the numbers are: the roster may have changed since it was printed.
#[handler]
pub(super) async fn preview(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Form(typed): Form<NumbersForm>,
) -> Result<Response> {
    let board = Board::load(&visit, id, "attendance").await?;
    let page = visit.page;
    let (chosen, back) = match typed.read(board.seats.len()) {
        Ok(chosen) => (chosen, Returned::default()),
        Err(error) => (Vec::new(), Returned::of(&page, error)?),
    };
    let template = NumbersPage { page, board, typed, back, chosen };
    render_form(&template.back, &template)
}

/// The people whom the page of numbers named.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PresentForm {
    booking: Vec<BookingId>,
}

/// Records all of them as present, or none.
#[handler]
pub(super) async fn record_many(
    visit: Visit<Roster>,
    Path(id): Path<SessionId>,
    Form(form): Form<PresentForm>,
) -> Result<Response> {
    mark_all(&visit, id, &form.booking, Some(Attendance::Present)).await?;
    Ok(redirect(&format!("/sessions/{id}#at")))
}
