//! What staff do by hand: print, post, call.

use entity::DeliveryId;
use entity::notices::delivery::{self, DeliveryState};
use entity::residents::contact_channel::Channel;
use sea_orm::{ActiveModelTrait, ActiveValue};
use serde_json::json;

use super::ladder::{bring, note_informed, open_next};
use crate::notices::dispatch::Dispatch;
use crate::notices::rules::{Aftermath, Outcome, Overtaken, Refusal, aftermath};
use crate::notices::{letter, queries};
use crate::places::queries as places;
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Lang, Result, Scope, Tx};

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
/// posted or dropped meanwhile, or would not be whole on paper, are left out; printing again is
/// allowed until they are posted.
pub async fn print_letters(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    let printed = in_batch(tx, scope, ids, Outcome::Printed).await?;
    Ok(printed
        .into_iter()
        .filter(|row| row.state == DeliveryState::Printed)
        .map(|row| row.id)
        .collect())
}

/// Marks printed letters as posted and gives back how many now are: only these count as told.
/// Letters that something has overtaken are left as they are.
pub async fn mark_posted(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<usize> {
    let posted = in_batch(tx, scope, ids, Outcome::Posted).await?;
    Ok(posted.iter().filter(|row| row.state == DeliveryState::Posted).count())
}

/// Marks letters as taken out of the pile: those that are still wanted wait to be printed anew.
pub async fn take_out(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<()> {
    in_batch(tx, scope, ids, Outcome::TakenOut).await.map(drop)
}

/// Refusals leave a letter out of its batch.
async fn in_batch(
    tx: &Tx,
    scope: &Scope,
    ids: &[DeliveryId],
    outcome: Outcome,
) -> Result<Vec<delivery::Model>> {
    let mut done = Vec::new();
    for row in queries::lock(tx, scope, ids).await? {
        if row.channel != Channel::Letter {
            continue;
        }
        match apply(tx, row, outcome, false).await {
            Err(Error::Refused(_)) => {}
            applied => done.push(applied?),
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
    let step = aftermath(row.channel, row.state, row.attempts, outcome)?;
    let notice = queries::get_notice(tx.db(), row.notice_id).await?;
    let channel = row.channel;

    let row = match (channel, outcome) {
        (Channel::Letter, Outcome::Printed) => keep_marks(tx, row).await?,
        (Channel::Letter, Outcome::TakenOut) => return taken_out(tx, row).await,
        (Channel::Letter, _) => {
            let item = item_of(tx, &row).await?;
            let overtaken = letter::overtaken(&item, tx.now());
            // Who may no longer be written to is dropped below.
            if overtaken.is_some_and(|why| why != Overtaken::Silent) {
                return Err(Refusal::Overtaken.into());
            }
            row
        }
        _ => row,
    };

    let person = queries::people(tx.db(), &[notice.resident_id])
        .await?
        .remove(&notice.resident_id)
        .ok_or(Error::NotFound)?;
    tx.audit("delivery", row.id.0, json!({ "outcome": outcome }));
    let attempts = row.attempts + i32::from(outcome != Outcome::Posted);
    if !person.is_active() {
        return bring(tx, row, DeliveryState::Dropped, attempts).await;
    }

    match step {
        Aftermath::To(state) => {
            let row = bring(tx, row, state, attempts).await?;
            if matches!(state, DeliveryState::Posted | DeliveryState::Told) {
                note_informed(tx, &notice, channel).await?;
            }
            Ok(row)
        }
        Aftermath::NextWay => {
            // Without another way the call stays on the list: giving up would lose the notice.
            let state = match open_next(tx, &notice, mail).await? {
                Some(_) => DeliveryState::Failed,
                None => DeliveryState::NoAnswer,
            };
            bring(tx, row, state, attempts).await
        }
    }
}

async fn item_of(tx: &Tx, row: &delivery::Model) -> Result<Dispatch> {
    let scope = Scope::whole(row.municipality_id);
    let items = queries::items_by_ids(tx.db(), &scope, &[row.id]).await?;
    items.for_work().pop().ok_or(Error::NotFound)
}

/// Remembers what the paper says and to whom, so that it is known when it is true no more.
async fn keep_marks(tx: &Tx, row: delivery::Model) -> Result<delivery::Model> {
    let item = item_of(tx, &row).await?;
    if !item.person.is_active() {
        return Ok(row);
    }
    if !item.is_due(tx.now()) {
        return Err(Refusal::Overtaken.into());
    }

    let office = places::get_municipality(tx.db(), row.municipality_id).await?;
    // Refused here, and not at the printer, when it does not fit on the paper.
    letter::compose(&item, &office, Lang::Ja, local_date(tx.now()))?;
    let marks = letter::marks(&item);
    let marked = delivery::Model {
        printed_to: Some(marks.to.clone()),
        printed_about: Some(marks.about.clone()),
        ..row.clone()
    };

    let mut changed = delivery::ActiveModel::from(row);
    changed.printed_to = ActiveValue::Set(Some(marks.to));
    changed.printed_about = ActiveValue::Set(Some(marks.about));
    changed.update(tx.db()).await?;
    Ok(marked)
}

/// Out of the pile: what is still wanted waits for the printer, the rest has ended.
async fn taken_out(tx: &Tx, row: delivery::Model) -> Result<delivery::Model> {
    let item = item_of(tx, &row).await?;
    tx.audit("delivery", row.id.0, json!({ "outcome": Outcome::TakenOut }));
    let dropped = row.state == DeliveryState::Dropped;
    let anew = letter::overtaken(&item, tx.now()).is_none_or(Overtaken::is_printed_anew);
    let attempts = row.attempts;

    let mut changed = delivery::ActiveModel::from(row);
    let state = if anew && !dropped {
        changed.printed_to = ActiveValue::Set(None);
        changed.printed_about = ActiveValue::Set(None);
        DeliveryState::Waiting
    } else {
        changed.taken_out_at = ActiveValue::Set(Some(tx.now()));
        DeliveryState::Dropped
    };

    let changed = changed.update(tx.db()).await?;
    bring(tx, changed, state, attempts).await
}
