//! W1: the task list, one section a page, copying, and versions beside each other.

use std::collections::BTreeMap;

use askama::Template;
use entity::ProjectId;
use entity::subsidies::application_section::Section;
use entity::subsidies::application_version;
use entity::subsidies::section_message::{self, MessageKind};
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::forms::FormView;
use super::read;
use super::review::{MessageView, message_views};
use super::view::{
    Asker, DifferenceLine, Head, SectionView, Tab, budget_words, difference_lines, section_views,
};
use crate::platform::text::limits::grapheme_count;
use crate::platform::web::door::{Choice, Field, Look, Returned, Typed, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Error, Result};
use crate::subsidies::access::{Applying, Reading};
use crate::subsidies::actions;
use crate::subsidies::queries::{self, ProjectFilter, ProjectRow};
use crate::subsidies::rules::sections::{
    self, Application, Column, Content, Kind, Status, Text, form,
};
use crate::subsidies::rules::states::{OPEN, PUBLISHED, Side, Transition, can};

/// Empty rows that a form offers.
const SPARE_ROWS: usize = 3;

/// A section that the ward may write now.
struct Task {
    section: Section,
    status: Status,
    /// Questions that the ward has not answered.
    open_count: usize,
}

#[derive(Template)]
#[template(path = "subsidies/pages/tasks.html")]
struct TasksPage {
    page: Page,
    back: Returned,
    head: Head,
    is_applying: bool,
    lead: &'static str,
    tasks: Vec<Task>,
    sums: String,
    /// Most yen of the round.
    cap_yen: Option<i64>,
    forms: Vec<FormView>,
    sections: Vec<SectionView>,
    versions: Vec<application_version::Model>,
}

impl TasksPage {
    /// How many sections are done.
    fn progress(&self) -> String {
        let (done, all) = (done_count(&self.tasks).to_string(), self.tasks.len().to_string());
        self.page.f("apply.tasks.done", &[("done", &done), ("all", &all)])
    }
}

fn done_count(tasks: &[Task]) -> usize {
    tasks.iter().filter(|task| task.status == Status::Done).count()
}

#[handler]
pub(super) async fn show_tasks(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
) -> Result<Response> {
    draw_tasks(Asker::of(visit)?, id, Returned::default()).await
}

