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
use crate::platform::web::door::{Field, Returned, Visit};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::sessions::Roster;
use crate::{routers, sessions};

/// Notes that the page before left in the address: counts, nothing personal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SessionQuery {
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

impl SessionQuery {
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
    told: SessionQuery,
    state: (&'static str, &'static str),
    others: &'static [Attendance],
    from: &'static str,
    /// How the venue is connected.
    net: Vec<NetLine>,
}

impl SessionPage {
    /// Where numbers of a paper roster are typed.
    fn numbers(&self) -> Field {
        let field = self.page.field(&Returned::default(), "numbers", "attend.numbers", "");
        field.class("w-name")
    }
}

/// A line of the venue in words.
struct NetLine {
    kind: String,
    /// Class and words of the last test; none before the first.
    result: Option<(&'static str, String)>,
    day: String,
}

async fn net(visit: &Visit<Roster>, venue_id: VenueId) -> Result<Vec<NetLine>> {
    let page = &visit.page;
    let known = routers::connectivity(visit.db(), &visit.scope, &[venue_id]).await?;
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
    visit: Visit<Roster>,
    Path(id): Path<i64>,
    Query(told): Query<SessionQuery>,
) -> Result<Response> {
    let board = load(&visit, SessionId(id), "session_page").await?;
    let state = state(&board.row, visit.ctx.now);
    let net = net(&visit, board.row.venue.id).await?;
    let page = visit.page;
    render(&SessionPage { net, page, board, told, state, others: &OTHERS, from: "page" })
}

/// The answer to an offer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfferForm {
    booking: String,
    answer: String,
}

impl OfferForm {
    /// The booking, and whether the seat is taken.
    fn read(&self) -> Result<(BookingId, bool)> {
        let booking_id = BookingId(self.booking.parse().map_err(|_| Error::BadRequest)?);
        match self.answer.as_str() {
            "accept" => Ok((booking_id, true)),
            "decline" => Ok((booking_id, false)),
            _ => Err(Error::BadRequest),
        }
    }
}

/// Records the answer to an offer: `accept` makes it a booking, `decline` takes it back.
#[handler]
pub(super) async fn answer_offer(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<OfferForm>,
) -> Result<Response> {
    let (session_id, (booking_id, accept)) = (SessionId(id), form.read()?);
    let (booking, person) = visit
        .does("answer_offer", |tx, scope| async move {
            sessions::queries::lock(&tx, scope, session_id).await?;
            if queries::get(tx.db(), scope, booking_id).await?.session_id != session_id {
                return Err(Error::NotFound);
            }
            let answered = match accept {
                true => actions::confirm(&tx, scope, booking_id).await?,
                false => actions::cancel(&tx, scope, booking_id).await?,
            };
            Ok((answered.id, answered.resident_id))
        })
        .await?;

    // What was declined can be given back on the page that follows.
    let undo = if accept { String::new() } else { format!("?taken={booking}&of={person}") };
    Ok(redirect(&format!("/sessions/{id}{undo}#offers")))
}
