//! W4: practices and the wards, one practice with its line of projects, taking it over.

use std::collections::HashMap;

use askama::Template;
use entity::programmes::programme_result::PeopleUnit;
use entity::subsidies::practice_step::{self, SpreadState};
use entity::{PracticeId, SubsidyRoundId, WardId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::list::{open_rounds, own_wards};
use super::read;
use super::view::{Asker, day_short, day_word, state_class, state_word, year_word, yen_word};
use crate::places::queries::list_wards;
use crate::platform::web::door::{Choice, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Result, Scope};
use crate::subsidies::access::{Applying, Reading};
use crate::subsidies::actions::{self, NewStep};
use crate::subsidies::queries::{self, PracticeRow, ProjectRow};
use crate::subsidies::rules::report::each;
use crate::subsidies::rules::retention::yen_per_stuck;

struct Cell {
    word: String,
    class: &'static str,
    when: String,
    reason: String,
}

impl Cell {
    /// How a practice stands in a ward; the ward of its model has no step of its own.
    fn new(page: &Page, row: &PracticeRow, ward: WardId) -> Option<Self> {
        if row.home == Some(ward) {
            let word = page.t("practice.model").to_owned();
            let (when, reason) = (String::new(), String::new());
            return Some(Self { word, class: "status-ok", when, reason });
        }
        row.last.get(&ward).map(|step| Self {
            word: step_word(page, step.state),
            class: step_class(step.state),
            when: step_when(page, step),
            reason: step.reason.clone(),
        })
    }
}

/// A practice at the head of its column.
struct Column {
    id: i64,
    name: String,
    /// Wards in which it runs, that of its model included.
    running: usize,
}

impl Column {
    fn new(row: PracticeRow) -> Self {
        let running = row.last.values().filter(|step| step.state == SpreadState::Running).count();
        Self {
            id: row.practice.id.0,
            running: running + usize::from(row.home.is_some()),
            name: row.practice.name,
        }
    }
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
pub(super) async fn show_list(visit: Visit<Reading>) -> Result<Response> {
    let wards = list_wards(visit.db(), &visit.scope).await?;
    let found = queries::list_practices(visit.db(), &visit.scope).await?;

    let page = visit.page;
    let wards = wards.iter().map(|ward| WardLine {
        name: page.pick(&ward.name_ja, &ward.name_en).to_owned(),
        cells: found.iter().map(|row| Cell::new(&page, row, ward.id)).collect(),
    });
    let wards = wards.collect();
    render(&PracticesPage { practices: found.into_iter().map(Column::new).collect(), wards, page })
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
    back: Returned,
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

async fn draw(asker: Asker, id: PracticeId, back: Returned) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get_practice(db, &asker.scope, id).await?;
    let projects = project_lines(&asker, &row).await?;
    let steps = step_lines(&asker, &row).await?;
    let forms = forms(&asker, &row, &back).await?;

    let page = asker.page;
    let template = PracticePage {
        facts: facts(&page, &row),
        projects,
        steps,
        forms,
        name: row.practice.name,
        summary: row.practice.summary,
        back,
        page,
    };
    render_form(&template.back, &template)
}

/// The line of projects of a practice, each with what a person cost, as far as it is told.
async fn project_lines(asker: &Asker, row: &PracticeRow) -> Result<Vec<ProjectLine>> {
    let db = asker.app.store().reader();
    let mut lines = Vec::new();
    for found in queries::projects_of(db, &asker.scope, &row.practice).await? {
        lines.push(project_line(asker, row, found).await?);
    }
    Ok(lines)
}

async fn project_line(asker: &Asker, row: &PracticeRow, found: ProjectRow) -> Result<ProjectLine> {
    let (page, db, project) = (&asker.page, asker.app.store().reader(), &found.project);
    let shows = queries::shows_report(&asker.scope, project);
    let report = queries::report(db, project).await?;
    let written = report.report.as_ref();
    let people = queries::people(db, project, written, page.ctx.now).await?.total();
    let retention = queries::retention(db, project).await?;

    let cost = queries::costs(&report);
    let per_person = each(cost, people).1.filter(|_| shows && written.is_some());
    // Versions never mix: the newest one that may be shown.
    let count = retention.iter().rev().find_map(|line| line.count).filter(|_| shows);
    let per_stuck = count.and_then(|count| yen_per_stuck(cost, people.persons, count));
    let none = || page.t("results.none").to_owned();
    let yen = |yen: Option<i64>| yen.map(|yen| yen_word(page, yen)).unwrap_or_else(none);
    Ok(ProjectLine {
        id: project.id.0,
        ward: page.pick(&found.ward.name_ja, &found.ward.name_en).to_owned(),
        state: state_word(page, project.state),
        class: state_class(project.state),
        is_model: row.practice.project_id == Some(project.id),
        persons: if shows { people.persons.to_string() } else { none() },
        stuck: yen(per_stuck),
        each: yen(per_person),
        title: found.project.title,
        changed: found.project.changed,
    })
}

async fn step_lines(asker: &Asker, row: &PracticeRow) -> Result<Vec<StepLine>> {
    let (page, db) = (&asker.page, asker.app.store().reader());
    let names: HashMap<WardId, String> = list_wards(db, &asker.scope)
        .await?
        .into_iter()
        .map(|ward| (ward.id, page.pick(&ward.name_ja, &ward.name_en).to_owned()))
        .collect();
    let steps = queries::steps(db, &asker.scope, &row.practice).await?;

    let line = |step: practice_step::Model| StepLine {
        when: match step.on_date {
            Some(day) => day_word(page, day),
            None => year_word(page, step.fiscal_year),
        },
        ward: names.get(&step.ward_id).cloned().unwrap_or_default(),
        state: step_word(page, step.state),
        reason: step.reason,
    };
    Ok(steps.into_iter().map(line).collect())
}

async fn forms(asker: &Asker, row: &PracticeRow, back: &Returned) -> Result<Vec<FormView>> {
    let mut forms = Vec::new();
    if let Some(scope) = &asker.applies {
        let (wards, rounds) =
            (other_wards(asker, row, scope).await?, open_rounds(asker, scope).await?);
        if !wards.is_empty() && !rounds.is_empty() {
            forms.push(spread_form(&asker.page, row, back, &wards, &rounds));
        }
    }

    let wards = other_wards(asker, row, &asker.scope).await?;
    if !wards.is_empty() {
        forms.push(step_form(&asker.page, row, back, &wards));
    }
    Ok(forms)
}

/// The wards within reach but that of the practice's model.
async fn other_wards(asker: &Asker, row: &PracticeRow, scope: &Scope) -> Result<Vec<Choice>> {
    let home = row.home.map(|home| home.to_string());
    let mut wards = own_wards(asker, scope).await?;
    wards.retain(|(ward, _)| Some(ward) != home.as_ref());
    Ok(wards)
}

/// Taking the practice over as a project of an own ward.
fn spread_form(
    page: &Page,
    row: &PracticeRow,
    back: &Returned,
    wards: &[Choice],
    rounds: &[Choice],
) -> FormView {
    let fields = vec![
        page.field(back, "round", "projects.round", "").choices(rounds).class("w-name"),
        page.field(back, "to_ward", "projects.ward", "").choices(wards).class("w-name"),
        page.field(back, "kept", "spread.kept", "").rows_of(3),
        page.field(back, "changed", "spread.changed", "").rows_of(3),
    ];
    let action = format!("/practices/{}/spread", row.practice.id);
    FormView::new(page, "spread", action, None).with(fields).main()
}

/// Recording how the practice stands in a ward.
fn step_form(page: &Page, row: &PracticeRow, back: &Returned, wards: &[Choice]) -> FormView {
    let (states, today) = (page.choices("practice.state", SpreadState::ALL), page.ctx.today());
    let fields = vec![
        page.field(back, "ward", "projects.ward", "").choices(wards).class("w-name"),
        page.field(back, "state", "practice.state", "").choices(&states).class("w-name"),
        page.field(back, "on_date", "practice.on_date", today).look(Look::Day),
        page.field(back, "reason", "practice.reason", "").rows_of(3),
    ];
    let action = format!("/practices/{}/steps", row.practice.id);
    FormView::new(page, "step", action, None).with(fields)
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<i64>) -> Result<Response> {
    draw(Asker::of(visit)?, PracticeId(id), Returned::default()).await
}

#[handler]
pub(super) async fn record_step(
    visit: Visit<Reading>,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let id = PracticeId(id);
    let done = async {
        let new = &new_step(id, &typed)?;
        let work = |tx, scope| async move { actions::record_step(&tx, scope, new).await };
        visit.does("record_practice_step", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/practices/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

fn new_step(practice_id: PracticeId, typed: &Typed) -> Result<NewStep> {
    Ok(NewStep {
        practice_id,
        ward_id: WardId(read::id(typed, "ward")?),
        state: read::one_of(typed, "state", SpreadState::from_text)?,
        on_date: read::day(typed, "on_date")?,
        reason: typed.get("reason").to_owned(),
    })
}

#[handler]
pub(super) async fn take_over(
    visit: Visit<Applying>,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let id = PracticeId(id);
    let done = async {
        let round = SubsidyRoundId(read::id(&typed, "round")?);
        let ward = WardId(read::id(&typed, "to_ward")?);
        let (kept, changed) = (typed.get("kept"), typed.get("changed"));
        let work = |tx, scope| async move {
            actions::spread_to(&tx, scope, id, round, ward, kept, changed).await
        };
        visit.does("spread_practice", work).await
    };
    match done.await {
        Ok(made) => Ok(redirect(&format!("/projects/{made}/application"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}
