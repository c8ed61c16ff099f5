//! Reads.

use std::collections::HashMap;

use entity::staff::staff_member;
use entity::{SessionId, StaffId};
use sea_orm::ConnectionTrait;

use crate::platform::{Error, Result, Scope};

/// The staff of a municipality in kana order, those who left excepted.
pub async fn list_staff(
    _: &impl ConnectionTrait,
    _: &Scope,
) -> Result<Vec<staff_member::Model>> {
    Err(Error::internal("stub"))
}

/// Names by id.
pub async fn names(
    _: &impl ConnectionTrait,
    _: &[StaffId],
) -> Result<HashMap<StaffId, String>> {
    Err(Error::internal("stub"))
}

/// Who is assigned to each session.
pub async fn assigned_to(
    _: &impl ConnectionTrait,
    _: &[SessionId],
) -> Result<HashMap<SessionId, Vec<(StaffId, String)>>> {
    Err(Error::internal("stub"))
}
