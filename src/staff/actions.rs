//! The verbs: log in, assign.

use chrono::{DateTime, Utc};
use entity::staff::assignment::Duty;
use entity::staff::login::LoginKind;
use entity::{AssignmentId, SessionId, StaffId};

use crate::platform::web::gate::Token;
use crate::platform::{Actor, App, Ctx, Error, Result, Tx};

/// A new login: the secret goes to the client and is kept nowhere.
#[derive(Clone, Debug)]
pub struct NewLogin {
    pub secret: String,
    pub expires_at: DateTime<Utc>,
}

/// Checks a login name and a password.
pub async fn log_in(_: &App, _: &Ctx, _: &str, _: &str, _: LoginKind) -> Result<NewLogin> {
    Err(Error::internal("stub"))
}

/// Who the bearer of a token is, with the roles that hold today.
pub async fn authenticate(_: App, _: Token, _: Ctx) -> Result<Option<Actor>> {
    Err(Error::internal("stub"))
}

/// Gives a staff member a duty for a time.
///
/// # Errors
/// `Refused("staff_busy")` when the person is elsewhere.
pub async fn assign(
    _: &Tx,
    _: StaffId,
    _: Duty,
    _: Option<SessionId>,
    _: DateTime<Utc>,
    _: DateTime<Utc>,
) -> Result<AssignmentId> {
    Err(Error::internal("stub"))
}

/// Frees everybody who was assigned to a session.
pub async fn release_session(_: &Tx, _: SessionId) -> Result<()> {
    Err(Error::internal("stub"))
}
