//! Staff: the editions of the municipality's plans, compared, drafted and published.

use askama::Template;
use entity::GoalEditionId;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

use super::back_of;
use super::view::{self, EditionReader, ThemeSection, Title};
use crate::goals::queries::{self, PlanRow, WholeEdition};
use crate::goals::rules::chart::Sort;
use crate::goals::rules::compose::NewEdition;
use crate::goals::rules::counted;
use crate::goals::rules::diff::{Comparison, Difference, DifferenceKind, Side, compare};
use crate::goals::rules::period::Periods;
use crate::goals::{Goals, actions, goal_edition};
use crate::places;
use crate::platform::web::door::{Field, Returned, Typed, Visit, render_form, revision_of};
use crate::platform::web::form::{Form, Query};
use crate::platform::web::{Page, redirect, render};
use crate::platform::{Error, Result};

#[derive(Template)]
#[template(path = "goals/pages/plans.html")]
struct PlansPage {
    page: Page,
    plans: Vec<PlanRow>,
}

impl PlansPage {
    /// From the first fiscal year to the last.
    fn years(&self, row: &PlanRow) -> String {
        let label = |year| queries::periods(&row.plan).label(self.page.ctx.lang, year);
        let (from, to) = (label(row.plan.first_year), label(row.plan.last_year));
        self.page.f("goals.years", &[("from", &from), ("to", &to)])
    }
}

#[handler]
pub(super) async fn show_plans(visit: Visit<Goals>) -> Result<Response> {
    let plans = queries::list_plans(visit.db(), &visit.scope).await?;
    render(&PlansPage { page: visit.page, plans })
}

#[derive(Template)]
#[template(path = "goals/pages/staff_edition.html")]
struct StaffEditionPage<'a> {
    page: Page,
    edition: &'a goal_edition::Model,
    title: Title<'a>,
    plan: Title<'a>,
    is_draft: bool,
    /// In the public address.
    town_code: String,
    counted: usize,
    /// Bound actuals: what publication will keep.
    bound: usize,
    themes: Vec<ThemeSection<'a>>,
    others: Vec<&'a goal_edition::Model>,
    /// With what was typed as the name of the next edition.
    back: Returned,
}

impl StaffEditionPage<'_> {
    /// A field of the next edition's name.
    fn field(&self, name: &str) -> Field {
        self.page.field(&self.back, name, &format!("goals.draft.{name}"), "")
    }

    /// What is wrong with the confirmation of a publication.
    fn unconfirmed(&self) -> Option<String> {
        self.page.error_of(&self.back.errors, "confirm")
    }
}

async fn edition_page(visit: Visit<Goals>, id: GoalEditionId, back: Returned) -> Result<Response> {
    let (db, scope, now) = (visit.db(), &visit.scope, visit.ctx.now);
    let WholeEdition { row, content, live } = queries::whole_edition(db, scope, id, now).await?;
    let town = places::queries::get_municipality(db, scope.municipality_id).await?;
    let plans = queries::list_plans(db, scope).await?;

    let page = visit.page;
    let own = plans.iter().filter(|other| other.plan.id == row.plan.id);
    let others = own.flat_map(|plan| &plan.editions).filter(|other| other.id != id);
    let reader = EditionReader { page: &page, row: &row, live: &live, for_staff: true };

    let template = StaffEditionPage {
        edition: &row.edition,
        title: view::named(&page, &row.edition.title_ja, &row.edition.title_en),
        plan: view::named(&page, &row.plan.name_ja, &row.plan.name_en),
        is_draft: row.is_draft(),
        town_code: town.code,
        counted: counted(&content.items).count(),
        bound: live.len(),
        themes: reader.themes(&content, None),
        others: others.collect(),
        back,
        page,
    };
    render_form(&template.back, &template)
}

#[handler]
pub(super) async fn show_edition(
    visit: Visit<Goals>,
    Path(id): Path<GoalEditionId>,
) -> Result<Response> {
    edition_page(visit, id, Returned::default()).await
}

