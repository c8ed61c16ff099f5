//! Work outside the transaction that decided it: written with it, done by a worker after it.
//!
//! A worker takes rows by a lease and renews it as long as it works on them; a worker that dies
//! loses its lease and another takes over, so every job must bear being run twice. Each job runs
//! in a task of its own. What fails or panics is tried again after a growing pause; what fails
//! too often is dead and shown to people (`/post`).

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::OutboxId;
use entity::platform::outbox::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, Ctx, Error, Result, Scope, Store, Tx};

/// Tries before a job is dead.
pub const MAX_ATTEMPTS: i32 = 10;
/// How long a worker holds a job without renewing its lease.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// A lease is renewed when it is this old.
const RENEW_AFTER: TimeDelta = TimeDelta::seconds(20);
/// How often the age of the lease is looked at while a job runs.
const WATCH: Duration = Duration::from_millis(500);
/// Pause between looks when nothing wakes the worker.
const PAUSE: Duration = Duration::from_secs(2);
/// Dead jobs that are read at once.
const MOST_DEAD: u64 = 1000;

/// What a job answers.
pub type Done = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
/// A function that does one kind of job.
pub type Handler = fn(App, Job) -> Done;

/// A job as its handler sees it.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: OutboxId,
    pub attempts: i32,
    pub run_at: DateTime<Utc>,
    payload: serde_json::Value,
}

impl Job {
    /// The payload as it was queued.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_value(self.payload.clone())?)
    }
}

/// Which function does which kind.
pub type Handlers = &'static [(&'static str, Handler)];

