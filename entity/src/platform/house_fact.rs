use sea_orm::entity::prelude::*;

/// A small fact about this database, such as the secret of its digests. Never to be logged.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house_fact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub value: String,
    pub noted_at: ChronoDateTimeUtc,
}

belongs_to! {}
