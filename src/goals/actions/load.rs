//! A document becomes an edition.

use std::collections::HashMap;

use entity::goals::goal_edition::EditionState;
use entity::goals::{
    goal_actual, goal_cell, goal_edition, goal_item, goal_measure, goal_plan, goal_procedure,
    goal_review, goal_saving, goal_theme,
};
use entity::{GoalEditionId, GoalItemId, GoalMeasureId, GoalPlanId, GoalThemeId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::json;

use super::publish::publish;
use crate::goals::rules::content::{Content, Item, Measure, ThemeKey};
use crate::goals::rules::document::{Document, EditionHead, PlanHead};
use crate::platform::{Result, Scope, Tx};

/// Loads a document with the editions that are not there yet and publishes them; answers the
/// plan, and how many editions are new.
pub async fn load_plan(tx: &Tx, scope: &Scope, document: &Document) -> Result<(GoalPlanId, u64)> {
    let plan_id = plan(tx, scope, &document.plan).await?;
    let mut new = 0;
    for (head, content) in &document.editions {
        let there = goal_edition::Entity::find()
            .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
            .filter(goal_edition::Column::Code.eq(&head.code))
            .one(tx.db())
            .await?;
        if there.is_some() {
            continue;
        }

        let edition = insert_edition(tx, scope, plan_id, head, None).await?;
        insert_content(tx, &edition, content).await?;
        publish(tx, scope, edition.id, None).await?;
        new += 1;
    }
    Ok((plan_id, new))
}

async fn plan(tx: &Tx, scope: &Scope, head: &PlanHead) -> Result<GoalPlanId> {
    let there = goal_plan::Entity::find()
        .filter(goal_plan::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(goal_plan::Column::Code.eq(&head.code))
        .one(tx.db())
        .await?;
    if let Some(there) = there {
        return Ok(there.id);
    }
    insert_plan(tx, scope, head).await
}

/// A plan without editions.
pub(super) async fn insert_plan(tx: &Tx, scope: &Scope, head: &PlanHead) -> Result<GoalPlanId> {
    let row = goal_plan::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        code: Set(head.code.clone()),
        name_ja: Set(head.name_ja.clone()),
        name_en: Set(head.name_en.clone()),
        first_year: Set(head.first_year),
        last_year: Set(head.last_year),
        style: Set(head.style),
        ..Default::default()
    };
    let id = row.insert(tx.db()).await?.id;
    tx.audit("goal_plan", id.0, json!({ "state": "created" }));
    Ok(id)
}

/// A draft without content.
pub(super) async fn insert_edition(
    tx: &Tx,
    scope: &Scope,
    plan_id: GoalPlanId,
    head: &EditionHead,
    based_on: Option<GoalEditionId>,
) -> Result<goal_edition::Model> {
    let row = goal_edition::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        plan_id: Set(plan_id),
        code: Set(head.code.clone()),
        title_ja: Set(head.title_ja.clone()),
        title_en: Set(head.title_en.clone()),
        document: Set(head.document.clone()),
        issued_words: Set(head.issued_words.clone()),
        covers: Set(json!(head.covers)),
        state: Set(EditionState::Draft),
        based_on: Set(based_on),
        published_at: Set(None),
        published_by: Set(None),
        revision: Set(1),
        created_at: Set(tx.now()),
        updated_at: Set(tx.now()),
        ..Default::default()
    };

    let edition = row.insert(tx.db()).await?;
    let detail = json!({ "state": edition.state, "based_on": based_on });
    tx.audit("goal_edition", edition.id.0, detail);
    Ok(edition)
}

/// Writes everything that an edition says; ids in `content` are not looked at.
pub(super) async fn insert_content(
    tx: &Tx,
    edition: &goal_edition::Model,
    content: &Content,
) -> Result<()> {
    let mut themes: HashMap<ThemeKey, GoalThemeId> = HashMap::new();
    for theme in &content.themes {
        let row = goal_theme::ActiveModel {
            municipality_id: Set(edition.municipality_id),
            edition_id: Set(edition.id),
            policy: Set(theme.policy.clone()),
            policy_title: Set(theme.policy_title.clone()),
            number: Set(theme.number),
            title_ja: Set(theme.title_ja.clone()),
            title_en: Set(theme.title_en.clone()),
            lead: Set(theme.lead.clone()),
            ..Default::default()
        };
        let id = row.insert(tx.db()).await?.id;
        themes.insert((theme.policy.clone(), theme.number), id);
    }

    for (rank, item) in (1..).zip(&content.items) {
        let theme_id = item.theme.as_ref().and_then(|key| themes.get(key).copied());
        let id = insert_item(tx, edition, rank, theme_id, item).await?;
        for measure in &item.measures {
            insert_measure(tx, edition, id, measure).await?;
        }
    }
    Ok(())
}

pub(super) async fn insert_item(
    tx: &Tx,
    edition: &goal_edition::Model,
    rank: i32,
    theme_id: Option<GoalThemeId>,
    item: &Item,
) -> Result<GoalItemId> {
    let row = goal_item::ActiveModel {
        municipality_id: Set(edition.municipality_id),
        edition_id: Set(edition.id),
        theme_id: Set(theme_id),
        code: Set(item.code.clone()),
        rank: Set(rank),
        title_ja: Set(item.title_ja.clone()),
        title_en: Set(item.title_en.clone()),
        field: Set(item.field.clone()),
        owner: Set(item.owner.clone()),
        cross_listed_as: Set(item.cross_listed_as.clone()),
        is_core_index: Set(item.is_core_index),
        printed_at: Set(item.printed_at.clone()),
        note: Set(item.note.clone()),
        revision: Set(1),
        ..Default::default()
    };
    let id = row.insert(tx.db()).await?.id;

    let reviews = item.reviews.iter().map(|(year, review)| goal_review::ActiveModel {
        municipality_id: Set(edition.municipality_id),
        item_id: Set(id),
        fiscal_year: Set(*year),
        achievement: Set(review.achievement),
        evidence: Set(review.evidence.clone()),
        approver_words: Set(review.approver_words.clone()),
        approved_by: Set(review.approved_by),
        approved_at: Set(review.approved_at),
        next_direction: Set(review.next_direction.clone()),
        updated_at: Set(tx.now()),
        ..Default::default()
    });
    let reviews: Vec<_> = reviews.collect();
    if !reviews.is_empty() {
        goal_review::Entity::insert_many(reviews).exec_without_returning(tx.db()).await?;
    }
    Ok(id)
}

