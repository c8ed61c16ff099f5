use crate::{MunicipalityId, WardId};
use sea_orm::entity::prelude::*;

/// A ward (行政区) of a city.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ward")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: WardId,
    pub municipality_id: MunicipalityId,
    /// 全国地方公共団体コード, 6 digits with the check digit.
    #[sea_orm(unique)]
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub kana: String,
}

belongs_to! {}
