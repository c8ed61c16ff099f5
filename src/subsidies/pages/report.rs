//! W3: the results report, filled by the project's own sessions, and the verification.

mod lines;
mod saving;

use askama::Template;
use entity::sessions::session;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::{application_version, budget_line, project_goal, project_report};
use entity::{ProjectId, SessionId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::FormView;
use super::read;
use super::review::renamed;
use super::view::{Asker, Head, Tab, when_word};
use crate::platform::text::limits::grapheme_count;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, reached_as};
use crate::subsidies::actions;
use crate::subsidies::queries::{self, ProjectRow, Report};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::report::{LONGEST, People, can_write, offered};
use crate::subsidies::rules::states::{Transition, Who, can};
use lines::{CostLine, FigureLine, GoalLine, RetentionLine, SessionLine, figure_lines};

pub(super) use saving::save_report;

/// Names of the answers of the verification.
const ANSWERS: [&str; 3] = ["what_changed", "compared_with", "other_reasons"];

#[derive(Template)]
#[template(path = "subsidies/pages/report.html")]
struct ReportPage {
    page: Page,
    back: Returned,
    head: Head,
    shows: bool,
    is_inside: bool,
    is_writing: bool,
    is_study: bool,
    has_report: bool,
    revision: i32,
    /// After somebody else's change: what stands now.
    stands: Vec<(String, String)>,
    figures: Vec<FigureLine>,
    retention: Vec<RetentionLine>,
    /// What there is to say about 定着, beside its figures or in their place.
    retention_note: &'static str,
    sessions: Vec<SessionLine>,
    before: Vec<FormView>,
    texts: Vec<Field>,
    goals: Vec<GoalLine>,
    costs: Vec<CostLine>,
    sums: String,
    hands: Vec<Field>,
    facts: Vec<(String, String)>,
    after: Vec<FormView>,
}

/// Why there are no figures of 定着 yet, or which are to come.
fn retention_note(report: Option<&project_report::Model>) -> &'static str {
    match report {
        Some(report) if report.retention_last_on.is_some() => "results.retention.over",
        Some(report) if report.retention_on.is_some() => "results.retention.kept",
        Some(report) if report.submitted_at.is_some() => "results.retention.soon",
        _ => "results.retention.before",
    }
}