#[handler]
pub(super) async fn draft(
    visit: Visit<Goals>,
    Path(id): Path<GoalEditionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let text = |name| typed.get(name).to_owned();
    let new = &NewEdition {
        code: text("code"),
        title_ja: text("title_ja"),
        title_en: text("title_en"),
        document: text("document"),
    };

    let work =
        |tx, scope| async move { actions::draft(&tx, scope, id, new).await.map(|made| made.id) };
    let done = visit.does("draft_edition", work).await;
    match done {
        Ok(made) => Ok(redirect(&format!("/goals/editions/{made}"))),
        Err(error) => {
            let back = back_of(&visit.page, error)?.with(typed);
            edition_page(visit, id, back).await
        }
    }
}

/// The revision that was confirmed.
fn confirmed(typed: &Typed) -> Result<i32> {
    if typed.get("confirm").is_empty() {
        return Err(Error::invalid("confirm", "err.goals.confirm"));
    }
    revision_of(typed.get("revision"))
}

#[handler]
pub(super) async fn publish(
    visit: Visit<Goals>,
    Path(id): Path<GoalEditionId>,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    let done = async {
        let seen = Some(confirmed(&typed)?);
        let work = |tx, scope| async move { actions::publish(&tx, scope, id, seen).await };
        visit.does("publish_edition", work).await
    };
    match done.await {
        Ok(()) => Ok(redirect(&format!("/goals/editions/{id}"))),
        Err(error) => {
            let back = back_of(&visit.page, error)?;
            edition_page(visit, id, back).await
        }
    }
}

#[derive(Template)]
#[template(path = "goals/pages/compare.html")]
struct ComparePage {
    page: Page,
    before: goal_edition::Model,
    after: goal_edition::Model,
    periods: Periods,
    found: Comparison,
}

impl ComparePage {
    /// What is different, and of which year.
    fn kind(&self, one: &Difference) -> String {
        let key = match one.kind {
            DifferenceKind::Lead => "goals.diff.lead",
            DifferenceKind::Title => "goals.diff.title",
            DifferenceKind::Existence => "goals.diff.existence",
            DifferenceKind::Listing => "goals.diff.listing",
            DifferenceKind::Goal => "goals.goal",
            DifferenceKind::Actual => "goals.actual",
            DifferenceKind::Achievement => "goals.achievement",
        };
        let kind = self.page.t(key);
        match one.fiscal_year {
            Some(year) => format!("{kind} {}", self.periods.label(self.page.ctx.lang, year)),
            None => kind.to_owned(),
        }
    }

    /// What one edition says.
    fn side(&self, side: &Side) -> String {
        let page = &self.page;
        match side {
            Side::Words(words) => words.clone(),
            Side::Carried(words) => page.f1("goals.diff.carried", "words", words),
            Side::Merged(words) => page.f1("goals.diff.merged", "words", words),
            Side::ListedAs(code) => page.f1("goals.listed", "code", code),
            Side::Judged(achievement) => page.word("goals.achievement", achievement),
            Side::Nothing => page.t("goals.diff.nothing").to_owned(),
        }
    }
}

/// With which other edition.
#[derive(Deserialize)]
struct CompareQuery {
    with: Option<GoalEditionId>,
}

#[handler]
pub(super) async fn show_comparison(
    visit: Visit<Goals>,
    Path(id): Path<GoalEditionId>,
    query: Query<CompareQuery>,
) -> Result<Response> {
    // None is an edition that does not exist.
    let with = query.0.with.unwrap_or(GoalEditionId(0));
    let [(before, old), (after, new)] =
        queries::two_editions(visit.db(), &visit.scope, id, with).await?;
    render(&ComparePage {
        page: visit.page,
        periods: before.periods(),
        before: before.edition,
        after: after.edition,
        found: compare(&old, &new),
    })
}
