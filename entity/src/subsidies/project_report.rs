use crate::ProjectId;
use sea_orm::entity::prelude::*;

/// A ward's results report and, later, its verification of the effect.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    #[sea_orm(column_type = "Text")]
    pub done: String,
    #[sea_orm(column_type = "Text")]
    pub before_after: String,
    #[sea_orm(column_type = "Text")]
    pub lessons: String,
    /// Written by hand; stands beside what was counted.
    pub session_count: Option<i32>,
    /// 延べ, written by hand.
    pub attendance_count: Option<i32>,
    /// 実, written by hand.
    pub person_count: Option<i32>,
    /// Counted from the linked sessions at submission.
    pub counted_sessions: Option<i32>,
    pub counted_attendances: Option<i32>,
    pub counted_persons: Option<i32>,
    pub submitted_at: Option<ChronoDateTimeUtc>,
    /// When 定着 was counted with the report.
    pub retention_on: Option<ChronoDate>,
    /// When it was counted once more, after the last follow-up.
    pub retention_last_on: Option<ChronoDate>,
    #[sea_orm(column_type = "Text")]
    pub what_changed: String,
    #[sea_orm(column_type = "Text")]
    pub compared_with: String,
    #[sea_orm(column_type = "Text")]
    pub other_reasons: String,
    pub verified_at: Option<ChronoDateTimeUtc>,
    pub revision: i32,
    pub updated_at: ChronoDateTimeUtc,
}

belongs_to! {}
