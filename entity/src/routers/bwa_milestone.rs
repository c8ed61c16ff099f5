use crate::{BwaMilestoneId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// One thing that a public paper says of the city's BWA, with the paper's own exactness of time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bwa_milestone")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: BwaMilestoneId,
    pub municipality_id: MunicipalityId,
    pub code: String,
    /// Order in time.
    pub rank: i32,
    /// None: the paper does not say when.
    pub year: Option<i32>,
    /// None: the paper says the year only.
    pub month: Option<i32>,
    /// Wards covered, where it is said.
    pub ward_count: Option<i32>,
    pub words_ja: String,
    pub words_en: String,
    /// Name of the paper.
    pub source: String,
}

belongs_to! {}
