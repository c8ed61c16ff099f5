//! Saving what was typed into the report.

use entity::ProjectId;
use poem::web::Path;
use poem::{Response, handler};

use super::draw;
use crate::platform::japan::amount;
use crate::platform::web::door::{By, Returned, Typed, Visit};
use crate::platform::web::form::Form;
use crate::platform::web::page::redirect;
use crate::platform::{Error, FieldError, Result};
use crate::subsidies::access::Applying;
use crate::subsidies::actions::{self, ReportDraft};
use crate::subsidies::pages::read;
use crate::subsidies::pages::view::Asker;
use crate::subsidies::queries;
use crate::subsidies::rules::report::{CostDraft, GoalDraft};

/// What was typed for the rows of the decided version.
fn draft(typed: &Typed, goals: &[i32], costs: &[i32]) -> Result<ReportDraft> {
    let goal = |position: &i32| {
        let actual = typed.get(&format!("goal-{position}-actual")).trim();
        GoalDraft {
            position: *position,
            actual: (!actual.is_empty()).then(|| actual.to_owned()),
            reason: typed.get(&format!("goal-{position}-reason")).to_owned(),
        }
    };
    let goals: Vec<GoalDraft> = goals.iter().map(goal).collect();

    // Every fault is told at once.
    let mut wrong: Vec<FieldError> = goals.iter().filter_map(|goal| goal.milli().err()).collect();
    let cost = |position: &i32| {
        let field = format!("cost-{position}-yen");
        let (text, note) = (typed.get(&field).trim(), typed.get(&format!("cost-{position}-note")));
        let yen = amount::yen(text).ok();
        if !text.is_empty() && yen.is_none() {
            wrong.push(FieldError::new(&field, "err.project.yen"));
        }
        CostDraft { position: *position, yen, note: note.to_owned() }
    };
    let costs = costs.iter().map(cost).collect();

    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    Ok(ReportDraft {
        done: typed.get("done").to_owned(),
        before_after: typed.get("before_after").to_owned(),
        lessons: typed.get("lessons").to_owned(),
        session_count: read::count_or_none(typed, "session_count")?,
        attendance_count: read::count_or_none(typed, "attendance_count")?,
        person_count: read::count_or_none(typed, "person_count")?,
        goals,
        costs,
    })
}

/// The positions of the goals and of the budget lines of the decided version.
async fn positions(by: &By<Applying>, id: ProjectId) -> Result<(Vec<i32>, Vec<i32>)> {
    let row = queries::get_own(by.db(), &by.scope, id).await?;
    let Some(version) = queries::last_version(by.db(), &row.project).await? else {
        return Ok((Vec::new(), Vec::new()));
    };
    let goals = queries::goals(by.db(), &version).await?;
    let lines = queries::lines(by.db(), &version).await?;
    let goals = goals.iter().map(|goal| goal.position).collect();
    Ok((goals, lines.iter().map(|line| line.position).collect()))
}

#[handler]
pub(in crate::subsidies::pages) async fn save_report(
    visit: Visit<Applying>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let revision = typed.revision();
    let (goals, costs) = positions(&visit.by, id).await?;
    let done = async {
        let draft = &draft(&typed, &goals, &costs)?;
        let work =
            |tx, scope| async move { actions::save_report(&tx, scope, id, revision, draft).await };
        visit.does("save_report", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/report"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}
