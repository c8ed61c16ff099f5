//! W3: the results report, filled by the project's own sessions, and the verification.

mod lines;
mod saving;

use askama::Template;
use entity::sessions::session::{self, SessionState};
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_report;
use entity::{ProjectId, SessionId};
use poem::web::Path;
use poem::{Response, handler};

use super::forms::{FormView, renamed};
use super::read;
use super::view::{Asker, Fact, Head, Tab, stage_word};
use crate::platform::text::limits::grapheme_count;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::Form;
use crate::platform::web::page::{Page, redirect};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Reading, reached_as};
use crate::subsidies::actions::{self, Verification};
use crate::subsidies::queries::{self, Linked, ProjectRow, RetentionItem};
use crate::subsidies::rules::figure::show_yen;
use crate::subsidies::rules::report::{LONGEST, can_write};
use crate::subsidies::rules::states::{Side, Transition, can};
use lines::{CostLine, FigureLine, GoalLine, figure_lines};

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
    stands: Vec<Fact>,
    figures: Vec<FigureLine>,
    retention: Vec<RetentionItem>,
    /// What there is to say about 定着, beside its figures or in their place.
    retention_note: &'static str,
    sessions: Vec<Linked>,
    before: Vec<FormView>,
    texts: Vec<Field>,
    goals: Vec<GoalLine>,
    costs: Vec<CostLine>,
    sums: String,
    hands: Vec<Field>,
    facts: Vec<Fact>,
    after: Vec<FormView>,
}

impl ReportPage {
    fn stage(&self, line: &RetentionItem) -> String {
        stage_word(&self.page, line)
    }

    fn title(&self, linked: &Linked) -> String {
        self.page.pick(&linked.session.title_ja, &linked.session.title_en).to_owned()
    }

    /// What a screen reader says of a session behind a button.
    fn which(&self, linked: &Linked) -> String {
        let when = self.page.dated(&linked.session.starts_at);
        self.page.aside(format!("{} {when}", self.title(linked)))
    }

    /// Wording key of why a session counts nothing.
    fn note(&self, linked: &Linked) -> Option<&'static str> {
        match (linked.session.state, linked.counts) {
            (SessionState::Cancelled, _) => Some("results.session.cancelled"),
            (SessionState::Planned, false) => Some("results.session.to_come"),
            (SessionState::Planned, true) => None,
        }
    }
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
    let results = queries::results(db, project, page.ctx.now).await?;
    let report = results.report.report.as_ref();
    let is_writing =
        asker.is_ward_of(&row) && can_write(project.state).is_ok() && version.is_some();

    let (mut goals, mut costs): (Vec<GoalLine>, Vec<CostLine>) = (Vec::new(), Vec::new());
    if let Some(version) = &version {
        // Whoever writes is offered what the records say.
        let live = is_writing.then_some(results.people.live);
        let items = queries::goal_items(db, version, &results.report).await?.into_iter();
        goals = items.map(|goal| GoalLine::new(page, &back, goal, live)).collect();
        let rows = queries::cost_rows(db, version, &results.report).await?.into_iter();
        costs = rows.map(|cost| CostLine::new(page, &back, cost)).collect();
    }
    let planned = costs.iter().map(|line| line.cost.planned_yen).sum();
    let sums = [("planned", &*show_yen(planned)), ("spent", &*show_yen(results.cost))];

    let bar = asker.barred(&row).await?;
    let is_inside = asker.is_inside(&row);
    let is_shown = queries::shows_report(&asker.scope, project) && report.is_some();
    let template = ReportPage {
        sessions: queries::linked(db, project, page.ctx.now).await?,
        before: forms_before(&asker, &row, &back).await?,
        after: forms_after(&asker, &row, &back, bar.is_some()),
        head: Head::new(&asker, &row, Tab::Report).barred(bar),
        shows: (is_inside || is_shown) && project.source.is_none(),
        is_inside,
        is_writing,
        is_study: project.kind == ProjectKind::Study,
        has_report: report.is_some_and(|report| report.submitted_at.is_some()),
        revision: back.revision(report.map_or(0, |report| report.revision)),
        stands: if back.is_stale { facts(report) } else { Vec::new() },
        figures: figure_lines(page, &results),
        retention_note: retention_note(report),
        texts: text_fields(page, &back, report),
        goals,
        costs,
        sums: page.f("results.sums", &sums),
        hands: hand_fields(page, &back, report),
        facts: facts(report),
        retention: results.retention,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
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

/// What is written of the report and of the verification.
fn facts(report: Option<&project_report::Model>) -> Vec<Fact> {
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
    written.map(|(label, text)| (label, text.clone())).collect()
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
        (session.id.to_string(), format!("{} {title}", page.dated(&session.starts_at)))
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
        if can(state, Transition::SubmitReport, Side::Ward) {
            forms.push(act_form(page, row, "submit_report").main());
        }
        if state == ProjectState::Settled {
            let fields = ANSWERS
                .map(|name| page.field(back, name, &format!("results.{name}"), "").rows_of(4));
            forms.push(act_form(page, row, "verify").with(fields.to_vec()).main());
        }
    }

    let returns = can(state, Transition::ReturnReport, Side::Headquarters);
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
    let who = if verb == "return_report" { Side::Headquarters } else { Side::Ward };
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
            let [what_changed, compared_with, other_reasons] =
                ANSWERS.map(|name| typed.get(name).to_owned());
            let answers = &Verification { what_changed, compared_with, other_reasons };
            let work =
                |tx, _| async move { actions::verify(&tx, scope, id, revision, answers).await };
            visit.does("verify_effect", work).await
        }
        _ => Err(Error::BadRequest),
    }
}
