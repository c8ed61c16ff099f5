//! Another day for a booking.

use askama::Template;
use chrono::DateTime;
use entity::SessionId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::owner::Owner;
use crate::bookings::rules::Refusal;
use crate::my::view::{SessionView, TimeView};
use crate::my::{actions, queries};
use crate::platform::web::Page;
use crate::platform::web::door::{Returned, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::redirect;
use crate::platform::{FieldError, Result};

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
pub async fn show_days(owner: Owner) -> Result<Response> {
    draw_days(owner, Returned::default()).await
}

async fn draw_days(owner: Owner, back: Returned) -> Result<Response> {
    let (db, ctx, now) = (owner.guest.db(), &owner.guest.ctx, owner.session());
    let found = queries::coming(db, ctx, Some(now.kind), None, LOOKED_AT, None).await?;
    // Another time of the same consultation day is a choice as well.
    let other = |day: &SessionView| day.open && !day.full() && (day.timed || day.id != now.id);
    let (mut same, mut others): (Vec<_>, Vec<_>) =
        found.items.into_iter().filter(other).partition(|day| day.title == now.title);
    same.truncate(DAYS);
    others.truncate(DAYS);
    let template = Days { page: owner.guest.page, back, now, same, others };
    render_form(&template.back, &template)
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
pub async fn confirm(Path(id): Path<SessionId>, owner: Owner) -> Result<Response> {
    let new = queries::public_session(owner.guest.db(), &owner.guest.ctx, id).await?;
    draw_move(owner, new, Returned::default()).await
}

async fn draw_move(owner: Owner, new: SessionView, back: Returned) -> Result<Response> {
    let (db, ctx, now) = (owner.guest.db(), &owner.guest.ctx, owner.session());
    let times = if new.timed { queries::free_times(db, ctx, new.id).await? } else { Vec::new() };
    let template = Move { page: owner.guest.page, back, now, new, times };
    render_form(&template.back, &template)
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
    Path(id): Path<SessionId>,
    Form(chosen): Form<TimeForm>,
    owner: Owner,
) -> Result<Response> {
    let time = chosen.time.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0));
    let new = queries::public_session(owner.guest.db(), &owner.guest.ctx, id).await?;
    if new.timed && time.is_none() {
        return draw_move(owner, new, Returned::mistake("time", "err.time.empty")).await;
    }

    let work = |tx, scope, booking_id| async move {
        actions::choose_other_day(&tx, scope, booking_id, id, time).await
    };
    match owner.does("move_booking", work).await {
        Ok(_) => {
            let from = owner.mine.row.span().0.timestamp();
            Ok(redirect(&format!("/my/booking?done=moved&from={from}")))
        }
        // Pressed twice: it is there already.
        Err(error) if error.is(Refusal::AlreadyBooked) && owner.mine.row.session.id == id => {
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
            let mut back = Returned::of(&owner.guest.page, error)?;
            (back.refusal, back.errors) = (None, vec![FieldError::new("session", wording)]);
            draw_days(owner, back).await
        }
    }
}
