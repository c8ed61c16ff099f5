//! What staff do by hand: print, post, call.

use entity::DeliveryId;
use entity::notices::delivery::{self, DeliveryState};
use entity::residents::contact_channel::Channel;
use serde_json::json;

use super::ladder::{bring, note_informed, open_next};
use crate::notices::queries;
use crate::notices::rules::{Outcome, Step, step};
use crate::platform::{Error, Result, Scope, Tx};

/// Records what was done about a letter or a call. `mail` tells whether there is a mail server,
/// `revision` is the one the writer saw.
///
/// A person who may no longer be contacted gets nothing: the delivery is dropped instead.
///
/// # Errors
/// `NotFound` outside the scope, `Stale`, or a [`crate::notices::rules::Refusal`].
pub async fn record_outcome(
    tx: &Tx,
    scope: &Scope,
    id: DeliveryId,
    outcome: Outcome,
    revision: Option<i32>,
    mail: bool,
) -> Result<delivery::Model> {
    let row = queries::lock_one(tx, scope, id).await?;
    if revision.is_some_and(|revision| revision != row.revision) {
        return Err(Error::Stale);
    }
    apply(tx, row, outcome, mail).await
}

/// Marks letters as printed and gives back those that are to be printed. Letters that were
/// posted or dropped meanwhile are left out; printing again is allowed until they are posted.
pub async fn print_letters(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    let printed = in_batch(tx, scope, ids, Outcome::Printed).await?;
    Ok(printed
        .into_iter()
        .filter(|row| row.state == DeliveryState::Printed)
        .map(|row| row.id)
        .collect())
}

/// Marks printed letters as posted and gives back how many now are: only these count as told.
pub async fn mark_posted(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<usize> {
    let posted = in_batch(tx, scope, ids, Outcome::Posted).await?;
    Ok(posted.iter().filter(|row| row.state == DeliveryState::Posted).count())
}

async fn in_batch(
    tx: &Tx,
    scope: &Scope,
    ids: &[DeliveryId],
    outcome: Outcome,
) -> Result<Vec<delivery::Model>> {
    let mut done = Vec::new();
    for row in queries::lock(tx, scope, ids).await? {
        if row.channel == Channel::Letter
            && step(row.channel, row.state, row.attempts, outcome).is_ok()
        {
            done.push(apply(tx, row, outcome, false).await?);
        }
    }
    Ok(done)
}

async fn apply(
    tx: &Tx,
    row: delivery::Model,
    outcome: Outcome,
    mail: bool,
) -> Result<delivery::Model> {
    let step = step(row.channel, row.state, row.attempts, outcome)?;
    let notice = queries::get_notice(tx.db(), row.notice_id).await?;
    let person = queries::people(tx.db(), &[notice.resident_id])
        .await?
        .remove(&notice.resident_id)
        .ok_or(Error::NotFound)?;
    let channel = row.channel;
    tx.audit("delivery", row.id.0, json!({ "outcome": outcome }));
    let attempts = row.attempts + i32::from(outcome != Outcome::Posted);
    if !person.is_active() {
        return bring(tx, row, DeliveryState::Dropped, attempts).await;
    }
    match step {
        Step::To(state) => {
            let row = bring(tx, row, state, attempts).await?;
            if matches!(state, DeliveryState::Posted | DeliveryState::Told) {
                note_informed(tx, &notice, channel).await?;
            }
            Ok(row)
        }
        Step::NextWay => {
            // Without another way the call stays on the list: giving up would lose the notice.
            let state = match open_next(tx, &notice, mail).await? {
                Some(_) => DeliveryState::Failed,
                None => DeliveryState::NoAnswer,
            };
            bring(tx, row, state, attempts).await
        }
    }
}
