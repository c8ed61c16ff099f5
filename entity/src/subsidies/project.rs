use crate::{MunicipalityId, ProjectId, SubsidyRoundId, WardId};
use sea_orm::entity::prelude::*;

/// A ward's project in a round; its life is drawn in `shirube::subsidies`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProjectId,
    pub municipality_id: MunicipalityId,
    pub round_id: SubsidyRoundId,
    pub ward_id: WardId,
    pub kind: ProjectKind,
    pub title: String,
    pub state: ProjectState,
    /// The project that this one is taken over from; always an older row, so no line runs in a circle.
    pub parent_id: Option<ProjectId>,
    /// What was taken over.
    #[sea_orm(column_type = "Text")]
    pub kept: String,
    /// What was changed.
    #[sea_orm(column_type = "Text")]
    pub changed: String,
    /// The paper that a project of the past is taken from.
    pub source: Option<String>,
    /// 交付決定額 after all approved changes.
    pub granted_yen: Option<i64>,
    pub granted_on: Option<ChronoDate>,
    /// 概算払; equals the sum of its payments (`invariants.sql`).
    pub advanced_yen: i64,
    /// 確定額.
    pub fixed_yen: Option<i64>,
    pub fixed_on: Option<ChronoDate>,
    /// Paid at the settlement.
    pub rest_yen: i64,
    /// Given back at the settlement.
    pub repaid_yen: i64,
    pub settled_on: Option<ChronoDate>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What a project is.
    ProjectKind {
        /// Classes, consultations, events.
        Event = "event",
        /// 調査委託: a commissioned study, without sessions.
        Study = "study",
    }
}
text_enum! {
    /// Life of a project; the table of transitions is in `shirube::subsidies::rules`.
    ProjectState {
        Draft = "draft", Submitted = "submitted", InReview = "in_review", Returned = "returned",
        Conditional = "conditional", Adopted = "adopted", Rejected = "rejected",
        Withdrawn = "withdrawn", Granted = "granted", Running = "running", Stopped = "stopped",
        Reported = "reported", ReportReturned = "report_returned", Fixed = "fixed",
        Settled = "settled", Verified = "verified", Model = "model",
    }
}

belongs_to! {}
