use crate::{ProjectDeadlineId, ProjectId};
use sea_orm::entity::prelude::*;

/// A day by which a ward or headquarters has to do something.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_deadline")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProjectDeadlineId,
    pub project_id: ProjectId,
    pub kind: DeadlineKind,
    pub due_on: ChronoDate,
    /// When the worker put it on the list of what is due soon.
    pub reminded_at: Option<ChronoDateTimeUtc>,
    pub done_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What is due.
    DeadlineKind {
        Apply = "apply", Resubmit = "resubmit", Conditions = "conditions", Report = "report",
        Settle = "settle", Verify = "verify",
    }
}

belongs_to! {}
