//! Staff: the editions of the municipality's plans, compared, drafted and published.

use askama::Template;
use entity::GoalEditionId;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::view::{self, ThemeView};
use crate::goals::actions::{self, NewEdition};
use crate::goals::queries::{self, EditionRow};
use crate::goals::rules::chart::Sort;
use crate::goals::rules::content::Content;
use crate::goals::rules::counted;
use crate::goals::rules::diff::{Difference, Side, What, compare};
use crate::goals::rules::period::Periods;
use crate::platform::FieldError;
use crate::platform::actor::GOALS;
use crate::platform::web::form::{Form, Intent, Query};
use crate::platform::web::page::{redirect, render_with};
use crate::platform::web::{Page, render};
use crate::platform::{App, Ctx, Error, Result};

/// An edition in a list.
pub(super) struct EditionLine {
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) title_is_ja: bool,
    pub(super) document: String,
    pub(super) is_draft: bool,
    /// Public address; only of a published edition.
    pub(super) public: String,
}

struct PlanView {
    name: String,
    name_is_ja: bool,
    years: String,
    editions: Vec<EditionLine>,
}

#[derive(Template)]
#[template(path = "goals/pages/plans.html")]
struct PlansPage {
    page: Page,
    plans: Vec<PlanView>,
}

async fn lines(page: &Page, app: &App, ctx: &Ctx) -> Result<Vec<PlanView>> {
    let scope = ctx.scope(GOALS)?;
    let db = app.store().reader();
    let town = crate::places::queries::get_municipality(db, scope.municipality_id).await?;
    let plans = queries::list_plans(db, &scope).await?;
    let view = |row: queries::PlanRow| {
        let periods = queries::periods(&row.plan);
        let label = |year| periods.label(ctx.lang, year);
        let (name, name_is_ja) = view::pick(ctx.lang, &row.plan.name_ja, &row.plan.name_en);
        PlanView {
            name,
            name_is_ja,
            years: page.f(
                "goals.years",
                &[("from", &label(row.plan.first_year)), ("to", &label(row.plan.last_year))],
            ),
            editions: row.editions.iter().map(|edition| line(ctx, &town.code, edition)).collect(),
        }
    };
    Ok(plans.into_iter().map(view).collect())
}

fn line(ctx: &Ctx, code: &str, edition: &crate::goals::goal_edition::Model) -> EditionLine {
    let (title, title_is_ja) = view::pick(ctx.lang, &edition.title_ja, &edition.title_en);
    let is_draft = edition.published_at.is_none();
    EditionLine {
        id: edition.id.0,
        title,
        title_is_ja,
        document: edition.document.clone(),
        is_draft,
        public: match is_draft {
            true => String::new(),
            false => format!("/progress/{code}/{}", edition.code),
        },
    }
}

#[handler]
pub(super) async fn show_plans(page: Page, ctx: Ctx, app: App) -> Result<Response> {
    let plans = lines(&page, &app, &ctx).await?;
    render(&PlansPage { page, plans })
}

/// The name of the next edition as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    code: String,
    title_ja: String,
    title_en: String,
    document: String,
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
    typed: Typed,
    errors: Vec<FieldError>,
    refusal: Option<String>,
}

impl StaffEditionPage {
    fn error(&self, field: &str) -> Option<String> {
        self.page.error_of(&self.errors, field)
    }
}

async fn edition_page(
    page: Page,
    app: &App,
    ctx: &Ctx,
    id: GoalEditionId,
) -> Result<StaffEditionPage> {
    let scope = ctx.scope(GOALS)?;
    let db = app.store().reader();
    let row = queries::get_edition(db, &scope, id).await?;
    let town = crate::places::queries::get_municipality(db, scope.municipality_id).await?;
    let content = queries::content(db, &row.edition).await?;
    let live = queries::live_figures(db, &row.plan, &content, ctx.now).await?;
    let plans = queries::list_plans(db, &scope).await?;
    let others = plans
        .iter()
        .filter(|plan| plan.plan.id == row.plan.id)
        .flat_map(|plan| &plan.editions)
        .filter(|other| other.id != id)
        .map(|other| line(ctx, &town.code, other))
        .collect();
    let (plan, _) = view::pick(ctx.lang, &row.plan.name_ja, &row.plan.name_en);
    Ok(StaffEditionPage {
        line: line(ctx, &town.code, &row.edition),
        revision: row.edition.revision,
        plan,
        counted: counted(&content.items).count(),
        bound: live.len(),
        themes: view::themes(&page, &row, &content, &live, None, true),
        others,
        typed: Typed::default(),
        errors: Vec::new(),
        refusal: None,
        page,
    })
}

