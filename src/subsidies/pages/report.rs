//! W3: the results report, filled by the project's own sessions, and the verification.

mod saving;

use std::collections::HashMap;

use askama::Template;
use entity::sessions::session::SessionState;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::project_report;
use entity::{ProjectId, SessionId};
use poem::web::Path;
use poem::{Response, handler};

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::view::{Asker, Head, Tab, stage_word, when_word, yen_word};
use crate::platform::text::limits::grapheme_count;
use crate::platform::web::form::{Form, Intent};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result, Scope};
use crate::subsidies::access::{applying, reviewing};
use crate::subsidies::queries::{self, ProjectRow};
use crate::subsidies::rules::figure::{show_milli, show_yen};
use crate::subsidies::rules::report::{
    Counted, LONGEST, People, can_write, difference, each, offered,
};
use crate::subsidies::rules::retention::{Count, yen_per_stuck};
use crate::subsidies::rules::states::{Transition, Who, can};
use crate::subsidies::{actions, api::shows_report};

pub(super) use saving::save_report;

/// One cell of a table that is written into.
struct CellField {
    id: String,
    /// Ids of the headings that name it.
    label: String,
    value: String,
    error: Option<String>,
    class: &'static str,
}

struct FigureLine {
    label: String,
    counted: String,
    frozen: String,
    hand: String,
    total: String,
}

/// 定着 by one version of the rule, as it was counted once.
struct RetentionLine {
    when: String,
    version: String,
    /// None: fewer than five people.
    count: Option<Count>,
    each: String,
}

struct SessionLine {
    id: SessionId,
    title: String,
    when: String,
    place: String,
    attendances: i64,
    persons: i64,
    /// Wording key of why it counts nothing; empty when it counts.
    note: &'static str,
}

struct GoalLine {
    position: i32,
    kpi: String,
    unit: String,
    baseline: String,
    target: String,
    actual: String,
    difference: String,
    reason: String,
    /// What the records of attendance say.
    offer: String,
    actual_field: CellField,
    reason_field: CellField,
}

struct CostLine {
    position: i32,
    name: String,
    planned: String,
    spent: String,
    note: String,
    yen_field: CellField,
    note_field: CellField,
}

