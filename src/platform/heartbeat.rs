//! Can anything be stored? Asked by storing something, every ten seconds.
//!
//! A database whose disk is full or failing still answers questions. Only a write shows it, and
//! it must show before the next operator finds out in the middle of a call.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::heartbeat::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::{App, Result, Tx};

/// Pause between two beats.
pub const EVERY: Duration = Duration::from_secs(10);
/// A process whose last beat is older than this stores nothing: its writer hangs.
pub const OLDEST: TimeDelta = TimeDelta::seconds(35);

/// Stores one beat under the name of this process; the store remembers how it went.
///
/// # Errors
/// What the database says: `NotStored`, `Busy`.
pub async fn beat(app: &App, name: &str) -> Result<()> {
    let ctx = app.system_ctx(app.home(), "heartbeat");
    let done = app
        .store()
        .write_unaudited(&ctx, |tx| async move {
            let row = ActiveModel {
                name: ActiveValue::Set(name.to_owned()),
                beat_at: ActiveValue::Set(tx.now()),
            };
            let known = OnConflict::column(Column::Name).update_column(Column::BeatAt).to_owned();
            Entity::insert(row).on_conflict(known).exec_without_returning(tx.db()).await?;
            Ok(())
        })
        .await;
    app.store().note_beat(done.is_ok().then_some(ctx.now));
    done
}

/// Beats until `stop`.
pub async fn run(app: App, name: String, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        if let Err(error) = beat(&app, &name).await {
            tracing::error!(%error, "nothing can be stored");
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Forgets the beats of processes that ended before `before`.
pub async fn forget_old(tx: &Tx, before: DateTime<Utc>) -> Result<u64> {
    let done = Entity::delete_many().filter(Column::BeatAt.lt(before)).exec(tx.db()).await?;
    Ok(done.rows_affected)
}

/// Whether this process could store something lately; `true` where nobody beats.
pub fn is_storing(app: &App) -> bool {
    match app.store().last_beat() {
        None => true,
        Some(None) => false,
        Some(Some(at)) => app.now() - at <= OLDEST,
    }
}
