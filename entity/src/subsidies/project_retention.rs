use crate::ProjectId;
use sea_orm::entity::prelude::*;

/// 定着 of a project's people by one version of the rule, as it was counted once and kept. Without
/// counts where fewer than five people would show.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_retention")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: RetentionStage,
    /// Version of the rule of 定着.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    /// 対象
    pub due: Option<i32>,
    /// 送達
    pub reached: Option<i32>,
    /// 回答
    pub answered: Option<i32>,
    /// 定着
    pub stuck: Option<i32>,
}

text_enum! {
    /// When the figures were counted.
    RetentionStage {
        /// With the report, when it first went out.
        Report = "report",
        /// When the last follow-up of the project had ended.
        Last = "last",
    }
}

belongs_to! {}
