use crate::ApplicationVersionId;
use sea_orm::entity::prelude::*;

/// One goal of a submitted version, with the way it is measured.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_goal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: ApplicationVersionId,
    /// From 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub kpi: String,
    pub unit: String,
    /// Thousandths of the unit; none: not known.
    pub baseline_milli: Option<i64>,
    /// Thousandths of the unit.
    pub target_milli: i64,
    /// By when, in words.
    pub due: String,
    pub data_source: String,
}

belongs_to! {}
