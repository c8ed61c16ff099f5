//! A person on the staff decides about the path that the answers ask for.

use entity::FollowUpId;
use entity::surveys::follow_up::{self, Replan};
use sea_orm::ActiveValue;

use super::{lock, store};
use crate::paths;
use crate::platform::{Result, Scope, Tx};
use crate::surveys::queries;
use crate::surveys::rules::Refusal;

/// Accepts the proposed path as it stands, or leaves the path as it is.
///
/// # Errors
/// `survey_no_proposal` when nothing is to be decided, because somebody did, a path was agreed on
/// meanwhile, or the person may not be contacted any more; `NotFound` outside the scope.
pub async fn settle_proposal(
    tx: &Tx,
    scope: &Scope,
    id: FollowUpId,
    accept: bool,
) -> Result<FollowUpId> {
    let (row, _) = lock(tx, scope, id).await?;
    if !queries::is_proposal_open(tx.db(), scope, &row).await? {
        return Err(Refusal::NoProposal.into());
    }

    let person = row.resident_id;
    if accept {
        let whole = Scope::whole(row.municipality_id);
        let (hearing, proposed) = queries::proposal(tx.db(), &whole, person, tx.now()).await?;
        if proposed.proposal.closing.is_some() {
            paths::actions::close_reached(tx, &whole, person).await?;
        } else {
            let steps = proposed.as_accepted();
            let hearing = serde_json::to_value(&hearing)?;
            paths::actions::accept(tx, &whole, person, &hearing, &steps).await?;
        }
    }

    let mut changed = follow_up::ActiveModel::from(row);
    let settled = if accept { Replan::Accepted } else { Replan::Dismissed };
    changed.replan = ActiveValue::Set(settled);
    store(tx, changed).await?;
    Ok(id)
}
