use crate::{MunicipalityId, ProgrammeId, RoleGrantId, StaffId, WardId};
use sea_orm::entity::prelude::*;

/// A role of a staff member: in a whole municipality, in one programme or in one ward.
#[sea_orm::model]
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

text_enum! {
    /// What a person may do.
    Role {
        /// Serves callers: residents, inquiries, paths, bookings.
        Operator = "operator",
        /// Plans sessions, staff, letters.
        Coordinator = "coordinator",
        /// Sees the own sessions' rosters and records attendance.
        Teacher = "teacher",
        /// Works on the ward's own projects.
        WardOfficer = "ward_officer",
        /// Runs a programme: all of a coordinator and its figures.
        ProgrammeManager = "programme_manager",
        /// Manages staff, roles, venues.
        Administrator = "administrator",
        /// Reads the audit log and nothing else.
        Auditor = "auditor",
    }
}

impl ActiveModelBehavior for ActiveModel {}
