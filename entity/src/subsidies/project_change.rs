use crate::{ApplicationVersionId, ProjectChangeId, ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// A change after the grant decision that a ward asks for (変更承認申請・中止承認申請).
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "project_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProjectChangeId,
    pub project_id: ProjectId,
    pub kind: ChangeKind,
    #[sea_orm(column_type = "Text")]
    pub what: String,
    pub old_yen: i64,
    pub new_yen: i64,
    pub state: ChangeState,
    pub asked_by: Option<StaffId>,
    pub asked_at: ChronoDateTimeUtc,
    #[sea_orm(column_type = "Text")]
    pub answer: String,
    pub decided_by: Option<StaffId>,
    pub decided_at: Option<ChronoDateTimeUtc>,
    /// The application as it would then be, if the change alters more than the amount.
    pub content: Option<Json>,
    /// The version that the approval made of it.
    pub version_id: Option<ApplicationVersionId>,
}

text_enum! {
    /// What is asked for.
    ChangeKind { Content = "content", Stop = "stop" }
}
text_enum! {
    /// How the request stands.
    ChangeState { Asked = "asked", Approved = "approved", Refused = "refused" }
}

belongs_to! {}