/// Queues a job in the transaction. The same `dedupe_key` is queued once.
pub async fn enqueue(
    tx: &Tx,
    kind: &'static str,
    payload: &impl Serialize,
    dedupe_key: String,
    run_at: DateTime<Utc>,
) -> Result<()> {
    let row = ActiveModel {
        kind: ActiveValue::Set(kind.to_owned()),
        payload: ActiveValue::Set(serde_json::to_value(payload)?),
        dedupe_key: ActiveValue::Set(dedupe_key),
        run_at: ActiveValue::Set(run_at),
        attempts: ActiveValue::Set(0),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let twice = OnConflict::column(Column::DedupeKey).do_nothing().to_owned();
    Entity::insert(row).on_conflict(twice).exec_without_returning(tx.db()).await?;
    tx.leaves_work();
    Ok(())
}

/// Does every job that is due, until none is left; returns how many were done.
///
/// # Errors
/// Only when the database does not answer; a job that fails is recorded.
pub async fn run_due(app: &App, worker: &str, handlers: Handlers) -> Result<usize> {
    let mut count = 0;
    loop {
        let ctx = app.system_ctx(app.home(), worker);
        let Some(job) = claim(app.store(), &ctx, worker).await? else { return Ok(count) };
        run(app, worker, handlers, &job).await?;
        count += 1;
    }
}

/// Works until `stop` ends.
pub async fn work(app: App, worker: String, handlers: Handlers, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        let round = tokio::spawn({
            let (app, worker) = (app.clone(), worker.clone());
            async move { run_due(&app, &worker, handlers).await }
        });
        match round.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the worker could not look for jobs"),
            Err(_) => tracing::error!("the worker panicked"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = app.store().work_left() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn run(app: &App, worker: &str, handlers: Handlers, row: &Model) -> Result<()> {
    let outcome = match handlers.iter().find(|(kind, _)| *kind == row.kind) {
        // Each worker was gone before it could say how the try went.
        _ if row.attempts >= MAX_ATTEMPTS => Err(Error::internal("ended with its worker")),
        Some((_, handler)) => try_job(app, worker, *handler, row).await,
        None => Err(Error::internal("no handler for this kind of job")),
    };
    let ctx = app.system_ctx(app.home(), worker);
    if let Err(error) = &outcome {
        tracing::warn!(job = row.id.0, kind = row.kind, attempts = row.attempts, %error, "job failed");
        metrics::counter!("shirube_jobs_failed_total", "kind" => row.kind.clone()).increment(1);
    }
    let outcome = &outcome;
    app.store()
        .write_unaudited(&ctx, |tx| async move { finish(&tx, row, worker, outcome).await })
        .await
}

/// Runs a job in a task of its own, so that a panic is a failed try, and renews its lease as long
/// as it runs.
async fn try_job(app: &App, worker: &str, handler: Handler, row: &Model) -> Result<()> {
    let job = Job {
        id: row.id,
        attempts: row.attempts,
        run_at: row.run_at,
        payload: row.payload.clone(),
    };

    let mut renewed_at = app.now();
    let mut running = tokio::spawn({
        let app = app.clone();
        async move { handler(app, job).await }
    });

    loop {
        tokio::select! {
            ended = &mut running => {
                return ended.unwrap_or_else(|_| Err(Error::internal("the job panicked")));
            }
            () = tokio::time::sleep(WATCH) => {}
        }

        let ctx = app.system_ctx(app.home(), worker);
        if ctx.now < renewed_at + RENEW_AFTER {
            continue;
        }

        let renewed = app
            .store()
            .write_unaudited(&ctx, |tx| async move { renew(&tx, row.id, worker).await })
            .await;
        match renewed {
            Ok(()) => renewed_at = ctx.now,
            Err(error) => tracing::warn!(job = row.id.0, %error, "a lease could not be renewed"),
        }
    }
}

/// Takes the next job that is due and that nobody holds. One at a time: a lease that covered many
/// would run out while the first of them are done.
async fn claim(store: &Store, ctx: &Ctx, worker: &str) -> Result<Option<Model>> {
    store
        .write_unaudited(ctx, |tx| async move {
            let free = Condition::any()
                .add(Column::LockedUntil.is_null())
                .add(Column::LockedUntil.lte(tx.now()));
            let next = Entity::find()
                .filter(Column::DoneAt.is_null())
                .filter(Column::DeadAt.is_null())
                .filter(Column::RunAt.lte(tx.now()))
                .filter(Column::HeldAt.is_null())
                .filter(free)
                .order_by_asc(Column::RunAt)
                .order_by_asc(Column::Id)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .one(tx.db())
                .await?;

            // Counted before it is tried: a worker that is gone can no longer count.
            if let Some(row) = &next {
                Entity::update_many()
                    .col_expr(Column::LockedBy, Expr::value(worker))
                    .col_expr(Column::LockedUntil, Expr::value(tx.now() + LEASE))
                    .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                    .filter(Column::Id.eq(row.id))
                    .exec(tx.db())
                    .await?;
            }

            Ok(next)
        })
        .await
}

/// Extends a lease that is still this worker's.
async fn renew(tx: &Tx, id: OutboxId, worker: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LockedUntil, Expr::value(tx.now() + LEASE))
        .filter(Column::Id.eq(id))
        .filter(Column::LockedBy.eq(worker))
        .exec(tx.db())
        .await?;
    Ok(())
}

async fn finish(tx: &Tx, row: &Model, worker: &str, outcome: &Result<()>) -> Result<()> {
    let attempts = row.attempts + 1;
    let mut update = Entity::update_many()
        .col_expr(Column::LockedBy, Expr::value(Option::<String>::None))
        .col_expr(Column::LockedUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::Id.eq(row.id))
        .filter(Column::LockedBy.eq(worker));
    update = match outcome {
        Ok(()) => update
            .col_expr(Column::DoneAt, Expr::value(tx.now()))
            .col_expr(Column::LastError, Expr::value(Option::<String>::None)),
        Err(error) if attempts >= MAX_ATTEMPTS => update
            .col_expr(Column::DeadAt, Expr::value(tx.now()))
            .col_expr(Column::LastError, Expr::value(error.to_string())),
        Err(error) => update
            .col_expr(Column::RunAt, Expr::value(tx.now() + backoff(attempts)))
            .col_expr(Column::LastError, Expr::value(error.to_string())),
    };
    update.exec(tx.db()).await?;
    Ok(())
}

/// Pause before the next try: 30 s, 1 min, 2 min, ... up to 6 hours.
pub fn backoff(attempts: i32) -> TimeDelta {
    let doubled = 30_i64 << attempts.clamp(1, 12).saturating_sub(1);
    TimeDelta::seconds(Ord::min(doubled, 6 * 3600))
}

/// Jobs that were given up, newest first.
pub async fn dead(store: &Store) -> Result<Vec<Model>> {
    let found = Entity::find()
        .filter(Column::DeadAt.is_not_null())
        .order_by_desc(Column::Id)
        .limit(MOST_DEAD)
        .all(store.reader())
        .await?;
    Ok(found)
}

/// As [`dead`], those of a municipality.
pub async fn dead_in(store: &Store, scope: &Scope) -> Result<Vec<Model>> {
    Ok(dead(store).await?.into_iter().filter(|row| lies_in(row, scope)).collect())
}

/// Every job says in its payload for which municipality it is.
fn lies_in(row: &Model, scope: &Scope) -> bool {
    row.payload["municipality_id"] == scope.municipality_id.0
}

/// Lets a dead job be tried again; one that somebody else has revived already stays as it is.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub async fn revive(tx: &Tx, scope: &Scope, id: OutboxId) -> Result<()> {
    let row = Entity::find_by_id(id).one(tx.db()).await?;
    if !row.is_some_and(|row| lies_in(&row, scope)) {
        return Err(Error::NotFound);
    }
    let done = Entity::update_many()
        .col_expr(Column::DeadAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(tx.now()))
        .filter(Column::Id.eq(id))
        .filter(Column::DeadAt.is_not_null())
        .exec(tx.db())
        .await?;
    tx.audit("outbox", id.0, serde_json::json!({ "revived": done.rows_affected > 0 }));
    tx.leaves_work();
    Ok(())
}

/// Holds every job that is not done, because the database is an older copy of itself; answers how
/// many.
pub async fn hold_all(tx: &Tx) -> Result<u64> {
    let done = Entity::update_many()
        .col_expr(Column::HeldAt, Expr::value(tx.now()))
        .filter(Column::DoneAt.is_null())
        .filter(Column::DeadAt.is_null())
        .filter(Column::HeldAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(done.rows_affected)
}

/// Jobs of a municipality that are held.
pub async fn held_in(store: &Store, scope: &Scope) -> Result<Vec<Model>> {
    let held = Entity::find().filter(Column::HeldAt.is_not_null()).all(store.reader()).await?;
    Ok(held.into_iter().filter(|row| lies_in(row, scope)).collect())
}

/// Lets the held jobs of a kind run; answers how many.
pub async fn release_held(tx: &Tx, scope: &Scope, kind: &str) -> Result<u64> {
    let ids = held_ids(tx, scope, kind).await?;
    let done = Entity::update_many()
        .col_expr(Column::HeldAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::Id.is_in(ids))
        .exec(tx.db())
        .await?;
    tx.leaves_work();
    Ok(done.rows_affected)
}

/// Ends the held jobs of a kind undone; answers how many.
pub async fn discard_held(tx: &Tx, scope: &Scope, kind: &str) -> Result<u64> {
    let ids = held_ids(tx, scope, kind).await?;
    let done = Entity::update_many()
        .col_expr(Column::HeldAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::DoneAt, Expr::value(tx.now()))
        .col_expr(Column::LastError, Expr::value("discarded after a restore"))
        .filter(Column::Id.is_in(ids))
        .exec(tx.db())
        .await?;
    Ok(done.rows_affected)
}

async fn held_ids(tx: &Tx, scope: &Scope, kind: &str) -> Result<Vec<OutboxId>> {
    let held = Entity::find()
        .filter(Column::HeldAt.is_not_null())
        .filter(Column::Kind.eq(kind))
        .all(tx.db())
        .await?;
    Ok(held.iter().filter(|row| lies_in(row, scope)).map(|row| row.id).collect())
}

/// Jobs that are due and not done: for metrics and tests.
pub async fn waiting_count(store: &Store, now: DateTime<Utc>) -> Result<u64> {
    let count = Entity::find()
        .filter(Column::DoneAt.is_null())
        .filter(Column::DeadAt.is_null())
        .filter(Column::HeldAt.is_null())
        .filter(Column::RunAt.lte(now))
        .count(store.reader())
        .await?;
    Ok(count)
}

/// Removes jobs done before `before`.
pub async fn forget_done(tx: &Tx, before: DateTime<Utc>) -> Result<u64> {
    let done = Entity::delete_many().filter(Column::DoneAt.lt(before)).exec(tx.db()).await?;
    Ok(done.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_and_stays_under_six_hours() {
        let pauses: Vec<i64> = [1, 2, 3, 9, 10, 11, 40].map(|n| backoff(n).num_seconds()).to_vec();
        assert_eq!(pauses, [30, 60, 120, 7680, 15360, 21600, 21600]);
    }
}