#[derive(Template)]
#[template(path = "subsidies/pages/report.html")]
struct ReportPage {
    page: Page,
    problem: Problem,
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

fn cell(problem: &Problem, page: &Page, id: String, label: String, stands: String) -> CellField {
    CellField {
        error: page.error_of(&problem.errors, &id),
        value: problem.value(&id, &stands),
        class: if id.ends_with("-yen") || id.ends_with("-actual") {
            "cell-short num"
        } else {
            "cell-wide"
        },
        id,
        label,
    }
}

/// Figures side by side: counted now, counted when the report went out, written by hand, and what
/// counts altogether.
fn figure_lines(page: &Page, people: People, cost: i64) -> Vec<FigureLine> {
    let none = || page.t("results.none").to_owned();
    let line = |key: &str, pick: fn(Counted) -> i64| FigureLine {
        label: page.t(key).to_owned(),
        counted: pick(people.live).to_string(),
        frozen: people.frozen.map(|sent| pick(sent).to_string()).unwrap_or_else(none),
        hand: pick(people.by_hand).to_string(),
        total: pick(people.total()).to_string(),
    };
    let (per_attendance, per_person) = each(cost, people.total());
    let yen = |key: &str, yen: Option<i64>| FigureLine {
        label: page.t(key).to_owned(),
        counted: String::new(),
        frozen: String::new(),
        hand: String::new(),
        total: yen.map(|yen| yen_word(page, yen)).unwrap_or_else(none),
    };
    vec![
        line("results.session_count", |counted| counted.sessions),
        line("results.attendances", |counted| counted.attendances),
        line("results.persons", |counted| counted.persons),
        yen("results.yen_attendance", per_attendance),
        yen("results.yen_person", per_person),
    ]
}

async fn draw(page: Page, ctx: &Ctx, app: &App, id: i64, problem: Problem) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get(db, &asker.scope, ProjectId(id)).await?;
    let project = &row.project;
    let version = queries::last_version(db, project).await?;
    let written = queries::report(db, project).await?;
    let report = written.report.as_ref();
    let is_writing =
        asker.is_ward_of(&row) && can_write(project.state).is_ok() && version.is_some();
    let people = queries::people(db, project, report, ctx.now).await?;
    let cost = queries::costs(&written);
    let (mut goals, mut costs, mut planned) = (Vec::new(), Vec::new(), 0);
    let none = || page.t("results.none").to_owned();
    if let Some(version) = &version {
        for goal in queries::goals(db, version).await? {
            let position = goal.position;
            let result = written.goals.get(&position);
            let actual = result.and_then(|row| row.actual_milli);
            let reason = result.map(|row| row.reason.clone()).unwrap_or_default();
            let of_records = offered(&goal.kpi, &goal.unit, &goal.data_source, people.live);
            let of_records = of_records.filter(|_| is_writing).map(show_milli);
            let unwritten = actual.is_none() && reason.is_empty();
            let offer = of_records.clone().filter(|_| unwritten).unwrap_or_default();
            let shown = actual.map(show_milli).unwrap_or(offer);
            let named = |head: &str| format!("g-{position} {head}");
            goals.push(GoalLine {
                baseline: goal.baseline_milli.map(show_milli).unwrap_or_else(none),
                target: show_milli(goal.target_milli),
                actual: actual.map(show_milli).unwrap_or_else(none),
                difference: difference(goal.target_milli, actual)
                    .map(|by| if by > 0 { format!("+{}", show_milli(by)) } else { show_milli(by) })
                    .unwrap_or_else(none),
                actual_field: cell(
                    &problem,
                    &page,
                    format!("goal-{position}-actual"),
                    named("h-actual"),
                    shown,
                ),
                reason_field: cell(
                    &problem,
                    &page,
                    format!("goal-{position}-reason"),
                    named("h-reason"),
                    reason.clone(),
                ),
                offer: of_records
                    .map(|figure| page.f1("results.offer", "n", figure))
                    .unwrap_or_default(),
                reason,
                kpi: goal.kpi,
                unit: goal.unit,
                position,
            });
        }
        for line in queries::lines(db, version).await? {
            let position = line.position;
            let result = written.costs.get(&position);
            let spent = result.and_then(|row| row.actual_yen);
            let note = result.map(|row| row.note.clone()).unwrap_or_default();
            let named = |head: &str| format!("k-{position} {head}");
            planned += line.yen;
            costs.push(CostLine {
                name: format!("{}・{}", line.category, line.item),
                planned: show_yen(line.yen),
                spent: spent.map(show_yen).unwrap_or_else(none),
                yen_field: cell(
                    &problem,
                    &page,
                    format!("cost-{position}-yen"),
                    named("h-yen"),
                    spent.map(show_yen).unwrap_or_default(),
                ),
                note_field: cell(
                    &problem,
                    &page,
                    format!("cost-{position}-note"),
                    named("h-note"),
                    note.clone(),
                ),
                note,
                position,
            });
        }
    }
    let sessions =
        queries::linked(db, project, ctx.now).await?.into_iter().map(|linked| SessionLine {
            id: linked.session.id,
            title: page.pick(&linked.session.title_ja, &linked.session.title_en).to_owned(),
            when: when_word(&page, linked.session.starts_at),
            place: page.pick(&linked.venue.name_ja, &linked.venue.name_en).to_owned(),
            attendances: linked.attendance_count,
            persons: linked.person_count,
            note: match (linked.session.state, linked.counts) {
                (SessionState::Cancelled, _) => "results.session.cancelled",
                (SessionState::Planned, false) => "results.session.to_come",
                (SessionState::Planned, true) => "",
            },
        });
    let retention = queries::retention(db, project).await?;
    let retention = retention.into_iter().map(|line| {
        let per = line.count.and_then(|count| yen_per_stuck(cost, people.total().persons, count));
        RetentionLine {
            when: report.map(|report| stage_word(&page, line.stage, report)).unwrap_or_default(),
            version: line.rule,
            count: line.count,
            each: per.map(|yen| yen_word(&page, yen)).unwrap_or_else(none),
        }
    });
    let retention = retention.collect();
    let bar = asker.barred(&page, app, &row).await?;
    let (before, after) = forms(&page, app, &asker, &row, &problem, bar.is_some()).await?;
    let sums = [("planned", &*show_yen(planned)), ("spent", &*show_yen(cost))];
    let status = problem.status();
    let is_inside = asker.is_inside(&row);
    let shows = is_inside || (shows_report(&asker.scope, project) && report.is_some());
    let template = ReportPage {
        head: Head::new(&page, &asker, &row, Tab::Report).barred(bar),
        shows: shows && project.source.is_none(),
        is_inside,
        is_writing,
        is_study: project.kind == ProjectKind::Study,
        has_report: report.is_some_and(|report| report.submitted_at.is_some()),
        revision: problem.revision(report.map_or(0, |report| report.revision)),
        stands: if problem.is_stale { facts(&page, report) } else { Vec::new() },
        figures: figure_lines(&page, people, cost),
        retention_note: retention_note(report),
        retention,
        sessions: sessions.collect(),
        before,
        texts: text_fields(&page, &problem, report),
        goals,
        costs,
        sums: page.f("results.sums", &sums),
        hands: hand_fields(&page, &problem, report),
        facts: facts(&page, report),
        after,
        problem,
        page,
    };
    render_with(status, &template)
}

