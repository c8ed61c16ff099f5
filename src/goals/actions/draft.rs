//! The next edition of a plan begins as a copy of an earlier one.

use entity::GoalEditionId;
use entity::goals::goal_edition::{self, EditionState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::load::{insert_content, insert_edition};
use crate::goals::queries;
use crate::goals::rules::Refusal;
use crate::goals::rules::compose::{NewEdition, edition_head};
use crate::platform::{Result, Scope, Tx};

/// Drafts the next edition from `from`, with everything that it says.
///
/// # Errors
/// `Invalid` for a name that is missing or too long; `edition_code_taken`;
/// `edition_draft_exists` while the plan has a draft; `NotFound` outside the scope.
pub async fn draft(
    tx: &Tx,
    scope: &Scope,
    from: GoalEditionId,
    new: &NewEdition,
) -> Result<goal_edition::Model> {
    let row = queries::lock_edition(tx, scope, from).await?;
    let mut head = edition_head(new)?;
    head.covers = serde_json::from_value(row.edition.covers.clone())?;

    let others = goal_edition::Entity::find()
        .filter(goal_edition::Column::MunicipalityId.eq(scope.municipality_id))
        .all(tx.db())
        .await?;
    if others.iter().any(|other| other.code == head.code) {
        return Err(Refusal::CodeTaken.into());
    }

    let is_draft = |other: &goal_edition::Model| {
        other.plan_id == row.plan.id && other.state == EditionState::Draft
    };
    if others.iter().any(is_draft) {
        return Err(Refusal::DraftExists.into());
    }

    let content = queries::content(tx.db(), &row.edition).await?;
    let edition = insert_edition(tx, scope, row.plan.id, &head, Some(from)).await?;
    insert_content(tx, &edition, &content).await?;
    Ok(edition)
}
