use crate::{ConsentId, MunicipalityId, ResidentId, StaffId};
use sea_orm::entity::prelude::*;

/// A consent given or withdrawn, with the version of the text that was read out. Rows are only added.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: ConsentId,
    pub municipality_id: MunicipalityId,
    pub resident_id: ResidentId,
    /// What for: `record` (keep what was said), `helper` (talk to the helper).
    pub purpose: String,
    pub text_version: String,
    pub given: bool,
    /// The staff member who heard it; none when given on the web.
    pub staff_id: Option<StaffId>,
    pub at: ChronoDateTimeUtc,
}

belongs_to! {}
