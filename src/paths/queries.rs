//! Reads: proposals and current paths.

use chrono::{DateTime, Utc};
use entity::ResidentId;
use entity::paths::{path, path_step};
use sea_orm::ConnectionTrait;

use crate::bookings::queries::BookingRow;
use crate::paths::rules::{Hearing, Proposal};
use crate::platform::{Error, Result, Scope};
use crate::sessions::SessionRow;

/// A proposal with real sessions for each step.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub proposal: Proposal,
    /// For each step: sessions that can be booked, soonest first.
    pub sessions: Vec<Vec<SessionRow>>,
}

/// Proposes a path from a hearing, the person's history and the calendar. Deterministic.
pub async fn propose(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: ResidentId,
    _: &Hearing,
    _: DateTime<Utc>,
) -> Result<Proposed> {
    Err(Error::internal("stub"))
}

/// The current version of a person's path.
#[derive(Clone, Debug)]
pub struct PathView {
    pub path: path::Model,
    pub steps: Vec<StepView>,
}

/// A step with its booking.
#[derive(Clone, Debug)]
pub struct StepView {
    pub step: path_step::Model,
    pub booking: Option<BookingRow>,
}

/// The person's current path, if any.
pub async fn current(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: ResidentId,
) -> Result<Option<PathView>> {
    Err(Error::internal("stub"))
}
