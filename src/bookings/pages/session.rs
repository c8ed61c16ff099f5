//! `/sessions/{id}`: attendance, roster, offers, waiting list.

use askama::Template;
use entity::bookings::booking::Attendance;
use entity::{BookingId, ResidentId, SessionId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Board;
use crate::bookings::{actions, queries};
use crate::platform::web::door::{Field, Returned, Visit};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::sessions::Roster;
use crate::sessions::queries::{VenueLine, venue_lines};
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
    taken: Option<BookingId>,
    of: Option<ResidentId>,
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
    others: &'static [Attendance],
    from: &'static str,
    /// How the venue is connected.
    net: Vec<VenueLine>,
}

impl SessionPage {
    /// Where numbers of a paper roster are typed.
    fn numbers(&self) -> Field {
        let field = self.page.field(&Returned::default(), "numbers", "attend.numbers", "");
        field.class("w-name")
    }

    /// Class and words of a line's last test; none before the first.
    fn result(&self, line: &VenueLine) -> Option<(&'static str, String)> {
        line.test_result.map(|result| routers::pages::result_words(&self.page, result))
    }

    /// When a line was tested.
    fn tested(&self, line: &VenueLine) -> String {
        let Some(on) = line.tested_on else { return self.page.t("router.never").to_owned() };
        let day = routers::pages::day_words(self.page.ctx.lang, on);
        self.page.f1("session.net.tested", "day", day)
    }
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
    Path(id): Path<SessionId>,
    Query(told): Query<SessionQuery>,
) -> Result<Response> {
    let board = Board::load(&visit, id, "session_page").await?;
    let net = venue_lines(visit.db(), &visit.scope, board.row.venue.id).await?;
    render(&SessionPage { page: visit.page, board, told, others: &OTHERS, from: "page", net })
}

/// What was said to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OfferAnswer {
    Accept,
    Decline,
}

/// The answer to an offer.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct OfferForm {
    booking: BookingId,
    answer: OfferAnswer,
}

/// Records the answer to an offer: `accept` makes it a booking, `decline` takes it back.
#[handler]
pub(super) async fn answer_offer(
    visit: Visit<Desk>,
    Path(id): Path<SessionId>,
    Form(OfferForm { booking, answer }): Form<OfferForm>,
) -> Result<Response> {
    let person = visit
        .does("answer_offer", |tx, scope| async move {
            sessions::queries::lock(&tx, scope, id).await?;
            if queries::get(tx.db(), scope, booking).await?.session_id != id {
                return Err(Error::NotFound);
            }
            let answered = match answer {
                OfferAnswer::Accept => actions::confirm(&tx, scope, booking).await?,
                OfferAnswer::Decline => actions::cancel(&tx, scope, booking).await?,
            };
            Ok(answered.resident_id)
        })
        .await?;

    // What was declined can be given back on the page that follows.
    let undo = match answer {
        OfferAnswer::Accept => String::new(),
        OfferAnswer::Decline => format!("?taken={booking}&of={person}"),
    };
    Ok(redirect(&format!("/sessions/{id}{undo}#offers")))
}
