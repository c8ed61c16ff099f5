//! Limits on how often something may be tried, counted in the database and so
//! across all processes.

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::rate_counter::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::random::digest;
use super::{Ctx, Error, Result, Store};

/// At most `hits` tries in each window of `minutes`.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What is limited; part of the counter's name.
    pub name: &'static str,
    pub hits: i32,
    pub minutes: i64,
}

/// Counts one try of `who` (hashed before it is stored).
///
/// # Errors
/// `TooMany` with the seconds until the window ends.
pub async fn count(store: &Store, ctx: &Ctx, limit: Limit, who: &str) -> Result<()> {
    let start = window_start(ctx.now, limit.minutes);
    let bucket = &bucket(limit, who);
    let hits = store
        .write_unaudited(ctx, |tx| async move {
            let row = ActiveModel {
                bucket: ActiveValue::Set(bucket.clone()),
                window_start: ActiveValue::Set(start),
                hits: ActiveValue::Set(1),
            };
            let conflict = OnConflict::columns([Column::Bucket, Column::WindowStart])
                .value(Column::Hits, Expr::col((Entity, Column::Hits)).add(1))
                .to_owned();
            Ok(Entity::insert(row).on_conflict(conflict).exec_with_returning(tx.db()).await?.hits)
        })
        .await?;
    if hits > limit.hits {
        return Err(too_many(ctx, limit));
    }
    Ok(())
}

/// Whether `who` has tried too often already, without counting one more. Whoever asks this before
/// looking anything up tells nothing about what there is.
///
/// # Errors
/// `TooMany` with the seconds until the window ends.
pub async fn check(store: &Store, ctx: &Ctx, limit: Limit, who: &str) -> Result<()> {
    let start = window_start(ctx.now, limit.minutes);
    let found = Entity::find_by_id((bucket(limit, who), start)).one(store.reader()).await?;
    match found {
        Some(row) if row.hits >= limit.hits => Err(too_many(ctx, limit)),
        _ => Ok(()),
    }
}

fn bucket(limit: Limit, who: &str) -> String {
    format!("{}:{}", limit.name, &digest(&[who.as_bytes()])[..32])
}

fn too_many(ctx: &Ctx, limit: Limit) -> Error {
    let left = window_start(ctx.now, limit.minutes) + TimeDelta::minutes(limit.minutes) - ctx.now;
    Error::TooMany(u32::try_from(left.num_seconds()).unwrap_or(1))
}

/// Forgets windows that ended before `before`.
pub async fn forget_old(tx: &super::Tx, before: DateTime<Utc>) -> Result<u64> {
    let done = Entity::delete_many().filter(Column::WindowStart.lt(before)).exec(tx.db()).await?;
    Ok(done.rows_affected)
}

fn window_start(now: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    let seconds = minutes * 60;
    let start = now.timestamp().div_euclid(seconds) * seconds;
    DateTime::from_timestamp(start, 0).unwrap_or(now)
}
