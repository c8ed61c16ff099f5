//! `/bookings/{id}/move`: another session for one person's booking, while the person is on the phone.

use askama::Template;
use entity::{BookingId, SessionId, SlotId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use crate::bookings::{actions, queries};
use crate::platform::error::FieldError;
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope, actor};
use crate::residents::record_look;
use crate::sessions::queries::span_words;
use crate::sessions::roster;
use crate::sessions::{self, SessionFilter};

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
    errors: Vec<FieldError>,
    refusal: Option<String>,
}

async fn load(page: Page, app: &App, scope: &Scope, id: BookingId) -> Result<MovePage> {
    let (db, lang) = (app.store().reader(), page.ctx.lang);
    let row = queries::get_row(db, scope, id).await?;
    let day = sessions::queries::get(db, scope, row.session.id).await?.day(lang);
    let person = row.booking.resident_id;
    let guest = roster::guests(db, scope, &[person]).await?.remove(&person);
    record_look(app, &page.ctx, &[person], "move_booking_page").await?;
    let filter = SessionFilter {
        kind: Some(row.session.kind),
        from: Some(page.ctx.now),
        open: true,
        ..SessionFilter::default()
    };
    let found = sessions::queries::list(db, scope, &filter, page.ctx.now, SESSIONS, None).await?;
    // Where the person has a place already, there is no second one.
    let own: Vec<SessionId> = queries::of_resident(db, scope, person, true)
        .await?
        .into_iter()
        .map(|own| own.session.id)
        .filter(|own| *own != row.session.id)
        .collect();
    let mut days = Vec::new();
    for found in found.items.into_iter().filter(|found| !own.contains(&found.session.id)) {
        let session = &found.session;
        let mut times = Vec::new();
        if session.slot_minutes.is_some() {
            for (slot, _, staff) in sessions::queries::free_slots(db, scope, session.id).await? {
                let time = span_words(lang, slot.starts_at, slot.ends_at);
                let value = format!("{}-{}", session.id, slot.id);
                times.push(Time { value, words: format!("{time} {staff}") });
            }
        } else if session.id != row.session.id {
            let words = span_words(lang, session.starts_at, session.ends_at);
            times.push(Time { value: session.id.to_string(), words });
        }
        if !times.is_empty() {
            let (day, place) = (found.day(lang), found.place(lang).to_owned());
            let title = lang.pick(&session.title_ja, &session.title_en).to_owned();
            days.push(Day { day, title, place, times });
        }
    }
    let (start, end) = row.span();
    Ok(MovePage {
        id,
        kana: guest.map(|guest| guest.kana).unwrap_or_default(),
        number: row.number(),
        title: lang.pick(&row.session.title_ja, &row.session.title_en).to_owned(),
        now: format!("{day} {}", span_words(lang, start, end)),
        days,
        errors: Vec::new(),
        refusal: None,
        page,
    })
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(actor::DESK)?;
    render(&load(page, &app, &scope, BookingId(id)).await?)
}

/// The chosen place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    to: String,
}

impl Chosen {
    fn read(&self) -> Option<(SessionId, Option<SlotId>)> {
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
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(chosen): Form<Chosen>,
) -> Result<Response> {
    let (scope, id) = (&ctx.scope(actor::DESK)?, BookingId(id));
    let old = queries::get(app.store().reader(), scope, id).await?.session_id;
    sessions::queries::get(app.store().reader(), scope, old).await?;
    let Some((session_id, slot_id)) = chosen.read() else {
        let mut template = load(page, &app, scope, id).await?;
        template.errors = vec![FieldError::new("to", "err.slot.empty")];
        return render_with(StatusCode::UNPROCESSABLE_ENTITY, &template);
    };
    let moved = app
        .store()
        .write(&ctx, "move_booking", |tx| async move {
            actions::move_to(&tx, scope, id, session_id, slot_id).await
        })
        .await;
    match moved {
        Ok(_) => Ok(redirect("/desk")),
        Err(Error::Refused(told)) => {
            let mut template = load(page, &app, scope, id).await?;
            template.refusal = Some(template.page.refusal(&told));
            render_with(StatusCode::CONFLICT, &template)
        }
        Err(other) => Err(other),
    }
}
