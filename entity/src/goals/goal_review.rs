use crate::{GoalItemId, GoalReviewId, MunicipalityId, StaffId};
use sea_orm::entity::prelude::*;

/// What people say about an item and a fiscal year: 達成状況 with its evidence, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_review")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalReviewId,
    pub municipality_id: MunicipalityId,
    pub item_id: GoalItemId,
    pub fiscal_year: i32,
    /// None: nobody judged.
    pub achievement: Option<Achievement>,
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// Who judged, where it was nobody of our staff (a loaded document).
    pub approver_words: String,
    pub approved_by: Option<StaffId>,
    pub approved_at: Option<ChronoDateTimeUtc>,
    /// 今後の取組の方向性.
    #[sea_orm(column_type = "Text")]
    pub next_direction: String,
    pub updated_at: ChronoDateTimeUtc,
}

text_enum! {
    /// 達成状況: a human judgement.
    Achievement { Achieved = "achieved", Mostly = "mostly", NotAchieved = "not_achieved" }
}

belongs_to! {}
