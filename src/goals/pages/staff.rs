//! Staff: the editions of the municipality's plans, compared, drafted and published.

use askama::Template;
use entity::GoalEditionId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::back_of;
use super::view::{self, ThemeView};
use crate::goals::actions::{self, NewEdition};
use crate::goals::queries::{self, EditionRow, PlanRow};
use crate::goals::rules::chart::Sort;
use crate::goals::rules::content::Content;
use crate::goals::rules::counted;
use crate::goals::rules::diff::{Difference, Side, What, compare};
use crate::goals::rules::period::Periods;
use crate::goals::{Goals, goal_edition};
use crate::places;
use crate::platform::web::door::{Field, Returned, Visit, render_form, revision_of};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::{Page, redirect, render};
use crate::platform::{Error, Lang, Result};

/// An edition in a list.
struct EditionLine {
    id: i64,
    title: String,
    title_is_ja: bool,
    document: String,
    is_draft: bool,
    /// Public address; only of a published edition.
    public: String,
}

impl EditionLine {
    /// `town` is the code of the municipality in a public address.
    fn new(lang: Lang, town: &str, edition: &goal_edition::Model) -> Self {
        let (title, title_is_ja) = view::pick(lang, &edition.title_ja, &edition.title_en);
        let is_draft = edition.published_at.is_none();
        Self {
            id: edition.id.0,
            title,
            title_is_ja,
            document: edition.document.clone(),
            is_draft,
            public: match is_draft {
                true => String::new(),
                false => format!("/progress/{town}/{}", edition.code),
            },
        }
    }
}

/// The code of the municipality in a public address.
async fn town_code(visit: &Visit<Goals>) -> Result<String> {
    let id = visit.scope.municipality_id;
    Ok(places::queries::get_municipality(visit.db(), id).await?.code)
}

struct PlanView {
    name: String,
    name_is_ja: bool,
    years: String,
    editions: Vec<EditionLine>,
}

impl PlanView {
    fn new(page: &Page, town: &str, row: &PlanRow) -> Self {
        let lang = page.ctx.lang;
        let periods = queries::periods(&row.plan);
        let label = |year| periods.label(lang, year);
        let (from, to) = (label(row.plan.first_year), label(row.plan.last_year));
        let (name, name_is_ja) = view::pick(lang, &row.plan.name_ja, &row.plan.name_en);
        Self {
            name,
            name_is_ja,
            years: page.f("goals.years", &[("from", &from), ("to", &to)]),
            editions: row.editions.iter().map(|one| EditionLine::new(lang, town, one)).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "goals/pages/plans.html")]
struct PlansPage {
    page: Page,
    plans: Vec<PlanView>,
}

#[handler]
pub(super) async fn show_plans(visit: Visit<Goals>) -> Result<Response> {
    let town = town_code(&visit).await?;
    let plans = queries::list_plans(visit.db(), &visit.scope).await?;
    let page = visit.page;
    let plans = plans.iter().map(|row| PlanView::new(&page, &town, row)).collect();
    render(&PlansPage { page, plans })
}

/// The name of the next edition as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DraftForm {
    code: String,
    title_ja: String,
    title_en: String,
    document: String,
}

impl DraftForm {
    fn command(&self) -> NewEdition {
        let Self { code, title_ja, title_en, document } = self.clone();
        NewEdition { code, title_ja, title_en, document }
    }
}

#[derive(Template)]
#[template(path = "goals/pages/staff_edition.html")]
struct StaffEditionPage {
    page: Page,
    line: EditionLine,
    revision: i32,
    plan: String,
    counted: usize,
    /// Bound actuals: what publication will keep.
    bound: usize,
    themes: Vec<ThemeView>,
    others: Vec<EditionLine>,
    /// The name of the next edition.
    typed: DraftForm,
    back: Returned,
}

impl StaffEditionPage {
    /// A field of the next edition's name.
    fn field(&self, name: &str, value: &str) -> Field {
        self.page.field(&self.back, name, &format!("goals.draft.{name}"), value)
    }

    /// What is wrong with the confirmation of a publication.
    fn unconfirmed(&self) -> Option<String> {
        self.page.error_of(&self.back.errors, "confirm")
    }
}

