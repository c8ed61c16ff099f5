//! `/routers`: the register, its tests, the trials of TV push, what the papers say.

mod edit;
mod one;
mod trial;

use askama::Template;
use chrono::NaiveDate;
use entity::WardId;
use entity::routers::bwa_milestone;
use entity::routers::router::{PlaceKind, RouterState};
use entity::routers::router_test::TestResult;
use entity::routers::tv_push_trial::TrialOutcome;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use super::queries::{self, Figures, RouterFilter, RouterRow, TrialRow};
use super::rules::{TrialEntry, old_since, paper_time, sim_words};
use crate::places::{self, ward};
use crate::platform::web::door::{Choice, Field, Returned, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render, sheet};
use crate::platform::{FieldError, Lang, Result};
use crate::routers::Network;

/// Rows on one page.
const ROWS: usize = 50;

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/routers", get(show))
        .at("/routers.csv", get(csv))
        .at("/routers/new", get(edit::show_new).post(edit::register))
        .at("/routers/:id", get(one::show))
        .at("/routers/:id/edit", get(edit::show).post(edit::change))
        .at("/routers/:id/tests", post(one::record))
        .at("/routers/trials/new", get(trial::show_new).post(trial::start))
        .at("/routers/trials/:id", get(trial::show).post(trial::change))
}

/// The wards that the asker works for, as choices; none in a town without wards.
async fn ward_choices(visit: &Visit<Network>) -> Result<Vec<Choice>> {
    let wards = places::queries::list_wards(visit.db(), &visit.scope).await?;
    let own = wards.into_iter().filter(|ward| visit.scope.reaches_ward(Some(ward.id)));
    let choice = |ward: ward::Model| {
        (ward.id.to_string(), visit.page.pick(&ward.name_ja, &ward.name_en).to_owned())
    };
    Ok(own.map(choice).collect())
}

/// 「2024年7月10日」.
pub fn day_words(lang: Lang, on: NaiveDate) -> String {
    on.format(lang.pick("%Y年%-m月%-d日", "%-d %B %Y")).to_string()
}

/// [`day_words`] for templates.
fn day(page: &Page, on: &NaiveDate) -> String {
    day_words(page.ctx.lang, *on)
}

/// The class of a state in the style sheet.
fn state_class(state: &RouterState) -> &'static str {
    match state {
        RouterState::InUse => "status-ok",
        RouterState::Repair => "status-wait",
        RouterState::Stock | RouterState::Retired => "status-off",
    }
}

/// The class of a test's result in the style sheet.
fn result_class(result: &TestResult) -> &'static str {
    match result {
        TestResult::Good => "status-ok",
        TestResult::Weak => "status-wait",
        TestResult::None => "status-late",
    }
}

/// Class and word of a test's result.
pub fn result_words(page: &Page, result: TestResult) -> (&'static str, String) {
    (result_class(&result), page.word("router.result", result))
}

/// What was chosen; a mistake of the field when nothing that is known was.
fn chosen<T>(
    errors: &mut Vec<FieldError>,
    field: &str,
    wording: &'static str,
    read: Option<T>,
) -> Option<T> {
    if read.is_none() {
        errors.push(FieldError::new(field, wording));
    }
    read
}

/// What a list was asked for; all text, so that it can be shown again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct RouterQuery {
    ward: String,
    place: String,
    state: String,
    due: String,
    after: String,
}

impl RouterQuery {
    /// What was understood of it; the rest is forgotten.
    fn filter(&mut self, today: NaiveDate) -> RouterFilter {
        let filter = RouterFilter {
            ward_id: self.ward.parse().ok().map(WardId),
            kind: None,
            place_kind: PlaceKind::from_text(&self.place),
            state: RouterState::from_text(&self.state),
            due_since: (self.due == "1").then(|| old_since(today)),
        };
        self.ward = filter.ward_id.map(|id| id.to_string()).unwrap_or_default();
        self.place = filter.place_kind.map(|kind| kind.to_string()).unwrap_or_default();
        self.state = filter.state.map(|state| state.to_string()).unwrap_or_default();
        self.due = if filter.due_since.is_some() { "1".to_owned() } else { String::new() };
        filter
    }

    fn query(&self) -> String {
        let Self { ward, place, state, due, after: _ } = self;
        format!("ward={ward}&place={place}&state={state}&due={due}")
    }
}