type Report<'a> = Option<&'a entity::subsidies::project_report::Model>;

fn text_fields(page: &Page, problem: &Problem, report: Report<'_>) -> Vec<Field> {
    let stands = |pick: fn(&entity::subsidies::project_report::Model) -> &String| {
        report.map(|report| pick(report).clone()).unwrap_or_default()
    };
    let all = [
        ("done", "results.done", stands(|report| &report.done)),
        ("before_after", "results.before_after", stands(|report| &report.before_after)),
        ("lessons", "results.lessons", stands(|report| &report.lessons)),
    ];
    all.map(|(name, label, stands)| {
        let mut field =
            Field::new(page, problem, name, label, Look::Long(5)).standing(problem, stands);
        let count = grapheme_count(&field.value).to_string();
        field.count = page.f("apply.count_of", &[("n", &count), ("max", &LONGEST.to_string())]);
        field
    })
    .to_vec()
}

fn hand_fields(page: &Page, problem: &Problem, report: Report<'_>) -> Vec<Field> {
    let all = [
        ("session_count", "results.session_count", report.and_then(|r| r.session_count)),
        ("attendance_count", "results.attendances", report.and_then(|r| r.attendance_count)),
        ("person_count", "results.persons", report.and_then(|r| r.person_count)),
    ];
    all.map(|(name, label, count)| {
        let stands = count.map(|count| count.to_string()).unwrap_or_default();
        Field::new(page, problem, name, label, Look::Number).standing(problem, stands).optional()
    })
    .to_vec()
}

fn facts(page: &Page, report: Report<'_>) -> Vec<(String, String)> {
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

/// The forms before and after the report itself.
async fn forms(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &ProjectRow,
    problem: &Problem,
    is_barred: bool,
) -> Result<(Vec<FormView>, Vec<FormView>)> {
    let (project, db) = (&row.project, app.store().reader());
    let action = format!("/projects/{}/report/act", project.id);
    let form = |name| FormView::new(page, name, action.clone(), Some(project.revision));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    if asker.is_ward_of(row) {
        if can_write(project.state).is_ok() && project.kind == ProjectKind::Event {
            let free = queries::free_sessions(db, project).await?.into_iter().map(|session| {
                let title = page.pick(&session.title_ja, &session.title_en);
                let label = format!("{} {title}", when_word(page, session.starts_at));
                (session.id.to_string(), label)
            });
            let free: Vec<(String, String)> = free.collect();
            if !free.is_empty() {
                let field = Field::new(page, problem, "session", "results.session", Look::Choice);
                before.push(form("link_session").with(vec![field.choices(free)]).closed());
            }
        }
        if can(project.state, Transition::SubmitReport, Who::Ward) {
            after.push(form("submit_report").main());
        }
        if project.state == ProjectState::Settled {
            let fields = ["what_changed", "compared_with", "other_reasons"].map(|name| {
                let label = format!("results.{name}");
                Field::new(page, problem, name, &label, Look::Long(4))
            });
            after.push(form("verify").with(fields.to_vec()).main());
        }
    }
    let returns = can(project.state, Transition::ReturnReport, Who::Headquarters);
    if asker.is_headquarters && !is_barred && returns {
        let field = Field::new(page, problem, "mend", "review.mend", Look::Long(3));
        after.push(form("return_report").with(vec![field]).closed());
    }
    Ok((before, after))
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
    Asker::of(&ctx)?;
    let scope = match typed.get("act") {
        "return_report" => reviewing(&ctx)?,
        _ => applying(&ctx)?,
    };
    match run(&ctx, &app, &scope, ProjectId(id), &intent, &typed).await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/report"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw(page, &ctx, &app, id, problem).await
        }
    }
}

