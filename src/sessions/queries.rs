//! Reads and row locks.

use chrono::{DateTime, Utc};
use entity::places::venue;
use entity::sessions::session::{self, SessionKind};
use entity::sessions::slot;
use entity::{SessionId, StaffId};
use sea_orm::ConnectionTrait;

use crate::platform::{Error, Lang, Page, Result, Scope, Tx};

/// A session with its venue and its free seats.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub session: session::Model,
    pub venue: venue::Model,
    /// Seats or slots that can be booked now.
    pub free: i32,
    /// People waiting.
    pub waiting: i32,
}

impl SessionRow {
    /// 「7月10日（水曜日）午後2時から4時まで」, or in English.
    pub fn when(&self, _: Lang) -> String {
        String::new()
    }
}

/// Which sessions a list shows.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    pub kind: Option<SessionKind>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// Only planned ones with a free seat and a start in the future.
    pub open: bool,
    /// Only those shown to the public and not cancelled.
    pub public_only: bool,
    pub area_code: Option<String>,
}

/// Sessions by start, soonest first.
pub async fn list(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: &SessionFilter,
    _: DateTime<Utc>,
    _: usize,
    _: Option<&str>,
) -> Result<Page<SessionRow>> {
    Err(Error::internal("stub"))
}

/// A session.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub async fn get(_: &impl ConnectionTrait, _: &Scope, _: SessionId) -> Result<SessionRow> {
    Err(Error::internal("stub"))
}

/// A session, locked until the transaction ends: the queue at which all its bookings stand.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub async fn lock(_: &Tx, _: &Scope, _: SessionId) -> Result<session::Model> {
    Err(Error::internal("stub"))
}

/// Slots of a session that nobody has, with the staff member of each, by start.
pub async fn free_slots(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: SessionId,
) -> Result<Vec<(slot::Model, StaffId, String)>> {
    Err(Error::internal("stub"))
}