async fn draw_tasks(asker: Asker, id: ProjectId, back: Returned) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get(db, &asker.scope, id).await?;
    let (page, project) = (&asker.page, &row.project);
    let last = queries::last_version(db, project).await?;
    let whole = queries::shown_application(db, &asker.scope, project, last.as_ref()).await?;

    // What stays between the ward and headquarters.
    let (mut messages, mut versions) = (Vec::new(), Vec::new());
    if asker.is_inside(&row) {
        messages = queries::messages(db, project).await?;
        versions = queries::versions(db, project).await?;
    }

    // What the ward writes now: all of an application, later what a change may alter.
    let writable: &[Section] =
        if asker.is_ward_of(&row) { queries::writable(db, project).await? } else { &[] };
    let is_applying = !writable.is_empty() && OPEN.contains(&project.state);
    let written = match writable.is_empty() {
        true => None,
        false => Some(queries::application(db, project).await?),
    };
    let written = written.as_ref().unwrap_or(&whole);
    let tasks = tasks(writable, written, &messages);
    let forms = match is_applying {
        true => task_forms(&asker, &row, &back, done_count(&tasks) == tasks.len()).await?,
        false => Vec::new(),
    };

    let budget = written.get(Section::Budget.as_str());
    let budget = budget.filter(|content| !content.rows.is_empty());
    let lead = match (&last, PUBLISHED.contains(&project.state)) {
        (None, _) if project.source.is_some() => "apply.read.paper",
        (None, _) => "apply.read.draft",
        (Some(_), _) => "apply.read.locked",
    };
    let template = TasksPage {
        head: Head::new(&asker, &row, Tab::Application),
        is_applying,
        lead,
        tasks,
        sums: budget.map(|content| budget_words(page, content)).unwrap_or_default(),
        cap_yen: row.round.cap_yen,
        forms,
        sections: section_views(page, &whole),
        versions,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

fn tasks(
    writable: &[Section],
    written: &Application,
    messages: &[section_message::Model],
) -> Vec<Task> {
    let empty = Content::default();
    let waiting = |section: Section| {
        let own = messages.iter().filter(|message| message.section == section);
        own.rev().take_while(|message| message.kind == MessageKind::Question).count()
    };
    let task = |section: &Section| {
        let content = written.get(section.as_str()).unwrap_or(&empty);
        let status = sections::status(*section, content);
        Task { section: *section, status, open_count: waiting(*section) }
    };
    writable.iter().map(task).collect()
}

/// What the ward does with the whole of its application.
async fn task_forms(
    asker: &Asker,
    row: &ProjectRow,
    back: &Returned,
    is_done: bool,
) -> Result<Vec<FormView>> {
    let (page, project) = (&asker.page, &row.project);
    let mut forms = Vec::new();
    if is_done && can(project.state, Transition::Submit, Side::Ward) {
        let action = format!("/projects/{}/act", project.id);
        forms.push(FormView::new(page, "submit", action, Some(project.revision)).main());
    }

    let others = others(asker, row).await?;
    if !others.is_empty() {
        let from = page.field(back, "from", "apply.copy.from", "");
        let form = FormView::new(page, "copy", format!("/projects/{}/copy", project.id), None);
        forms.push(form.with(vec![from.choices(&others).class("w-name")]).closed());
    }
    Ok(forms)
}

/// The other applications of the own ward, to copy from.
async fn others(asker: &Asker, row: &ProjectRow) -> Result<Vec<Choice>> {
    let filter = ProjectFilter { ward_id: Some(row.project.ward_id), ..Default::default() };
    let found = queries::list(asker.app.store().reader(), &asker.scope, &filter, 50, None).await?;
    let others = found
        .items
        .into_iter()
        .filter(|other| other.project.id != row.project.id && other.project.source.is_none());
    let choice = |other: ProjectRow| {
        let year = asker.page.aside(other.round.fiscal_year);
        (other.project.id.to_string(), format!("{}{year}", other.project.title))
    };
    Ok(others.map(choice).collect())
}

#[handler]
pub(super) async fn copy_over(
    visit: Visit<Applying>,
    Path(id): Path<ProjectId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let from = ProjectId(read::id(&typed, "from")?);
        let work = |tx, scope| async move { actions::copy_from(&tx, scope, id, from).await };
        visit.does("copy_application", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            draw_tasks(Asker::of(visit)?, id, back).await
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
    back: Returned,
    head: Head,
    section: Section,
    revision: i32,
    /// After somebody else's change: what stands now.
    stands: Option<SectionView>,
    is_saved: bool,
    fields: Vec<Field>,
    columns: &'static [Column],
    rows: Vec<Vec<CellField>>,
    total: String,
    paste: Field,
    messages: Vec<MessageView>,
}

/// Whether the page comes after saving.
#[derive(Deserialize, Default)]
struct SavedQuery {
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

/// The form of a section with `shown`, or with what stands.
async fn draw_section(
    asker: Asker,
    (id, section): (ProjectId, Section),
    back: Returned,
    shown: Option<Content>,
    is_saved: bool,
) -> Result<Response> {
    let db = asker.app.store().reader();
    let row = queries::get_own(db, &asker.scope, id).await?;
    if !asker.is_ward_of(&row) || !queries::writable(db, &row.project).await?.contains(&section) {
        return Ok(redirect(&format!("/projects/{id}/application")));
    }
    let (stands, revision) = queries::section(db, &row.project, section).await?;
    let mut messages = queries::messages(db, &row.project).await?;
    messages.retain(|message| message.section == section);
    let messages = message_views(&asker, messages).await?;

    let (page, form) = (&asker.page, form(section));
    let content = shown.unwrap_or_else(|| stands.clone());
    let is_budget = section == Section::Budget;
    let template = SectionPage {
        head: Head::new(&asker, &row, Tab::Application),
        section,
        revision: back.revision(revision),
        stands: back.is_stale.then(|| SectionView::new(page, section, &stands)),
        is_saved,
        fields: form.texts.iter().map(|text| text_field(page, &back, text, &content)).collect(),
        columns: form.columns,
        rows: cells(page, &back, section, &content),
        total: if is_budget { budget_words(page, &content) } else { String::new() },
        paste: page.field(&back, "paste", "apply.paste", "").rows_of(5),
        messages,
        back,
        page: asker.page,
    };
    render_form(&template.back, &template)
}

/// One text of a section.
fn text_field(page: &Page, back: &Returned, text: &Text, content: &Content) -> Field {
    let look = match text.kind {
        Kind::Long => Look::Long(if text.max > 300 { 8 } else { 4 }),
        Kind::Yen | Kind::Count | Kind::Figure => Look::Number,
        Kind::Day => Look::Day,
        Kind::Month => Look::Month,
        Kind::Line => Look::Line,
    };
    let field = page.field(back, text.name, text.label, content.text(text.name)).look(look);
    let field = if text.required { field } else { field.optional(page) };
    if text.kind != Kind::Long {
        return field;
    }

    let count = grapheme_count(&field.value).to_string();
    let count = page.f("apply.count_of", &[("n", &count), ("max", &text.max.to_string())]);
    Field { count, ..field }
}

/// The rows of a section as fields, with a few empty ones behind them.
fn cells(page: &Page, back: &Returned, section: Section, content: &Content) -> Vec<Vec<CellField>> {
    let columns = form(section).columns;
    let spare = vec![String::new(); columns.len()];
    let spares = if columns.is_empty() { 0 } else { SPARE_ROWS };
    let rows = content.rows.iter().chain(std::iter::repeat_n(&spare, spares)).enumerate();

    let cells = rows.map(|(at, row)| {
        let cells = columns.iter().enumerate().map(|(place, column)| {
            let id = format!("row-{}-{}", at + 1, column.name);
            CellField {
                error: page.error_of(&back.errors, &id),
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
    cells.collect()
}

#[handler]
pub(super) async fn show_section(
    visit: Visit<Applying>,
    Path((id, section)): Path<(ProjectId, String)>,
    query: Query<SavedQuery>,
) -> Result<Response> {
    let section = Section::from_text(&section).ok_or(Error::NotFound)?;
    let (asker, is_saved) = (Asker::of(visit)?, !query.0.saved.is_empty());
    draw_section(asker, (id, section), Returned::default(), None, is_saved).await
}

#[handler]
pub(super) async fn keep_section(
    visit: Visit<Applying>,
    Path((id, section)): Path<(ProjectId, String)>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let section = Section::from_text(&section).ok_or(Error::NotFound)?;
    let raw = typed_content(section, &typed);
    let is_pasted = !typed.get("paste").trim().is_empty();
    let whole = match is_pasted {
        true => actions::paste_rows(section, raw.clone(), typed.get("paste")),
        false => Ok(raw.clone()),
    };

    let revision = typed.revision();
    let done = async {
        let whole = whole.as_ref().map_err(Error::clone)?;
        let work = |tx, scope| async move {
            actions::save_section(&tx, scope, id, section, revision, whole).await
        };
        visit.does("save_section", work).await
    };
    match done.await {
        Ok(()) if is_pasted || typed.get("act") == "stay" => {
            Ok(redirect(&format!("/projects/{id}/sections/{section}?saved=1")))
        }
        Ok(()) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            let shown = without_empty_end(whole.unwrap_or(raw));
            draw_section(Asker::of(visit)?, (id, section), back, Some(shown), false).await
        }
    }
}

/// Rows keep their numbers, for the errors name them; only empty ones at the end go.
fn without_empty_end(mut content: Content) -> Content {
    let is_empty = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
    while content.rows.last().is_some_and(is_empty) {
        content.rows.pop();
    }
    content
}

#[derive(Template)]
#[template(path = "subsidies/pages/differences.html")]
struct DifferencesPage {
    page: Page,
    back: Returned,
    head: Head,
    title: String,
    lines: Vec<DifferenceLine>,
}

/// Which two versions are compared.
#[derive(Deserialize, Default)]
struct VersionsQuery {
    #[serde(default)]
    from: i32,
    #[serde(default)]
    to: i32,
}

#[handler]
pub(super) async fn show_differences(
    visit: Visit<Reading>,
    Path(id): Path<ProjectId>,
    query: Query<VersionsQuery>,
) -> Result<Response> {
    let (asker, VersionsQuery { from, to }) = (Asker::of(visit)?, query.0);
    let db = asker.app.store().reader();
    let row = queries::get_own(db, &asker.scope, id).await?;
    let old = queries::find_version(db, &row.project, from).await?;
    let new = queries::find_version(db, &row.project, to).await?;

    let (old, new) = (queries::read_application(&old)?, queries::read_application(&new)?);
    let numbers = [("from", &*from.to_string()), ("to", &*to.to_string())];
    let template = DifferencesPage {
        head: Head::new(&asker, &row, Tab::Application),
        title: asker.page.f("apply.compare.title", &numbers),
        lines: difference_lines(&asker.page, &old, &new),
        back: Returned::default(),
        page: asker.page,
    };
    render(&template)
}
