use crate::programmes::programme_result::PeopleUnit;
use crate::{MunicipalityId, PracticeId, ProjectId};
use sea_orm::entity::prelude::*;

/// A practice that other wards can take over (横展開).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "practice")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PracticeId,
    pub municipality_id: MunicipalityId,
    /// The model project; none for a practice that a paper names.
    pub project_id: Option<ProjectId>,
    pub name: String,
    #[sea_orm(column_type = "Text")]
    pub summary: String,
    /// As a paper prints it; projects count their own.
    pub session_count: Option<i32>,
    pub people_count: Option<i32>,
    pub people_unit: Option<PeopleUnit>,
    pub approx: bool,
    /// The figure in the words of the paper.
    pub words: String,
    pub source: Option<String>,
    pub created_at: ChronoDateTimeUtc,
}

belongs_to! {}