async fn run(
    ctx: &Ctx,
    app: &App,
    scope: &Scope,
    id: ProjectId,
    intent: &Intent,
    typed: &Typed,
) -> Result<()> {
    let (store, once, revision) = (app.store(), intent.0.as_ref(), typed.revision());
    match typed.get("act") {
        "link_session" => {
            let session = SessionId(typed.id("session")?);
            let work = async |tx| actions::link_session(&tx, scope, id, None, session).await;
            store.write(ctx, "link_session", work).await
        }
        "unlink_session" => {
            let session = SessionId(typed.id("session")?);
            let work = async |tx| actions::unlink_session(&tx, scope, id, None, session).await;
            store.write_once(ctx, "unlink_session", once, work).await
        }
        "submit_report" => {
            let work = async |tx| actions::submit_report(&tx, scope, id, revision).await;
            store.write_once(ctx, "submit_report", once, work).await
        }
        "return_report" => {
            let mend = typed.get("mend");
            let work = async |tx| {
                let done = actions::return_report(&tx, scope, id, revision, mend).await;
                done.map_err(|error| super::review::renamed(error, "body", "mend"))
            };
            store.write_once(ctx, "return_report", once, work).await
        }
        "verify" => {
            let answers =
                ["what_changed", "compared_with", "other_reasons"].map(|name| typed.get(name));
            let work = async |tx| actions::verify(&tx, scope, id, revision, answers).await;
            store.write_once(ctx, "verify_effect", once, work).await
        }
        _ => Err(Error::BadRequest),
    }
}

struct AttendanceLine {
    session: String,
    when: String,
    person_no: usize,
    time_no: usize,
    came: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/attendances.html")]
struct AttendancesPage {
    page: Page,
    problem: Problem,
    head: Head,
    sums: String,
    lines: Vec<AttendanceLine>,
}

/// The rows behind the sums, without names.
#[handler]
pub(super) async fn show_attendances(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (asker, db) = (Asker::of(&ctx)?, app.store().reader());
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let titles: HashMap<SessionId, String> = queries::linked(db, &row.project, ctx.now)
        .await?
        .into_iter()
        .map(|linked| {
            let title = page.pick(&linked.session.title_ja, &linked.session.title_en).to_owned();
            (linked.session.id, title)
        })
        .collect();
    let counted = queries::counted(db, &row.project, ctx.now).await?;
    let found = queries::attendances(db, &row.project, ctx.now).await?;
    let lines = found.into_iter().map(|attended| AttendanceLine {
        session: titles.get(&attended.session_id).cloned().unwrap_or_default(),
        when: when_word(&page, attended.starts_at),
        person_no: attended.person_no,
        time_no: attended.time_no,
        came: page.t(&format!("attendance.{}", attended.attendance)).to_owned(),
    });
    let numbers = [
        ("sessions", &*counted.sessions.to_string()),
        ("attendances", &*counted.attendances.to_string()),
        ("persons", &*counted.persons.to_string()),
    ];
    let template = AttendancesPage {
        head: Head::new(&page, &asker, &row, Tab::Report),
        sums: page.f("results.rows.sums", &numbers),
        lines: lines.collect(),
        problem: Problem::default(),
        page,
    };
    render(&template)
}
