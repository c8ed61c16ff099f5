use crate::{AssignmentId, StaffId};
use sea_orm::entity::prelude::*;

/// Ten minutes of a staff member's time, taken by one assignment.
///
/// The key makes two places at once impossible, whatever process writes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_busy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: StaffId,
    /// Start of the ten minutes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cell_at: ChronoDateTimeUtc,
    pub assignment_id: AssignmentId,
}

belongs_to! {}
