use crate::{LoginId, StaffId};
use sea_orm::entity::prelude::*;

/// A browser that is logged in, or an API token. Only the token's hash is kept.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: LoginId,
    pub staff_id: StaffId,
    pub kind: LoginKind,
    /// SHA-256 of the token, in hex.
    #[sea_orm(unique)]
    pub token_hash: String,
    pub created_at: ChronoDateTimeUtc,
    /// Moves with use; too long without use ends the login.
    pub seen_at: ChronoDateTimeUtc,
    /// Absolute end.
    pub expires_at: ChronoDateTimeUtc,
    pub revoked_at: Option<ChronoDateTimeUtc>,
}

text_enum! {
    /// How the token travels.
    LoginKind { Browser = "browser", Token = "token" }
}

belongs_to! {}
