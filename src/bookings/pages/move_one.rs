//! `/bookings/{id}/move`: another session for one person's booking, while the person is on the phone.

use askama::Template;
use entity::{BookingId, SessionId, SlotId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::actions;
use crate::bookings::queries::{self, BookingRow};
use crate::platform::web::door::{Returned, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::residents::Desk;
use crate::sessions::queries::span_words;
use crate::sessions::{self, SessionFilter, SessionRow, roster};

/// Sessions to choose from.
const SESSIONS: usize = 8;

/// A session to move to.
struct Day {
    day: String,
    title: String,
    place: String,
    times: Vec<Time>,
}

/// Its time, or one of the times of a consultation.
struct Time {
    /// `session` or `session-slot`.
    value: String,
    words: String,
}

#[derive(Template)]
#[template(path = "bookings/pages/move_one.html")]
struct MovePage {
    page: Page,
    id: BookingId,
    kana: String,
    number: String,
    title: String,
    now: String,
    days: Vec<Day>,
    back: Returned,
}

async fn draw(visit: Visit<Desk>, id: BookingId, back: Returned) -> Result<Response> {
    let (db, scope, lang) = (visit.db(), &visit.scope, visit.ctx.lang);
    let (_, session) = queries::get_reached(db, scope, id).await?;
    let row = queries::get_row(db, scope, id).await?;
    let row = visit.saw(row, "move_booking_page").await?;
    let person = row.booking.resident_id;
    let guest = roster::guests(db, scope, &[person]).await?.remove(&person);
    let days = days(&visit, &row).await?;

    let (start, end) = row.span();
    let template = MovePage {
        id,
        kana: guest.map(|guest| guest.kana).unwrap_or_default(),
        number: row.number(),
        title: session.title(lang).to_owned(),
        now: format!("{} {}", session.day(lang), span_words(lang, start, end)),
        days,
        back,
        page: visit.page,
    };
    render_form(&template.back, &template)
}

/// The next sessions of the same kind with a place, or with other times of the same session.
async fn days(visit: &Visit<Desk>, row: &BookingRow) -> Result<Vec<Day>> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let filter = SessionFilter {
        kind: Some(row.session.kind),
        from: Some(now),
        open: true,
        ..SessionFilter::default()
    };
    let found = sessions::queries::list(db, scope, &filter, now, SESSIONS, None).await?;

    // Where the person has a place already, there is no second one.
    let own: Vec<SessionId> = queries::of_resident(db, scope, row.booking.resident_id, true)
        .await?
        .into_iter()
        .map(|own| own.session.id)
        .filter(|own| *own != row.session.id)
        .collect();

    let mut days = Vec::new();
    for found in found.items.into_iter().filter(|found| !own.contains(&found.session.id)) {
        let times = times(visit, &found, row.session.id).await?;
        if !times.is_empty() {
            let lang = visit.ctx.lang;
            let (day, title) = (found.day(lang), found.title(lang).to_owned());
            days.push(Day { day, title, place: found.place(lang).to_owned(), times });
        }
    }
    Ok(days)
}

/// The free times of a consultation; of a session with seats its time, unless it is the one from
/// which the booking goes.
async fn times(visit: &Visit<Desk>, found: &SessionRow, from: SessionId) -> Result<Vec<Time>> {
    let (db, lang, session) = (visit.db(), visit.ctx.lang, &found.session);
    if session.slot_minutes.is_none() {
        let words = span_words(lang, session.starts_at, session.ends_at);
        let time = (session.id != from).then(|| Time { value: session.id.to_string(), words });
        return Ok(time.into_iter().collect());
    }
    let slots = sessions::queries::free_slots(db, &visit.scope, session.id).await?;
    let time = |(slot, _, staff): (sessions::slot::Model, _, String)| Time {
        value: format!("{}-{}", session.id, slot.id),
        words: format!("{} {staff}", span_words(lang, slot.starts_at, slot.ends_at)),
    };
    Ok(slots.into_iter().map(time).collect())
}

#[handler]
pub(super) async fn show(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    draw(visit, BookingId(id), Returned::default()).await
}

/// The chosen place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct MoveForm {
    to: String,
}

impl MoveForm {
    fn read(&self) -> Result<(SessionId, Option<SlotId>)> {
        self.place().ok_or_else(|| Error::invalid("to", "err.slot.empty"))
    }

    fn place(&self) -> Option<(SessionId, Option<SlotId>)> {
        match self.to.split_once('-') {
            Some((session, slot)) => {
                Some((SessionId(session.parse().ok()?), Some(SlotId(slot.parse().ok()?))))
            }
            None => Some((SessionId(self.to.parse().ok()?), None)),
        }
    }
}

#[handler]
pub(super) async fn move_it(
    visit: Visit<Desk>,
    Path(id): Path<i64>,
    Form(form): Form<MoveForm>,
) -> Result<Response> {
    let (booking, _) = queries::get_reached(visit.db(), &visit.scope, BookingId(id)).await?;
    let id = booking.id;
    let done = async {
        let (session_id, slot_id) = form.read()?;
        visit
            .does("move_booking", |tx, scope| async move {
                actions::move_to(&tx, scope, id, session_id, slot_id).await.map(|_| ())
            })
            .await
    };
    match done.await {
        Ok(()) => Ok(redirect("/desk")),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?;
            draw(visit, id, back).await
        }
    }
}
