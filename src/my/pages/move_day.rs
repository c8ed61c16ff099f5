//! Another day for a booking.

use askama::Template;
use chrono::DateTime;
use entity::SessionId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::jar::Jar;
use super::mine::{own, proved};
use super::view::{SessionView, TimeView};
use crate::bookings::rules::Refusal;
use crate::my::actions;
use crate::my::queries::{self, Mine};
use crate::platform::web::Page;
use crate::platform::web::door::{Returned, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{redirect, render};
use crate::platform::{App, Ctx, FieldError, Result};

/// Days to choose from, of the same topic and of others.
const DAYS: usize = 12;
/// Sessions looked at: the same topic may come again only after many others.
const LOOKED_AT: usize = 200;

#[derive(Template)]
#[template(path = "my/pages/days.html")]
struct Days {
    page: Page,
    back: Returned,
    now: SessionView,
    /// Days with the topic of the booking.
    same: Vec<SessionView>,
    /// Days of the same kind with another topic.
    others: Vec<SessionView>,
}

impl Days {
    /// What a button chooses, for those who hear only the button.
    fn of(&self, session: &SessionView) -> String {
        let (day, title) = (session.when.day.as_str(), session.title.as_str());
        self.page.f("events.more.of", &[("day", day), ("title", title)])
    }
}

/// `GET /my/day`: sessions of the same kind with a free place.
#[handler]
pub async fn show_days(page: Page, ctx: Ctx, app: App, jar: Jar) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    render(&days_page(page, &app, &mine, Returned::default()).await?)
}

async fn days_page(page: Page, app: &App, mine: &Mine, back: Returned) -> Result<Days> {
    let ctx = page.ctx.clone();
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let session = &mine.row.session;
    let found =
        queries::coming(db, &scope, Some(session.kind), None, ctx.now, LOOKED_AT, None).await?;
    // Another time of the same consultation day is a choice as well.
    let other =
        |day: &SessionView| day.open && !day.full() && (day.timed || day.id != session.id.0);
    let now = SessionView::of_booking(ctx.lang, &mine.row, ctx.now);
    let days = found.items.iter().map(|row| SessionView::new(ctx.lang, row, ctx.now));
    let (mut same, mut others): (Vec<_>, Vec<_>) =
        days.filter(other).partition(|day| day.title == now.title);
    same.truncate(DAYS);
    others.truncate(DAYS);
    Ok(Days { back, now, same, others, page })
}

#[derive(Template)]
#[template(path = "my/pages/move.html")]
struct Move {
    page: Page,
    back: Returned,
    now: SessionView,
    new: SessionView,
    times: Vec<TimeView>,
}

impl Move {
    /// A sentence, when the class is about something else than the one that was booked.
    fn other_topic(&self) -> Option<String> {
        let (old, new) = (self.now.title.as_str(), self.new.title.as_str());
        (old != new).then(|| self.page.f("my.move.topic", &[("old", old), ("new", new)]))
    }
}

/// `GET /my/day/{session id}`: asks for the time, or once more.
#[handler]
pub async fn confirm(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Path(id): Path<i64>,
) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };
    render(&move_page(page, &app, &mine, SessionId(id), Returned::default()).await?)
}

async fn move_page(
    page: Page,
    app: &App,
    mine: &Mine,
    id: SessionId,
    back: Returned,
) -> Result<Move> {
    let ctx = page.ctx.clone();
    let (db, scope) = (app.store().reader(), ctx.public_scope());
    let row = queries::public_session(db, &scope, id).await?;
    let new = SessionView::new(ctx.lang, &row, ctx.now);
    let times = if new.timed { queries::free_times(db, &scope, id).await? } else { Vec::new() };
    Ok(Move {
        back,
        now: SessionView::of_booking(ctx.lang, &mine.row, ctx.now),
        new,
        times: times.iter().map(|slot| TimeView::new(ctx.lang, slot)).collect(),
        page,
    })
}

/// The time chosen for a consultation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TimeForm {
    time: String,
}

/// `POST /my/day/{session id}`
#[handler]
pub async fn move_day(
    page: Page,
    ctx: Ctx,
    app: App,
    jar: Jar,
    Path(id): Path<i64>,
    Form(chosen): Form<TimeForm>,
) -> Result<Response> {
    let Some(mine) = proved(&app, &ctx, &jar).await? else { return Ok(redirect("/my")) };

    let session_id = SessionId(id);
    let time = chosen.time.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0));
    let row =
        queries::public_session(app.store().reader(), &ctx.public_scope(), session_id).await?;
    if row.session.slot_minutes.is_some() && time.is_none() {
        let back = Returned::mistake("time", "err.time.empty");
        let shown = move_page(page, &app, &mine, session_id, back).await?;
        return render_form(&shown.back, &shown);
    }

    let (own, scope, booking_id) = (own(&ctx, &mine), &ctx.public_scope(), mine.row.booking.id);
    let moved = app
        .store()
        .write(&own, "move_booking", |tx| async move {
            actions::choose_other_day(&tx, scope, booking_id, session_id, time).await
        })
        .await;

    match moved {
        Ok(_) => {
            let from = mine.row.span().0.timestamp();
            Ok(redirect(&format!("/my/booking?done=moved&from={from}")))
        }
        // Pressed twice: it is there already.
        Err(error) if error.is(Refusal::AlreadyBooked) && mine.row.session.id == session_id => {
            Ok(redirect("/my/booking?done=moved"))
        }
        Err(error) => {
            let wording = match error.reason() {
                Some(Refusal::Full | Refusal::SlotTaken | Refusal::SlotNeeded) => "err.slot.gone",
                Some(Refusal::KeptForPhone) => "err.slot.by_phone",
                Some(Refusal::SessionCancelled) => "refused.session_cancelled",
                Some(Refusal::SessionStarted) => "refused.session_started",
                Some(Refusal::Overlap) => "err.overlap",
                Some(Refusal::AlreadyBooked) => "err.already",
                Some(Refusal::NotNow) => "refused.not_now",
                _ => return Err(error),
            };

            // What is refused is mended by another day.
            let mut back = Returned::of(&page, error)?;
            (back.refusal, back.errors) = (None, vec![FieldError::new("session", wording)]);
            let shown = days_page(page, &app, &mine, back).await?;
            render_form(&shown.back, &shown)
        }
    }
}
