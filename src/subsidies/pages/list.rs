//! `/projects`: what is due, and the projects that the asker reads; `/projects/new`.

use askama::Template;
use entity::subsidies::project::{ProjectKind, ProjectState};
use entity::subsidies::{project_deadline, subsidy_round};
use entity::{SubsidyRoundId, WardId};
use poem::{Response, handler};
use serde::Deserialize;

use super::forms::FormView;
use super::read;
use super::view::{self, Asker, round_name};
use crate::places::queries::list_wards;
use crate::places::ward;
use crate::platform::web::door::{Choice, Field, Returned, Typed, Visit, render_form};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::page::{Page, redirect, render};
use crate::platform::{Result, Scope};
use crate::subsidies::access::{Applying, Reading};
use crate::subsidies::actions::{self, NewProject};
use crate::subsidies::queries::{self, ProjectFilter, ProjectRow};
use crate::subsidies::rules::deadlines::{Due, due};
use crate::subsidies::rules::sections::round_open;

/// Rows on one page.
const ROWS: usize = 50;

/// A deadline of a project, and how it stands today.
pub struct DueLine {
    pub deadline: project_deadline::Model,
    pub row: ProjectRow,
    pub due: Due,
}

#[derive(Template)]
#[template(path = "subsidies/pages/list.html")]
struct ProjectsPage {
    page: Page,
    lead: &'static str,
    can_apply: bool,
    due: Vec<DueLine>,
    rounds: Vec<Choice>,
    wards: Vec<Choice>,
    states: Vec<Choice>,
    asked: ProjectQuery,
    rows: Vec<ProjectRow>,
    next: Option<String>,
    export: String,
}

impl ProjectsPage {
    /// One choice of the filter.
    fn filter(&self, name: &str, label: &str, value: &str, choices: &[Choice]) -> Field {
        let field = self.page.field(&Returned::default(), name, label, value);
        field.choose_or(&self.page, "projects.all", choices)
    }
}

/// What the list was asked for, as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProjectQuery {
    round: String,
    ward: String,
    state: String,
    q: String,
    after: String,
}

