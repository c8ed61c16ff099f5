//! Nobody asks who died, moved or withdrew; and a follow-up that was closed by mistake is opened
//! again.

use entity::residents::timeline_entry::TimelineKind;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use entity::{FollowUpId, ResidentId};
use sea_orm::ActiveValue;

use super::{close, lock, lock_person, queue_next, store};
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::resident::Standing;
use crate::residents::timeline;
use crate::surveys::queries;
use crate::surveys::rules::Refusal;

/// Brings the follow-ups of a person up to date with the person's standing: who left is not asked
/// any more, who is back after all is asked as before. Doing it twice changes nothing the second
/// time.
///
/// # Errors
/// Only those of the database.
pub async fn follow_standing(tx: &Tx, person: ResidentId) -> Result<()> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let active = match lock_person(tx, &whole, person).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?.standing == Standing::Active,
    };

    for row in queries::of_resident(tx.db(), &whole, person).await? {
        let row = queries::lock(tx, &whole, row.id).await?;
        match (active, row.close_reason) {
            (false, None) if queries::OPEN.contains(&row.state) => {
                note(tx, &row, "timeline.followup_stopped").await?;
                close(tx, row, CloseReason::Silent).await?;
            }
            (true, Some(CloseReason::Silent)) if !queries::has_another(tx.db(), &row).await? => {
                note(tx, &row, "timeline.followup_resumed").await?;
                open_again(tx, row).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A line in the person's history, for what the standing takes and gives back.
async fn note(tx: &Tx, row: &follow_up::Model, wording: &'static str) -> Result<()> {
    let (kind, params) = (TimelineKind::Survey, serde_json::json!({}));
    timeline::note(tx, row.resident_id, kind, wording, params, row.id.0).await?;
    Ok(())
}

/// Opens a follow-up again that was closed because the person declined.
///
/// # Errors
/// `survey_not_declined` in every other state; `survey_silent` for a person who may not be
/// contacted; `NotFound` outside the scope.
pub async fn reopen(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<FollowUpId> {
    let (row, standing) = lock(tx, scope, id).await?;
    if row.close_reason != Some(CloseReason::Declined)
        || queries::has_another(tx.db(), &row).await?
    {
        return Err(Refusal::NotDeclined.into());
    }
    if !standing.active {
        return Err(Refusal::Silent.into());
    }
    open_again(tx, row).await?;
    Ok(id)
}

/// Where it was before it was closed; when its last day has passed, the next turn ends it.
async fn open_again(tx: &Tx, row: follow_up::Model) -> Result<()> {
    let state = match (row.attempts, row.asked_at) {
        (1.., _) => FollowUpState::Calling,
        (_, Some(_)) => FollowUpState::Asked,
        (_, None) => FollowUpState::Waiting,
    };
    let mut changed = follow_up::ActiveModel::from(row);
    changed.state = ActiveValue::Set(state);
    changed.close_reason = ActiveValue::Set(None);
    changed.closed_at = ActiveValue::Set(None);
    let stored = store(tx, changed).await?;
    queue_next(tx, &stored).await
}
