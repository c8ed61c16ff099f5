//! W4: practices and the wards, one practice with its line of projects, taking it over.

use std::collections::HashMap;

use askama::Template;
use entity::programmes::programme_result::PeopleUnit;
use entity::subsidies::practice_step::{self, SpreadState};
use entity::{PracticeId, SubsidyRoundId, WardId};
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::list::own_wards;
use super::view::{
    Asker, day_short, day_word, round_name, state_class, state_word, year_word, yen_word,
};
use crate::places::queries::list_wards;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::access::{applying, reading};
use crate::subsidies::actions::{self, NewStep};
use crate::subsidies::api::shows_report;
use crate::subsidies::queries::{self, PracticeRow};
use crate::subsidies::rules::report::each;
use crate::subsidies::rules::retention::yen_per_stuck;
use crate::subsidies::rules::sections::round_open;

struct Cell {
    word: String,
    class: &'static str,
    when: String,
    reason: String,
}

/// A practice at the head of its column.
struct Column {
    id: i64,
    name: String,
    /// Wards in which it runs, that of its model included.
    running: usize,
}

/// A ward with its state in each practice.
struct WardLine {
    name: String,
    cells: Vec<Option<Cell>>,
}

#[derive(Template)]
#[template(path = "subsidies/pages/practices.html")]
struct PracticesPage {
    page: Page,
    practices: Vec<Column>,
    wards: Vec<WardLine>,
}

fn step_class(state: SpreadState) -> &'static str {
    match state {
        SpreadState::Study => "status-wait",
        SpreadState::Trial => "status-now",
        SpreadState::Running => "status-ok",
        SpreadState::Declined => "status-off",
    }
}

fn step_word(page: &Page, state: SpreadState) -> String {
    page.t(&format!("practice.state.{state}")).to_owned()
}

/// The day, or the fiscal year when a paper gives no day.
fn step_when(page: &Page, step: &practice_step::Model) -> String {
    match step.on_date {
        Some(day) => day_short(day),
        None => year_word(page, step.fiscal_year),
    }
}

#[handler]
pub(super) async fn show_list(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let (asker, db) = (Asker::of(&ctx)?, app.store().reader());
    let wards = list_wards(db, &asker.scope).await?;
    let found = queries::list_practices(db, &asker.scope).await?;
    let cell = |row: &PracticeRow, ward: WardId| {
        if row.home == Some(ward) {
            let word = page.t("practice.model").to_owned();
            let (when, reason) = (String::new(), String::new());
            return Some(Cell { word, class: "status-ok", when, reason });
        }
        row.last.get(&ward).map(|step| Cell {
            word: step_word(&page, step.state),
            class: step_class(step.state),
            when: step_when(&page, step),
            reason: step.reason.clone(),
        })
    };
    let wards = wards.iter().map(|ward| WardLine {
        name: page.pick(&ward.name_ja, &ward.name_en).to_owned(),
        cells: found.iter().map(|row| cell(row, ward.id)).collect(),
    });
    let wards = wards.collect();
    let column = |row: PracticeRow| {
        let running = row.last.values().filter(|step| step.state == SpreadState::Running).count();
        Column {
            id: row.practice.id.0,
            running: running + usize::from(row.home.is_some()),
            name: row.practice.name,
        }
    };
    render(&PracticesPage { practices: found.into_iter().map(column).collect(), wards, page })
}

struct ProjectLine {
    id: i64,
    title: String,
    ward: String,
    state: String,
    class: &'static str,
    is_model: bool,
    persons: String,
    each: String,
    /// Cost for each person who keeps using it.
    stuck: String,
    changed: String,
}

