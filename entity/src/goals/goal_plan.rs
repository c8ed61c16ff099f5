use crate::{GoalPlanId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// A plan whose goals are followed (横浜DX戦略, めぐろのデジタル・ICT戦略, 港区DX推進計画).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_plan")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalPlanId,
    pub municipality_id: MunicipalityId,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    /// First fiscal year of the plan.
    pub first_year: i32,
    pub last_year: i32,
    pub style: PeriodStyle,
}

text_enum! {
    /// How the plan names a fiscal year.
    PeriodStyle {
        /// クォーター・コード: the first year is 1Q. A "quarter" is a fiscal year.
        Quarter = "quarter",
        /// Plainly by its year.
        Year = "year",
    }
}

belongs_to! {}
