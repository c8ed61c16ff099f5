use crate::{MunicipalityId, PathId, ResidentId, StaffId};
use sea_orm::entity::prelude::*;

/// One accepted version of a person's path. The newest is the current one.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "path")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PathId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    /// 1, 2, ... per resident.
    pub version: i32,
    /// The answers it was made from.
    pub hearing: Json,
    pub rules_version: String,
    pub accepted_by: Option<StaffId>,
    pub accepted_at: ChronoDateTimeUtc,
}

belongs_to! {}
