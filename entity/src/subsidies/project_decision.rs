use crate::{ApplicationVersionId, ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// What headquarters decided about an application.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    pub version_id: ApplicationVersionId,
    pub outcome: DecisionOutcome,
    /// Up to so much can be granted.
    pub adopted_yen: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub conditions: String,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub decided_on: ChronoDate,
    pub decided_by: Option<StaffId>,
}

text_enum! {
    /// 採択・条件付き採択・不採択.
    DecisionOutcome { Adopted = "adopted", Conditional = "conditional", Rejected = "rejected" }
}

belongs_to! {}
