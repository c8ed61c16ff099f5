//! `/routers`: the register, its tests, the trials of TV push, what the papers say.

mod edit;
mod one;
mod trial;

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::WardId;
use entity::routers::router::{PlaceKind, RouterKind, RouterState};
use entity::routers::{bwa_milestone, tv_push_trial};
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use super::queries::{self, Figures, RouterFilter, RouterRow};
use super::rules::{Freshness, old_since, sim_words};
use crate::places::{self, ward};
use crate::platform::japan::era::EraYear;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::{Choice, Field, Returned, Visit};
use crate::platform::web::form::Query;
use crate::platform::web::{Page, render, sheet};
use crate::platform::{Lang, Result};
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

fn day_of(lang: Lang, at: DateTime<Utc>) -> String {
    day_words(lang, local_date(at))
}

/// A router in words.
struct Line {
    row: RouterRow,
    kind: String,
    state: (&'static str, String),
    purpose: String,
    place: String,
    place_kind: String,
    ward: String,
    sim: String,
    /// Day and result of the last test; empty before the first.
    tested: String,
    result: Option<(&'static str, String)>,
    freshness: Freshness,
}

impl Line {
    fn new(page: &Page, row: RouterRow) -> Self {
        let (lang, router) = (page.ctx.lang, &row.router);
        let state_class = match router.state {
            RouterState::InUse => "status-ok",
            RouterState::Repair => "status-wait",
            RouterState::Stock | RouterState::Retired => "status-off",
        };
        let place = match &row.venue {
            Some(venue) if router.place_name == venue.name_ja => {
                lang.pick(&venue.name_ja, &venue.name_en)
            }
            _ => &router.place_name,
        };
        let place_kind = router.place_kind.map(|kind| page.f(&format!("router.place.{kind}"), &[]));
        let ward = row.ward.as_ref().map(|ward| lang.pick(&ward.name_ja, &ward.name_en).to_owned());
        Self {
            kind: page.f(&format!("router.kind.{}", router.kind), &[]),
            state: (state_class, page.f(&format!("router.state.{}", router.state), &[])),
            purpose: page.f(&format!("router.purpose.{}", router.purpose), &[]),
            place: place.to_owned(),
            place_kind: place_kind.unwrap_or_default(),
            ward: ward.unwrap_or_default(),
            sim: router.sim.as_deref().map(sim_words).unwrap_or_default(),
            tested: row
                .last
                .as_ref()
                .map(|test| day_words(lang, test.tested_on))
                .unwrap_or_default(),
            result: row.last.as_ref().map(|test| result_words(page, test.result)),
            freshness: row.freshness(page.ctx.today()),
            row,
        }
    }

    /// In use, and due for a test.
    fn is_due(&self) -> bool {
        self.row.router.state == RouterState::InUse && self.freshness != Freshness::Fresh
    }

    fn is_retired(&self) -> bool {
        self.row.router.state == RouterState::Retired
    }
}

/// Class and word of a test's result.
pub fn result_words(page: &Page, result: super::router_test::TestResult) -> (&'static str, String) {
    use super::router_test::TestResult;
    let class = match result {
        TestResult::Good => "status-ok",
        TestResult::Weak => "status-wait",
        TestResult::None => "status-late",
    };
    (class, page.f(&format!("router.result.{result}"), &[]))
}

/// A trial in words.
struct TrialLine {
    trial: tv_push_trial::Model,
    ward: String,
    time: String,
    outcome: (&'static str, String),
}

impl TrialLine {
    fn new(page: &Page, trial: tv_push_trial::Model, ward: Option<ward::Model>) -> Self {
        use tv_push_trial::TrialOutcome;
        let lang = page.ctx.lang;
        let from = day_words(lang, trial.starts_on);
        let time = match trial.ends_on {
            Some(end) => page.f("trial.span", &[("from", &from), ("to", &day_words(lang, end))]),
            None => page.f1("trial.since", "from", from),
        };
        let class = match trial.outcome {
            TrialOutcome::Open => "status-now",
            TrialOutcome::Useful => "status-ok",
            TrialOutcome::Partly => "status-wait",
            TrialOutcome::NotUseful => "status-off",
        };
        let ward = ward.map(|ward| lang.pick(&ward.name_ja, &ward.name_en).to_owned());
        Self {
            ward: ward.unwrap_or_default(),
            time,
            outcome: (class, page.f(&format!("trial.outcome.{}", trial.outcome), &[])),
            trial,
        }
    }
}

/// What a paper says, with its time as exact as the paper is.
struct Milestone {
    time: String,
    words: String,
    source: String,
}

impl Milestone {
    fn new(page: &Page, row: bwa_milestone::Model) -> Self {
        let time = match (row.year, row.month, page.ctx.lang) {
            (None, _, _) => page.t("router.milestone.undated").to_owned(),
            (Some(year), None, Lang::Ja) => year_ja(year),
            (Some(year), Some(month), Lang::Ja) => format!("{}{month}月", year_ja(year)),
            (Some(year), month, Lang::En) => {
                let first = NaiveDate::from_ymd_opt(year, month.unwrap_or(1).unsigned_abs(), 1);
                let format = if month.is_some() { "%B %Y" } else { "%Y" };
                first.map(|day| day.format(format).to_string()).unwrap_or_default()
            }
        };
        let words = page.pick(&row.words_ja, &row.words_en).to_owned();
        Self { time, words, source: row.source }
    }
}

/// 「令和4年（2022年）」.
fn year_ja(year: i32) -> String {
    let last = NaiveDate::from_ymd_opt(year, 12, 31);
    match last.and_then(EraYear::of) {
        Some(era) => format!("{}（{year}年）", era.label_ja()),
        None => format!("{year}年"),
    }
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
            kind: None::<RouterKind>,
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
    lines: Vec<Line>,
    next: Option<String>,
    trials: Vec<TrialLine>,
    milestones: Vec<Milestone>,
}

impl ListPage {
    fn place_name(&self, kind: &PlaceKind) -> String {
        self.page.f(&format!("router.place.{kind}"), &[])
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
    let trials = queries::list_trials(db, scope).await?.into_iter();
    let milestones = queries::list_milestones(db, scope).await?.into_iter();
    let (figures, wards) = (queries::figures(db, scope, today).await?, ward_choices(&visit).await?);

    let page = visit.page;
    let template = ListPage {
        figures,
        wards,
        places: page.choices("router.place", PlaceKind::ALL),
        states: page.choices("router.state", RouterState::ALL),
        lines: found.items.into_iter().map(|row| Line::new(&page, row)).collect(),
        next: found.next,
        trials: trials.map(|(trial, ward)| TrialLine::new(&page, trial, ward)).collect(),
        milestones: milestones.map(|row| Milestone::new(&page, row)).collect(),
        asked,
        page,
    };
    render(&template)
}

/// The register as a table for a spreadsheet: what the list shows, all of it.
#[handler]
async fn csv(visit: Visit<Network>, Query(mut asked): Query<RouterQuery>) -> Result<Response> {
    let filter = asked.filter(visit.ctx.today());
    let found = queries::list_all(visit.db(), &visit.scope, &filter).await?;
    let page = visit.page;
    let header = [
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
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            let line = Line::new(&page, row);
            let last = line.row.last.as_ref();
            vec![
                line.row.router.code.clone(),
                line.kind,
                line.state.1,
                line.purpose,
                line.ward,
                line.place_kind,
                line.place,
                line.sim,
                last.map(|test| test.tested_on.to_string()).unwrap_or_default(),
                line.result.map(|(_, word)| word).unwrap_or_default(),
                line.row.router.note.clone(),
            ]
        })
        .collect();
    let name = format!("{}_routers.csv", page.ctx.today().format("%Y%m%d"));
    sheet::csv(&name, &header.map(|key| page.t(key)), &rows)
}
