use crate::sessions::session::SessionKind;
use crate::{MunicipalityId, ProgrammeId, ProgrammePlanId};
use sea_orm::entity::prelude::*;

/// How many sessions of a kind a programme plans for a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_plan")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProgrammePlanId,
    pub municipality_id: MunicipalityId,
    pub programme_id: ProgrammeId,
    /// 2024 is 令和6年度.
    pub fiscal_year: i32,
    pub kind: SessionKind,
    pub planned_count: i32,
}

belongs_to! {}