impl ProjectQuery {
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

/// What is due, soonest first.
pub(super) async fn due_lines(asker: &Asker) -> Result<Vec<DueLine>> {
    let found = queries::deadlines(asker.app.store().reader(), &asker.scope).await?.into_iter();
    let line = |(deadline, row): (project_deadline::Model, ProjectRow)| {
        let due = match due(deadline.due_on, asker.page.ctx.today()) {
            // What was reminded of stays on top.
            Due::Later if deadline.reminded_at.is_some() => Due::Soon,
            stands => stands,
        };
        DueLine { deadline, row, due }
    };
    Ok(found.map(line).collect())
}

fn round_choice(page: &Page, round: &subsidy_round::Model) -> Choice {
    (round.id.to_string(), round_name(page, round))
}

fn ward_choice(page: &Page, ward: &ward::Model) -> Choice {
    (ward.id.to_string(), page.pick(&ward.name_ja, &ward.name_en).to_owned())
}

#[handler]
pub(super) async fn show(visit: Visit<Reading>, query: Query<ProjectQuery>) -> Result<Response> {
    let (asker, asked) = (Asker::of(visit)?, query.0);
    let (db, scope) = (asker.app.store().reader(), &asker.scope);
    let after = (!asked.after.is_empty()).then_some(asked.after.as_str());
    let found = queries::list(db, scope, &asked.filter(), ROWS, after).await?;
    let rounds = queries::list_rounds(db, scope).await?;
    let wards = list_wards(db, scope).await?;
    let due = due_lines(&asker).await?;

    let (page, query) = (asker.page, asked.query());
    let lead = if asker.is_headquarters { "projects.lead.hq" } else { "projects.lead.ward" };
    let template = ProjectsPage {
        lead,
        can_apply: asker.applies.is_some(),
        due,
        rounds: rounds.iter().map(|round| round_choice(&page, round)).collect(),
        wards: wards.iter().map(|ward| ward_choice(&page, ward)).collect(),
        states: page.choices("project.state", ProjectState::ALL),
        next: found.next.map(|next| format!("/projects?{query}&after={next}")),
        export: format!("/projects/export.csv?{query}"),
        rows: found.items,
        asked,
        page,
    };
    render(&template)
}

#[derive(Template)]
#[template(path = "subsidies/pages/new.html")]
pub(super) struct NewPage {
    pub page: Page,
    pub back: Returned,
    pub view: FormView,
    /// After somebody else's change: the round as it stands now.
    pub stands: Option<subsidy_round::Model>,
    /// Why the form cannot be used now.
    pub notice: Option<&'static str>,
    /// Where one goes without filling it in, and the wording key of its name.
    pub way_back: (&'static str, &'static str),
}

async fn new_page(visit: Visit<Applying>, back: Returned) -> Result<Response> {
    let scope = visit.scope.clone();
    let asker = Asker::of(visit)?;
    let rounds = open_rounds(&asker, &scope).await?;
    let wards = own_wards(&asker, &scope).await?;

    let page = asker.page;
    let kinds = page.choices("project.kind", ProjectKind::ALL);
    let choose = |name: &str, label: &str, choices: &[Choice]| {
        page.field(&back, name, label, "").choices(choices).class("w-name")
    };
    let fields = vec![
        choose("round", "projects.round", &rounds),
        choose("ward", "projects.ward", &wards),
        choose("kind", "projects.kind", &kinds),
        page.field(&back, "title", "apply.title", ""),
    ];

    let template = NewPage {
        view: FormView::new(&page, "create", "/projects/new".to_owned(), None).with(fields),
        stands: None,
        notice: rounds.is_empty().then_some("projects.new.closed"),
        way_back: ("/projects", "projects.title"),
        back,
        page,
    };
    render_form(&template.back, &template)
}

/// The rounds that take applications today, as choices.
pub(super) async fn open_rounds(asker: &Asker, scope: &Scope) -> Result<Vec<Choice>> {
    let (page, today) = (&asker.page, asker.page.ctx.today());
    let mut rounds = queries::list_rounds(asker.app.store().reader(), scope).await?;
    rounds.retain(|round| round_open(round.opens_on, round.closes_on, today).is_ok());
    Ok(rounds.iter().map(|round| round_choice(page, round)).collect())
}

/// The wards for which somebody applies, as choices.
pub(super) async fn own_wards(asker: &Asker, scope: &Scope) -> Result<Vec<Choice>> {
    let mut wards = list_wards(asker.app.store().reader(), scope).await?;
    wards.retain(|ward| scope.reaches_ward(Some(ward.id)));
    Ok(wards.iter().map(|ward| ward_choice(&asker.page, ward)).collect())
}

#[handler]
pub(super) async fn show_new(visit: Visit<Applying>) -> Result<Response> {
    new_page(visit, Returned::default()).await
}

#[handler]
pub(super) async fn create(visit: Visit<Applying>, Form(typed): Form<Typed>) -> Result<Response> {
    let made = async {
        let new = &new_project(&typed)?;
        let work = |tx, scope| async move { actions::create(&tx, scope, new).await };
        visit.does("create_project", work).await
    };
    match made.await {
        Ok(id) => Ok(redirect(&format!("/projects/{id}/application"))),
        Err(error) => {
            let back = Returned::of(&visit.page, error)?.with(typed);
            new_page(visit, back).await
        }
    }
}

fn new_project(typed: &Typed) -> Result<NewProject> {
    Ok(NewProject {
        round_id: SubsidyRoundId(read::id(typed, "round")?),
        ward_id: WardId(read::id(typed, "ward")?),
        kind: read::one_of(typed, "kind", ProjectKind::from_text)?,
        title: typed.get("title").to_owned(),
    })
}
