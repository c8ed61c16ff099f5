//! `/projects/{id}`: where the project stands, what comes next, and the steps one can take.

use askama::Template;
use entity::ProjectId;
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::list::{DueLine, due_lines};
use super::view::{Asker, Head, Tab, kind_word, round_name, when_word, yen_or_word};
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::access::{applying, reviewing};
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::states::{Transition, Who, can};
use crate::subsidies::{actions, api::shows_report};

/// Names of all forms of the room, for the test of their words.
#[cfg(test)]
pub(super) const ACTS: &[&str] = &[
    "create",
    "submit",
    "withdraw",
    "start_review",
    "meet_conditions",
    "start",
    "mark_model",
    "copy",
    "return_application",
    "assign_reviewer",
    "declare_conflict",
    "score",
    "decide",
    "grant",
    "ask_change",
    "decide_change",
    "pay_advance",
    "fix",
    "settle",
    "submit_report",
    "return_report",
    "link_session",
    "verify",
    "step",
    "spread",
    "create_round",
    "save_round",
];

#[derive(Template)]
#[template(path = "subsidies/pages/overview.html")]
struct OverviewPage {
    page: Page,
    problem: Problem,
    head: Head,
    next: String,
    due: Vec<DueLine>,
    forms: Vec<FormView>,
    facts: Vec<(String, String)>,
    papers: Vec<(String, String)>,
    practice: Option<(i64, String)>,
    family: Vec<(i64, String)>,
    children: Vec<(i64, String)>,
}

/// Steps of this page: name of the form, step, whose.
const STEPS: &[(&str, Transition, Who)] = &[
    ("submit", Transition::Submit, Who::Ward),
    ("start_review", Transition::StartReview, Who::Headquarters),
    ("meet_conditions", Transition::MeetConditions, Who::Headquarters),
    ("start", Transition::Start, Who::Ward),
    ("mark_model", Transition::MarkModel, Who::Headquarters),
    ("withdraw", Transition::Withdraw, Who::Ward),
];

fn forms(
    page: &Page,
    asker: &Asker,
    row: &ProjectRow,
    problem: &Problem,
    is_barred: bool,
) -> Vec<FormView> {
    let project = &row.project;
    let action = format!("/projects/{}/act", project.id);
    let allowed = |who: Who| match who {
        Who::Ward => asker.is_ward_of(row),
        Who::Headquarters => asker.is_headquarters && !is_barred,
    };
    let open =
        STEPS.iter().filter(|(_, step, who)| allowed(*who) && can(project.state, *step, *who));
    open.map(|(name, step, _)| {
        let form = FormView::new(page, name, action.clone(), Some(project.revision));
        match step {
            Transition::MarkModel => {
                let look = Look::Long(3);
                let field = Field::new(page, problem, "summary", "practice.summary", look);
                form.with(vec![field]).main()
            }
            Transition::Withdraw => form.danger(),
            _ => form.main(),
        }
    })
    .collect()
}

fn facts(page: &Page, row: &ProjectRow) -> Vec<(String, String)> {
    let project = &row.project;
    let mut facts = vec![
        (
            page.t("projects.ward").to_owned(),
            page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
        ),
        (page.t("projects.round").to_owned(), round_name(page, &row.round)),
        (page.t("projects.kind").to_owned(), kind_word(page, project.kind)),
        (
            page.t("money.granted").to_owned(),
            yen_or_word(page, project.granted_yen, project.source.as_ref()),
        ),
        (page.t("project.updated").to_owned(), when_word(page, project.updated_at)),
    ];
    for (label, text) in [("spread.kept", &project.kept), ("spread.changed", &project.changed)] {
        if !text.is_empty() {
            facts.push((page.t(label).to_owned(), text.clone()));
        }
    }
    if let Some(source) = &project.source {
        facts.push((page.t("project.source").to_owned(), source.clone()));
    }
    facts
}

