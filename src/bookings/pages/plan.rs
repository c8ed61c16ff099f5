//! `/sessions/new`: a new session.

use askama::Template;
use entity::{ProgrammeId, StaffId};
use poem::http::StatusCode;
use poem::{Response, handler};
use serde::Deserialize;

use super::staff_choice::{StaffChoice, read_staff, staff_choices};
use super::time::{PlaceChoice, as_form_fields, places, read_place, read_span};
use crate::platform::error::FieldError;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Question, Result, Scope, actor};
use crate::programmes::{self, programme};
use crate::sessions::rules;
use crate::sessions::session::{Allocation, SessionKind};
use crate::sessions::{self, NewSession};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    programme_id: String,
    kind: String,
    title_ja: String,
    title_en: String,
    bring_ja: String,
    bring_en: String,
    date: String,
    starts_at: String,
    ends_at: String,
    place: String,
    capacity: String,
    slot_minutes: String,
    staff: Vec<String>,
    is_public: String,
    /// The yes to what was asked.
    seen: String,
}

#[derive(Template)]
#[template(path = "bookings/pages/plan.html")]
struct PlanPage {
    page: Page,
    typed: Typed,
    errors: Vec<FieldError>,
    refusal: Option<String>,
    question: Option<Question>,
    programmes: Vec<programme::Model>,
    kinds: &'static [SessionKind],
    places: Vec<PlaceChoice>,
    staff: Vec<StaffChoice>,
}

impl PlanPage {
    fn kind_name(&self, kind: &SessionKind) -> String {
        self.page.f(&format!("kind.{kind}"), &[])
    }

    fn error(&self, field: &str) -> Option<String> {
        self.page.error_of(&self.errors, field)
    }

    fn has_staff(&self, id: &StaffId) -> bool {
        let id = id.to_string();
        self.typed.staff.contains(&id)
    }
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let typed = Typed {
        is_public: "1".to_owned(),
        capacity: "12".to_owned(),
        slot_minutes: rules::SLOT_MINUTES.to_string(),
        ..Typed::default()
    };
    render(&blank(page, &app, &ctx, &scope, typed).await?)
}

async fn blank(page: Page, app: &App, ctx: &Ctx, scope: &Scope, typed: Typed) -> Result<PlanPage> {
    let db = app.store().reader();
    Ok(PlanPage {
        errors: Vec::new(),
        refusal: None,
        question: None,
        programmes: programmes::queries::list_programmes(db, scope).await?,
        kinds: SessionKind::ALL,
        places: places(app, &page, scope).await?,
        staff: staff_choices(app, ctx, scope, &[]).await?,
        typed,
        page,
    })
}

#[handler]
pub(super) async fn create(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = ctx.scope(actor::PLANNING)?;
    let new = match read(&typed) {
        Ok(new) => new,
        Err(errors) => {
            let mut template = blank(page, &app, &ctx, &scope, typed).await?;
            template.errors = errors;
            return render_with(StatusCode::UNPROCESSABLE_ENTITY, &template);
        }
    };
    let done = {
        let (scope, new, seen) = (&scope, &new, Some(typed.seen.as_str()));
        app.store()
            .write_once(&ctx, "create_session", intent.0.as_ref(), |tx| async move {
                Ok(sessions::actions::create(&tx, scope, new, seen).await?.id)
            })
            .await
    };
    let error = match done {
        Ok(id) => return Ok(redirect(&format!("/sessions/{id}"))),
        Err(error) => error,
    };
    let mut template = blank(page, &app, &ctx, &scope, typed).await?;
    match error {
        Error::Invalid(errors) => template.errors = as_form_fields(errors),
        Error::Refused(told) => {
            template.refusal = Some(template.page.refusal(&told));
            return render_with(StatusCode::CONFLICT, &template);
        }
        Error::Asked(question) => {
            template.question = Some(question);
            return render_with(StatusCode::CONFLICT, &template);
        }
        other => return Err(other),
    }
    render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
}

fn read(typed: &Typed) -> Result<NewSession, Vec<FieldError>> {
    let Typed {
        programme_id,
        kind,
        title_ja,
        title_en,
        bring_ja,
        bring_en,
        date,
        starts_at,
        ends_at,
        place,
        capacity,
        slot_minutes,
        staff,
        is_public,
        seen: _,
    } = typed;
    let mut errors = Vec::new();
    let programme = programme_id.parse().ok().map(ProgrammeId);
    if programme.is_none() {
        errors.push(FieldError::new("programme_id", "err.session.programme"));
    }
    let kind = SessionKind::from_text(kind);
    if kind.is_none() {
        errors.push(FieldError::new("kind", "err.session.kind"));
    }
    let span =
        read_span(date, starts_at, ends_at).map_err(|mut found| errors.append(&mut found)).ok();
    let place = read_place(place);
    if place.is_none() {
        errors.push(FieldError::new("place", "err.session.venue"));
    }
    let is_consultation = kind == Some(SessionKind::Consultation);
    // The slots of a consultation decide; the field may hold anything.
    let capacity = match rules::parse_capacity(capacity) {
        _ if is_consultation => 0,
        Ok(capacity) => capacity,
        Err(wording) => {
            errors.push(FieldError::new("capacity", wording));
            0
        }
    };
    let minutes = match slot_minutes.parse() {
        _ if !is_consultation => None,
        Ok(minutes) => Some(minutes),
        Err(_) => {
            errors.push(FieldError::new("slot_minutes", "err.session.slot.minutes"));
            None
        }
    };
    let staff = read_staff(staff);
    if staff.is_none() {
        errors.push(FieldError::new("staff", "err.session.staff"));
    }
    match (programme, kind, span, place, staff) {
        (Some(programme_id), Some(kind), Some((starts_at, ends_at)), Some(place), Some(staff))
            if errors.is_empty() =>
        {
            Ok(NewSession {
                programme_id,
                kind,
                title_ja: title_ja.clone(),
                title_en: title_en.clone(),
                bring_ja: bring_ja.clone(),
                bring_en: bring_en.clone(),
                venue_id: place.0,
                room_id: place.1,
                starts_at,
                ends_at,
                capacity,
                allocation: Allocation::FirstCome,
                is_public: !is_public.is_empty(),
                slot_minutes: minutes,
                staff,
                code: None,
            })
        }
        _ => Err(errors),
    }
}
