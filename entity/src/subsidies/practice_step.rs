use crate::{PracticeId, PracticeStepId, ProjectId, StaffId, WardId};
use sea_orm::entity::prelude::*;

/// How a practice stood in a ward from some day on; rows are only added.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "practice_step")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PracticeStepId,
    pub practice_id: PracticeId,
    pub ward_id: WardId,
    /// From 1; the last one tells how it stands.
    pub number: i32,
    pub state: SpreadState,
    pub fiscal_year: i32,
    /// None: the paper gives the year only.
    pub on_date: Option<ChronoDate>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub project_id: Option<ProjectId>,
    pub created_by: Option<StaffId>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// How far a ward is with a practice.
    SpreadState {
        /// 検討
        Study = "study",
        /// 試行
        Trial = "trial",
        /// 実施
        Running = "running",
        /// 見送り
        Declined = "declined",
    }
}

belongs_to! {}
