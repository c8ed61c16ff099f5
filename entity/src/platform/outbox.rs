use crate::OutboxId;
use sea_orm::entity::prelude::*;

/// One piece of work outside the transaction that wrote it: a mail to send, an offer to expire.
///
/// A worker takes a row by a lease (`locked_by`, `locked_until`); it is done when
/// `done_at` is set, and given up for a person to see when `dead_at` is.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: OutboxId,
    /// Which worker function takes it, such as `send_mail`.
    pub kind: String,
    pub payload: Json,
    /// The same work is queued once.
    #[sea_orm(unique)]
    pub dedupe_key: String,
    pub run_at: ChronoDateTimeUtc,
    pub attempts: i32,
    pub locked_by: Option<String>,
    pub locked_until: Option<ChronoDateTimeUtc>,
    pub done_at: Option<ChronoDateTimeUtc>,
    pub dead_at: Option<ChronoDateTimeUtc>,
    /// A code or status, never a name or an address.
    pub last_error: Option<String>,
    /// Work of an older copy of the database: it waits until a person releases or discards it.
    pub held_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

belongs_to! {}
