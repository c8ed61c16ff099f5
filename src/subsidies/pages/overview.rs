//! `/projects/{id}`: where the project stands, what comes next, and the steps one can take.

use askama::Template;
use entity::ProjectId;
use entity::subsidies::practice;
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::list::{DueLine, due_lines};
use super::view::{self, Asker, Head, Tab};
use crate::platform::web::door::{Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, reached_as};
use crate::subsidies::actions;
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::deadlines::Due;
use crate::subsidies::rules::states::{Side, Transition, can};

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
    back: Returned,
    head: Head,
    row: ProjectRow,
    due: Vec<DueLine>,
    forms: Vec<FormView>,
    /// Names of the printed forms.
    papers: Vec<&'static str>,
    practice: Option<practice::Model>,
    /// From where it was taken over, back to the first one.
    family: Vec<ProjectRow>,
    children: Vec<ProjectRow>,
}

/// Steps of this page: name of the form, step, whose.
const STEPS: &[(&str, Transition, Side)] = &[
    ("submit", Transition::Submit, Side::Ward),
    ("start_review", Transition::StartReview, Side::Headquarters),
    ("meet_conditions", Transition::MeetConditions, Side::Headquarters),
    ("start", Transition::Start, Side::Ward),
    ("mark_model", Transition::MarkModel, Side::Headquarters),
    ("withdraw", Transition::Withdraw, Side::Ward),
];

fn forms(asker: &Asker, row: &ProjectRow, back: &Returned, is_barred: bool) -> Vec<FormView> {
    let (page, project) = (&asker.page, &row.project);
    let action = format!("/projects/{}/act", project.id);
    let allowed = |who: Side| match who {
        Side::Ward => asker.is_ward_of(row),
        Side::Headquarters => asker.is_headquarters && !is_barred,
    };

    let open =
        STEPS.iter().filter(|(_, step, who)| allowed(*who) && can(project.state, *step, *who));
    open.map(|(name, step, _)| {
        let form = FormView::new(page, name, action.clone(), Some(project.revision));
        match step {
            Transition::MarkModel => {
                let summary = page.field(back, "summary", "practice.summary", "");
                form.with(vec![summary.rows_of(3)]).main()
            }
            Transition::Withdraw => form.danger(),
            _ => form.main(),
        }
    })
    .collect()
}

/// The printed forms that there are for this asker.
async fn papers(asker: &Asker, row: &ProjectRow) -> Result<Vec<&'static str>> {
    let (db, project) = (asker.app.store().reader(), &row.project);
    let mut papers = Vec::new();
    if asker.is_inside(row) || queries::last_version(db, project).await?.is_some() {
        papers.extend(["application", "plan", "budget"]);
    }

    let report = queries::report(db, project).await?.report;
    if let Some(report) = report
        && queries::shows_report(&asker.scope, project)
    {
        papers.push("report");
        if report.verified_at.is_some() {
            papers.push("verification");
        }
    }

    // Letters of headquarters stay between it and the ward.
    if asker.is_inside(row) && queries::decision(db, project).await?.is_some() {
        papers.push("letter");
        let sent = [("granted", project.granted_on), ("fixed", project.fixed_on)];
        papers.extend(sent.into_iter().filter(|(_, on)| on.is_some()).map(|(name, _)| name));
    }

    Ok(papers)
}

async fn draw(asker: Asker, id: ProjectId, back: Returned) -> Result<Response> {
    let (db, scope) = (asker.app.store().reader(), &asker.scope);
    let row = queries::get(db, scope, id).await?;
    let mut due = due_lines(&asker).await?;
    due.retain(|line| line.row.project.id == id);
    let bar = asker.barred(&row).await?;
    let family = queries::family(db, scope, id).await?;

    let template = OverviewPage {
        forms: forms(&asker, &row, &back, bar.is_some()),
        practice: queries::practice_of(db, &row.project).await?,
        papers: papers(&asker, &row).await?,
        head: Head::new(&asker, &row, Tab::Overview).barred(bar),
        due,
        // The line begins with the project itself.
        family: family.into_iter().skip(1).collect(),
        children: queries::children(db, scope, id).await?,
        row,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<ProjectId>) -> Result<Response> {
    draw(Asker::of(visit)?, id, Returned::default()).await
}

#[handler]
pub(super) async fn act(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match run(&visit, id, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

async fn run(visit: &Visit<Reading>, id: ProjectId, typed: &Typed) -> Result<()> {
    let asked = STEPS.iter().find(|(name, _, _)| *name == typed.get("act"));
    let (_, step, who) = *asked.ok_or(Error::BadRequest)?;
    let scope = &reached_as(&visit.ctx, who)?;
    let (revision, summary) = (typed.revision(), typed.get("summary"));

    visit
        .does("take_step", |tx, _| async move {
            match step {
                Transition::Submit => actions::submit(&tx, scope, id, revision).await,
                Transition::MarkModel => {
                    actions::mark_model(&tx, scope, id, revision, summary).await.map(|_| ())
                }
                _ => actions::step(&tx, scope, id, revision, step, who).await,
            }
        })
        .await
}