/// The printed forms that there are for this asker.
async fn papers(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &ProjectRow,
) -> Result<Vec<(String, String)>> {
    let id = row.project.id;
    let db = app.store().reader();
    let mut papers = Vec::new();
    if asker.is_inside(row) || queries::last_version(db, &row.project).await?.is_some() {
        papers.extend(["application", "plan", "budget"]);
    }
    let report = queries::report(db, &row.project).await?.report;
    if let Some(report) = report
        && shows_report(&asker.scope, &row.project)
    {
        papers.push("report");
        if report.verified_at.is_some() {
            papers.push("verification");
        }
    }
    let mut found: Vec<(String, String)> = papers
        .into_iter()
        .map(|name| {
            let word = page.t(&format!("sheet.{name}")).to_owned();
            (format!("/projects/{id}/sheets/{name}"), word)
        })
        .collect();
    if asker.is_inside(row) && queries::decision(db, &row.project).await?.is_some() {
        found.push((format!("/projects/{id}/letter"), page.t("sheet.letter").to_owned()));
        let sent = [("granted", row.project.granted_on), ("fixed", row.project.fixed_on)];
        found.extend(sent.into_iter().filter(|(_, on)| on.is_some()).map(|(name, _)| {
            let word = page.t(&format!("sheet.{name}")).to_owned();
            (format!("/projects/{id}/sheets/{name}"), word)
        }));
    }
    Ok(found)
}

async fn draw(page: Page, ctx: &Ctx, app: &App, id: i64, problem: Problem) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get(db, &asker.scope, ProjectId(id)).await?;
    let mut due = due_lines(&page, app, &asker).await?;
    due.retain(|line| line.id == id);
    let name = |row: ProjectRow| {
        let ward = page.pick(&row.ward.name_ja, &row.ward.name_en);
        (row.project.id.0, format!("{}{}", row.project.title, page.aside(ward)))
    };
    let line = queries::family(db, &asker.scope, row.project.id).await?;
    let family = line.into_iter().skip(1).map(name).collect();
    let children = queries::children(db, &asker.scope, row.project.id).await?;
    let practice = queries::practice_of(db, &row.project).await?;
    let bar = asker.barred(&page, app, &row).await?;
    let status = problem.status();
    let template = OverviewPage {
        forms: forms(&page, &asker, &row, &problem, bar.is_some()),
        practice: practice.map(|practice| (practice.id.0, practice.name)),
        head: Head::new(&page, &asker, &row, Tab::Overview).barred(bar),
        next: page.t(&format!("project.next.{}", row.project.state)).to_owned(),
        due,
        facts: facts(&page, &row),
        papers: papers(&page, app, &asker, &row).await?,
        family,
        children: children.into_iter().map(name).collect(),
        problem,
        page,
    };
    render_with(status, &template)
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, Path(id): Path<i64>) -> Result<Response> {
    draw(page, &ctx, &app, id, Problem::default()).await
}

#[handler]
pub(super) async fn act(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    // Whoever has no role here learns nothing of the steps.
    Asker::of(&ctx)?;
    let asked = STEPS.iter().find(|(name, _, _)| *name == typed.get("act"));
    let (_, step, who) = *asked.ok_or(Error::BadRequest)?;
    let scope = match who {
        Who::Ward => applying(&ctx)?,
        Who::Headquarters => reviewing(&ctx)?,
    };
    let (scope, revision, project, once) =
        (&scope, typed.revision(), ProjectId(id), intent.0.as_ref());
    let summary = &typed.get("summary").to_owned();
    let done = app
        .store()
        .write_once(&ctx, "take_step", once, |tx| async move {
            match step {
                Transition::Submit => actions::submit(&tx, scope, project, revision).await,
                Transition::MarkModel => {
                    actions::mark_model(&tx, scope, project, revision, summary).await.map(|_| ())
                }
                _ => actions::step(&tx, scope, project, revision, step, who).await.map(|_| ()),
            }
        })
        .await;
    match done {
        Ok(()) => Ok(redirect(&format!("/projects/{id}"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}
