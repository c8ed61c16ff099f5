use crate::{ApplicationVersionId, ProjectId, StaffId};
use sea_orm::entity::prelude::*;

/// An application as it was submitted; never changed.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "application_version")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ApplicationVersionId,
    pub project_id: ProjectId,
    pub number: i32,
    /// All sections by name.
    pub content: Json,
    /// Equals the sum of its budget lines (`invariants.sql`).
    pub total_yen: i64,
    /// What the ward and its partners pay themselves.
    pub own_yen: i64,
    pub requested_yen: i64,
    pub submitted_by: Option<StaffId>,
    pub submitted_at: ChronoDateTimeUtc,
}

belongs_to! {}
