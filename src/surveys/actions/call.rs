//! Calls made for a follow-up.

use entity::FollowUpId;
use entity::residents::timeline_entry::TimelineKind;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use entity::surveys::survey_call::{self, CallOutcome};
use sea_orm::{ActiveModelTrait, ActiveValue};
use serde_json::json;

use super::turn::reached;
use super::{close, lock, store};
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::timeline;
use crate::surveys::rules::{ASK_BEFORE_DAYS, Refusal};

/// Records how a call ended that was no interview. `revision` is the one the caller saw.
///
/// # Errors
/// `survey_answered`, `survey_closed`, `survey_too_early` more than a week before its day;
/// `Stale`; `NotFound` outside the scope.
pub async fn record_call(
    tx: &Tx,
    scope: &Scope,
    id: FollowUpId,
    outcome: CallOutcome,
    revision: Option<i32>,
) -> Result<follow_up::Model> {
    let row = lock(tx, scope, id).await?;
    if revision.is_some_and(|seen| seen != row.revision) {
        return Err(Error::Stale);
    }
    match row.state {
        FollowUpState::Answered => return Err(Refusal::Answered.into()),
        FollowUpState::Closed => return Err(Refusal::Closed.into()),
        _ => {}
    }
    let days = (row.due_on - local_date(tx.now())).num_days();
    if days > ASK_BEFORE_DAYS {
        return Err(Refusal::TooEarly.into());
    }
    note_call(tx, &row, outcome).await?;
    let attempts = row.attempts + 1;
    let mut changed = match outcome {
        CallOutcome::NoAnswer | CallOutcome::Voicemail => follow_up::ActiveModel::from(row),
        CallOutcome::Later | CallOutcome::Declined | CallOutcome::Answered => reached(tx, row),
    };
    changed.attempts = ActiveValue::Set(attempts);
    let stored = store(tx, changed).await?;
    let params = json!({ "outcome_key": format!("survey.call.{outcome}") });
    let line = "timeline.survey_called";
    timeline::note(tx, stored.resident_id, TimelineKind::Survey, line, params, id.0).await?;
    match outcome {
        CallOutcome::Declined => close(tx, stored, CloseReason::Declined).await,
        _ => Ok(stored),
    }
}

/// Adds a call to the list.
pub(super) async fn note_call(tx: &Tx, row: &follow_up::Model, outcome: CallOutcome) -> Result<()> {
    let call = survey_call::ActiveModel {
        id: ActiveValue::NotSet,
        follow_up_id: ActiveValue::Set(row.id),
        called_at: ActiveValue::Set(tx.now()),
        outcome: ActiveValue::Set(outcome),
        staff_id: ActiveValue::Set(tx.ctx().staff_id()),
    };
    let call = call.insert(tx.db()).await?;
    tx.audit("survey_call", call.id.0, json!({ "follow_up": row.id, "outcome": outcome }));
    Ok(())
}
