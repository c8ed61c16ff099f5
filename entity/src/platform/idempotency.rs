use sea_orm::entity::prelude::*;

/// The answer once given to a creating request, kept for 24 hours.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// SHA-256 of actor, operation and `Idempotency-Key`, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_hash: String,
    /// SHA-256 of the request, in hex: another request under the same key is refused.
    pub body_hash: String,
    pub status: i32,
    /// The answer's body, as JSON text.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    pub created_at: ChronoDateTimeUtc,
}

belongs_to! {}
