use crate::{AreaId, MunicipalityId, VenueId, WardId};
use sea_orm::entity::prelude::*;

/// A building in which sessions take place.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "venue")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: VenueId,
    pub municipality_id: MunicipalityId,
    pub ward_id: Option<WardId>,
    pub area_id: Option<AreaId>,
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub kana: String,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    pub access_ja: Option<String>,
    pub access_en: Option<String>,
    /// No steps from the street to the room.
    pub step_free: bool,
    /// People in the largest room.
    pub capacity: i32,
    /// Order at the desk.
    pub rank: i32,
}

belongs_to! {}