struct StepLine {
    when: String,
    ward: String,
    state: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/practice.html")]
struct PracticePage {
    page: Page,
    problem: Problem,
    name: String,
    summary: String,
    facts: Vec<(String, String)>,
    projects: Vec<ProjectLine>,
    steps: Vec<StepLine>,
    forms: Vec<FormView>,
}

fn facts(page: &Page, row: &PracticeRow) -> Vec<(String, String)> {
    let practice = &row.practice;
    let mut facts = Vec::new();
    if let Some(count) = practice.session_count {
        facts.push((page.t("results.session_count").to_owned(), count.to_string()));
    }
    if let (Some(count), Some(unit)) = (practice.people_count, practice.people_unit) {
        let unit = page.t(match unit {
            PeopleUnit::Attendances => "practice.unit.attendances",
            PeopleUnit::Persons => "practice.unit.persons",
            PeopleUnit::Unknown => "practice.unit.unknown",
        });
        let words = match practice.approx {
            true => page.f1("practice.about", "n", count),
            false => page.f1("practice.exactly", "n", count),
        };
        facts.push((page.t("practice.people").to_owned(), format!("{words}{}", page.aside(unit))));
    }
    if !practice.words.is_empty() {
        facts.push((page.t("practice.words").to_owned(), practice.words.clone()));
    }
    match &practice.source {
        Some(source) => facts.push((page.t("project.source").to_owned(), source.clone())),
        None => facts
            .push((page.t("practice.source").to_owned(), page.t("practice.of_project").to_owned())),
    }
    facts
}

async fn draw(page: Page, ctx: &Ctx, app: &App, id: i64, problem: Problem) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get_practice(db, &asker.scope, PracticeId(id)).await?;
    let names: HashMap<WardId, String> = list_wards(db, &asker.scope)
        .await?
        .into_iter()
        .map(|ward| (ward.id, page.pick(&ward.name_ja, &ward.name_en).to_owned()))
        .collect();
    let steps =
        queries::steps(db, &asker.scope, &row.practice).await?.into_iter().map(|step| StepLine {
            when: match step.on_date {
                Some(day) => day_word(&page, day),
                None => year_word(&page, step.fiscal_year),
            },
            ward: names.get(&step.ward_id).cloned().unwrap_or_default(),
            state: step_word(&page, step.state),
            reason: step.reason,
        });
    let line = queries::projects_of(db, &asker.scope, &row.practice).await?;
    let none = || page.t("results.none").to_owned();
    let mut projects = Vec::new();
    for found in line {
        let report = queries::report(db, &found.project).await?;
        let written = report.report.as_ref();
        let people = queries::people(db, &found.project, written, ctx.now).await?.total();
        let shows = shows_report(&asker.scope, &found.project);
        let per =
            each(queries::costs(&report), people).1.filter(|_| shows && report.report.is_some());
        let retention = queries::retention(db, &found.project).await?;
        // Versions never mix: the newest one that may be shown.
        let count = retention.iter().rev().find_map(|line| line.count).filter(|_| shows);
        let cost = queries::costs(&report);
        let per_stuck = count.and_then(|count| yen_per_stuck(cost, people.persons, count));
        projects.push(ProjectLine {
            id: found.project.id.0,
            ward: page.pick(&found.ward.name_ja, &found.ward.name_en).to_owned(),
            state: state_word(&page, found.project.state),
            class: state_class(found.project.state),
            is_model: row.practice.project_id == Some(found.project.id),
            persons: if shows { people.persons.to_string() } else { none() },
            stuck: per_stuck.map(|yen| yen_word(&page, yen)).unwrap_or_else(none),
            each: per.map(|yen| yen_word(&page, yen)).unwrap_or_else(none),
            title: found.project.title,
            changed: found.project.changed,
        });
    }
    let status = problem.status();
    let template = PracticePage {
        facts: facts(&page, &row),
        projects,
        steps: steps.collect(),
        forms: forms(&page, app, &asker, &row, &problem).await?,
        name: row.practice.name,
        summary: row.practice.summary,
        problem,
        page,
    };
    render_with(status, &template)
}

async fn forms(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &PracticeRow,
    problem: &Problem,
) -> Result<Vec<FormView>> {
    let (db, id) = (app.store().reader(), row.practice.id);
    let mut forms = Vec::new();
    let not_home = |choices: Vec<(String, String)>| -> Vec<(String, String)> {
        let home = row.home.map(|home| home.to_string());
        choices.into_iter().filter(|(ward, _)| Some(ward) != home.as_ref()).collect()
    };
    let field = |name: &str, label: &str, look| Field::new(page, problem, name, label, look);
    if let Some(scope) = &asker.applies {
        let wards = not_home(own_wards(page, app, scope).await?);
        let today = page.ctx.today();
        let rounds: Vec<(String, String)> = queries::list_rounds(db, scope)
            .await?
            .into_iter()
            .filter(|round| round_open(round.opens_on, round.closes_on, today).is_ok())
            .map(|round| (round.id.to_string(), round_name(page, &round)))
            .collect();
        if !wards.is_empty() && !rounds.is_empty() {
            let fields = vec![
                field("round", "projects.round", Look::Choice).choices(rounds),
                field("to_ward", "projects.ward", Look::Choice).choices(wards),
                field("kept", "spread.kept", Look::Long(3)),
                field("changed", "spread.changed", Look::Long(3)),
            ];
            let action = format!("/practices/{id}/spread");
            forms.push(FormView::new(page, "spread", action, None).with(fields).main());
        }
    }
    let wards = not_home(own_wards(page, app, &asker.scope).await?);
    if !wards.is_empty() {
        let states = SpreadState::ALL.iter();
        let states = states.map(|state| (state.to_string(), step_word(page, *state)));
        let fields = vec![
            field("ward", "projects.ward", Look::Choice).choices(wards),
            field("state", "practice.state", Look::Choice).choices(states.collect()),
            field("on_date", "practice.on_date", Look::Day).standing(problem, page.ctx.today()),
            field("reason", "practice.reason", Look::Long(3)),
        ];
        let action = format!("/practices/{id}/steps");
        forms.push(FormView::new(page, "step", action, None).with(fields));
    }
    Ok(forms)
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    draw(page, &ctx, &app, id, Problem::default()).await
}

#[handler]
pub(super) async fn record_step(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &reading(&ctx)?;
    let done = async {
        let new = &NewStep {
            practice_id: PracticeId(id),
            ward_id: WardId(typed.id("ward")?),
            state: SpreadState::from_text(typed.get("state"))
                .ok_or_else(|| Error::invalid("state", "err.project.choose"))?,
            on_date: typed.day("on_date")?,
            reason: typed.get("reason").to_owned(),
        };
        app.store()
            .write_once(&ctx, "record_practice_step", intent.0.as_ref(), |tx| async move {
                actions::record_step(&tx, scope, new).await
            })
            .await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/practices/{id}"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}

#[handler]
pub(super) async fn take_over(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &applying(&ctx)?;
    let done = async {
        let (round, ward) = (SubsidyRoundId(typed.id("round")?), WardId(typed.id("to_ward")?));
        let (kept, changed) = (typed.get("kept"), typed.get("changed"));
        app.store()
            .write_once(&ctx, "spread_practice", intent.0.as_ref(), |tx| async move {
                let id = PracticeId(id);
                actions::spread_to(&tx, scope, id, round, ward, kept, changed).await
            })
            .await
    };
    match done.await {
        Ok(made) => Ok(redirect(&format!("/projects/{made}/application"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}
