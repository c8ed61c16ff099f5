use crate::ProjectId;
use sea_orm::entity::prelude::*;

/// What one line of the budget cost in the end.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cost_result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The line's position in the decided version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub actual_yen: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub note: String,
}

belongs_to! {}
