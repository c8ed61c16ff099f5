//! Limits on how often something may be tried, counted in the database and so
//! across all processes.

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::rate_counter::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue, ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{App, Ctx, Error, Result};

/// At most `hits` tries in each window of `minutes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited; part of the counter's name.
    pub name: &'static str,
    pub hits: i32,
    pub minutes: i64,
}

/// A limit on one who tries, or on one thing that is tried.
#[derive(Clone, Debug)]
pub struct Counter {
    pub limit: Limit,
    who: Vec<String>,
}

impl Limit {
    /// The counter of `who`; only a digest of it is stored.
    pub fn of(self, who: &[&str]) -> Counter {
        Counter { limit: self, who: who.iter().map(|part| (*part).to_owned()).collect() }
    }

    /// The refusal of a try: seconds until the window ends.
    pub fn used_up(&self, now: DateTime<Utc>) -> Error {
        let left = window_start(now, self.minutes) + TimeDelta::minutes(self.minutes) - now;
        Error::TooMany(Ord::max(u32::try_from(left.num_seconds()).unwrap_or(0), 1))
    }
}

/// Counts one try under each of the counters.
///
/// # Errors
/// `TooMany` with the seconds until the window ends, when the try is one too many for any of them.
pub async fn count(app: &App, ctx: &Ctx, counters: &[Counter]) -> Result<()> {
    let mut rows = rows(app, ctx, counters).await?;
    // Two tries that count the same things take the rows in the same order.
    rows.sort_by(|a, b| a.1.cmp(&b.1));
    let rows = &rows;

    let passed = app
        .store()
        .write_unaudited(ctx, |tx| async move {
            let mut passed = None;
            for (limit, bucket, start) in rows {
                let row = ActiveModel {
                    bucket: ActiveValue::Set(bucket.clone()),
                    window_start: ActiveValue::Set(*start),
                    hits: ActiveValue::Set(1),
                };

                let conflict = OnConflict::columns([Column::Bucket, Column::WindowStart])
                    .value(Column::Hits, Expr::col((Entity, Column::Hits)).add(1))
                    .to_owned();
                let row = Entity::insert(row).on_conflict(conflict);
                // The others count on: a try that is refused is a try for each of them.
                if row.exec_with_returning(tx.db()).await?.hits > limit.hits {
                    passed = Some(*limit);
                }
            }
            Ok(passed)
        })
        .await?;

    match passed {
        Some(limit) => Err(limit.used_up(ctx.now)),
        None => Ok(()),
    }
}

/// How many tries each of the counters has in its window, in their order; counts nothing.
pub async fn hits(app: &App, ctx: &Ctx, counters: &[Counter]) -> Result<Vec<i32>> {
    let rows = rows(app, ctx, counters).await?;
    let any = rows.iter().fold(Condition::any(), |any, (_, bucket, start)| {
        let one = Condition::all()
            .add(Column::Bucket.eq(bucket.as_str()))
            .add(Column::WindowStart.eq(*start));
        any.add(one)
    });
    let found = Entity::find().filter(any).all(app.store().reader()).await?;
    let hits = |bucket: &String| found.iter().find(|row| row.bucket == *bucket).map(|row| row.hits);
    Ok(rows.iter().map(|(_, bucket, _)| hits(bucket).unwrap_or(0)).collect())
}

/// Limit, name of the counter, start of its window.
async fn rows(
    app: &App,
    ctx: &Ctx,
    counters: &[Counter],
) -> Result<Vec<(Limit, String, DateTime<Utc>)>> {
    let secret = app.secret().await?;
    let row = |counter: &Counter| {
        let who: Vec<&str> = counter.who.iter().map(String::as_str).collect();
        let name = counter.limit.name;
        let start = window_start(ctx.now, counter.limit.minutes);
        (counter.limit, format!("{name}:{}", secret.digest("counter", &who)), start)
    };
    Ok(counters.iter().map(row).collect())
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
