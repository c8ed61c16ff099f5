//! The verbs: accept a path, let a step follow its booking.

use entity::paths::path_step::{OverrideReason, StepKind};
use entity::{BookingId, PathId, ResidentId};
use serde::{Deserialize, Serialize};

use crate::platform::{Error, Result, Scope, Tx};

/// A step as the operator accepted it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptedStep {
    pub kind: StepKind,
    pub by_phone: bool,
    pub topic: Option<String>,
    pub rule_ids: Vec<String>,
    pub goal_tags: Vec<String>,
    pub reason_ja: String,
    pub reason_en: String,
    /// Set when the operator added or moved the step.
    pub override_reason: Option<OverrideReason>,
}

/// Stores the (possibly edited) steps as the person's next path version. Finished steps of
/// the version before are kept; living bookings of the person take their steps.
///
/// # Errors
/// `Invalid` when there are no steps or more than six.
pub async fn accept(
    _: &Tx,
    _: &Scope,
    _: ResidentId,
    _: &serde_json::Value,
    _: &[AcceptedStep],
) -> Result<PathId> {
    Err(Error::internal("stub"))
}

/// Brings the steps of the booking's resident up to date with the booking and its attendance.
pub async fn follow_booking(_: &Tx, _: BookingId) -> Result<()> {
    Err(Error::internal("stub"))
}
