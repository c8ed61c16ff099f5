use crate::ProjectId;
use sea_orm::entity::prelude::*;

/// What became of one goal.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_result")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The goal's position in the decided version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub actual_milli: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
}

belongs_to! {}
