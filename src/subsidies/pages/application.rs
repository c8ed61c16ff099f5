//! W1: the task list, one section a page, copying, and versions beside each other.

use std::collections::BTreeMap;

use askama::Template;
use entity::ProjectId;
use entity::subsidies::application_section::Section;
use entity::subsidies::section_message::MessageKind;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::review::{MessageView, message_views};
use super::view::{
    Asker, DifferenceLine, Head, SectionView, Tab, budget_words, difference_lines, section_views,
    section_word, when_word, yen_word,
};
use crate::platform::text::limits::grapheme_count;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::access::applying;
use crate::subsidies::actions;
use crate::subsidies::queries::{self, ProjectFilter, ProjectRow};
use crate::subsidies::rules::sections::{self, Content, Kind, Status, form};
use crate::subsidies::rules::states::{OPEN, PUBLISHED, Transition, Who, can};

/// Empty rows that a form offers.
const SPARE_ROWS: usize = 3;

struct Task {
    section: Section,
    name: String,
    status: &'static str,
    class: &'static str,
    /// Questions that the ward has not answered.
    open_count: usize,
}

struct VersionLine {
    number: i32,
    at: String,
    total: String,
    requested: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/tasks.html")]
struct TasksPage {
    page: Page,
    problem: Problem,
    head: Head,
    is_applying: bool,
    lead: &'static str,
    tasks: Vec<Task>,
    done: String,
    all: String,
    sums: String,
    cap: Option<String>,
    forms: Vec<FormView>,
    sections: Vec<SectionView>,
    versions: Vec<VersionLine>,
}

#[handler]
pub(super) async fn show_tasks(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
) -> Result<Response> {
    draw_tasks(page, &ctx, &app, id, Problem::default()).await
}

async fn draw_tasks(
    page: Page,
    ctx: &Ctx,
    app: &App,
    id: i64,
    problem: Problem,
) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get(db, &asker.scope, ProjectId(id)).await?;
    let project = &row.project;
    let is_inside = asker.is_inside(&row);
    let writable: &[Section] =
        if asker.is_ward_of(&row) { queries::writable(db, project).await? } else { &[] };
    let is_applying = !writable.is_empty() && OPEN.contains(&project.state);
    let last = queries::last_version(db, project).await?;
    // Other wards read what was submitted, never what is being written.
    let whole = match &last {
        Some(version) if !is_inside || !OPEN.contains(&project.state) => {
            queries::read_application(version)?
        }
        _ if is_inside => queries::application(db, project).await?,
        _ => Default::default(),
    };
    let empty = Content::default();
    let messages = if is_inside { queries::messages(db, project).await? } else { Vec::new() };
    let waiting = |section: Section| {
        let own = messages.iter().filter(|message| message.section == section);
        own.rev().take_while(|message| message.kind == MessageKind::Question).count()
    };
    let written =
        if writable.is_empty() { None } else { Some(queries::application(db, project).await?) };
    let tasks: Vec<Task> = writable
        .iter()
        .map(|section| {
            let content =
                written.as_ref().unwrap_or(&whole).get(section.as_str()).unwrap_or(&empty);
            let (status, class) = match sections::status(*section, content) {
                Status::NotStarted => ("apply.status.none", "status-off"),
                Status::Begun => ("apply.status.begun", "status-wait"),
                Status::Done => ("apply.status.done", "status-ok"),
            };
            let (section, name) = (*section, section_word(&page, *section));
            Task { section, name, status, class, open_count: waiting(section) }
        })
        .collect();
    let done = tasks.iter().filter(|task| task.status == "apply.status.done").count();
    let mut forms = Vec::new();
    if is_applying {
        if done == tasks.len() && can(project.state, Transition::Submit, Who::Ward) {
            let action = format!("/projects/{id}/act");
            forms.push(FormView::new(&page, "submit", action, Some(project.revision)).main());
        }
        if let Some(field) = copy_field(&page, app, &asker, &row, &problem).await? {
            let form = FormView::new(&page, "copy", format!("/projects/{id}/copy"), None);
            forms.push(form.with(vec![field]).closed());
        }
    }
    let versions = if is_inside { queries::versions(db, project).await? } else { Vec::new() };
    let versions = versions.into_iter().map(|version| VersionLine {
        number: version.number,
        at: when_word(&page, version.submitted_at),
        total: yen_word(&page, version.total_yen),
        requested: yen_word(&page, version.requested_yen),
    });
    let budget = written.as_ref().unwrap_or(&whole).get(Section::Budget.as_str());
    let budget = budget.filter(|content| !content.rows.is_empty());
    let lead = match (&last, PUBLISHED.contains(&project.state)) {
        (None, _) if project.source.is_some() => "apply.read.paper",
        (None, _) => "apply.read.draft",
        (Some(_), _) => "apply.read.locked",
    };
    let status = problem.status();
    let template = TasksPage {
        head: Head::new(&page, &asker, &row, Tab::Application),
        is_applying,
        lead,
        done: done.to_string(),
        all: tasks.len().to_string(),
        tasks,
        sums: budget.map(|content| budget_words(&page, content)).unwrap_or_default(),
        cap: row.round.cap_yen.map(|cap| page.f1("apply.cap", "yen", yen_word(&page, cap))),
        forms,
        sections: section_views(&page, &whole),
        versions: versions.collect(),
        problem,
        page,
    };
    render_with(status, &template)
}

