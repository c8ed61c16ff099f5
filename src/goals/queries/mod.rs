//! Reads. Staff see their municipality's plans; the public sees what is published, anywhere.

mod content;
mod figure;
pub mod view;

pub use content::content;
pub use figure::{CountedActual, counted_actual, live, live_figures};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::goals::goal_edition::EditionState;
use entity::goals::{
    goal_change, goal_edition, goal_item, goal_measure, goal_plan, goal_procedure, goal_saving,
    goal_theme,
};
use entity::places::municipality;
use entity::{GoalEditionId, GoalItemId, GoalMeasureId, GoalPlanId, MunicipalityId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rules::content::{Content, Item};
use super::rules::figure::LiveFigures;
use super::rules::period::Periods;
use crate::platform::db::locked;
use crate::platform::{Error, Result, Scope, Tx};

/// Lines of the history that a page shows.
const HISTORY: u64 = 100;

/// A plan with its editions, oldest first.
#[derive(Clone, Debug)]
pub struct PlanRow {
    pub plan: goal_plan::Model,
    pub editions: Vec<goal_edition::Model>,
}

/// An edition with its plan.
#[derive(Clone, Debug)]
pub struct EditionRow {
    pub edition: goal_edition::Model,
    pub plan: goal_plan::Model,
}

impl EditionRow {
    /// The fiscal years of the plan.
    pub fn periods(&self) -> Periods {
        periods(&self.plan)
    }

    /// Whether its content may change.
    pub fn is_draft(&self) -> bool {
        self.edition.state == EditionState::Draft
    }
}

/// An edition with everything that it says, and its counted actuals as they stand now.
#[derive(Clone, Debug)]
pub struct WholeEdition {
    pub row: EditionRow,
    pub content: Content,
    pub live: LiveFigures,
}

/// One item with its edition, and its counted actuals as they stand now.
#[derive(Clone, Debug)]
pub struct WholeItem {
    pub row: EditionRow,
    pub item: Item,
    pub live: LiveFigures,
}

/// The fiscal years of a plan.
pub fn periods(plan: &goal_plan::Model) -> Periods {
    Periods { first_year: plan.first_year, last_year: plan.last_year, style: plan.style }
}

/// Goals belong to the whole municipality: who reaches a part of it only, reaches none.
///
/// # Errors
/// `Forbidden` for a scope of programmes or wards.
pub fn whole(scope: &Scope) -> Result<()> {
    if scope.is_whole() { Ok(()) } else { Err(Error::Forbidden) }
}

/// The plans of the municipality with all their editions.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_plans(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<PlanRow>> {
    whole(scope)?;
    let plans = goal_plan::Entity::find()
        .filter(goal_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(goal_plan::Column::Id)
        .all(db)
        .await?;
    let editions = goal_edition::Entity::find()
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(goal_edition::Column::Id)
        .all(db)
        .await?;
    Ok(joined(plans, editions))
}

fn joined(plans: Vec<goal_plan::Model>, editions: Vec<goal_edition::Model>) -> Vec<PlanRow> {
    let mut by_plan: BTreeMap<GoalPlanId, Vec<goal_edition::Model>> = BTreeMap::new();
    for edition in editions {
        by_plan.entry(edition.plan_id).or_default().push(edition);
    }
    let row = |plan: goal_plan::Model| PlanRow {
        editions: by_plan.remove(&plan.id).unwrap_or_default(),
        plan,
    };
    plans.into_iter().map(row).collect()
}

/// Every municipality with a published edition, and what it has published.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_published(
    db: &impl ConnectionTrait,
) -> Result<Vec<(municipality::Model, Vec<PlanRow>)>> {
    let editions = goal_edition::Entity::find()
        .filter(goal_edition::Column::State.eq(EditionState::Published))
        .order_by_asc(goal_edition::Column::Id)
        .all(db)
        .await?;
    let plans = goal_plan::Entity::find().order_by_asc(goal_plan::Column::Id).all(db).await?;

    let rows = joined(plans, editions).into_iter().filter(|row| !row.editions.is_empty());
    let mut by_town: BTreeMap<MunicipalityId, Vec<PlanRow>> = BTreeMap::new();
    for row in rows {
        by_town.entry(row.plan.municipality_id).or_default().push(row);
    }

    let towns = municipality::Entity::find()
        .filter(municipality::Column::Id.is_in(by_town.keys().copied()))
        .order_by_asc(municipality::Column::Code)
        .all(db)
        .await?;
    Ok(towns
        .into_iter()
        .map(|town| {
            let plans = by_town.remove(&town.id).unwrap_or_default();
            (town, plans)
        })
        .collect())
}

/// The municipality of this code with what it has published.
///
/// # Errors
/// `NotFound`, also for one that has published nothing.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn published_by(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<(municipality::Model, Vec<PlanRow>)> {
    let mut towns = list_published(db).await?.into_iter();
    towns.find(|(town, _)| town.code == code).ok_or(Error::NotFound)
}

/// A published edition by the codes in its address.
///
/// # Errors
/// `NotFound`, also for a draft.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_published(
    db: &impl ConnectionTrait,
    municipality_code: &str,
    edition_code: &str,
) -> Result<(municipality::Model, EditionRow)> {
    let found = crate::places::queries::find_municipality_by_code(db, municipality_code).await?;
    let town = found.ok_or(Error::NotFound)?;

    let edition = goal_edition::Entity::find()
        .filter(goal_edition::Column::MunicipalityId.eq(town.id))
        .filter(goal_edition::Column::Code.eq(edition_code))
        .filter(goal_edition::Column::State.eq(EditionState::Published))
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((town, with_plan(db, edition).await?))
}

