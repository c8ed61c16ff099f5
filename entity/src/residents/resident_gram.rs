use crate::{MunicipalityId, ResidentId};
use sea_orm::entity::prelude::*;

/// Two characters in a row of a person's folded kana or name: the search index, the same on both databases.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resident_gram")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: MunicipalityId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub gram: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resident_id: ResidentId,
}

belongs_to! {}
