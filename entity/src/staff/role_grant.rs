pub use crate::platform::role::Role;
use crate::{MunicipalityId, ProgrammeId, RoleGrantId, StaffId, WardId};
use sea_orm::entity::prelude::*;

/// A role of a staff member: in a whole municipality, in one programme or in one ward.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: RoleGrantId,
    pub staff_id: StaffId,
    pub municipality_id: MunicipalityId,
    pub role: Role,
    /// Only this programme; none means all.
    pub programme_id: Option<ProgrammeId>,
    /// Only this ward; none means all.
    pub ward_id: Option<WardId>,
    pub from_on: ChronoDate,
    /// Last day on which it holds; none means without end.
    pub until_on: Option<ChronoDate>,
}

belongs_to! {}
