use crate::{MunicipalityId, SubsidyRoundId};
use sea_orm::entity::prelude::*;

/// A call for projects of one fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subsidy_round")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: SubsidyRoundId,
    pub municipality_id: MunicipalityId,
    /// 2024 is 令和6年度.
    pub fiscal_year: i32,
    pub name: String,
    /// None: not known.
    pub opens_on: Option<ChronoDate>,
    /// Last day for applications; none: not known.
    pub closes_on: Option<ChronoDate>,
    /// Last day for results reports; none: ten days after the fiscal year.
    pub report_due_on: Option<ChronoDate>,
    /// Most that one project can get; none: not known.
    pub cap_yen: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub guidelines: String,
    /// The paper that a round of the past is taken from.
    pub source: Option<String>,
    pub revision: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

belongs_to! {}
