use crate::{ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// Somebody who is asked to score a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reviewer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// None: not declared yet.
    pub has_conflict: Option<bool>,
    #[sea_orm(column_type = "Text")]
    pub conflict_reason: String,
    pub declared_at: Option<ChronoDateTimeUtc>,
}

belongs_to! {}
