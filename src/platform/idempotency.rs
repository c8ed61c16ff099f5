//! Creating requests that may be repeated: the same key gives the same answer.

use chrono::TimeDelta;
use entity::platform::idempotency;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::random::digest;
use super::{Error, Result, Tx};

/// How long an answer is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The key of one intent, and a digest of the request made under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    key: String,
    body_hash: String,
}

impl Once {
    /// `key` is the client's (a header, or the one-time id of a form), `body` all that was asked.
    pub fn new(key: &str, body: &[u8]) -> Self {
        Self { key: key.to_owned(), body_hash: digest(&[body]) }
    }
}

fn key_hash(tx: &Tx, action: &str, once: &Once) -> String {
    digest(&[tx.ctx().actor_text().as_bytes(), action.as_bytes(), once.key.as_bytes()])
}

/// The answer that was given under this key, if any.
pub(super) async fn earlier_answer(tx: &Tx, action: &str, once: &Once) -> Result<Option<String>> {
    let row = idempotency::Entity::find_by_id(key_hash(tx, action, once)).one(tx.db()).await?;
    match row {
        Some(row) if tx.now() - row.created_at > KEPT_FOR => {
            idempotency::Entity::delete_by_id(row.key_hash).exec(tx.db()).await?;
            Ok(None)
        }
        Some(row) if row.body_hash != once.body_hash => {
            Err(Error::invalid("Idempotency-Key", "idempotency.mismatch"))
        }
        Some(row) => Ok(Some(row.body)),
        None => Ok(None),
    }
}

/// Keeps the answer. When the same key is written twice at once, the second write
/// starts again and finds the first answer.
pub(super) async fn keep(tx: &Tx, action: &str, once: &Once, answer: &str) -> Result<()> {
    idempotency::ActiveModel {
        key_hash: ActiveValue::Set(key_hash(tx, action, once)),
        body_hash: ActiveValue::Set(once.body_hash.clone()),
        status: ActiveValue::Set(201),
        body: ActiveValue::Set(answer.to_owned()),
        created_at: ActiveValue::Set(tx.now()),
    }
    .insert(tx.db())
    .await?;
    Ok(())
}

/// Forgets answers older than [`KEPT_FOR`].
pub async fn forget_old(tx: &Tx) -> Result<u64> {
    let done = idempotency::Entity::delete_many()
        .filter(idempotency::Column::CreatedAt.lt(tx.now() - KEPT_FOR))
        .exec(tx.db())
        .await?;
    Ok(done.rows_affected)
}
