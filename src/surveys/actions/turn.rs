//! What the days bring: ask, call, close; and the news that a person was reached.

use entity::FollowUpId;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState};
use sea_orm::ActiveValue;

use super::{close, lock, queue_next, store, written};
use crate::platform::japan::time::local_date;
use crate::platform::outbox::{self, Job};
use crate::platform::{App, Error, Result, Scope, Tx};
use crate::surveys::rules::{Turn, turn_on};
use crate::surveys::{ASK, ASK_AGAIN, Turned};

/// Does what is due for one follow-up; the handler of [`crate::surveys::TURN`]. A job whose day
/// was moved finds nothing to do.
pub fn turn_job(app: App, job: Job) -> outbox::Done {
    Box::pin(async move {
        let Turned { municipality_id, follow_up_id } = job.payload()?;
        let ctx = app.system_ctx(municipality_id, &format!("job-{}", job.id));
        app.store()
            .write(&ctx, "turn_follow_up", |tx| async move { turn(&tx, follow_up_id).await })
            .await?;
        Ok(())
    })
}

async fn turn(tx: &Tx, id: FollowUpId) -> Result<()> {
    let scope = Scope::whole(tx.ctx().municipality_id());
    let (mut row, standing) = match lock(tx, &scope, id).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };

    if matches!(row.state, FollowUpState::Answered | FollowUpState::Closed) {
        return Ok(());
    }
    if !standing.active {
        return close(tx, row, CloseReason::Silent).await.map(drop);
    }

    // A worker that slept may find several turns due.
    let today = local_date(tx.now());
    while let Some(turn) = turn_on(today, row.state, row.due_on, written(&row)) {
        row = match turn {
            Turn::Ask => ask(tx, row).await?,
            Turn::Again => ask_again(tx, row).await?,
            Turn::Call => call(tx, row).await?,
            Turn::Close => return close(tx, row, CloseReason::NoAnswer).await.map(drop),
        };
    }
    queue_next(tx, &row).await
}

async fn ask(tx: &Tx, row: follow_up::Model) -> Result<follow_up::Model> {
    let asked = Turned { municipality_id: row.municipality_id, follow_up_id: row.id };
    let key = format!("survey_ask:{}", row.id);
    outbox::enqueue(tx, ASK, &asked, key, tx.now()).await?;
    let mut changed = follow_up::ActiveModel::from(row);
    changed.state = ActiveValue::Set(FollowUpState::Asked);
    changed.asked_at = ActiveValue::Set(Some(tx.now()));
    store(tx, changed).await
}

/// Whoever got a mail and is silent gets a letter with the sheet; a letter is written once.
async fn ask_again(tx: &Tx, row: follow_up::Model) -> Result<follow_up::Model> {
    let asked = Turned { municipality_id: row.municipality_id, follow_up_id: row.id };
    let key = format!("survey_ask_again:{}", row.id);
    outbox::enqueue(tx, ASK_AGAIN, &asked, key, tx.now()).await?;
    let mut changed = follow_up::ActiveModel::from(row);
    changed.asked_again_at = ActiveValue::Set(Some(tx.now()));
    store(tx, changed).await
}

async fn call(tx: &Tx, row: follow_up::Model) -> Result<follow_up::Model> {
    let asked_at = row.asked_at.unwrap_or(tx.now());
    let mut changed = follow_up::ActiveModel::from(row);
    changed.state = ActiveValue::Set(FollowUpState::Calling);
    changed.asked_at = ActiveValue::Set(Some(asked_at));
    store(tx, changed).await
}

/// There is no way to write to the person: somebody calls, without waiting for the day.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn to_phone(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<()> {
    let (row, _) = lock(tx, scope, id).await?;
    if matches!(row.state, FollowUpState::Waiting | FollowUpState::Asked) {
        let row = call(tx, row).await?;
        queue_next(tx, &row).await?;
    }
    Ok(())
}

/// The letter was posted, or the mail handed over: from here on the person has a week.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn mark_reached(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<()> {
    let (row, _) = lock(tx, scope, id).await?;
    let mut changed = reached(tx, row);
    changed.sent_at = ActiveValue::Set(Some(tx.now()));
    store(tx, changed).await.map(drop)
}

/// The row with the note that the person was reached.
pub(super) fn reached(tx: &Tx, row: follow_up::Model) -> follow_up::ActiveModel {
    let (asked_at, reached_at) = (row.asked_at.unwrap_or(tx.now()), row.reached_at);
    let mut changed = follow_up::ActiveModel::from(row);
    changed.asked_at = ActiveValue::Set(Some(asked_at));
    changed.reached_at = ActiveValue::Set(Some(reached_at.unwrap_or(tx.now())));
    changed
}
