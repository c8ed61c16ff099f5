//! `/sessions/{id}/change`: words and seats, another time or place, other staff, cancelling.

use askama::Template;
use entity::{SessionId, StaffId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use super::staff_choice::{StaffChoice, read_staff, staff_choices};
use super::time::{as_of_form, place_value, places, read_place, read_span};
use crate::bookings::actions;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, FieldError, Question, Result};
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

/// What was typed into one of the forms; the others show what is stored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangeForm {
    revision: String,
    title_ja: String,
    title_en: String,
    bring_ja: String,
    bring_en: String,
    capacity: String,
    is_public: String,
    date: String,
    starts_at: String,
    ends_at: String,
    place: String,
    staff: Vec<String>,
    confirm: String,
    /// The yes to what was asked.
    seen: String,
    /// Why the session is called off.
    because: String,
}

impl ChangeForm {
    fn stored(row: &SessionRow, staff: &[StaffId]) -> Self {
        let session = &row.session;
        let time = |at| local_time(at).format("%H:%M").to_string();
        Self {
            revision: session.revision.to_string(),
            title_ja: session.title_ja.clone(),
            title_en: session.title_en.clone(),
            bring_ja: session.bring_ja.clone(),
            bring_en: session.bring_en.clone(),
            capacity: session.capacity.to_string(),
            is_public: if session.is_public { "1".to_owned() } else { String::new() },
            date: local_date(session.starts_at).to_string(),
            starts_at: time(session.starts_at),
            ends_at: time(session.ends_at),
            place: place_value(session.venue_id, session.room_id),
            staff: staff.iter().map(StaffId::to_string).collect(),
            ..Self::default()
        }
    }

    /// What belongs to one form as it was typed, all else as it is stored.
    fn over(self, stored: Self, which: Which, is_stale: bool) -> Self {
        match which {
            Which::Words => {
                // What was typed stays; sending it again goes on top of the version shown.
                let revision = if is_stale { stored.revision.clone() } else { self.revision };
                let Self { title_ja, title_en, bring_ja, bring_en, capacity, is_public, .. } = self;
                Self {
                    revision,
                    title_ja,
                    title_en,
                    bring_ja,
                    bring_en,
                    capacity,
                    is_public,
                    ..stored
                }
            }
            Which::Move => {
                let Self { date, starts_at, ends_at, place, confirm, .. } = self;
                Self { date, starts_at, ends_at, place, confirm, ..stored }
            }
            Which::Staff => Self { staff: self.staff, ..stored },
            Which::Cancel => Self { because: self.because, ..stored },
        }
    }

    fn read_words(&self) -> Result<SessionChange> {
        let capacity = rules::parse_capacity(&self.capacity)
            .map_err(|wording| Error::invalid("capacity", wording))?;
        Ok(SessionChange {
            title_ja: self.title_ja.clone(),
            title_en: self.title_en.clone(),
            bring_ja: self.bring_ja.clone(),
            bring_en: self.bring_en.clone(),
            capacity,
            is_public: !self.is_public.is_empty(),
        })
    }

    fn read_move(&self) -> Result<NewTime> {
        let mut errors = Vec::new();
        let span = read_span(&self.date, &self.starts_at, &self.ends_at)
            .map_err(|mut found| errors.append(&mut found))
            .ok();
        let place = read_place(&self.place);
        if place.is_none() {
            errors.push(FieldError::new("place", "err.session.venue"));
        }
        if self.confirm.is_empty() {
            errors.push(FieldError::new("confirm_move", "err.session.confirm"));
        }
        match (span, place) {
            (Some((starts_at, ends_at)), Some((venue_id, room_id))) if errors.is_empty() => {
                Ok(NewTime { starts_at, ends_at, venue_id, room_id })
            }
            _ => Err(Error::Invalid(errors)),
        }
    }

    fn read_staff(&self) -> Result<Vec<StaffId>> {
        read_staff(&self.staff).map_err(|wrong| Error::Invalid(vec![wrong]))
    }