pub(super) async fn insert_measure(
    tx: &Tx,
    edition: &goal_edition::Model,
    item_id: GoalItemId,
    measure: &Measure,
) -> Result<GoalMeasureId> {
    let municipality_id = edition.municipality_id;
    let row = goal_measure::ActiveModel {
        municipality_id: Set(municipality_id),
        item_id: Set(item_id),
        rank: Set(measure.rank),
        name_ja: Set(measure.name_ja.clone()),
        name_en: Set(measure.name_en.clone()),
        kind: Set(measure.kind),
        unit: Set(measure.unit.clone()),
        direction: Set(measure.direction),
        baseline_words: Set(measure.baseline_words.clone()),
        baseline_milli: Set(measure.baseline_milli),
        baseline_year: Set(measure.baseline_year),
        denominator: Set(measure.denominator.clone()),
        denominator_year: Set(measure.denominator_year),
        ..Default::default()
    };
    let id = row.insert(tx.db()).await?.id;

    let cells = measure.cells.iter().map(|(year, cell)| goal_cell::ActiveModel {
        municipality_id: Set(municipality_id),
        measure_id: Set(id),
        fiscal_year: Set(*year),
        kind: Set(cell.kind),
        words: Set(cell.words.clone()),
        value_milli: Set(cell.milli),
        is_approx: Set(cell.approx),
        ..Default::default()
    });
    let cells: Vec<_> = cells.collect();
    if !cells.is_empty() {
        goal_cell::Entity::insert_many(cells).exec_without_returning(tx.db()).await?;
    }

    for (year, actual) in &measure.actuals {
        let row = goal_actual::ActiveModel {
            municipality_id: Set(municipality_id),
            measure_id: Set(id),
            fiscal_year: Set(*year),
            words: Set(actual.words.clone()),
            value_milli: Set(actual.milli),
            is_approx: Set(actual.approx),
            metric: Set(actual.binding.map(|binding| binding.metric)),
            programme_id: Set(actual.binding.and_then(|binding| binding.programme_id)),
            session_kind: Set(actual.binding.and_then(|binding| binding.session_kind)),
            entered_by: Set(tx.ctx().staff_id()),
            updated_at: Set(tx.now()),
            ..Default::default()
        };
        row.insert(tx.db()).await?;
    }
    Ok(id)
}

/// A procedure as a document lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct NewProcedure {
    pub rank: i32,
    pub name: String,
    pub annual_count: i32,
    pub channel_system: String,
    pub ready_year: i32,
    pub status_words: String,
    pub note: String,
}

/// Adds the procedures that are not there yet.
pub async fn load_procedures(
    tx: &Tx,
    scope: &Scope,
    plan_id: GoalPlanId,
    rows: &[NewProcedure],
) -> Result<u64> {
    let rows = rows.iter().map(|row| goal_procedure::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        plan_id: Set(plan_id),
        rank: Set(row.rank),
        name: Set(row.name.clone()),
        annual_count: Set(row.annual_count),
        channel_system: Set(row.channel_system.clone()),
        ready_year: Set(row.ready_year),
        status_words: Set(row.status_words.clone()),
        note: Set(row.note.clone()),
        ..Default::default()
    });

    let key = [goal_procedure::Column::PlanId, goal_procedure::Column::Rank];
    let there = OnConflict::columns(key).do_nothing().to_owned();
    Ok(goal_procedure::Entity::insert_many(rows)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?)
}

/// A saving of time as a document claims it.
#[derive(Clone, Debug, Deserialize)]
pub struct NewSaving {
    pub service: String,
    pub before_words: String,
    pub before_low: i32,
    pub before_high: i32,
    pub after_words: String,
    pub after_minutes: i32,
    #[serde(rename = "approx")]
    pub is_approx: bool,
    pub claimed_words: String,
    pub claimed_percent: i32,
    pub document: String,
}

/// Adds the savings that are not there yet.
pub async fn load_savings(
    tx: &Tx,
    scope: &Scope,
    plan_id: GoalPlanId,
    rows: &[NewSaving],
) -> Result<u64> {
    let rows = rows.iter().map(|row| goal_saving::ActiveModel {
        municipality_id: Set(scope.municipality_id),
        plan_id: Set(plan_id),
        service: Set(row.service.clone()),
        before_words: Set(row.before_words.clone()),
        before_low: Set(row.before_low),
        before_high: Set(row.before_high),
        after_words: Set(row.after_words.clone()),
        after_minutes: Set(row.after_minutes),
        is_approx: Set(row.is_approx),
        claimed_words: Set(row.claimed_words.clone()),
        claimed_percent: Set(row.claimed_percent),
        document: Set(row.document.clone()),
        ..Default::default()
    });

    let key = [goal_saving::Column::PlanId, goal_saving::Column::Service];
    let there = OnConflict::columns(key).do_nothing().to_owned();
    Ok(goal_saving::Entity::insert_many(rows)
        .on_conflict(there)
        .exec_without_returning(tx.db())
        .await?)
}
