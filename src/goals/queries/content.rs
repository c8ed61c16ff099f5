//! The rows of an edition as its content: six queries, however many items.

use std::collections::{BTreeMap, HashMap};

use entity::goals::{
    goal_actual, goal_cell, goal_edition, goal_frozen, goal_item, goal_measure, goal_review,
    goal_theme,
};
use entity::{GoalActualId, GoalItemId, GoalMeasureId, GoalThemeId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::goals::rules::content::{
    Actual, Binding, Cell, Content, Item, Measure, Review, Theme, ThemeKey,
};
use crate::platform::{Error, Result};

/// Everything that an edition says.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn content(db: &impl ConnectionTrait, edition: &goal_edition::Model) -> Result<Content> {
    let mut keys: HashMap<GoalThemeId, ThemeKey> = HashMap::new();
    let mut themes = Vec::new();
    let found = goal_theme::Entity::find()
        .filter(goal_theme::Column::EditionId.eq(edition.id))
        .order_by_asc(goal_theme::Column::Id)
        .all(db)
        .await?;
    for row in found {
        keys.insert(row.id, (row.policy.clone(), row.number));
        themes.push(theme(row));
    }

    let items = goal_item::Entity::find()
        .filter(goal_item::Column::EditionId.eq(edition.id))
        .order_by_asc(goal_item::Column::Rank)
        .all(db)
        .await?;
    let mut measures = measures(db, edition).await?;

    let mut reviews: HashMap<GoalItemId, BTreeMap<i32, Review>> = HashMap::new();
    let of_edition = goal_item::Entity::find()
        .select_only()
        .column(goal_item::Column::Id)
        .filter(goal_item::Column::EditionId.eq(edition.id))
        .into_query();
    let found = goal_review::Entity::find()
        .filter(goal_review::Column::ItemId.in_subquery(of_edition))
        .all(db)
        .await?;
    for row in found {
        reviews.entry(row.item_id).or_default().insert(row.fiscal_year, review(row));
    }

    let items = items
        .into_iter()
        .map(|row| Item {
            id: Some(row.id),
            revision: row.revision,
            theme: row.theme_id.and_then(|id| keys.get(&id).cloned()),
            measures: measures.remove(&row.id).unwrap_or_default(),
            reviews: reviews.remove(&row.id).unwrap_or_default(),
            code: row.code,
            title_ja: row.title_ja,
            title_en: row.title_en,
            field: row.field,
            owner: row.owner,
            cross_listed_as: row.cross_listed_as,
            is_core_index: row.is_core_index,
            printed_at: row.printed_at,
            note: row.note,
        })
        .collect();

    let covers = serde_json::from_value(edition.covers.clone())?;
    Ok(Content { covers, themes, items })
}

async fn measures(
    db: &impl ConnectionTrait,
    edition: &goal_edition::Model,
) -> Result<HashMap<GoalItemId, Vec<Measure>>> {
    let items = goal_item::Entity::find()
        .select_only()
        .column(goal_item::Column::Id)
        .filter(goal_item::Column::EditionId.eq(edition.id))
        .into_query();
    let of_items = goal_measure::Column::ItemId.in_subquery(items);

    let found = goal_measure::Entity::find()
        .filter(of_items.clone())
        .order_by_asc(goal_measure::Column::Rank)
        .all(db)
        .await?;
    let ids = goal_measure::Entity::find()
        .select_only()
        .column(goal_measure::Column::Id)
        .filter(of_items)
        .into_query();

    let mut cells: HashMap<GoalMeasureId, BTreeMap<i32, Cell>> = HashMap::new();
    let rows = goal_cell::Entity::find()
        .filter(goal_cell::Column::MeasureId.in_subquery(ids.clone()))
        .all(db)
        .await?;
    for row in rows {
        let cell = Cell {
            kind: row.kind,
            words: row.words,
            milli: row.value_milli,
            approx: row.is_approx,
        };
        cells.entry(row.measure_id).or_default().insert(row.fiscal_year, cell);
    }

    let actual_rows = goal_actual::Entity::find()
        .filter(goal_actual::Column::MeasureId.in_subquery(ids))
        .all(db)
        .await?;
    let bound: Vec<GoalActualId> =
        actual_rows.iter().filter(|row| row.metric.is_some()).map(|row| row.id).collect();
    let mut frozen = frozen(db, bound).await?;
    let mut actuals: HashMap<GoalMeasureId, BTreeMap<i32, Actual>> = HashMap::new();
    for row in actual_rows {
        let kept = frozen.remove(&row.id);
        actuals.entry(row.measure_id).or_default().insert(row.fiscal_year, actual(row, kept)?);
    }

    let mut by_item: HashMap<GoalItemId, Vec<Measure>> = HashMap::new();
    for row in found {
        by_item.entry(row.item_id).or_default().push(Measure {
            id: Some(row.id),
            rank: row.rank,
            cells: cells.remove(&row.id).unwrap_or_default(),
            actuals: actuals.remove(&row.id).unwrap_or_default(),
            name_ja: row.name_ja,
            name_en: row.name_en,
            kind: row.kind,
            unit: row.unit,
            direction: row.direction,
            baseline_words: row.baseline_words,
            baseline_milli: row.baseline_milli,
            baseline_year: row.baseline_year,
            denominator: row.denominator,
            denominator_year: row.denominator_year,
        });
    }
    Ok(by_item)
}

async fn frozen(
    db: &impl ConnectionTrait,
    ids: Vec<GoalActualId>,
) -> Result<HashMap<GoalActualId, goal_frozen::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = goal_frozen::Entity::find()
        .filter(goal_frozen::Column::ActualId.is_in(ids))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.actual_id, row)).collect())
}

fn actual(row: goal_actual::Model, kept: Option<goal_frozen::Model>) -> Result<Actual> {
    let frozen = match kept {
        Some(kept) => Some((
            kept.frozen_at,
            serde_json::from_value(kept.counted).map_err(|_| Error::internal("a frozen figure"))?,
        )),
        None => None,
    };

    Ok(Actual {
        id: Some(row.id),
        words: row.words,
        milli: row.value_milli,
        approx: row.is_approx,
        binding: row.metric.map(|metric| Binding {
            metric,
            programme_id: row.programme_id,
            session_kind: row.session_kind,
        }),
        frozen,
    })
}

fn theme(row: goal_theme::Model) -> Theme {
    Theme {
        policy: row.policy,
        policy_title: row.policy_title,
        number: row.number,
        title_ja: row.title_ja,
        title_en: row.title_en,
        lead: row.lead,
    }
}

fn review(row: goal_review::Model) -> Review {
    Review {
        achievement: row.achievement,
        evidence: row.evidence,
        approver_words: row.approver_words,
        approved_by: row.approved_by,
        approved_at: row.approved_at,
        next_direction: row.next_direction,
    }
}