#[derive(Template)]
#[template(path = "routers/pages/list.html")]
struct ListPage {
    page: Page,
    asked: RouterQuery,
    figures: Figures,
    wards: Vec<Choice>,
    places: Vec<Choice>,
    states: Vec<Choice>,
    rows: Vec<RouterRow>,
    next: Option<String>,
    trials: Vec<TrialRow>,
    milestones: Vec<bwa_milestone::Model>,
}

impl ListPage {
    /// When a paper says that something was.
    fn time(&self, row: &bwa_milestone::Model) -> String {
        paper_time(self.page.ctx.lang, row.year, row.month)
    }

    /// From when to when.
    fn span(&self, trial: &TrialEntry) -> String {
        let (page, lang) = (&self.page, self.page.ctx.lang);
        let from = day_words(lang, trial.starts_on);
        match trial.ends_on {
            Some(end) => page.f("trial.span", &[("from", &from), ("to", &day_words(lang, end))]),
            None => page.f1("trial.since", "from", from),
        }
    }

    /// The class of an outcome in the style sheet.
    fn outcome_class(&self, outcome: &TrialOutcome) -> &'static str {
        match outcome {
            TrialOutcome::Open => "status-now",
            TrialOutcome::Useful => "status-ok",
            TrialOutcome::Partly => "status-wait",
            TrialOutcome::NotUseful => "status-off",
        }
    }

    /// One choice of the filter.
    fn filter(&self, name: &str, label: &str, value: &str, choices: &[Choice]) -> Field {
        let field = self.page.field(&Returned::default(), name, label, value);
        field.choose_or(&self.page, "list.all", choices)
    }

    fn next_link(&self, next: &str) -> String {
        let after = serde_html_form::to_string([("after", next)]).unwrap_or_default();
        format!("/routers?{}&{after}", self.asked.query())
    }
}

#[handler]
async fn show(visit: Visit<Network>, Query(mut asked): Query<RouterQuery>) -> Result<Response> {
    let (db, scope, today) = (visit.db(), &visit.scope, visit.ctx.today());
    let filter = asked.filter(today);
    let after = Some(asked.after.as_str()).filter(|after| !after.is_empty());
    let found = queries::list(db, scope, &filter, ROWS, after).await?;
    let (figures, wards) = (queries::figures(db, scope, today).await?, ward_choices(&visit).await?);
    let trials = queries::list_trials(db, scope).await?;
    let milestones = queries::list_milestones(db, scope).await?;

    let page = visit.page;
    render(&ListPage {
        figures,
        wards,
        places: page.choices("router.place", PlaceKind::ALL),
        states: page.choices("router.state", RouterState::ALL),
        rows: found.items,
        next: found.next,
        trials,
        milestones,
        asked,
        page,
    })
}

/// The columns of the table for a spreadsheet.
const COLUMNS: [&str; 11] = [
    "router.code",
    "router.kind",
    "router.state",
    "router.purpose",
    "router.ward",
    "router.place_kind",
    "router.place",
    "router.sim",
    "router.tested",
    "router.result",
    "router.note",
];

/// The register as a table for a spreadsheet: what the list shows, all of it.
#[handler]
async fn csv(visit: Visit<Network>, Query(mut asked): Query<RouterQuery>) -> Result<Response> {
    let filter = asked.filter(visit.ctx.today());
    let found = queries::list_all(visit.db(), &visit.scope, &filter).await?;

    let page = visit.page;
    let ward = |ward: ward::Model| page.pick(&ward.name_ja, &ward.name_en).to_owned();
    let cells = |row: RouterRow| {
        vec![
            row.code,
            page.word("router.kind", row.kind),
            page.word("router.state", row.state),
            page.word("router.purpose", row.purpose),
            row.ward.map(ward).unwrap_or_default(),
            row.place_kind.map(|kind| page.word("router.place", kind)).unwrap_or_default(),
            page.pick(&row.place_name, &row.place_en).to_owned(),
            row.sim.as_deref().map(sim_words).unwrap_or_default(),
            row.tested_on.map(|day| day.to_string()).unwrap_or_default(),
            row.test_result.map(|result| page.word("router.result", result)).unwrap_or_default(),
            row.note,
        ]
    };
    let rows: Vec<Vec<String>> = found.into_iter().map(cells).collect();
    let name = format!("{}_routers.csv", page.ctx.today().format("%Y%m%d"));
    sheet::csv(&name, &COLUMNS.map(|key| page.t(key)), &rows)
}