#[handler]
pub(super) async fn show_edition(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
) -> Result<Response> {
    render(&edition_page(page, &app, &ctx, GoalEditionId(id)).await?)
}

/// The edition again with what went wrong.
fn again(mut template: StaffEditionPage, error: Error) -> Result<Response> {
    match error {
        Error::Invalid(errors) => {
            template.errors = errors;
            render_with(StatusCode::UNPROCESSABLE_ENTITY, &template)
        }
        Error::Refused(refusal) => {
            template.refusal = Some(template.page.refusal(&refusal));
            render_with(StatusCode::CONFLICT, &template)
        }
        other => Err(other),
    }
}

#[handler]
pub(super) async fn draft(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let Typed { code, title_ja, title_en, document } = typed.clone();
    let new = &NewEdition { code, title_ja, title_en, document };
    let done = app
        .store()
        .write_once(&ctx, "draft_edition", intent.0.as_ref(), |tx| async move {
            Ok(actions::draft(&tx, scope, GoalEditionId(id), new).await?.id)
        })
        .await;
    match done {
        Ok(made) => Ok(redirect(&format!("/goals/editions/{made}"))),
        Err(error) => {
            let mut template = edition_page(page, &app, &ctx, GoalEditionId(id)).await?;
            template.typed = typed;
            again(template, error)
        }
    }
}

/// The confirmation of a publication.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Confirmed {
    confirm: String,
    revision: String,
}

#[handler]
pub(super) async fn publish(
    page: Page,
    ctx: Ctx,
    app: App,
    intent: Intent,
    Path(id): Path<i64>,
    Form(typed): Form<Confirmed>,
) -> Result<Response> {
    let scope = &ctx.scope(GOALS)?;
    let id = GoalEditionId(id);
    if typed.confirm.is_empty() {
        let template = edition_page(page, &app, &ctx, id).await?;
        return again(template, Error::invalid("confirm", "err.goals.confirm"));
    }
    let revision = Some(typed.revision.parse().unwrap_or(-1));
    let done = app
        .store()
        .write_once(&ctx, "publish_edition", intent.0.as_ref(), |tx| async move {
            Ok(actions::publish(&tx, scope, id, revision).await?.id)
        })
        .await;
    match done {
        Ok(_) => Ok(redirect(&format!("/goals/editions/{id}"))),
        Err(error) => again(edition_page(page, &app, &ctx, id).await?, error),
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

#[derive(Deserialize)]
struct With {
    /// None is an edition that does not exist.
    #[serde(default)]
    with: i64,
}

#[handler]
pub(super) async fn show_comparison(
    page: Page,
    ctx: Ctx,
    app: App,
    Path(id): Path<i64>,
    query: Query<With>,
) -> Result<Response> {
    let scope = ctx.scope(GOALS)?;
    let db = app.store().reader();
    let other = query.0.with;
    let read = async |id| -> Result<(EditionRow, Content)> {
        let row = queries::get_edition(db, &scope, GoalEditionId(id)).await?;
        let content = queries::content(db, &row.edition).await?;
        Ok((row, content))
    };
    let ((before, old), (after, new)) = (read(id).await?, read(other).await?);
    if before.plan.id != after.plan.id {
        return Err(Error::NotFound);
    }
    let town = crate::places::queries::get_municipality(db, scope.municipality_id).await?;
    let found = compare(&old, &new);
    let periods = before.periods();
    render(&ComparePage {
        before: line(&ctx, &town.code, &before.edition),
        after: line(&ctx, &town.code, &after.edition),
        compared: found.compared,
        lines: found.differences.iter().map(|one| told(&page, periods, one)).collect(),
        unreadable: found.unreadable.into_iter().map(|one| one.code).collect(),
        page,
    })
}

fn told(page: &Page, periods: Periods, one: &Difference) -> DifferenceLine {
    let of_year =
        |key: &str, year: i32| format!("{} {}", page.t(key), periods.label(page.ctx.lang, year));
    let what = match one.what {
        What::Lead => page.t("goals.diff.lead").to_owned(),
        What::Title => page.t("goals.diff.title").to_owned(),
        What::Existence => page.t("goals.diff.existence").to_owned(),
        What::Listing => page.t("goals.diff.listing").to_owned(),
        What::Goal(year) => of_year("goals.goal", year),
        What::Actual(year) => of_year("goals.actual", year),
        What::Achievement(year) => of_year("goals.achievement", year),
    };
    DifferenceLine {
        code: one.code.clone(),
        title: one.title.clone(),
        what,
        before: side(page, &one.before),
        after: side(page, &one.after),
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
