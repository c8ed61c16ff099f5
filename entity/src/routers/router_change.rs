use super::router::RouterState;
use crate::{MunicipalityId, RouterChangeId, RouterId, StaffId};
use sea_orm::entity::prelude::*;

/// How a router stood after one change: the rows of a router are its way through the house.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "router_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RouterChangeId,
    pub municipality_id: MunicipalityId,
    pub router_id: RouterId,
    /// The router's revision after the change.
    pub revision: i32,
    pub state: RouterState,
    pub place_name: String,
    pub changed_by: Option<StaffId>,
    pub changed_at: ChronoDateTimeUtc,
}

belongs_to! {}
