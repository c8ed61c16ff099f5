//! `/routers/trials/…`: one trial of TV push.

use askama::Template;
use chrono::NaiveDate;
use entity::routers::tv_push_trial::{self, TrialOutcome};
use entity::{TvPushTrialId, WardId};
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{Choice, ward_choices};
use crate::platform::actor::NETWORK;
use crate::platform::text::characters::narrow;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, FieldError, Result};
use crate::routers::actions::{self, TrialEntry};
use crate::routers::queries;

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    ward: String,
    place_name: String,
    starts_on: String,
    ends_on: String,
    household_count: String,
    outcome: String,
    findings: String,
    revision: String,
}

impl Typed {
    fn of(trial: tv_push_trial::Model) -> Self {
        Self {
            ward: trial.ward_id.map(|id| id.to_string()).unwrap_or_default(),
            place_name: trial.place_name,
            starts_on: trial.starts_on.to_string(),
            ends_on: trial.ends_on.map(|day| day.to_string()).unwrap_or_default(),
            household_count: trial.household_count.map(|n| n.to_string()).unwrap_or_default(),
            outcome: trial.outcome.to_string(),
            findings: trial.findings,
            revision: trial.revision.to_string(),
        }
    }

    fn read(&self) -> Result<TrialEntry, Vec<FieldError>> {
        let mut errors = Vec::new();
        let starts_on = self.starts_on.parse::<NaiveDate>().ok();
        if starts_on.is_none() {
            errors.push(FieldError::new("starts_on", "err.trial.day"));
        }
        let ends_on = match self.ends_on.trim() {
            "" => None,
            text => text
                .parse::<NaiveDate>()
                .map_err(|_| errors.push(FieldError::new("ends_on", "err.trial.day")))
                .ok(),
        };
        let household_count = match narrow(&self.household_count).trim() {
            "" => None,
            text => text
                .parse::<i32>()
                .map_err(|_| {
                    errors.push(FieldError::new("household_count", "err.trial.households"))
                })
                .ok(),
        };
        let outcome = TrialOutcome::from_text(&self.outcome);
        if outcome.is_none() {
            errors.push(FieldError::new("outcome", "err.trial.outcome"));
        }
        match (starts_on, outcome) {
            (Some(starts_on), Some(outcome)) if errors.is_empty() => Ok(TrialEntry {
                ward_id: self.ward.parse().ok().map(WardId),
                place_name: self.place_name.clone(),
                starts_on,
                ends_on,
                household_count,
                outcome,
                findings: self.findings.clone(),
            }),
            _ => Err(errors),
        }
    }
}

#[derive(Template)]
#[template(path = "routers/pages/trial.html")]
struct TrialPage {
    page: Page,
    /// None: a new one.
    id: Option<TvPushTrialId>,
    typed: Typed,
    errors: Vec<FieldError>,
    wards: Vec<Choice>,
    outcomes: Vec<Choice>,
}

impl TrialPage {
    /// Address to which the form goes.
    fn action(&self) -> String {
        match self.id {
            Some(id) => format!("/routers/trials/{id}"),
            None => "/routers/trials/new".to_owned(),
        }
    }

    fn title(&self) -> &str {
        self.page.t(if self.id.is_some() { "trial.edit" } else { "trial.new" })
    }
}

async fn form(page: Page, app: &App, id: Option<TvPushTrialId>, typed: Typed) -> Result<TrialPage> {
    Ok(TrialPage {
        wards: ward_choices(app, &page).await?,
        outcomes: Choice::words(&page, "trial.outcome", TrialOutcome::ALL),
        errors: Vec::new(),
        id,
        typed,
        page,
    })
}

#[handler]
pub(super) async fn show_new(page: Page, app: App) -> Result<Response> {
    let typed = Typed { outcome: TrialOutcome::Open.to_string(), ..Typed::default() };
    render(&form(page, &app, None, typed).await?)
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    let (scope, id) = (ctx.scope(NETWORK)?, TvPushTrialId(id));
    let trial = queries::get_trial(app.store().reader(), &scope, id).await?;
    render(&form(page, &app, Some(id), Typed::of(trial)).await?)
}

#[handler]
pub(super) async fn start(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &ctx.scope(NETWORK)?;
    let done = match typed.read() {
        Ok(entry) => {
            let entry = &entry;
            app.store()
                .write_once(&ctx, "start_tv_push_trial", intent.0.as_ref(), |tx| async move {
                    actions::start_trial(&tx, scope, entry).await
                })
                .await
                .map(|_| ())
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    answer(page, &app, None, typed, done).await
}

#[handler]
pub(super) async fn change(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (scope, id) = (&ctx.scope(NETWORK)?, TvPushTrialId(id));
    let revision = typed.revision.parse().map_err(|_| Error::BadRequest)?;
    let done = match typed.read() {
        Ok(entry) => {
            let entry = &entry;
            app.store()
                .write(&ctx, "change_tv_push_trial", |tx| async move {
                    actions::change_trial(&tx, scope, id, revision, entry).await
                })
                .await
        }
        Err(errors) => Err(Error::Invalid(errors)),
    };
    answer(page, &app, Some(id), typed, done).await
}

async fn answer(
    page: Page,
    app: &App,
    id: Option<TvPushTrialId>,
    typed: Typed,
    done: Result<()>,
) -> Result<Response> {
    match done {
        Ok(()) => Ok(redirect("/routers#trials")),
        Err(Error::Invalid(errors)) => {
            let mut template = form(page, app, id, typed).await?;
            template.errors = errors;
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
        Err(other) => Err(other),
    }
}
