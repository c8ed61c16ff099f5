use crate::{MunicipalityId, ProgrammeId};
use sea_orm::entity::prelude::*;

/// A programme (事業) of a municipality.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ProgrammeId,
    pub municipality_id: MunicipalityId,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    /// Effect tags as printed in the plan, a list of codes.
    pub effects: Json,
}

belongs_to! {}
