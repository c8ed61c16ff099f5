//! `/routers/trials/…`: one trial of TV push.

use askama::Template;
use entity::routers::tv_push_trial::TrialOutcome;
use entity::{TvPushTrialId, WardId};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::{chosen, ward_choices};
use crate::platform::japan::{amount, day};
use crate::platform::web::door::{Choice, Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::routers::queries::{self, TrialRow};
use crate::routers::rules::TrialEntry;
use crate::routers::{Network, actions};

/// What was typed, as text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TrialForm {
    ward: String,
    place_name: String,
    starts_on: String,
    ends_on: String,
    household_count: String,
    outcome: String,
    findings: String,
    revision: String,
}

impl TrialForm {
    fn of(row: TrialRow) -> Self {
        let TrialRow { revision, trial, .. } = row;
        Self {
            ward: trial.ward_id.map(|id| id.to_string()).unwrap_or_default(),
            place_name: trial.place_name,
            starts_on: trial.starts_on.to_string(),
            ends_on: trial.ends_on.map(|day| day.to_string()).unwrap_or_default(),
            household_count: trial.household_count.map(|n| n.to_string()).unwrap_or_default(),
            outcome: trial.outcome.to_string(),
            findings: trial.findings,
            revision: revision.to_string(),
        }
    }

    fn read(&self) -> Result<TrialEntry> {
        let mut errors = Vec::new();
        let day = day::read(&self.starts_on).ok();
        let starts_on = chosen(&mut errors, "starts_on", "err.trial.day", day);

        // What was left empty goes on, or was not counted.
        let ends_on = match self.ends_on.trim() {
            "" => None,
            text => {
                let day = day::read(text).ok();
                chosen(&mut errors, "ends_on", "err.trial.day", day)
            }
        };
        let household_count = match self.household_count.trim() {
            "" => None,
            text => {
                let count = amount::count(text).ok();
                chosen(&mut errors, "household_count", "err.trial.households", count)
            }
        };

        let outcome = TrialOutcome::from_text(&self.outcome);
        let outcome = chosen(&mut errors, "outcome", "err.trial.outcome", outcome);
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
            _ => Err(Error::Invalid(errors)),
        }
    }
}

#[derive(Template)]
#[template(path = "routers/pages/trial.html")]
struct TrialPage {
    page: Page,
    /// None: a new one.
    id: Option<TvPushTrialId>,
    typed: TrialForm,
    back: Returned,
    wards: Vec<Choice>,
    outcomes: Vec<Choice>,
}

impl TrialPage {
    /// A field called as its column is.
    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("trial.{name}"), value)
    }

    fn title(&self) -> &str {
        self.page.t(if self.id.is_some() { "trial.edit" } else { "trial.new" })
    }
}

async fn form(
    visit: Visit<Network>,
    id: Option<TvPushTrialId>,
    typed: TrialForm,
    back: Returned,
) -> Result<Response> {
    let wards = ward_choices(&visit).await?;
    let page = visit.page;
    let outcomes = page.choices("trial.outcome", TrialOutcome::ALL);
    let template = TrialPage { wards, outcomes, back, id, typed, page };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show_new(visit: Visit<Network>) -> Result<Response> {
    let typed = TrialForm { outcome: TrialOutcome::Open.to_string(), ..TrialForm::default() };
    form(visit, None, typed, Returned::default()).await
}

#[handler]
pub(super) async fn show(visit: Visit<Network>, Path(id): Path<TvPushTrialId>) -> Result<Response> {
    let trial = queries::get_trial(visit.db(), &visit.scope, id).await?;
    form(visit, Some(id), TrialForm::of(trial), Returned::default()).await
}

#[handler]
pub(super) async fn start(visit: Visit<Network>, Form(typed): Form<TrialForm>) -> Result<Response> {
    let done = async {
        let entry = &typed.read()?;
        let work = |tx, scope| async move { actions::start_trial(&tx, scope, entry).await };
        visit.does("start_tv_push_trial", work).await
    };
    let done = done.await.map(|_| ());
    answer(visit, None, typed, done).await
}

#[handler]
pub(super) async fn change(
    visit: Visit<Network>,
    Path(id): Path<TvPushTrialId>,
    Form(typed): Form<TrialForm>,
) -> Result<Response> {
    let done = async {
        let (entry, revision) = (&typed.read()?, revision_of(&typed.revision)?);
        let work =
            |tx, scope| async move { actions::change_trial(&tx, scope, id, revision, entry).await };
        visit.does("change_tv_push_trial", work).await
    };
    let done = done.await;
    answer(visit, Some(id), typed, done).await
}

async fn answer(
    visit: Visit<Network>,
    id: Option<TvPushTrialId>,
    typed: TrialForm,
    done: Result<()>,
) -> Result<Response> {
    let Err(error) = done else { return Ok(redirect("/routers#trials")) };
    let back = Returned::of(&visit.page, error)?;
    form(visit, id, typed, back).await
}
