//! `/sessions/{id}`: attendance, roster, offers, waiting list.

use askama::Template;
use entity::bookings::booking::Attendance;
use entity::{BookingId, SessionId, VenueId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::{Board, load};
use super::list::state;
use crate::bookings::{actions, queries};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{App, Ctx, Error, Result, Scope, actor};
use crate::{routers, sessions};

/// Notes that the page before left in the address: counts, nothing personal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    /// People whose booking moved with the session.
    moved: Option<u32>,
    /// People who are elsewhere at the new time.
    lost: Option<u32>,
    /// The booking that was taken back a moment ago, and whose it was.
    taken: Option<i64>,
    of: Option<i64>,
    /// Which change has just been made; empty for none.
    done: String,
}

impl Told {
    /// The key of the sentence about the change that has just been made.
    fn done(&self) -> Option<&'static str> {
        match self.done.as_str() {
            "saved" => Some("session.done.saved"),
            "staff" => Some("session.done.staff"),
            "called_off" => Some("session.done.called_off"),
            _ => None,
        }
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/session.html")]
struct SessionPage {
    page: Page,
    board: Board,
    told: Told,
    state: (&'static str, &'static str),
    others: &'static [Attendance],
    back: &'static str,
    /// How the venue is connected: name of each line, class and word of its last test, its day.
    net: Vec<NetLine>,
}

/// A line of the venue in words.
struct NetLine {
    kind: String,
    /// Class and words of the last test; none before the first.
    result: Option<(&'static str, String)>,
    day: String,
}

async fn net(page: &Page, app: &App, scope: &Scope, venue_id: VenueId) -> Result<Vec<NetLine>> {
    let db = app.store().reader();
    let known = routers::connectivity(db, scope, &[venue_id]).await?;
    let lines = known.get(&venue_id).into_iter().flat_map(|venue| venue.lines());
    let line = |line: routers::rules::Line| NetLine {
        kind: page.f(&format!("router.kind.{}", line.kind), &[]),
        result: line.last.map(|(_, result)| routers::pages::result_words(page, result)),
        day: match line.last {
            Some((on, _)) => {
                let day = routers::pages::day_words(page.ctx.lang, on);
                page.f1("session.net.tested", "day", day)
            }
            None => page.t("router.never").to_owned(),
        },
    };
    Ok(lines.map(line).collect())
}

/// What the button 「ほか」 opens.
pub(super) const OTHERS: [Attendance; 5] = [
    Attendance::Late,
    Attendance::LeftEarly,
    Attendance::AbsentTold,
    Attendance::NoShow,
    Attendance::Companion,
];

#[handler]
pub(super) async fn show(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Query(told): Query<Told>,
) -> Result<Response> {
    let scope = ctx.scope(actor::ROSTER)?;
    let board = load(&app, &ctx, &scope, SessionId(id), "session_page").await?;
    let state = state(&board.row, ctx.now);
    let net = net(&page, &app, &scope, board.row.venue.id).await?;
    render(&SessionPage { net, page, board, told, state, others: &OTHERS, back: "page" })
}

/// The answer to an offer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    booking: String,
    answer: String,
}

/// Records the answer to an offer: `accept` makes it a booking, `decline` takes it back.
#[handler]
pub(super) async fn answer_offer(
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(form): Form<Answer>,
) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    let session_id = SessionId(id);
    let booking_id = BookingId(form.booking.parse().map_err(|_| Error::BadRequest)?);
    let accept = match form.answer.as_str() {
        "accept" => true,
        "decline" => false,
        _ => return Err(Error::BadRequest),
    };
    let scope = &scope;
    let answered = app
        .store()
        .write(&ctx, "answer_offer", |tx| async move {
            sessions::queries::lock(&tx, scope, session_id).await?;
            if queries::get(tx.db(), scope, booking_id).await?.session_id != session_id {
                return Err(Error::NotFound);
            }
            match accept {
                true => actions::confirm(&tx, scope, booking_id).await,
                false => actions::cancel(&tx, scope, booking_id).await,
            }
        })
        .await?;
    let undo = match accept {
        true => String::new(),
        false => format!("?taken={}&of={}", answered.id, answered.resident_id),
    };
    Ok(redirect(&format!("/sessions/{id}{undo}#offers")))
}
