//! `/sessions/{id}/change`: words and seats, another time or place, other staff, cancelling.

use std::fmt::Display;

use askama::Template;
use chrono::{DateTime, Utc};
use entity::{SessionId, StaffId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::{TimeAndPlace, as_of_form, places, read_staff};
use super::lines::Heading;
use crate::bookings::actions;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Question, Result};
use crate::sessions::queries::{StaffChoice, staff_choices};
use crate::sessions::session::SessionState;
use crate::sessions::{self, NewTime, Planning, SessionChange, SessionRow, rules};
use crate::staff;

/// The forms of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Words,
    Move,
    Staff,
    Cancel,
}

#[derive(Template)]
#[template(path = "bookings/pages/change.html")]
struct ChangePage {
    page: Page,
    id: SessionId,
    head: Heading,
    row: SessionRow,
    /// Who is named now.
    named: Vec<StaffId>,
    /// What was typed into one of the forms; the others show what is stored.
    back: Returned,
    /// The form that came back; none when the page is shown the first time.
    which: Option<Which>,
    places: Vec<Choice>,
    staff: Vec<StaffChoice>,
}

impl ChangePage {
    fn is_planned(&self) -> bool {
        self.row.session.state == SessionState::Planned
    }

    fn has_slots(&self) -> bool {
        self.row.session.slot_minutes.is_some()
    }

    /// A field called as in the wording.
    fn line(&self, name: &str, stands: impl Display) -> Field {
        self.page.field(&self.back, name, &format!("plan.{name}"), stands)
    }

    fn date(&self) -> Field {
        self.line("date", local_date(self.row.session.starts_at)).required(&self.page).day()
    }

    fn time(&self, name: &str, stands: &DateTime<Utc>) -> Field {
        self.line(name, local_time(*stands).format("%H:%M")).required(&self.page)
    }

    fn place(&self) -> Field {
        let session = &self.row.session;
        let stands = rules::place_value(session.venue_id, session.room_id);
        self.line("place", stands).required(&self.page).choose(&self.page, &self.places)
    }

    /// The revision on which a form is saved: that of the page on which the words were typed, as
    /// long as nobody else saved; what was typed goes on top of the version shown then.
    fn revision(&self) -> i32 {
        let stands = self.row.session.revision;
        if self.came_back(Which::Words) { self.back.revision(stands) } else { stands }
    }

    fn came_back(&self, which: Which) -> bool {
        self.which == Some(which)
    }

    /// A box that was not ticked does not come at all: what came decides, once something came.
    fn is_public(&self) -> bool {
        match self.came_back(Which::Words) {
            true => !self.back.typed.get("is_public").is_empty(),
            false => self.row.session.is_public,
        }
    }

    fn has_staff(&self, id: &StaffId) -> bool {
        match self.came_back(Which::Staff) {
            true => self.back.typed.all("staff").contains(&id.to_string().as_str()),
            false => self.named.contains(id),
        }
    }

    fn move_is_confirmed(&self) -> bool {
        self.came_back(Which::Move) && !self.back.typed.get("confirm").is_empty()
    }

    /// What a form asks before it is done.
    fn question(&self, which: Which) -> Option<&Question> {
        self.back.question.as_ref().filter(|_| self.came_back(which))
    }

    fn words_question(&self) -> Option<&Question> {
        self.question(Which::Words)
    }

    fn move_question(&self) -> Option<&Question> {
        self.question(Which::Move)
    }

    fn staff_question(&self) -> Option<&Question> {
        self.question(Which::Staff)
    }
}

async fn draw(
    visit: Visit<Planning>,
    id: SessionId,
    which: Option<Which>,
    back: Returned,
) -> Result<Response> {
    let (db, scope, today) = (visit.db(), &visit.scope, visit.ctx.today());
    let row = sessions::queries::get(db, scope, id).await?;
    let named = staff::queries::assigned_to(db, &[id]).await?;
    let named: Vec<StaffId> = named.into_values().flatten().map(|(id, _)| id).collect();
    let places = places(&visit).await?;
    let staff = staff_choices(db, scope, &named, today).await?;

    let (head, page) = (Heading::of(&row, &visit.ctx), visit.page);
    let template = ChangePage { page, id, head, row, named, back, which, places, staff };
    render_form(&template.back, &template)
}

