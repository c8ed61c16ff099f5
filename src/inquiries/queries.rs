//! Reads.

use chrono::{DateTime, Utc};
use entity::StaffId;
use entity::inquiries::inquiry;
use sea_orm::ConnectionTrait;

use crate::platform::{Error, Page, Result, Scope};

/// The operator's open draft.
pub async fn find_draft(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: StaffId,
) -> Result<Option<inquiry::Model>> {
    Err(Error::internal("stub"))
}

/// Closed inquiries, newest first.
pub async fn list(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: usize,
    _: Option<&str>,
) -> Result<Page<inquiry::Model>> {
    Err(Error::internal("stub"))
}

/// Promised calls that were not made yet, soonest first.
pub async fn list_call_backs(
    _: &impl ConnectionTrait,
    _: &Scope,
) -> Result<Vec<inquiry::Model>> {
    Err(Error::internal("stub"))
}

/// How many inquiries were closed since an instant.
pub async fn count_since(_: &impl ConnectionTrait, _: &Scope, _: DateTime<Utc>) -> Result<u64> {
    Err(Error::internal("stub"))
}