async fn draw(asker: Asker, id: ProjectId, back: Returned) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get(db, &asker.scope, id).await?;
    let (page, project) = (&asker.page, &row.project);
    let version = queries::last_version(db, project).await?;
    let written = queries::report(db, project).await?;
    let report = written.report.as_ref();
    let people = queries::people(db, project, report, page.ctx.now).await?;
    let is_writing =
        asker.is_ward_of(&row) && can_write(project.state).is_ok() && version.is_some();

    let (mut goals, mut costs, mut planned) = (Vec::new(), Vec::new(), 0);
    if let Some(version) = &version {
        let live = is_writing.then_some(people);
        goals = goal_lines(&asker, &back, version, &written, live).await?;
        let budget = queries::lines(db, version).await?;
        planned = budget.iter().map(|line| line.yen).sum();
        let cost_line = |line: &budget_line::Model| {
            CostLine::new(page, &back, line, written.costs.get(&line.position))
        };
        costs = budget.iter().map(cost_line).collect();
    }
    let sessions = queries::linked(db, project, page.ctx.now).await?.into_iter();
    let sessions = sessions.map(|linked| SessionLine::new(page, linked)).collect();
    let cost = queries::costs(&written);
    let shared = (cost, people.total().persons);
    let retention = queries::retention(db, project).await?.into_iter();
    let retention = retention.map(|line| RetentionLine::new(page, line, report, shared)).collect();

    let bar = asker.barred(&row).await?;
    let before = forms_before(&asker, &row, &back).await?;
    let is_inside = asker.is_inside(&row);
    let is_shown = queries::shows_report(&asker.scope, project) && report.is_some();
    let sums = [("planned", &*show_yen(planned)), ("spent", &*show_yen(cost))];
    let template = ReportPage {
        after: forms_after(&asker, &row, &back, bar.is_some()),
        head: Head::new(&asker, &row, Tab::Report).barred(bar),
        shows: (is_inside || is_shown) && project.source.is_none(),
        is_inside,
        is_writing,
        is_study: project.kind == ProjectKind::Study,
        has_report: report.is_some_and(|report| report.submitted_at.is_some()),
        revision: back.revision(report.map_or(0, |report| report.revision)),
        stands: if back.is_stale { facts(page, report) } else { Vec::new() },
        figures: figure_lines(page, people, cost),
        retention_note: retention_note(report),
        retention,
        sessions,
        before,
        texts: text_fields(page, &back, report),
        goals,
        costs,
        sums: page.f("results.sums", &sums),
        hands: hand_fields(page, &back, report),
        facts: facts(page, report),
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

/// The goals of a version; whoever writes is offered what the records of `live` say.
async fn goal_lines(
    asker: &Asker,
    back: &Returned,
    version: &application_version::Model,
    written: &Report,
    live: Option<People>,
) -> Result<Vec<GoalLine>> {
    let goals = queries::goals(asker.app.store().reader(), version).await?.into_iter();
    let line = |goal: project_goal::Model| {
        let offer =
            live.and_then(|people| offered(&goal.kpi, &goal.unit, &goal.data_source, people.live));
        let result = written.goals.get(&goal.position);
        GoalLine::new(&asker.page, back, goal, result, offer)
    };
    Ok(goals.map(line).collect())
}

fn text_fields(page: &Page, back: &Returned, report: Option<&project_report::Model>) -> Vec<Field> {
    let text = |name: &str, of: fn(&project_report::Model) -> &String| {
        let stands = report.map(of).cloned().unwrap_or_default();
        let field = page.field(back, name, &format!("results.{name}"), stands).rows_of(5);
        let count = grapheme_count(&field.value).to_string();
        let count = page.f("apply.count_of", &[("n", &count), ("max", &LONGEST.to_string())]);
        Field { count, ..field }
    };
    vec![
        text("done", |report| &report.done),
        text("before_after", |report| &report.before_after),
        text("lessons", |report| &report.lessons),
    ]
}

fn hand_fields(page: &Page, back: &Returned, report: Option<&project_report::Model>) -> Vec<Field> {
    let all = [
        ("session_count", "results.session_count", report.and_then(|r| r.session_count)),
        ("attendance_count", "results.attendances", report.and_then(|r| r.attendance_count)),
        ("person_count", "results.persons", report.and_then(|r| r.person_count)),
    ];
    let field = |(name, label, count): (&str, &str, Option<i32>)| {
        let stands = count.map(|count| count.to_string()).unwrap_or_default();
        page.field(back, name, label, stands).look(Look::Number).optional(page)
    };
    all.map(field).to_vec()
}

fn facts(page: &Page, report: Option<&project_report::Model>) -> Vec<(String, String)> {
    let Some(report) = report else { return Vec::new() };
    let all = [
        ("results.done", &report.done),
        ("results.before_after", &report.before_after),
        ("results.lessons", &report.lessons),
        ("results.what_changed", &report.what_changed),
        ("results.compared_with", &report.compared_with),
        ("results.other_reasons", &report.other_reasons),
    ];
    let written = all.into_iter().filter(|(_, text)| !text.is_empty());
    written.map(|(label, text)| (page.t(label).to_owned(), text.clone())).collect()
}

/// The form before the report itself: which sessions belong to the project.
async fn forms_before(asker: &Asker, row: &ProjectRow, back: &Returned) -> Result<Vec<FormView>> {
    let (page, project) = (&asker.page, &row.project);
    let is_event = project.kind == ProjectKind::Event;
    if !asker.is_ward_of(row) || can_write(project.state).is_err() || !is_event {
        return Ok(Vec::new());
    }
    let free = queries::free_sessions(asker.app.store().reader(), project).await?.into_iter();
    let choice = |session: session::Model| {
        let title = page.pick(&session.title_ja, &session.title_en);
        (session.id.to_string(), format!("{} {title}", when_word(page, session.starts_at)))
    };
    let free: Vec<Choice> = free.map(choice).collect();
    if free.is_empty() {
        return Ok(Vec::new());
    }

    let field = page.field(back, "session", "results.session", "").choices(&free).class("w-name");
    let form = act_form(page, row, "link_session");
    Ok(vec![form.with(vec![field]).closed()])
}

/// The forms behind the report: what becomes of it as a whole.
fn forms_after(asker: &Asker, row: &ProjectRow, back: &Returned, is_barred: bool) -> Vec<FormView> {
    let (page, state) = (&asker.page, row.project.state);
    let mut forms = Vec::new();
    if asker.is_ward_of(row) {
        if can(state, Transition::SubmitReport, Who::Ward) {
            forms.push(act_form(page, row, "submit_report").main());
        }
        if state == ProjectState::Settled {
            let fields = ANSWERS
                .map(|name| page.field(back, name, &format!("results.{name}"), "").rows_of(4));
            forms.push(act_form(page, row, "verify").with(fields.to_vec()).main());
        }
    }

    let returns = can(state, Transition::ReturnReport, Who::Headquarters);
    if asker.is_headquarters && !is_barred && returns {
        let field = page.field(back, "mend", "review.mend", "").rows_of(3);
        forms.push(act_form(page, row, "return_report").with(vec![field]).closed());
    }
    forms
}

fn act_form(page: &Page, row: &ProjectRow, name: &'static str) -> FormView {
    let action = format!("/projects/{}/report/act", row.project.id);
    FormView::new(page, name, action, Some(row.project.revision))
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, Path(id): Path<i64>) -> Result<Response> {
    draw(Asker::of(visit)?, ProjectId(id), Returned::default()).await
}

#[handler]
pub(super) async fn act(
    visit: Visit<Reading>,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let id = ProjectId(id);
    match run(&visit, id, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/report"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw(Asker::of(visit)?, id, back).await
        }
    }
}

