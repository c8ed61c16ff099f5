//! The verbs. Each locks the person first, then the follow-up: there all ways to one set of
//! answers stand in one queue.

mod answer;
mod call;
mod class;
mod follow;
mod replan;
mod standing;
mod turn;

pub use answer::{Given, answer_question, choose_who, finish, key_sheet, record};
pub(super) use answer::{invalid, questionnaire};
pub use call::record_call;
pub use class::{ClassTold, record_class, record_class_answers};
pub use follow::{follow_attendance, renew_link};
pub use replan::settle_proposal;
pub use standing::{follow_standing, reopen};
pub use turn::{mark_reached, to_phone, turn_job};

use chrono::NaiveTime;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use entity::{FollowUpId, ResidentId};
use sea_orm::{ActiveModelTrait, ActiveValue};
use serde_json::json;

use super::rules::{Standing, Turn, Written, next_turn};
use super::{ENDED, TURN, Turned, queries};
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Error, Result, Scope, Tx, outbox};
use crate::residents::{self, resident};

/// A follow-up, locked together with its person, and where it stands.
async fn lock(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<(follow_up::Model, Standing)> {
    let found = queries::get(tx.db(), scope, id).await?;
    let person = lock_person(tx, scope, found.resident_id).await?;
    let row = queries::lock(tx, scope, id).await?;
    let active = person.standing == resident::Standing::Active;
    let standing = Standing::of(&row, active, local_date(tx.now()));
    Ok((row, standing))
}

async fn lock_person(tx: &Tx, scope: &Scope, id: ResidentId) -> Result<resident::Model> {
    residents::queries::lock(tx, &Scope::whole(scope.municipality_id), id).await
}

/// When the questions were written and left the house.
fn written(row: &follow_up::Model) -> Written {
    Written {
        asked_on: row.asked_at.map(local_date),
        sent_on: row.sent_at.map(local_date),
        again: row.asked_again_at.is_some(),
    }
}

/// Stores a changed follow-up with its next revision, and names it in the audit log.
async fn store(tx: &Tx, mut changed: follow_up::ActiveModel) -> Result<follow_up::Model> {
    let revision = changed.revision.take().unwrap_or_default();
    changed.revision = ActiveValue::Set(revision + 1);
    changed.updated_at = ActiveValue::Set(tx.now());
    let stored = changed.update(tx.db()).await?;
    audit(tx, &stored);
    Ok(stored)
}

fn audit(tx: &Tx, row: &follow_up::Model) {
    let detail = json!({
        "state": row.state, "resident": row.resident_id, "booking": row.booking_id,
        "due_on": row.due_on, "close_reason": row.close_reason, "attempts": row.attempts,
    });
    tx.audit("follow_up", row.id.0, detail);
}

/// Tells the rooms below that a follow-up ended.
async fn tell_ended(tx: &Tx, row: &follow_up::Model) -> Result<()> {
    let ended = Turned { municipality_id: row.municipality_id, follow_up_id: row.id };
    let key = format!("survey_ended:{}:{}", row.id, row.revision);
    outbox::enqueue(tx, ENDED, &ended, key, tx.now()).await
}

/// Ends a follow-up without an answer.
async fn close(tx: &Tx, row: follow_up::Model, why: CloseReason) -> Result<follow_up::Model> {
    let mut changed = follow_up::ActiveModel::from(row);
    changed.state = ActiveValue::Set(FollowUpState::Closed);
    changed.close_reason = ActiveValue::Set(Some(why));
    changed.closed_at = ActiveValue::Set(Some(tx.now()));
    let stored = store(tx, changed).await?;
    tell_ended(tx, &stored).await?;
    Ok(stored)
}

/// Queues what comes next, for the morning of its day.
async fn queue_next(tx: &Tx, row: &follow_up::Model) -> Result<()> {
    let Some((day, turn)) = next_turn(row.state, row.due_on, written(row)) else { return Ok(()) };
    let next = Turned { municipality_id: row.municipality_id, follow_up_id: row.id };
    let name = match turn {
        Turn::Ask => "ask",
        Turn::Again => "again",
        Turn::Call => "call",
        Turn::Close => "close",
    };
    let morning = NaiveTime::from_hms_opt(9, 0, 0).ok_or(Error::internal("nine o'clock"))?;
    let key = format!("survey:{}:{name}:{day}", row.id);
    outbox::enqueue(tx, TURN, &next, key, instant(day, morning)).await
}
