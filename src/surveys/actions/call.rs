//! Calls made for a follow-up.

use chrono::{DateTime, TimeDelta, Utc};
use entity::FollowUpId;
use entity::residents::timeline_entry::TimelineKind;
use entity::surveys::follow_up::{self, CloseReason};
use entity::surveys::survey_call::{self, CallOutcome};
use sea_orm::{ActiveModelTrait, ActiveValue};
use serde_json::json;

use super::turn::reached;
use super::{close, lock, store};
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::timeline;
use crate::surveys::rules::can_call;

/// The furthest day for which another call is noted.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(60);

/// Records how a call ended that was no interview. `again_at` is when the person asked to be called
/// again; every other end forgets it. `revision` is the one the caller saw.
///
/// # Errors
/// Those of [`can_call`]; `Invalid` for another call in the past or more than sixty days ahead;
/// `Stale`; `NotFound` outside the scope.
pub async fn record_call(
    tx: &Tx,
    scope: &Scope,
    id: FollowUpId,
    outcome: CallOutcome,
    again_at: Option<DateTime<Utc>>,
    revision: Option<i32>,
) -> Result<FollowUpId> {
    let (row, standing) = lock(tx, scope, id).await?;
    if revision.is_some_and(|seen| seen != row.revision) {
        return Err(Error::Stale);
    }
    can_call(standing)?;

    let again_at = again_at.filter(|_| outcome == CallOutcome::Later);
    if again_at.is_some_and(|at| at <= tx.now() || at > tx.now() + LONGEST_WAIT) {
        return Err(Error::invalid("again_at", "err.survey.again"));
    }

    note_call(tx, &row, outcome).await?;
    let attempts = row.attempts + 1;
    let mut changed = match outcome {
        CallOutcome::NoAnswer | CallOutcome::Voicemail => follow_up::ActiveModel::from(row),
        CallOutcome::Later | CallOutcome::Declined | CallOutcome::Answered => reached(tx, row),
    };
    changed.attempts = ActiveValue::Set(attempts);
    changed.call_again_at = ActiveValue::Set(again_at);
    let stored = store(tx, changed).await?;

    let params = json!({ "outcome_key": format!("survey.call.{outcome}") });
    let line = "timeline.survey_called";
    timeline::note(tx, stored.resident_id, TimelineKind::Survey, line, params, id.0).await?;

    if outcome == CallOutcome::Declined {
        close(tx, stored, CloseReason::Declined).await?;
    }
    Ok(id)
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
