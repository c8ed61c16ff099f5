//! A plan from nothing: the plan, the themes, initiatives and measures of a draft.

use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::{
    goal_actual, goal_cell, goal_change, goal_edition, goal_item, goal_measure, goal_plan,
    goal_review, goal_theme,
};
use entity::{GoalEditionId, GoalItemId, GoalMeasureId, GoalThemeId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::edit::touch_edition;
use super::load::{insert_edition, insert_item, insert_measure, insert_plan};
use crate::goals::queries::{self, EditionRow};
use crate::goals::rules::compose::{self, NewItem, NewMeasure, NewPlan, NewTheme};
use crate::goals::rules::content::{Item, Measure};
use crate::goals::rules::{Refusal, can_change};
use crate::platform::{Error, Result, Scope, Tx};

/// Makes a plan with its first edition, a draft without themes.
///
/// # Errors
/// `Invalid` for a name, a code or years that are none; `edition_code_taken`.
pub async fn new_plan(tx: &Tx, scope: &Scope, new: &NewPlan) -> Result<goal_edition::Model> {
    let (head, edition) = compose::plan(new)?;

    let same_plan = goal_plan::Entity::find()
        .filter(goal_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(goal_plan::Column::Code.eq(&head.code))
        .one(tx.db())
        .await?;
    let same_edition = goal_edition::Entity::find()
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(goal_edition::Column::Code.eq(&edition.code))
        .one(tx.db())
        .await?;
    if same_plan.is_some() || same_edition.is_some() {
        return Err(Refusal::CodeTaken.into());
    }

    let plan_id = insert_plan(tx, scope, &head).await?;
    insert_edition(tx, scope, plan_id, &edition, None).await
}

/// A draft in the hands of this transaction.
async fn hold_draft(tx: &Tx, scope: &Scope, id: GoalEditionId) -> Result<EditionRow> {
    let row = queries::lock_edition(tx, scope, id).await?;
    can_change(row.edition.state)?;
    Ok(row)
}

/// Adds a theme to a draft, as the last one of its policy.
///
/// # Errors
/// `Invalid` for a title that is missing or too long; `edition_published`; `NotFound` outside
/// the scope.
pub async fn add_theme(
    tx: &Tx,
    scope: &Scope,
    edition_id: GoalEditionId,
    new: &NewTheme,
) -> Result<GoalThemeId> {
    let new = compose::theme(new)?;
    let row = hold_draft(tx, scope, edition_id).await?;
    let themes = goal_theme::Entity::find()
        .filter(goal_theme::Column::EditionId.eq(edition_id))
        .all(tx.db())
        .await?;

    let theme = goal_theme::ActiveModel {
        municipality_id: Set(row.edition.municipality_id),
        edition_id: Set(edition_id),
        number: Set(compose::next_theme(&themes, &new.policy)),
        policy: Set(new.policy),
        policy_title: Set(new.policy_title),
        title_ja: Set(new.title_ja),
        title_en: Set(new.title_en),
        lead: Set(new.lead),
        ..Default::default()
    };

    let id = theme.insert(tx.db()).await?.id;
    tx.audit("goal_edition", edition_id.0, json!({ "theme_added": id }));
    touch_edition(tx, edition_id).await?;
    Ok(id)
}

/// Adds an initiative to a draft, with one goal in words.
///
/// # Errors
/// `Invalid` for texts that are missing or too long, a number that the edition has already, a
/// theme of another edition, or a 再掲 of nothing; `edition_published`; `NotFound`.
pub async fn add_item(
    tx: &Tx,
    scope: &Scope,
    edition_id: GoalEditionId,
    new: &NewItem,
) -> Result<GoalItemId> {
    let new = compose::item(new)?;
    let row = hold_draft(tx, scope, edition_id).await?;
    let others = goal_item::Entity::find()
        .filter(goal_item::Column::EditionId.eq(edition_id))
        .all(tx.db())
        .await?;

    if others.iter().any(|other| other.code == new.code) {
        return Err(Error::invalid("code", "err.goals.item_taken"));
    }

    // A 再掲 of a 再掲 would name an initiative that is not counted itself.
    let listed = Some(new.cross_listed_as).filter(|code| !code.is_empty());
    let counts = |code: &String| {
        others.iter().any(|other| other.code == *code && other.cross_listed_as.is_none())
    };
    if listed.as_ref().is_some_and(|code| !counts(code)) {
        return Err(Error::invalid("cross_listed_as", "err.goals.listed"));
    }

    if let Some(theme_id) = new.theme_id {
        let theme = goal_theme::Entity::find_by_id(theme_id).one(tx.db()).await?;
        if theme.is_none_or(|theme| theme.edition_id != edition_id) {
            return Err(Error::invalid("theme_id", "err.goals.theme"));
        }
    }

    let rank = others.iter().map(|other| other.rank).max().unwrap_or(0) + 1;
    let item = Item {
        code: new.code,
        title_ja: new.title_ja,
        title_en: new.title_en,
        owner: new.owner,
        cross_listed_as: listed,
        is_core_index: new.is_core_index,
        note: new.note,
        ..Item::default()
    };

    let id = insert_item(tx, &row.edition, rank, new.theme_id, &item).await?;
    insert_measure(tx, &row.edition, id, &in_words()).await?;
    tx.audit("goal_item", id.0, json!({ "state": "created" }));
    touch_edition(tx, edition_id).await?;
    Ok(id)
}

/// The goal in words that every initiative begins with.
fn in_words() -> Measure {
    Measure {
        id: None,
        rank: 1,
        name_ja: String::new(),
        name_en: String::new(),
        kind: MeasureKind::Text,
        unit: String::new(),
        direction: Direction::Neither,
        baseline_words: String::new(),
        baseline_milli: None,
        baseline_year: None,
        denominator: String::new(),
        denominator_year: None,
        cells: Default::default(),
        actuals: Default::default(),
    }
}

/// Adds a number to an initiative of a draft.
///
/// # Errors
/// `Invalid` as [`compose::measure`] says; `edition_published`; `NotFound` outside the scope.
pub async fn add_measure(
    tx: &Tx,
    scope: &Scope,
    item_id: GoalItemId,
    new: &NewMeasure,
) -> Result<GoalMeasureId> {
    let new = compose::measure(new)?;
    let edition_id = queries::get_item(tx.db(), scope, item_id).await?.edition_id;
    let row = hold_draft(tx, scope, edition_id).await?;

    let others = goal_measure::Entity::find()
        .filter(goal_measure::Column::ItemId.eq(item_id))
        .all(tx.db())
        .await?;

    let measure = Measure {
        rank: others.iter().map(|other| other.rank).max().unwrap_or(0) + 1,
        name_ja: new.name_ja,
        name_en: new.name_en,
        kind: new.kind,
        unit: new.unit,
        direction: new.direction,
        baseline_words: new.baseline_words,
        baseline_milli: new.baseline_milli,
        baseline_year: new.baseline_year,
        denominator: new.denominator,
        denominator_year: new.denominator_year,
        ..in_words()
    };

    let id = insert_measure(tx, &row.edition, item_id, &measure).await?;
    tx.audit("goal_item", item_id.0, json!({ "measure_added": id }));
    touch_edition(tx, edition_id).await?;
    Ok(id)
}

/// Takes an initiative out of a draft, with its goals, actuals and judgements of this edition.
/// Published editions keep theirs.
///
/// # Errors
/// `edition_published`; `item_listed` while another initiative is a 再掲 of it; `NotFound`.
pub async fn remove_item(tx: &Tx, scope: &Scope, item_id: GoalItemId) -> Result<GoalEditionId> {
    let item = queries::get_item(tx.db(), scope, item_id).await?;
    hold_draft(tx, scope, item.edition_id).await?;

    let listed = goal_item::Entity::find()
        .filter(goal_item::Column::EditionId.eq(item.edition_id))
        .filter(goal_item::Column::CrossListedAs.eq(&item.code))
        .one(tx.db())
        .await?;
    if listed.is_some() {
        return Err(Refusal::Listed.into());
    }

    let measures: Vec<GoalMeasureId> = goal_measure::Entity::find()
        .filter(goal_measure::Column::ItemId.eq(item_id))
        .all(tx.db())
        .await?
        .into_iter()
        .map(|measure| measure.id)
        .collect();

    // What refers to another row goes before it: the foreign keys ask for this order.
    goal_change::Entity::delete_many()
        .filter(goal_change::Column::ItemId.eq(item_id))
        .exec(tx.db())
        .await?;
    goal_review::Entity::delete_many()
        .filter(goal_review::Column::ItemId.eq(item_id))
        .exec(tx.db())
        .await?;
    goal_cell::Entity::delete_many()
        .filter(goal_cell::Column::MeasureId.is_in(measures.clone()))
        .exec(tx.db())
        .await?;
    goal_actual::Entity::delete_many()
        .filter(goal_actual::Column::MeasureId.is_in(measures))
        .exec(tx.db())
        .await?;
    goal_measure::Entity::delete_many()
        .filter(goal_measure::Column::ItemId.eq(item_id))
        .exec(tx.db())
        .await?;

    goal_item::Entity::delete_by_id(item_id).exec(tx.db()).await?;
    tx.audit("goal_item", item_id.0, json!({ "state": "removed" }));
    touch_edition(tx, item.edition_id).await?;
    Ok(item.edition_id)
}
