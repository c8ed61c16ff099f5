use crate::{AssignmentId, MunicipalityId, SessionId, StaffId};
use sea_orm::entity::prelude::*;

/// A staff member works somewhere for a time: in a session, or at the phones.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AssignmentId,
    pub municipality_id: MunicipalityId,
    pub staff_id: StaffId,
    pub duty: Duty,
    pub session_id: Option<SessionId>,
    pub starts_at: ChronoDateTimeUtc,
    pub ends_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What the person does there.
    Duty { Teach = "teach", Consult = "consult", Phones = "phones" }
}

belongs_to! {}
