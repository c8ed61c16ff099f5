//! Publication: the edition never changes again, and what was counted is kept.

use entity::GoalEditionId;
use entity::goals::goal_edition::{self, EditionState};
use entity::goals::goal_frozen;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::goals::queries;
use crate::goals::rules::{Refusal, can_change};
use crate::platform::{Error, Result, Scope, Tx};

/// Publishes a draft: keeps the figure of every bound actual with the rows behind it.
///
/// # Errors
/// `edition_published` the second time, `edition_empty` without an item, `Stale` when somebody
/// changed it since `revision`, `NotFound` outside the scope.
pub async fn publish(
    tx: &Tx,
    scope: &Scope,
    id: GoalEditionId,
    revision: Option<i32>,
) -> Result<()> {
    let row = queries::lock_edition(tx, scope, id).await?;
    can_change(row.edition.state)?;
    if revision.is_some_and(|seen| seen != row.edition.revision) {
        return Err(Error::Stale);
    }

    let content = queries::content(tx.db(), &row.edition).await?;
    if content.items.is_empty() {
        return Err(Refusal::Empty.into());
    }

    let figures = queries::live_figures(tx.db(), &row.plan, &content, tx.now()).await?;
    let mut kept = Vec::new();
    for (actual_id, figure) in &figures {
        kept.push(goal_frozen::ActiveModel {
            municipality_id: Set(row.edition.municipality_id),
            actual_id: Set(*actual_id),
            frozen_at: Set(tx.now()),
            value_milli: Set(figure.milli),
            is_approx: Set(figure.approx),
            counted: Set(serde_json::to_value(figure)?),
            ..Default::default()
        });
    }
    if !kept.is_empty() {
        goal_frozen::Entity::insert_many(kept).exec_without_returning(tx.db()).await?;
    }

    goal_edition::Entity::update_many()
        .set(goal_edition::ActiveModel {
            state: Set(EditionState::Published),
            published_at: Set(Some(tx.now())),
            published_by: Set(tx.ctx().staff_id()),
            revision: Set(row.edition.revision + 1),
            updated_at: Set(tx.now()),
            ..Default::default()
        })
        .filter(goal_edition::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    let detail = json!({ "state": EditionState::Published, "frozen": figures.len() });
    tx.audit("goal_edition", id.0, detail);
    Ok(())
}
