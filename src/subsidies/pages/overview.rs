//! `/projects/{id}`: where the project stands, what comes next, and the steps one can take.

use askama::Template;
use entity::ProjectId;
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::list::{DueLine, due_lines};
use super::view::{Asker, Head, Tab, kind_word, round_name, when_word, yen_or_word};
use crate::platform::web::door::{Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, reached_as};
use crate::subsidies::actions;
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::states::{Transition, Who, can};

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

fn forms(asker: &Asker, row: &ProjectRow, back: &Returned, is_barred: bool) -> Vec<FormView> {
    let (page, project) = (&asker.page, &row.project);
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
                let summary = page.field(back, "summary", "practice.summary", "");
                form.with(vec![summary.rows_of(3)]).main()
            }
            Transition::Withdraw => form.danger(),
            _ => form.main(),
        }
    })
    .collect()
}

fn facts(page: &Page, row: &ProjectRow) -> Vec<(String, String)> {
    let project = &row.project;
    let ward = page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned();
    let granted = yen_or_word(page, project.granted_yen, project.source.as_ref());
    let mut facts = vec![
        (page.t("projects.ward").to_owned(), ward),
        (page.t("projects.round").to_owned(), round_name(page, &row.round)),
        (page.t("projects.kind").to_owned(), kind_word(page, project.kind)),
        (page.t("money.granted").to_owned(), granted),
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
async fn papers(asker: &Asker, row: &ProjectRow) -> Result<Vec<(String, String)>> {
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

    let link = |name: &str| match name {
        "letter" => format!("/projects/{}/letter", project.id),
        _ => format!("/projects/{}/sheets/{name}", project.id),
    };
    let word = |name: &str| asker.page.t(&format!("sheet.{name}")).to_owned();
    Ok(papers.into_iter().map(|name| (link(name), word(name))).collect())
}

async fn draw(asker: Asker, id: i64, back: Returned) -> Result<Response> {
    let (db, scope) = (asker.app.store().reader(), &asker.scope);
    let row = queries::get(db, scope, ProjectId(id)).await?;
    let mut due = due_lines(&asker).await?;
    due.retain(|line| line.id == id);

    let family = queries::family(db, scope, row.project.id).await?.into_iter().skip(1);
    let children = queries::children(db, scope, row.project.id).await?.into_iter();
    let practice = queries::practice_of(db, &row.project).await?;
    let papers = papers(&asker, &row).await?;
    let bar = asker.barred(&row).await?;

    let page = &asker.page;
    let name = |row: ProjectRow| {
        let ward = page.pick(&row.ward.name_ja, &row.ward.name_en);
        (row.project.id.0, format!("{}{}", row.project.title, page.aside(ward)))
    };
    let template = OverviewPage {
        forms: forms(&asker, &row, &back, bar.is_some()),
        practice: practice.map(|practice| (practice.id.0, practice.name)),
        head: Head::new(&asker, &row, Tab::Overview).barred(bar),
        next: page.t(&format!("project.next.{}", row.project.state)).to_owned(),
        due,
        facts: facts(page, &row),
        papers,
        family: family.map(name).collect(),
        children: children.map(name).collect(),
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<i64>) -> Result<Response> {
    draw(Asker::of(visit)?, id, Returned::default()).await
}

#[handler]
pub(super) async fn act(
    visit: Visit<Reading>,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    match run(&visit, ProjectId(id), &typed).await {
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
                _ => actions::step(&tx, scope, id, revision, step, who).await.map(|_| ()),
            }
        })
        .await
}
