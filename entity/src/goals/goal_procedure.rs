use crate::{GoalPlanId, GoalProcedureId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// A procedure among those most used, and the year by whose end it works on a smartphone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_procedure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalProcedureId,
    pub municipality_id: MunicipalityId,
    pub plan_id: GoalPlanId,
    /// 1 is used most.
    pub rank: i32,
    pub name: String,
    /// How often it is used in a year, as counted in R1.
    pub annual_count: i32,
    pub channel_system: String,
    /// Fiscal year by whose end it is done; 2021 and earlier: done before the plan.
    pub ready_year: i32,
    /// As printed.
    pub status_words: String,
    pub note: String,
}

belongs_to! {}
