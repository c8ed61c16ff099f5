use sea_orm::entity::prelude::*;

/// How often something was tried in one window of time, counted across processes.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_counter")]
pub struct Model {
    /// What is counted, hashed where it would name a person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub window_start: ChronoDateTimeUtc,
    pub hits: i32,
}

belongs_to! {}
