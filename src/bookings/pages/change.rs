//! `/sessions/{id}/change`: words and seats, another time or place, other staff, cancelling.

use askama::Template;
use entity::{SessionId, StaffId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::lines::Heading;
use super::staff_choice::{StaffChoice, read_staff, staff_choices};
use super::time::{PlaceChoice, as_form_fields, place_value, places, read_place, read_span};
use crate::bookings::actions;
use crate::platform::error::FieldError;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Question, Result, Scope, actor};
use crate::sessions::session::SessionState;
use crate::sessions::{self, NewTime, SessionChange, SessionRow, rules};
use crate::staff;

/// What was typed into one of the forms; the others show what is stored.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
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

impl Typed {
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
            confirm: String::new(),
            seen: String::new(),
            because: String::new(),
        }
    }

    /// The words and seats as typed, all else as stored.
    fn with_words(self, stored: Self) -> Self {
        let Self { revision, title_ja, title_en, bring_ja, bring_en, capacity, is_public, .. } =
            self;
        Self { revision, title_ja, title_en, bring_ja, bring_en, capacity, is_public, ..stored }
    }

    /// Time and place as typed, all else as stored.
    fn with_time(self, stored: Self) -> Self {
        let Self { date, starts_at, ends_at, place, confirm, .. } = self;
        Self { date, starts_at, ends_at, place, confirm, ..stored }
    }
}

#[derive(Template)]
#[template(path = "bookings/pages/change.html")]
struct ChangePage {
    page: Page,
    id: i64,
    head: Heading,
    planned: bool,
    has_slots: bool,
    typed: Typed,
    errors: Vec<FieldError>,
    refusal: Option<String>,
    /// Which of the forms asks what.
    asked: Option<(Asking, Question)>,
    places: Vec<PlaceChoice>,
    staff: Vec<StaffChoice>,
}

/// The forms that can ask before they do it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asking {
    Words,
    Move,
    Staff,
}

impl ChangePage {
    fn error(&self, field: &str) -> Option<String> {
        self.page.error_of(&self.errors, field)
    }

    fn question(&self, asking: Asking) -> Option<&Question> {
        self.asked.as_ref().filter(|(own, _)| *own == asking).map(|(_, question)| question)
    }

    fn words_question(&self) -> Option<&Question> {
        self.question(Asking::Words)
    }

    fn move_question(&self) -> Option<&Question> {
        self.question(Asking::Move)
    }

    fn staff_question(&self) -> Option<&Question> {
        self.question(Asking::Staff)
    }

    fn has_staff(&self, id: &StaffId) -> bool {
        self.typed.staff.contains(&id.to_string())
    }
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    render(&stored(page, &app, &ctx, &scope, id).await?)
}

async fn stored(page: Page, app: &App, ctx: &Ctx, scope: &Scope, id: i64) -> Result<ChangePage> {
    let db = app.store().reader();
    let row = sessions::queries::get(db, scope, SessionId(id)).await?;
    let named = staff::queries::assigned_to(db, &[row.session.id]).await?;
    let named: Vec<StaffId> = named.into_values().flatten().map(|(id, _)| id).collect();
    Ok(ChangePage {
        staff: staff_choices(app, ctx, scope, &named).await?,

        places: places(app, &page, scope).await?,
        page,
        id,
        head: Heading::of(&row, ctx.lang),
        planned: row.session.state == SessionState::Planned,
        has_slots: row.session.slot_minutes.is_some(),
        typed: Typed::stored(&row, &named),
        errors: Vec::new(),
        refusal: None,
        asked: None,
    })
}

