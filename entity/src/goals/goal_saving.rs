use crate::{GoalPlanId, GoalSavingId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// How many minutes a service took before and takes after, as claimed in a document.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_saving")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalSavingId,
    pub municipality_id: MunicipalityId,
    pub plan_id: GoalPlanId,
    pub service: String,
    /// As printed.
    pub before_words: String,
    pub before_low: i32,
    pub before_high: i32,
    pub after_words: String,
    pub after_minutes: i32,
    pub is_approx: bool,
    /// As printed, such as 最大90%減.
    pub claimed_words: String,
    pub claimed_percent: i32,
    pub document: String,
}

belongs_to! {}
