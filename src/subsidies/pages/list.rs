//! `/projects`: what is due, and the projects that the asker reads; `/projects/new`.

use askama::Template;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::{SubsidyRoundId, WardId};
use poem::{Response, handler};
use serde::Deserialize;

use super::fields::{Field, FormView, Look, Problem, Typed};
use super::view::{Asker, day_word, kind_word, round_name, state_class, state_word, yen_or_word};
use crate::places::queries::list_wards;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{Page, redirect, render, render_with};
use crate::platform::{App, Ctx, Error, Result};
use crate::subsidies::access::applying;
use crate::subsidies::actions::{self, NewProject};
use crate::subsidies::queries::{self, ProjectFilter, ProjectRow};
use crate::subsidies::rules::deadlines::{Due, due};

/// Rows on one page.
const ROWS: usize = 50;

pub struct DueLine {
    pub id: i64,
    pub title: String,
    pub ward: String,
    pub what: String,
    pub day: String,
    pub class: &'static str,
    pub state: String,
}

struct Line {
    id: i64,
    title: String,
    ward: String,
    round: String,
    kind: String,
    state: String,
    class: &'static str,
    granted: String,
}

#[derive(Template)]
#[template(path = "subsidies/pages/list.html")]
struct ListPage {
    page: Page,
    lead: String,
    can_apply: bool,
    due: Vec<DueLine>,
    rounds: Vec<(String, String)>,
    wards: Vec<(String, String)>,
    states: Vec<(String, String)>,
    asked: Asked,
    lines: Vec<Line>,
    next: Option<String>,
    export: String,
}

/// What the list was asked for, as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    round: String,
    ward: String,
    state: String,
    q: String,
    after: String,
}

impl Asked {
    pub(super) fn filter(&self) -> ProjectFilter {
        ProjectFilter {
            round_id: self.round.parse().ok().map(SubsidyRoundId),
            ward_id: self.ward.parse().ok().map(WardId),
            state: ProjectState::from_text(&self.state),
            q: self.q.trim().to_owned(),
        }
    }

