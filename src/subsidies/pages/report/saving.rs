//! Saving what was typed into the report.

use std::collections::BTreeMap;

use entity::ProjectId;
use poem::web::Path;
use poem::{Response, handler};

use super::draw;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect};
use crate::platform::{App, Ctx, Error, FieldError, Result};
use crate::subsidies::access::applying;
use crate::subsidies::actions::{self, ReportDraft};
use crate::subsidies::pages::fields::{Problem, Typed};
use crate::subsidies::queries;
use crate::subsidies::rules::figure::{parse_milli, parse_yen};

/// What was typed for the rows of the decided version.
fn draft(typed: &Typed, goals: &[i32], costs: &[i32]) -> Result<ReportDraft> {
    let mut wrong = Vec::new();
    let mut read = |field: String, parse: fn(&str) -> Option<i64>, wording| {
        let text = typed.get(&field).trim().to_owned();
        let value = parse(&text);
        if !text.is_empty() && value.is_none() {
            wrong.push(FieldError::new(&field, wording));
        }
        value
    };
    let goals: BTreeMap<i32, (Option<i64>, String)> = goals
        .iter()
        .map(|position| {
            let field = format!("goal-{position}-actual");
            let actual = read(field, parse_milli, "err.project.figure");
            (*position, (actual, typed.get(&format!("goal-{position}-reason")).to_owned()))
        })
        .collect();
    let costs: BTreeMap<i32, (Option<i64>, String)> = costs
        .iter()
        .map(|position| {
            let yen = read(format!("cost-{position}-yen"), parse_yen, "err.project.yen");
            (*position, (yen, typed.get(&format!("cost-{position}-note")).to_owned()))
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    Ok(ReportDraft {
        done: typed.get("done").to_owned(),
        before_after: typed.get("before_after").to_owned(),
        lessons: typed.get("lessons").to_owned(),
        session_count: typed.count_or_none("session_count")?,
        attendance_count: typed.count_or_none("attendance_count")?,
        person_count: typed.count_or_none("person_count")?,
        goals,
        costs,
    })
}

#[handler]
pub(in crate::subsidies::pages) async fn save_report(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let (scope, db) = (&applying(&ctx)?, app.store().reader());
    let row = queries::get_own(db, scope, ProjectId(id)).await?;
    let (mut goals, mut costs) = (Vec::new(), Vec::new());
    if let Some(version) = queries::last_version(db, &row.project).await? {
        let rows = queries::goals(db, &version).await?;
        goals = rows.iter().map(|goal| goal.position).collect();
        let rows = queries::lines(db, &version).await?;
        costs = rows.iter().map(|line| line.position).collect();
    }
    let (revision, once) = (typed.revision(), intent.0.as_ref());
    let done = match draft(&typed, &goals, &costs) {
        Ok(draft) => {
            let draft = &draft;
            app.store()
                .write_once(&ctx, "save_report", once, |tx| async move {
                    actions::save_report(&tx, scope, ProjectId(id), revision, draft).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/report"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}