async fn run(visit: &Visit<Reading>, id: ProjectId, typed: &Typed) -> Result<()> {
    let verb = typed.get("act");
    // Headquarters sends it back; everything else is the ward's.
    let who = if verb == "return_report" { Who::Headquarters } else { Who::Ward };
    let (scope, revision) = (&reached_as(&visit.ctx, who)?, typed.revision());

    match verb {
        "link_session" => {
            let session = SessionId(read::id(typed, "session")?);
            let work =
                |tx, _| async move { actions::link_session(&tx, scope, id, None, session).await };
            visit.does("link_session", work).await
        }
        "unlink_session" => {
            let session = SessionId(read::id(typed, "session")?);
            let work =
                |tx, _| async move { actions::unlink_session(&tx, scope, id, None, session).await };
            visit.does("unlink_session", work).await
        }
        "submit_report" => {
            let work =
                |tx, _| async move { actions::submit_report(&tx, scope, id, revision).await };
            visit.does("submit_report", work).await
        }
        "return_report" => {
            let mend = typed.get("mend");
            let work = |tx, _| async move {
                let done = actions::return_report(&tx, scope, id, revision, mend).await;
                done.map_err(|error| renamed(error, "body", "mend"))
            };
            visit.does("return_report", work).await
        }
        "verify" => {
            let answers = ANSWERS.map(|name| typed.get(name));
            let work =
                |tx, _| async move { actions::verify(&tx, scope, id, revision, answers).await };
            visit.does("verify_effect", work).await
        }
        _ => Err(Error::BadRequest),
    }
}
