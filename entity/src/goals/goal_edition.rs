use crate::{GoalEditionId, GoalPlanId, MunicipalityId, StaffId};
use sea_orm::entity::prelude::*;

/// One edition of a plan: a document as it was printed, or a draft of the next one. Once
/// published its content never changes.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_edition")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalEditionId,
    pub municipality_id: MunicipalityId,
    pub plan_id: GoalPlanId,
    /// Unique in the municipality; stands in public addresses.
    pub code: String,
    pub title_ja: String,
    pub title_en: String,
    /// Name of the document that it is, or will be.
    pub document: String,
    /// When the document is dated, as it is printed; empty when it is not.
    pub issued_words: String,
    /// Policies that it tells of, a list of codes; empty: all of the plan.
    pub covers: Json,
    pub state: EditionState,
    /// The edition that this one was drafted from.
    pub based_on: Option<GoalEditionId>,
    pub published_at: Option<ChronoDateTimeUtc>,
    pub published_by: Option<StaffId>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// Drawn in `shirube::goals`.
    EditionState { Draft = "draft", Published = "published" }
}

belongs_to! {}