/// Which older application of the own ward to copy; none when there is none.
async fn copy_field(
    page: &Page,
    app: &App,
    asker: &Asker,
    row: &ProjectRow,
    problem: &Problem,
) -> Result<Option<Field>> {
    let filter = ProjectFilter { ward_id: Some(row.project.ward_id), ..Default::default() };
    let found = queries::list(app.store().reader(), &asker.scope, &filter, 50, None).await?;
    let others: Vec<(String, String)> = found
        .items
        .into_iter()
        .filter(|other| other.project.id != row.project.id && other.project.source.is_none())
        .map(|other| {
            let title = format!("{}{}", other.project.title, page.aside(other.round.fiscal_year));
            (other.project.id.to_string(), title)
        })
        .collect();
    if others.is_empty() {
        return Ok(None);
    }
    Ok(Some(Field::new(page, problem, "from", "apply.copy.from", Look::Choice).choices(others)))
}

#[handler]
pub(super) async fn copy_over(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &applying(&ctx)?;
    let done = match typed.id("from") {
        Ok(from) => {
            app.store()
                .write(&ctx, "copy_application", |tx| async move {
                    actions::copy_from(&tx, scope, ProjectId(id), ProjectId(from)).await
                })
                .await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            draw_tasks(page, &ctx, &app, id, problem).await
        }
    }
}

struct CellField {
    id: String,
    name: &'static str,
    column: &'static str,
    value: String,
    error: Option<String>,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "subsidies/pages/section.html")]
struct SectionPage {
    page: Page,
    problem: Problem,
    head: Head,
    section: Section,
    name: String,
    lead: String,
    revision: i32,
    /// After somebody else's change: what stands now.
    stands: Option<SectionView>,
    is_saved: bool,
    fields: Vec<Field>,
    columns: Vec<(&'static str, String)>,
    rows: Vec<Vec<CellField>>,
    total: String,
    paste: Field,
    messages: Vec<MessageView>,
}

#[derive(Deserialize, Default)]
struct Saved {
    #[serde(default)]
    saved: String,
}

/// The name of a column's field: it stands once for each row.
fn cell_name(column: usize) -> &'static str {
    ["c0", "c1", "c2", "c3", "c4", "c5"].get(column).copied().unwrap_or("c5")
}

/// What was typed into a section.
fn typed_content(section: Section, typed: &Typed) -> Content {
    let form = form(section);
    let texts =
        form.texts.iter().map(|text| (text.name.to_owned(), typed.get(text.name).to_owned()));
    let columns: Vec<Vec<&str>> =
        (0..form.columns.len()).map(|column| typed.all(cell_name(column))).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0).min(sections::MOST_ROWS * 2);
    let cell = |column: &Vec<&str>, row: usize| (*column.get(row).unwrap_or(&"")).to_owned();
    let rows = (0..height).map(|row| columns.iter().map(|column| cell(column, row)).collect());
    Content { texts: texts.collect::<BTreeMap<_, _>>(), rows: rows.collect() }
}