    fn query(&self) -> String {
        let pairs =
            [("round", &self.round), ("ward", &self.ward), ("state", &self.state), ("q", &self.q)];
        let set = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        serde_html_form::to_string(set.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// What is due, in words.
pub(super) async fn due_lines(page: &Page, app: &App, asker: &Asker) -> Result<Vec<DueLine>> {
    let found = queries::deadlines(app.store().reader(), &asker.scope).await?;
    let today = page.ctx.today();
    let line = |(deadline, row): (entity::subsidies::project_deadline::Model, ProjectRow)| {
        let (class, state) = match due(deadline.due_on, today) {
            Due::Late(days) => ("status-late", page.f1("projects.due.late", "days", days)),
            Due::Soon => ("status-now", page.t("projects.due.soon").to_owned()),
            Due::Later if deadline.reminded_at.is_some() => {
                ("status-now", page.t("projects.due.soon").to_owned())
            }
            Due::Later => ("status-wait", page.t("projects.due.later").to_owned()),
        };
        DueLine {
            id: row.project.id.0,
            title: row.project.title,
            ward: page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
            what: page.t(&format!("project.deadline.{}", deadline.kind)).to_owned(),
            day: day_word(page, deadline.due_on),
            class,
            state,
        }
    };
    Ok(found.into_iter().map(line).collect())
}

#[handler]
pub(super) async fn show(page: Page, ctx: Ctx, app: App, query: Query<Asked>) -> Result<Response> {
    let (asker, asked, db) = (Asker::of(&ctx)?, query.0, app.store().reader());
    let after = (!asked.after.is_empty()).then_some(asked.after.as_str());
    let found = queries::list(db, &asker.scope, &asked.filter(), ROWS, after).await?;
    let rounds = queries::list_rounds(db, &asker.scope).await?;
    let wards = list_wards(db, &asker.scope).await?;
    let due = due_lines(&page, &app, &asker).await?;
    let line = |row: ProjectRow| Line {
        id: row.project.id.0,
        ward: page.pick(&row.ward.name_ja, &row.ward.name_en).to_owned(),
        round: round_name(&page, &row.round),
        kind: kind_word(&page, row.project.kind),
        state: state_word(&page, row.project.state),
        class: state_class(row.project.state),
        granted: yen_or_word(&page, row.project.granted_yen, row.project.source.as_ref()),
        title: row.project.title,
    };
    let query = asked.query();
    let states = ProjectState::ALL.iter();
    let template = ListPage {
        lead: page
            .t(if asker.is_headquarters { "projects.lead.hq" } else { "projects.lead.ward" })
            .to_owned(),
        can_apply: asker.applies.is_some(),
        due,
        rounds: rounds.iter().map(|row| (row.id.to_string(), round_name(&page, row))).collect(),
        wards: wards
            .iter()
            .map(|row| (row.id.to_string(), page.pick(&row.name_ja, &row.name_en).to_owned()))
            .collect(),
        states: states.map(|state| (state.to_string(), state_word(&page, *state))).collect(),
        next: found.next.map(|next| format!("/projects?{query}&after={next}")),
        export: format!("/projects/export.csv?{query}"),
        lines: found.items.into_iter().map(line).collect(),
        asked,
        page,
    };
    render(&template)
}

#[derive(Template)]
#[template(path = "subsidies/pages/new.html")]
pub(super) struct NewPage {
    pub page: Page,
    pub problem: Problem,
    pub form: FormView,
    /// After somebody else's change: what stands now.
    pub stands: Vec<(String, String)>,
    /// Why the form cannot be used now.
    pub notice: Option<&'static str>,
    pub back: (&'static str, &'static str),
}

async fn new_page(page: Page, ctx: &Ctx, app: &App, problem: Problem) -> Result<Response> {
    let scope = applying(ctx)?;
    let db = app.store().reader();
    let today = ctx.today();
    let open = queries::list_rounds(db, &scope).await?.into_iter().filter(|round| {
        crate::subsidies::rules::sections::round_open(round.opens_on, round.closes_on, today)
            .is_ok()
    });
    let rounds: Vec<(String, String)> =
        open.map(|round| (round.id.to_string(), round_name(&page, &round))).collect();
    let notice = rounds.is_empty().then_some("projects.new.closed");
    let wards = own_wards(&page, app, &scope).await?;
    let kinds = ProjectKind::ALL.iter();
    let kinds = kinds.map(|kind| (kind.to_string(), kind_word(&page, *kind))).collect();
    let field = |name, label, look| Field::new(&page, &problem, name, label, look);
    let fields = vec![
        field("round", "projects.round", Look::Choice).choices(rounds),
        field("ward", "projects.ward", Look::Choice).choices(wards),
        field("kind", "projects.kind", Look::Choice).choices(kinds),
        field("title", "apply.title", Look::Line),
    ];
    let form = FormView::new(&page, "create", "/projects/new".to_owned(), None).with(fields);
    let status = problem.status();
    let (back, stands) = (("/projects", "projects.title"), Vec::new());
    render_with(status, &NewPage { form, problem, stands, notice, back, page })
}

/// The wards for which somebody applies, as choices.
pub(super) async fn own_wards(
    page: &Page,
    app: &App,
    scope: &crate::platform::Scope,
) -> Result<Vec<(String, String)>> {
    let all = list_wards(app.store().reader(), scope).await?;
    let own = all.into_iter().filter(|ward| scope.reaches_ward(Some(ward.id)));
    Ok(own
        .map(|ward| (ward.id.to_string(), page.pick(&ward.name_ja, &ward.name_en).to_owned()))
        .collect())
}

#[handler]
pub(super) async fn show_new(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    new_page(page, &ctx, &app, Problem::default()).await
}

#[handler]
pub(super) async fn create(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &applying(&ctx)?;
    let made = async {
        let new = &NewProject {
            round_id: SubsidyRoundId(typed.id("round")?),
            ward_id: WardId(typed.id("ward")?),
            kind: ProjectKind::from_text(typed.get("kind"))
                .ok_or_else(|| Error::invalid("kind", "err.project.choose"))?,
            title: typed.get("title").to_owned(),
        };
        app.store()
            .write_once(&ctx, "create_project", intent.0.as_ref(), |tx| async move {
                actions::create(&tx, scope, new).await
            })
            .await
    };
    match made.await {
        Ok(id) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let problem = Problem::of(&page, typed, error)?;
            new_page(page, &ctx, &app, problem).await
        }
    }
}
