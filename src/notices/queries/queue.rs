//! What is still to be done by hand, and the letters that lie on paper.

use chrono::{DateTime, TimeDelta, Utc};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice;
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use entity::{DeliveryId, ResidentId};
use sea_orm::ConnectionTrait;

use super::{DeliveryFilter, Timely, items, items_by_ids, list};
use crate::notices::dispatch::Dispatch;
use crate::notices::letter;
use crate::platform::japan::time::local_date;
use crate::platform::{Lang, Personal, Result, Scope};

/// Deliveries looked at; the rest comes when these are done.
const LOOKED_AT: usize = 1000;
/// Calls shown at once, and failed mails.
const CALLS_SHOWN: usize = 50;
/// Days for which failed mails, and letters printed for sessions that are over, are shown.
const SHOWN_DAYS: i64 = 30;

/// Deliveries by what is to be done with them.
#[derive(Clone, Debug)]
pub struct Queue {
    /// To print, or to post: piles, which name nobody.
    pub letters: Vec<Dispatch>,
    /// Printed letters that must not be posted.
    pub stopped: Vec<Dispatch>,
    /// Letters that would not be whole on paper.
    pub unprintable: Vec<Dispatch>,
    /// The most urgent calls, and how many there are.
    pub calls: Vec<Dispatch>,
    pub call_count: usize,
    /// Mails that did not arrive.
    pub failed: Vec<Dispatch>,
    /// There is more than is shown.
    pub more: bool,
}

/// What is still to be done.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn queue(
    db: &impl ConnectionTrait,
    scope: &Scope,
    office: &municipality::Model,
    now: DateTime<Utc>,
) -> Result<Personal<Queue>> {
    let open_letters = [DeliveryState::Waiting, DeliveryState::Printed];
    let (mut letters, more_letters) = open(db, scope, Channel::Letter, &open_letters, now).await?;
    letters.extend(printed_before(db, scope, now).await?);
    let open_calls = [DeliveryState::Waiting, DeliveryState::NoAnswer];
    let (calls, more_calls) = open(db, scope, Channel::Phone, &open_calls, now).await?;

    // Closed again below, over those whom the page names.
    let letters = items(db, scope, letters).await?.for_work();
    let calls = items(db, scope, calls).await?.for_work();
    let failed = failed_mails(db, scope, now).await?.for_work();

    let Sorted { letters, stopped, unprintable } = sorted(office, letters, now);
    let mut calls: Vec<Dispatch> = calls.into_iter().filter(|item| item.is_due(now)).collect();
    // A kept seat runs out, and nobody should come in vain; the rest waits its turn.
    calls.sort_by_key(|item| {
        let deadline = item.to_be_known_by();
        (deadline.is_none(), deadline, item.delivery.updated_at, item.delivery.id)
    });
    let call_count = calls.len();
    calls.truncate(CALLS_SHOWN);

    let named = calls.iter().chain(&failed).chain(&unprintable).chain(&stopped);
    let people: Vec<ResidentId> = named.map(|item| item.person.resident.id).collect();
    let more = more_letters || more_calls || call_count > CALLS_SHOWN;
    let queue = Queue { letters, stopped, unprintable, calls, call_count, failed, more };
    Ok(Personal::new(queue, people))
}

/// A delivery with its notice.
type Pair = (delivery::Model, notice::Model);

/// Open deliveries of a channel whose time is not over, oldest first, and whether there are more.
async fn open(
    db: &impl ConnectionTrait,
    scope: &Scope,
    channel: Channel,
    states: &[DeliveryState],
    now: DateTime<Utc>,
) -> Result<(Vec<Pair>, bool)> {
    let filter = DeliveryFilter {
        channel: Some(channel),
        states: states.to_vec(),
        timely: Some(Timely::Ahead(now)),
        ..DeliveryFilter::default()
    };
    let found = list(db, scope, &filter, LOOKED_AT, None).await?;
    Ok((found.items, found.next.is_some()))
}

/// Letters that were printed lately and have nothing to tell any more, or were dropped since.
async fn printed_before(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<Pair>> {
    let lately = DeliveryFilter {
        channel: Some(Channel::Letter),
        changed_since: Some(now - TimeDelta::days(SHOWN_DAYS)),
        ..DeliveryFilter::default()
    };
    let over = DeliveryFilter {
        states: vec![DeliveryState::Printed],
        timely: Some(Timely::Over(now)),
        ..lately.clone()
    };
    let dropped = DeliveryFilter { states: vec![DeliveryState::Dropped], on_paper: true, ..lately };

    let mut found = list(db, scope, &over, LOOKED_AT, None).await?.items;
    found.extend(list(db, scope, &dropped, LOOKED_AT, None).await?.items);
    Ok(found)
}

async fn failed_mails(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Personal<Vec<Dispatch>>> {
    let filter = DeliveryFilter {
        channel: Some(Channel::Email),
        states: vec![DeliveryState::Failed],
        changed_since: Some(now - TimeDelta::days(SHOWN_DAYS)),
        ..DeliveryFilter::default()
    };
    let found = list(db, scope, &filter, CALLS_SHOWN, None).await?;
    items(db, scope, found.items).await
}

/// Letters by what is to be done with them.
struct Sorted {
    letters: Vec<Dispatch>,
    stopped: Vec<Dispatch>,
    unprintable: Vec<Dispatch>,
}

fn sorted(office: &municipality::Model, items: Vec<Dispatch>, now: DateTime<Utc>) -> Sorted {
    let mut sorted = Sorted { letters: Vec::new(), stopped: Vec::new(), unprintable: Vec::new() };
    for item in items {
        let on_paper = item.delivery.state != DeliveryState::Waiting;
        let list = if on_paper && letter::overtaken(&item, now).is_some() {
            &mut sorted.stopped
        } else if !item.is_due(now) {
            continue;
        } else if letter::compose(&item, office, Lang::Ja, local_date(now)).is_err() {
            &mut sorted.unprintable
        } else {
            &mut sorted.letters
        };
        list.push(item);
    }
    sorted
}

/// Letters on paper.
#[derive(Clone, Debug)]
pub struct Printed {
    pub letters: Vec<Dispatch>,
    /// How many more were asked for that something has overtaken since they were printed.
    pub overtaken: usize,
}

/// The printed letters among these, as far as they may be posted.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn printed(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[DeliveryId],
    now: DateTime<Utc>,
) -> Result<Personal<Printed>> {
    // Closed again below, over those whose letters are shown.
    let found = items_by_ids(db, scope, ids).await?.for_work();
    // Only what was marked as printed: a letter on paper must have its line in the record.
    let on_paper = found.into_iter().filter(|item| {
        item.delivery.channel == Channel::Letter
            && item.delivery.state == DeliveryState::Printed
            && item.person.is_active()
    });
    let (letters, overtaken): (Vec<Dispatch>, Vec<Dispatch>) =
        on_paper.partition(|item| letter::overtaken(item, now).is_none());

    let people: Vec<ResidentId> = letters.iter().map(|item| item.person.resident.id).collect();
    Ok(Personal::new(Printed { letters, overtaken: overtaken.len() }, people))
}
