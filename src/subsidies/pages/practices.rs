//! W4: practices and the wards, one practice with its line of projects, taking it over.

use askama::Template;
use entity::subsidies::practice_step::{self, SpreadState};
use entity::{PracticeId, SubsidyRoundId, WardId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::list::{open_rounds, own_wards};
use super::read;
use super::view::{self, Asker};
use crate::places::queries::list_wards;
use crate::places::ward;
use crate::platform::web::door::{Choice, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Result, Scope};
use crate::subsidies::access::{Applying, Reading};
use crate::subsidies::actions::{self, NewSpread, NewStep};
use crate::subsidies::queries::{self, PracticeRow, ProjectRow};

#[derive(Template)]
#[template(path = "subsidies/pages/practices.html")]
struct PracticesPage {
    page: Page,
    practices: Vec<PracticeRow>,
    wards: Vec<ward::Model>,
}

impl PracticesPage {
    /// Whether it is the ward of the model, which has no step of its own.
    fn is_home(&self, row: &PracticeRow, ward: &ward::Model) -> bool {
        row.home == Some(ward.id)
    }

    /// Wards in which a practice runs, that of its model included.
    fn running(&self, row: &PracticeRow) -> usize {
        let running = row.last.values().filter(|step| step.state == SpreadState::Running);
        running.count() + usize::from(row.home.is_some())
    }

    fn class(&self, state: &SpreadState) -> &'static str {
        match state {
            SpreadState::Study => "status-wait",
            SpreadState::Trial => "status-now",
            SpreadState::Running => "status-ok",
            SpreadState::Declined => "status-off",
        }
    }
}

#[handler]
pub(super) async fn show_list(visit: Visit<Reading>) -> Result<Response> {
    let wards = list_wards(visit.db(), &visit.scope).await?;
    let practices = queries::list_practices(visit.db(), &visit.scope).await?;
    render(&PracticesPage { page: visit.page, practices, wards })
}

/// A project of a practice with what a person cost, as far as it is told.
struct ProjectLine {
    row: ProjectRow,
    is_model: bool,
    persons: Option<i64>,
    /// Yen for each person.
    each: Option<i64>,
    /// Yen for each person who keeps using it.
    stuck: Option<i64>,
}

#[derive(Template)]
#[template(path = "subsidies/pages/practice.html")]
struct PracticePage {
    page: Page,
    back: Returned,
    row: PracticeRow,
    projects: Vec<ProjectLine>,
    steps: Vec<practice_step::Model>,
    wards: Vec<ward::Model>,
    forms: Vec<FormView>,
}

impl PracticePage {
    /// How many people a paper tells of, and of what unit they are.
    fn people(&self) -> Option<String> {
        let (page, practice) = (&self.page, &self.row.practice);
        let (count, unit) = (practice.people_count?, practice.people_unit?);
        let words = if practice.approx { "practice.about" } else { "practice.exactly" };
        let unit = page.word("practice.unit", unit);
        Some(format!("{}{}", page.f1(words, "n", count), page.aside(unit)))
    }

    /// The name of a ward.
    fn ward(&self, id: &WardId) -> &str {
        let ward = self.wards.iter().find(|ward| ward.id == *id);
        ward.map_or("", |ward| self.page.pick(&ward.name_ja, &ward.name_en))
    }
}

async fn draw(asker: Asker, id: PracticeId, back: Returned) -> Result<Response> {
    let (db, scope) = (asker.app.store().reader(), &asker.scope);
    let row = queries::get_practice(db, scope, id).await?;
    let mut projects = Vec::new();
    for found in queries::projects_of(db, scope, &row.practice).await? {
        projects.push(project_line(&asker, &row, found).await?);
    }

    let template = PracticePage {
        steps: queries::steps(db, scope, &row.practice).await?,
        wards: list_wards(db, scope).await?,
        forms: forms(&asker, &row, &back).await?,
        projects,
        row,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

async fn project_line(
    asker: &Asker,
    practice: &PracticeRow,
    row: ProjectRow,
) -> Result<ProjectLine> {
    let (db, project) = (asker.app.store().reader(), &row.project);
    let is_model = practice.practice.project_id == Some(project.id);
    // Before it is with headquarters, a report is its ward's alone.
    if !queries::shows_report(&asker.scope, project) {
        return Ok(ProjectLine { row, is_model, persons: None, each: None, stuck: None });
    }

    let results = queries::results(db, project, asker.page.ctx.now).await?;
    let is_written = results.report.report.is_some();
    // Versions never mix: the newest one that may be shown.
    let newest = results.retention.iter().rfind(|line| line.due_count.is_some());
    Ok(ProjectLine {
        is_model,
        persons: Some(results.people.total().persons),
        each: results.each().1.filter(|_| is_written),
        stuck: newest.and_then(|line| line.yen_per_stuck),
        row,
    })
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
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<PracticeId>) -> Result<Response> {
    draw(Asker::of(visit)?, id, Returned::default()).await
}

#[handler]
pub(super) async fn record_step(
    visit: Visit<Reading>,
    Path(id): Path<PracticeId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let new = &new_step(&typed)?;
        let work = |tx, scope| async move { actions::record_step(&tx, scope, id, new).await };
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

fn new_step(typed: &Typed) -> Result<NewStep> {
    Ok(NewStep {
        ward_id: WardId(read::id(typed, "ward")?),
        state: read::one_of(typed, "state", SpreadState::from_text)?,
        on_date: read::day(typed, "on_date")?,
        reason: typed.get("reason").to_owned(),
    })
}

#[handler]
pub(super) async fn take_over(
    visit: Visit<Applying>,
    Path(id): Path<PracticeId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let new = &new_spread(&typed)?;
        let work = |tx, scope| async move { actions::spread_to(&tx, scope, id, new).await };
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

fn new_spread(typed: &Typed) -> Result<NewSpread> {
    Ok(NewSpread {
        round_id: SubsidyRoundId(read::id(typed, "round")?),
        ward_id: WardId(read::id(typed, "to_ward")?),
        kept: typed.get("kept").to_owned(),
        changed: typed.get("changed").to_owned(),
    })
}