async fn with_plan(db: &impl ConnectionTrait, edition: goal_edition::Model) -> Result<EditionRow> {
    let plan =
        goal_plan::Entity::find_by_id(edition.plan_id).one(db).await?.ok_or(Error::NotFound)?;
    Ok(EditionRow { edition, plan })
}

/// An edition of the municipality.
///
/// # Errors
/// `NotFound`, also outside the scope; `Forbidden` for a scope of programmes or wards.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_edition(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: GoalEditionId,
) -> Result<EditionRow> {
    whole(scope)?;
    let edition = goal_edition::Entity::find_by_id(id)
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)?;
    with_plan(db, edition).await
}

/// An edition of the municipality with everything that it says at `now`.
///
/// # Errors
/// As [`get_edition`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn whole_edition(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: GoalEditionId,
    now: DateTime<Utc>,
) -> Result<WholeEdition> {
    let row = get_edition(db, scope, id).await?;
    let content = content(db, &row.edition).await?;
    let live = live_figures(db, &row.plan, &content, now).await?;
    Ok(WholeEdition { row, content, live })
}

/// An item of the municipality with everything that its edition says of it at `now`.
///
/// # Errors
/// As [`get_edition`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn whole_item(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: GoalItemId,
    now: DateTime<Utc>,
) -> Result<WholeItem> {
    let edition_id = get_item(db, scope, id).await?.edition_id;
    let row = get_edition(db, scope, edition_id).await?;
    let mut content = content(db, &row.edition).await?;
    content.items.retain(|item| item.id == Some(id));
    let live = live_figures(db, &row.plan, &content, now).await?;
    let item = content.items.pop().ok_or(Error::NotFound)?;
    Ok(WholeItem { row, item, live })
}

/// Two editions of one plan, to be compared.
///
/// # Errors
/// As [`get_edition`], and `NotFound` for editions of two plans.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn two_editions(
    db: &impl ConnectionTrait,
    scope: &Scope,
    before: GoalEditionId,
    after: GoalEditionId,
) -> Result<[(EditionRow, Content); 2]> {
    let before = get_edition(db, scope, before).await?;
    let after = get_edition(db, scope, after).await?;
    if before.plan.id != after.plan.id {
        return Err(Error::NotFound);
    }

    let old = content(db, &before.edition).await?;
    let new = content(db, &after.edition).await?;
    Ok([(before, old), (after, new)])
}

/// An edition, locked until the transaction ends: everything under it stands in one queue here.
///
/// # Errors
/// As [`get_edition`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock_edition(tx: &Tx, scope: &Scope, id: GoalEditionId) -> Result<EditionRow> {
    whole(scope)?;
    let select = goal_edition::Entity::find_by_id(id)
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id));
    let edition = locked(select).one(tx.db()).await?.ok_or(Error::NotFound)?;
    with_plan(tx.db(), edition).await
}

/// The themes of an edition, in the order of the document.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_themes(
    db: &impl ConnectionTrait,
    edition_id: GoalEditionId,
) -> Result<Vec<goal_theme::Model>> {
    Ok(goal_theme::Entity::find()
        .filter(goal_theme::Column::EditionId.eq(edition_id))
        .order_by_asc(goal_theme::Column::Id)
        .all(db)
        .await?)
}

/// An item of the municipality.
///
/// # Errors
/// As [`get_edition`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_item(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: GoalItemId,
) -> Result<goal_item::Model> {
    whole(scope)?;
    goal_item::Entity::find_by_id(id)
        .filter(goal_item::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// A measure of the municipality.
///
/// # Errors
/// As [`get_edition`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_measure(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: GoalMeasureId,
) -> Result<goal_measure::Model> {
    whole(scope)?;
    goal_measure::Entity::find_by_id(id)
        .filter(goal_measure::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// What was changed in an item, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_changes(
    db: &impl ConnectionTrait,
    item_id: GoalItemId,
) -> Result<Vec<goal_change::Model>> {
    Ok(goal_change::Entity::find()
        .filter(goal_change::Column::ItemId.eq(item_id))
        .order_by_desc(goal_change::Column::Id)
        .limit(HISTORY)
        .all(db)
        .await?)
}

/// The procedures of a plan, most used first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_procedures(
    db: &impl ConnectionTrait,
    plan_id: GoalPlanId,
) -> Result<Vec<goal_procedure::Model>> {
    Ok(goal_procedure::Entity::find()
        .filter(goal_procedure::Column::PlanId.eq(plan_id))
        .order_by_asc(goal_procedure::Column::Rank)
        .all(db)
        .await?)
}

/// The claimed savings of time of a plan.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_savings(
    db: &impl ConnectionTrait,
    plan_id: GoalPlanId,
) -> Result<Vec<goal_saving::Model>> {
    Ok(goal_saving::Entity::find()
        .filter(goal_saving::Column::PlanId.eq(plan_id))
        .order_by_asc(goal_saving::Column::Id)
        .all(db)
        .await?)
}

/// How many procedures work on a smartphone by the end of a fiscal year.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn count_procedures(
    db: &impl ConnectionTrait,
    plan_id: GoalPlanId,
    fiscal_year: i32,
) -> Result<u64> {
    use sea_orm::PaginatorTrait;
    Ok(goal_procedure::Entity::find()
        .filter(goal_procedure::Column::PlanId.eq(plan_id))
        .filter(goal_procedure::Column::ReadyYear.lte(fiscal_year))
        .count(db)
        .await?)
}
