//! A proxy that nobody named. Then everybody behind it counts as one network: it must be noticed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::house_fact::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, EntityTrait};

use crate::platform::{App, Ctx, Result, Store};

/// How often the same peer is told of.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Peers that are remembered at once; strangers can send the header too, and must not fill the log.
const MOST: usize = 32;
/// The fact that somebody forwarded who was not named; it counts by its time.
const FACT: &str = "unnamed_proxy";
/// For how long `shirube check` tells of it.
const TOLD_FOR: TimeDelta = TimeDelta::days(1);

/// Which peers were told of, and when.
#[derive(Debug, Default)]
pub struct Told(Mutex<HashMap<IpAddr, DateTime<Utc>>>);

impl Told {
    /// Whether it is time to tell of this peer; it is noted then.
    fn is_new(&self, peer: IpAddr, now: DateTime<Utc>) -> bool {
        let mut told = self.0.lock().unwrap_or_else(|e| e.into_inner());
        told.retain(|_, at| now - *at < EVERY);
        if told.contains_key(&peer) || told.len() >= MOST {
            return false;
        }
        told.insert(peer, now);
        true
    }
}

/// Tells the operator that a peer forwards requests of others and is not named; once an hour for
/// each peer. Nothing of the request but the peer goes into the log.
pub(super) async fn warn(app: &App, ctx: &Ctx, peer: IpAddr) {
    if !app.forwarders().is_new(peer, ctx.now) {
        return;
    }
    tracing::warn!(
        %peer,
        "X-Forwarded-For comes from a peer that --trusted-proxy does not name: everybody behind it \
         counts as one network"
    );
    if let Err(error) = note(app.store(), ctx).await {
        tracing::warn!(%error, "an unnamed proxy could not be noted");
    }
}

/// Leaves for `shirube check` that it happened; not from whom.
async fn note(store: &Store, ctx: &Ctx) -> Result<()> {
    store
        .write_unaudited(ctx, |tx| async move {
            let row = ActiveModel {
                name: ActiveValue::Set(FACT.to_owned()),
                value: ActiveValue::Set("seen".to_owned()),
                noted_at: ActiveValue::Set(tx.now()),
            };
            let again = OnConflict::column(Column::Name).update_column(Column::NotedAt).to_owned();
            Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;
            Ok(())
        })
        .await
}

/// When an unnamed proxy was noticed within the last day.
pub async fn noticed(store: &Store, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let fact = Entity::find_by_id(FACT).one(store.reader()).await?;
    Ok(fact.map(|fact| fact.noted_at).filter(|at| now - *at < TOLD_FOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn each_peer_is_told_of_once_an_hour_and_strangers_do_not_fill_the_log() {
        let told = Told::default();
        let now = Utc.with_ymd_and_hms(2024, 7, 1, 1, 0, 0).single().expect("valid");
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        for (peer, minutes, want) in
            [(1, 0, true), (1, 59, false), (2, 59, true), (1, 60, true), (2, 61, false)]
        {
            let at = now + TimeDelta::minutes(minutes);
            assert_eq!(told.is_new(ip(peer), at), want, "{peer} after {minutes} minutes");
        }
        let many = (100..200).filter(|last| told.is_new(ip(*last), now + TimeDelta::minutes(62)));
        assert_eq!(many.count(), MOST - 2);
    }
}
