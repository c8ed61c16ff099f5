use crate::{AreaId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// A district in which people live and venues lie, such as that of a branch office (出張所).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "area")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AreaId,
    pub municipality_id: MunicipalityId,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    /// Order at the desk.
    pub rank: i32,
}

belongs_to! {}