async fn edition_page(
    visit: Visit<Goals>,
    id: GoalEditionId,
    typed: DraftForm,
    back: Returned,
) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let row = queries::get_edition(db, scope, id).await?;
    let town = town_code(&visit).await?;
    let content = queries::content(db, &row.edition).await?;
    let live = queries::live_figures(db, &row.plan, &content, now).await?;
    let plans = queries::list_plans(db, scope).await?;

    let page = visit.page;
    let lang = page.ctx.lang;
    let own = plans.iter().filter(|plan| plan.plan.id == row.plan.id);
    let others = own.flat_map(|plan| &plan.editions).filter(|other| other.id != id);
    let template = StaffEditionPage {
        line: EditionLine::new(lang, &town, &row.edition),
        revision: row.edition.revision,
        plan: view::pick(lang, &row.plan.name_ja, &row.plan.name_en).0,
        counted: counted(&content.items).count(),
        bound: live.len(),
        themes: view::themes(&page, &row, &content, &live, None, true),
        others: others.map(|other| EditionLine::new(lang, &town, other)).collect(),
        typed,
        back,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show_edition(visit: Visit<Goals>, Path(id): Path<i64>) -> Result<Response> {
    edition_page(visit, GoalEditionId(id), DraftForm::default(), Returned::default()).await
}

#[handler]
pub(super) async fn draft(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    Form(typed): Form<DraftForm>,
) -> Result<Response> {
    let (id, new) = (GoalEditionId(id), &typed.command());
    let work =
        |tx, scope| async move { actions::draft(&tx, scope, id, new).await.map(|made| made.id) };
    let done = visit.does("draft_edition", work).await;
    match done {
        Ok(made) => Ok(redirect(&format!("/goals/editions/{made}"))),
        Err(error) => {
            let back = back_of(&visit.page, error)?;
            edition_page(visit, id, typed, back).await
        }
    }
}

/// The confirmation of a publication.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PublishForm {
    confirm: String,
    revision: String,
}

impl PublishForm {
    /// The revision that was confirmed.
    fn read(&self) -> Result<i32> {
        if self.confirm.is_empty() {
            return Err(Error::invalid("confirm", "err.goals.confirm"));
        }
        revision_of(&self.revision)
    }
}

#[handler]
pub(super) async fn publish(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    Form(typed): Form<PublishForm>,
) -> Result<Response> {
    let id = GoalEditionId(id);
    let done = async {
        let seen = Some(typed.read()?);
        let work =
            |tx, scope| async move { actions::publish(&tx, scope, id, seen).await.map(|_| ()) };
        visit.does("publish_edition", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/goals/editions/{id}"))),
        Err(error) => {
            let back = back_of(&visit.page, error)?;
            edition_page(visit, id, DraftForm::default(), back).await
        }
    }
}

/// One difference as a line of a table.
struct DifferenceLine {
    code: String,
    title: String,
    what: String,
    before: String,
    after: String,
}

impl DifferenceLine {
    fn new(page: &Page, periods: Periods, one: &Difference) -> Self {
        let of_year = |key: &str, year: i32| {
            format!("{} {}", page.t(key), periods.label(page.ctx.lang, year))
        };
        let what = match one.what {
            What::Lead => page.t("goals.diff.lead").to_owned(),
            What::Title => page.t("goals.diff.title").to_owned(),
            What::Existence => page.t("goals.diff.existence").to_owned(),
            What::Listing => page.t("goals.diff.listing").to_owned(),
            What::Goal(year) => of_year("goals.goal", year),
            What::Actual(year) => of_year("goals.actual", year),
            What::Achievement(year) => of_year("goals.achievement", year),
        };
        Self {
            code: one.code.clone(),
            title: one.title.clone(),
            what,
            before: side(page, &one.before),
            after: side(page, &one.after),
        }
    }
}

fn side(page: &Page, side: &Side) -> String {
    match side {
        Side::Words(words) => words.clone(),
        Side::Carried(words) => page.f1("goals.diff.carried", "words", words),
        Side::Merged(words) => page.f1("goals.diff.merged", "words", words),
        Side::ListedAs(code) => page.f1("goals.listed", "code", code),
        Side::Judged(achievement) => view::judged(page, *achievement).words,
        Side::Nothing => page.t("goals.diff.nothing").to_owned(),
    }
}

#[derive(Template)]
#[template(path = "goals/pages/compare.html")]
struct ComparePage {
    page: Page,
    before: EditionLine,
    after: EditionLine,
    compared: usize,
    lines: Vec<DifferenceLine>,
    /// Codes of the items that cannot be compared.
    unreadable: Vec<String>,
}

/// With which other edition.
#[derive(Deserialize)]
struct CompareQuery {
    /// None is an edition that does not exist.
    #[serde(default)]
    with: i64,
}

async fn read(visit: &Visit<Goals>, id: GoalEditionId) -> Result<(EditionRow, Content)> {
    let row = queries::get_edition(visit.db(), &visit.scope, id).await?;
    let content = queries::content(visit.db(), &row.edition).await?;
    Ok((row, content))
}

#[handler]
pub(super) async fn show_comparison(
    visit: Visit<Goals>,
    Path(id): Path<i64>,
    query: Query<CompareQuery>,
) -> Result<Response> {
    let (before, old) = read(&visit, GoalEditionId(id)).await?;
    let (after, new) = read(&visit, GoalEditionId(query.0.with)).await?;
    if before.plan.id != after.plan.id {
        return Err(Error::NotFound);
    }

    let town = town_code(&visit).await?;
    let (found, periods) = (compare(&old, &new), before.periods());
    let page = visit.page;
    let differences = found.differences.iter();
    render(&ComparePage {
        before: EditionLine::new(page.ctx.lang, &town, &before.edition),
        after: EditionLine::new(page.ctx.lang, &town, &after.edition),
        compared: found.compared,
        lines: differences.map(|one| DifferenceLine::new(&page, periods, one)).collect(),
        unreadable: found.unreadable.into_iter().map(|one| one.code).collect(),
        page,
    })
}
