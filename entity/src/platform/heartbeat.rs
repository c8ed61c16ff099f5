use sea_orm::entity::prelude::*;

/// When something was last stored for no other reason than to see that it can be.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "heartbeat")]
pub struct Model {
    /// Which process wrote it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub beat_at: ChronoDateTimeUtc,
}

belongs_to! {}
