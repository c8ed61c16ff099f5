//! Creating requests that may be repeated: the same key gives the same answer.

use chrono::TimeDelta;
use entity::platform::idempotency;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

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

/// Takes the key for this transaction; answers what was given under it before, if anything.
///
/// The row is written first and filled last: when the same key comes twice at once, the second
/// waits here until the first has ended, and then finds its answer.
pub(super) async fn earlier_answer(tx: &Tx, action: &str, once: &Once) -> Result<Option<String>> {
    let key_hash = key_hash(tx, action, once);
    idempotency::Entity::delete_many()
        .filter(idempotency::Column::KeyHash.eq(&key_hash))
        .filter(idempotency::Column::CreatedAt.lt(tx.now() - KEPT_FOR))
        .exec(tx.db())
        .await?;

    let row = idempotency::ActiveModel {
        key_hash: ActiveValue::Set(key_hash.clone()),
        body_hash: ActiveValue::Set(once.body_hash.clone()),
        status: ActiveValue::Set(201),
        body: ActiveValue::Set(String::new()),
        created_at: ActiveValue::Set(tx.now()),
    };
    let taken = OnConflict::column(idempotency::Column::KeyHash).do_nothing().to_owned();
    let written =
        idempotency::Entity::insert(row).on_conflict(taken).exec_without_returning(tx.db()).await?;
    if written == 1 {
        return Ok(None);
    }

    match idempotency::Entity::find_by_id(key_hash).one(tx.db()).await? {
        Some(row) if row.body_hash != once.body_hash => Err(Error::Mismatch),
        Some(row) => Ok(Some(row.body)),
        // The first one ended without an answer between our two looks.
        None => Err(Error::Conflict),
    }
}

/// Keeps the answer.
pub(super) async fn keep(tx: &Tx, action: &str, once: &Once, answer: &str) -> Result<()> {
    idempotency::Entity::update_many()
        .col_expr(idempotency::Column::Body, Expr::value(answer))
        .filter(idempotency::Column::KeyHash.eq(key_hash(tx, action, once)))
        .exec(tx.db())
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