/// Shows the page again with what went wrong, or with what a form asks.
fn again(mut template: ChangePage, asking: Asking, error: Error) -> Result<Response> {
    let status = match error {
        Error::Asked(question) => {
            template.asked = Some((asking, question));
            StatusCode::CONFLICT
        }
        Error::Invalid(errors) => {
            template.errors = as_form_fields(errors);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::Refused(told) => {
            template.refusal = Some(template.page.refusal(&told));
            StatusCode::CONFLICT
        }
        Error::Stale => {
            template.refusal = Some(template.page.t("problem.stale").to_owned());
            StatusCode::CONFLICT
        }
        other => return Err(other),
    };
    render_with(status, &template)
}

#[handler]
pub(super) async fn edit(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let done = match rules::parse_capacity(&typed.capacity) {
        Ok(capacity) => {
            let change = SessionChange {
                title_ja: typed.title_ja.clone(),
                title_en: typed.title_en.clone(),
                bring_ja: typed.bring_ja.clone(),
                bring_en: typed.bring_en.clone(),
                capacity,
                is_public: !typed.is_public.is_empty(),
            };
            let revision: i32 = typed.revision.parse().map_err(|_| Error::BadRequest)?;
            let (scope, change, seen) = (&scope, &change, Some(typed.seen.as_str()));
            let id = SessionId(id);
            app.store()
                .write(&ctx, "update_session", |tx| async move {
                    sessions::actions::update(&tx, scope, id, Some(revision), change, seen).await
                })
                .await
        }
        Err(wording) => Err(Error::invalid("capacity", wording)),
    };
    match done {
        Ok(_) => Ok(redirect(&format!("/sessions/{id}?done=saved"))),
        Err(error) => {
            let mut template = stored(page, &app, &ctx, &scope, id).await?;
            let current = template.typed.clone();
            // What was typed stays; sending it again goes on top of the version shown.
            let revision = match error {
                Error::Stale => current.revision.clone(),
                _ => typed.revision.clone(),
            };
            template.typed = Typed { revision, ..typed }.with_words(current);
            again(template, Asking::Words, error)
        }
    }
}

#[handler]
pub(super) async fn move_session(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let done = match read_move(&typed) {
        Ok(to) => {
            let (scope, to, seen) = (&scope, &to, Some(typed.seen.as_str()));
            app.store()
                .write(&ctx, "move_session", |tx| async move {
                    actions::move_session(&tx, scope, SessionId(id), to, seen).await
                })
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    match done {
        Ok(moved) => {
            let (kept, lost) = (moved.kept.len(), moved.conflicts.len());
            Ok(redirect(&format!("/sessions/{id}?moved={kept}&lost={lost}")))
        }
        Err(error) => {
            let mut template = stored(page, &app, &ctx, &scope, id).await?;
            let current = template.typed.clone();
            template.typed = typed.with_time(current);
            again(template, Asking::Move, error)
        }
    }
}

#[handler]
pub(super) async fn change_staff(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let revision: i32 = typed.revision.parse().map_err(|_| Error::BadRequest)?;
    let done = match read_staff(&typed.staff) {
        Some(chosen) => {
            let (scope, chosen, seen) = (&scope, &chosen, Some(typed.seen.as_str()));
            let id = SessionId(id);
            app.store()
                .write(&ctx, "change_session_staff", |tx| async move {
                    sessions::actions::change_staff(&tx, scope, id, Some(revision), chosen, seen)
                        .await
                })
                .await
        }
        None => Err(Error::invalid("staff", "err.session.staff")),
    };
    match done {
        Ok(_) => Ok(redirect(&format!("/sessions/{id}?done=staff"))),
        Err(error) => {
            let mut template = stored(page, &app, &ctx, &scope, id).await?;
            template.typed.staff = typed.staff;
            again(template, Asking::Staff, error)
        }
    }
}

fn read_move(typed: &Typed) -> Result<NewTime, Vec<FieldError>> {
    let mut errors = Vec::new();
    let span = read_span(&typed.date, &typed.starts_at, &typed.ends_at)
        .map_err(|mut found| errors.append(&mut found))
        .ok();
    let place = read_place(&typed.place);
    if place.is_none() {
        errors.push(FieldError::new("place", "err.session.venue"));
    }
    if typed.confirm.is_empty() {
        errors.push(FieldError::new("confirm_move", "err.session.confirm"));
    }
    match (span, place) {
        (Some((starts_at, ends_at)), Some((venue_id, room_id))) if errors.is_empty() => {
            Ok(NewTime { starts_at, ends_at, venue_id, room_id })
        }
        _ => Err(errors),
    }
}

#[handler]
pub(super) async fn cancel(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let because = &typed.because;
    let done = if typed.confirm.is_empty() {
        Err(Error::invalid("confirm_cancel", "err.session.confirm"))
    } else {
        let scope = &scope;
        app.store()
            .write(&ctx, "cancel_session", |tx| async move {
                sessions::actions::give_reason(&tx, scope, SessionId(id), because).await?;
                actions::cancel_session(&tx, scope, SessionId(id)).await
            })
            .await
    };
    match done {
        Ok(_) => Ok(redirect(&format!("/sessions/{id}?done=called_off"))),
        Err(error) => {
            let mut shown = stored(page, &app, &ctx, &scope, id).await?;
            shown.typed.because = typed.because;
            again(shown, Asking::Move, error)
        }
    }
}