    /// Why the session is called off, once it was said that it shall be.
    fn read_reason(&self) -> Result<&str> {
        if self.confirm.is_empty() {
            return Err(Error::invalid("confirm_cancel", "err.session.confirm"));
        }
        Ok(&self.because)
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/change.html")]
struct ChangePage {
    page: Page,
    id: SessionId,
    head: Heading,
    planned: bool,
    has_slots: bool,
    typed: ChangeForm,
    back: Returned,
    /// The form that came back; none when the page is shown the first time.
    which: Option<Which>,
    places: Vec<Choice>,
    staff: Vec<StaffChoice>,
}

impl ChangePage {
    /// A field called as in the wording.
    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("plan.{name}"), value)
    }

    /// What a form asks before it is done.
    fn question(&self, which: Which) -> Option<&Question> {
        self.back.question.as_ref().filter(|_| self.which == Some(which))
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

    fn has_staff(&self, id: &StaffId) -> bool {
        self.typed.staff.contains(&id.to_string())
    }
}

async fn draw(
    visit: Visit<Planning>,
    id: SessionId,
    typed: Option<(Which, ChangeForm)>,
    back: Returned,
) -> Result<Response> {
    let row = sessions::queries::get(visit.db(), &visit.scope, id).await?;
    let named = staff::queries::assigned_to(visit.db(), &[id]).await?;
    let named: Vec<StaffId> = named.into_values().flatten().map(|(id, _)| id).collect();
    let (places, staff) = (places(&visit).await?, staff_choices(&visit, &named).await?);

    let (page, stored) = (visit.page, ChangeForm::stored(&row, &named));
    let (which, typed) = match typed {
        Some((which, typed)) => (Some(which), typed.over(stored, which, back.is_stale)),
        None => (None, stored),
    };
    let template = ChangePage {
        id,
        head: Heading::of(&row, page.ctx.lang),
        planned: row.session.state == SessionState::Planned,
        has_slots: row.session.slot_minutes.is_some(),
        typed,
        back,
        which,
        places,
        staff,
        page,
    };
    render_form(&template.back, &template)
}

/// The session's page with what was done, or the page again with what went wrong or is asked.
async fn answer(
    visit: Visit<Planning>,
    id: SessionId,
    (which, typed): (Which, ChangeForm),
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
    draw(visit, id, Some((which, typed)), back).await
}

#[handler]
pub(super) async fn show(visit: Visit<Planning>, Path(id): Path<i64>) -> Result<Response> {
    draw(visit, SessionId(id), None, Returned::default()).await
}

#[handler]
pub(super) async fn edit(
    visit: Visit<Planning>,
    Path(id): Path<i64>,
    Form(typed): Form<ChangeForm>,
) -> Result<Response> {
    let id = SessionId(id);
    let done = async {
        let (change, revision) = (&typed.read_words()?, Some(revision_of(&typed.revision)?));
        let seen = Some(typed.seen.as_str());
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

#[handler]
pub(super) async fn move_session(
    visit: Visit<Planning>,
    Path(id): Path<i64>,
    Form(typed): Form<ChangeForm>,
) -> Result<Response> {
    let id = SessionId(id);
    let done = async {
        let (to, seen) = (&typed.read_move()?, Some(typed.seen.as_str()));
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

#[handler]
pub(super) async fn change_staff(
    visit: Visit<Planning>,
    Path(id): Path<i64>,
    Form(typed): Form<ChangeForm>,
) -> Result<Response> {
    let id = SessionId(id);
    let done = async {
        let (revision, chosen) = (Some(revision_of(&typed.revision)?), &typed.read_staff()?);
        let seen = Some(typed.seen.as_str());
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
    Path(id): Path<i64>,
    Form(typed): Form<ChangeForm>,
) -> Result<Response> {
    let id = SessionId(id);
    let done = async {
        let because = typed.read_reason()?;
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
