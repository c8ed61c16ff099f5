//! What is typed into an unfinished form: on the server for a day, under a key that only the browser
//! has which typed it. Nothing that was typed is in a cookie or an address.

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::form_draft::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::outbox::{self, Done, Job};
use super::random::digest;
use super::{App, Ctx, Result, Store, Tx};

/// How long a draft is kept, from its first field on.
pub const LIFE: TimeDelta = TimeDelta::hours(24);
/// Outbox job: a draft has come to its end. Payload: its key.
pub const FORGET: &str = "forget_draft";

/// Names one form of one browser.
#[derive(Clone, Serialize, Deserialize)]
pub struct Key(String);

impl Key {
    /// `secret` is the browser's own, `form` names the form.
    pub fn of(secret: &str, form: &str) -> Self {
        Self(digest(&[b"draft", secret.as_bytes(), form.as_bytes()]))
    }
}

/// Keeps what was typed; the end of a draft stays where it was.
///
/// # Errors
/// Only those of the database.
pub async fn keep(store: &Store, ctx: &Ctx, key: &Key, body: &impl Serialize) -> Result<()> {
    let body = &serde_json::to_value(body)?;
    store.write_unaudited(ctx, |tx| async move { put(&tx, key, body.clone()).await }).await
}

/// As [`keep`], within a change that the draft led to.
///
/// # Errors
/// Only those of the database.
pub async fn keep_in(tx: &Tx, key: &Key, body: &impl Serialize) -> Result<()> {
    put(tx, key, serde_json::to_value(body)?).await
}

async fn put(tx: &Tx, key: &Key, body: serde_json::Value) -> Result<()> {
    let expires_at = tx.now() + LIFE;
    let row = ActiveModel {
        key_hash: ActiveValue::Set(key.0.clone()),
        body: ActiveValue::Set(body),
        expires_at: ActiveValue::Set(expires_at),
    };
    let known = OnConflict::column(Column::KeyHash).update_column(Column::Body).to_owned();
    Entity::insert(row).on_conflict(known).exec_without_returning(tx.db()).await?;
    // Each hour one job at most: a draft ends within the hour after its day.
    let hour = expires_at.timestamp() / 3600 + 1;
    let at = DateTime::from_timestamp(hour * 3600, 0).unwrap_or(expires_at);
    let job = serde_json::json!({ "municipality_id": tx.ctx().municipality_id() });
    outbox::enqueue(tx, FORGET, &job, format!("forget_draft:{hour}"), at).await
}

/// What was typed, while it is kept.
///
/// # Errors
/// Only those of the database.
pub async fn find<T: DeserializeOwned>(
    db: &impl ConnectionTrait,
    key: &Key,
    now: DateTime<Utc>,
) -> Result<Option<T>> {
    let found = Entity::find_by_id(key.0.clone()).filter(Column::ExpiresAt.gt(now)).one(db).await?;
    // A draft of an older release that reads no more is none.
    Ok(found.and_then(|row| serde_json::from_value(row.body).ok()))
}

/// Deletes a draft.
///
/// # Errors
/// Only those of the database.
pub async fn forget(store: &Store, ctx: &Ctx, key: &Key) -> Result<()> {
    store
        .write_unaudited(ctx, |tx| async move {
            Entity::delete_by_id(key.0.clone()).exec(tx.db()).await?;
            Ok(())
        })
        .await
}

/// Outbox job: deletes the drafts whose day is over.
pub fn forget_job(app: App, job: Job) -> Done {
    Box::pin(async move {
        let ctx = app.system_ctx(app.home(), &format!("job-{}", job.id));
        app.store()
            .write_unaudited(&ctx, |tx| async move {
                Entity::delete_many().filter(Column::ExpiresAt.lte(tx.now())).exec(tx.db()).await?;
                Ok(())
            })
            .await
    })
}
