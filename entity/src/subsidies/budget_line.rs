use crate::ApplicationVersionId;
use sea_orm::entity::prelude::*;

/// One line of the budget of a submitted version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: ApplicationVersionId,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub category: String,
    pub item: String,
    pub yen: i64,
}

belongs_to! {}