/// The session's page with what was done, or the page again with what went wrong or is asked.
async fn answer(
    visit: Visit<Planning>,
    id: SessionId,
    (which, typed): (Which, Typed),
    done: Result<String>,
) -> Result<Response> {
    let error = match done {
        Ok(query) => return Ok(redirect(&format!("/sessions/{id}?{query}"))),
        Err(error) => as_of_form(error),
    };
    let mut back = Returned::of(&visit.page, error)?;
    if back.is_stale {
        // Only the words stand below as they were typed.
        back.refusal = Some(visit.page.t("problem.stale").to_owned());
    }
    draw(visit, id, Some(which), back.with(typed)).await
}

#[handler]
pub(super) async fn show(visit: Visit<Planning>, Path(id): Path<SessionId>) -> Result<Response> {
    draw(visit, id, None, Returned::default()).await
}

#[handler]
pub(super) async fn edit(
    visit: Visit<Planning>,
    Path(id): Path<SessionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let change = &read_words(&typed)?;
        let (revision, seen) = (Some(revision_of(typed.get("revision"))?), Some(typed.get("seen")));
        visit
            .does("update_session", |tx, scope| async move {
                let work = sessions::actions::update(&tx, scope, id, revision, change, seen);
                work.await.map(|_| ())
            })
            .await
    };
    let done = done.await.map(|()| "done=saved".to_owned());
    answer(visit, id, (Which::Words, typed), done).await
}

fn read_words(typed: &Typed) -> Result<SessionChange> {
    let capacity = rules::parse_capacity(typed.get("capacity"))
        .map_err(|wording| Error::invalid("capacity", wording))?;
    let text = |name: &str| typed.get(name).to_owned();
    Ok(SessionChange {
        title_ja: text("title_ja"),
        title_en: text("title_en"),
        bring_ja: text("bring_ja"),
        bring_en: text("bring_en"),
        capacity: i64::from(capacity),
        is_public: !typed.get("is_public").is_empty(),
    })
}

#[handler]
pub(super) async fn move_session(
    visit: Visit<Planning>,
    Path(id): Path<SessionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let (to, seen) = (&read_move(&typed)?, Some(typed.get("seen")));
        visit
            .does("move_session", |tx, scope| async move {
                let moved = actions::move_session(&tx, scope, id, to, seen).await?;
                Ok((moved.kept.len(), moved.conflicts.len()))
            })
            .await
    };
    let done = done.await.map(|(kept, lost)| format!("moved={kept}&lost={lost}"));
    answer(visit, id, (Which::Move, typed), done).await
}

fn read_move(typed: &Typed) -> Result<NewTime> {
    let mut errors = Vec::new();
    let TimeAndPlace { span, place } = TimeAndPlace::read(typed, &mut errors);
    if typed.get("confirm").is_empty() {
        errors.push(FieldError::new("confirm_move", "err.session.confirm"));
    }
    match (span, place) {
        (Some((starts_at, ends_at)), Some((venue_id, room_id))) if errors.is_empty() => {
            Ok(NewTime { starts_at, ends_at, venue_id, room_id })
        }
        _ => Err(Error::Invalid(errors)),
    }
}

#[handler]
pub(super) async fn change_staff(
    visit: Visit<Planning>,
    Path(id): Path<SessionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let (revision, seen) = (Some(revision_of(typed.get("revision"))?), Some(typed.get("seen")));
        let chosen = &read_staff(&typed).map_err(|wrong| Error::Invalid(vec![wrong]))?;
        visit
            .does("change_session_staff", |tx, scope| async move {
                let work = sessions::actions::change_staff(&tx, scope, id, revision, chosen, seen);
                work.await.map(|_| ())
            })
            .await
    };
    let done = done.await.map(|()| "done=staff".to_owned());
    answer(visit, id, (Which::Staff, typed), done).await
}

#[handler]
pub(super) async fn cancel(
    visit: Visit<Planning>,
    Path(id): Path<SessionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        if typed.get("confirm").is_empty() {
            return Err(Error::invalid("confirm_cancel", "err.session.confirm"));
        }
        let because = typed.get("because");
        visit
            .does("cancel_session", |tx, scope| async move {
                sessions::actions::give_reason(&tx, scope, id, because).await?;
                actions::cancel_session(&tx, scope, id).await
            })
            .await
    };
    let done = done.await.map(|_| "done=called_off".to_owned());
    answer(visit, id, (Which::Cancel, typed), done).await
}