async fn draw_section(
    page: Page,
    ctx: &Ctx,
    app: &App,
    (id, section): (i64, Section),
    problem: Problem,
    shown: Option<Content>,
    is_saved: bool,
) -> Result<Response> {
    let (asker, db) = (Asker::of(ctx)?, app.store().reader());
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    if !asker.is_ward_of(&row) || !queries::writable(db, &row.project).await?.contains(&section) {
        return Ok(redirect(&format!("/projects/{id}/application")));
    }
    let (stands, revision) = queries::section(db, &row.project, section).await?;
    let content = shown.unwrap_or_else(|| stands.clone());
    let form = form(section);
    let fields = form.texts.iter().map(|text| {
        let look = match text.kind {
            Kind::Long => Look::Long(if text.max > 300 { 8 } else { 4 }),
            Kind::Yen | Kind::Count | Kind::Figure => Look::Number,
            Kind::Day => Look::Day,
            Kind::Month => Look::Month,
            Kind::Line => Look::Line,
        };
        let mut field = Field::new(&page, &problem, text.name, text.label, look);
        field.value = content.text(text.name).to_owned();
        field.is_optional = !text.required;
        if text.kind == Kind::Long {
            let count = grapheme_count(&field.value).to_string();
            field.count =
                page.f("apply.count_of", &[("n", &count), ("max", &text.max.to_string())]);
        }
        field
    });
    let spare = vec![String::new(); form.columns.len()];
    let spares = if form.columns.is_empty() { 0 } else { SPARE_ROWS };
    let rows = content.rows.iter().chain(std::iter::repeat_n(&spare, spares)).enumerate();
    let rows = rows.map(|(at, row)| {
        let cells = form.columns.iter().enumerate().map(|(place, column)| {
            let id = format!("row-{}-{}", at + 1, column.name);
            CellField {
                error: page.error_of(&problem.errors, &id),
                id,
                name: cell_name(place),
                column: column.name,
                value: row.get(place).cloned().unwrap_or_default(),
                class: match column.kind {
                    Kind::Yen | Kind::Figure | Kind::Count | Kind::Month => "cell-short num",
                    _ if column.max <= 30 => "cell-middle",
                    _ => "cell-wide",
                },
            }
        });
        cells.collect()
    });
    let messages = queries::messages(db, &row.project).await?;
    let own = messages.into_iter().filter(|message| message.section == section).collect();
    let is_budget = section == Section::Budget;
    let status = problem.status();
    let template = SectionPage {
        head: Head::new(&page, &asker, &row, Tab::Application),
        section,
        name: section_word(&page, section),
        lead: page.t(&format!("apply.lead.{section}")).to_owned(),
        revision: problem.revision(revision),
        stands: problem.is_stale.then(|| SectionView::new(&page, section, &stands)),
        is_saved,
        fields: fields.collect(),
        columns: form.columns.iter().map(|c| (c.name, page.t(c.label).to_owned())).collect(),
        rows: rows.collect(),
        total: if is_budget { budget_words(&page, &content) } else { String::new() },
        paste: Field::new(&page, &problem, "paste", "apply.paste", Look::Long(5)),
        messages: message_views(&page, app, own).await?,
        problem,
        page,
    };
    render_with(status, &template)
}

#[handler]
pub(super) async fn show_section(
    page: Page,
    ctx: Ctx,
    app: App,
    Path((id, section)): Path<(i64, String)>,
    query: Query<Saved>,
) -> Result<Response> {
    applying(&ctx)?;
    let section = Section::from_text(&section).ok_or(Error::NotFound)?;
    let is_saved = !query.0.saved.is_empty();
    draw_section(page, &ctx, &app, (id, section), Problem::default(), None, is_saved).await
}

#[handler]
pub(super) async fn keep_section(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path((id, section)): Path<(i64, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &applying(&ctx)?;
    let section = Section::from_text(&section).ok_or(Error::NotFound)?;
    let raw = typed_content(section, &typed);
    let pasted = typed.get("paste");
    let whole = match pasted.trim().is_empty() {
        true => Ok(raw.clone()),
        false => actions::paste_rows(section, raw.clone(), pasted),
    };
    let (revision, once) = (typed.revision(), intent.0.as_ref());
    let done = match &whole {
        Ok(whole) => {
            app.store()
                .write_once(&ctx, "save_section", once, |tx| async move {
                    let id = ProjectId(id);
                    actions::save_section(&tx, scope, id, section, revision, whole).await
                })
                .await
        }
        Err(error) => Err(error.clone()),
    };
    match done {
        Ok(()) if typed.get("act") == "stay" || !pasted.trim().is_empty() => {
            Ok(redirect(&format!("/projects/{id}/sections/{section}?saved=1")))
        }
        Ok(()) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            let mut shown = whole.unwrap_or(raw);
            // Rows keep their numbers, for the errors name them; only empty ones at the end go.
            while shown.rows.last().is_some_and(|row| row.iter().all(|cell| cell.trim().is_empty()))
            {
                shown.rows.pop();
            }
            draw_section(page, &ctx, &app, (id, section), problem, Some(shown), false).await
        }
    }
}

#[derive(Template)]
#[template(path = "subsidies/pages/differences.html")]
struct DifferencesPage {
    page: Page,
    problem: Problem,
    head: Head,
    title: String,
    lines: Vec<DifferenceLine>,
}

#[derive(Deserialize, Default)]
struct Versions {
    #[serde(default)]
    from: i32,
    #[serde(default)]
    to: i32,
}

#[handler]
pub(super) async fn show_differences(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    query: Query<Versions>,
) -> Result<Response> {
    let (asker, db, Versions { from, to }) = (Asker::of(&ctx)?, app.store().reader(), query.0);
    let row = queries::get_own(db, &asker.scope, ProjectId(id)).await?;
    let old = queries::find_version(db, &row.project, from).await?;
    let new = queries::find_version(db, &row.project, to).await?;
    let (old, new) = (queries::read_application(&old)?, queries::read_application(&new)?);
    let lines = difference_lines(&page, &old, &new);
    let numbers = [("from", &*from.to_string()), ("to", &*to.to_string())];
    let template = DifferencesPage {
        head: Head::new(&page, &asker, &row, Tab::Application),
        title: page.f("apply.compare.title", &numbers),
        lines,
        problem: Problem::default(),
        page,
    };
    render(&template)
}
