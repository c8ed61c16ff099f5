use crate::{GoalChangeId, GoalItemId, GoalMeasureId, MunicipalityId, StaffId};
use sea_orm::entity::prelude::*;

/// One change of a draft: the revision history.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalChangeId,
    pub municipality_id: MunicipalityId,
    pub item_id: GoalItemId,
    pub measure_id: Option<GoalMeasureId>,
    pub fiscal_year: i32,
    pub field: ChangedField,
    #[sea_orm(column_type = "Text")]
    pub before_words: String,
    #[sea_orm(column_type = "Text")]
    pub after_words: String,
    pub changed_by: Option<StaffId>,
    pub changed_at: ChronoDateTimeUtc,
}

text_enum! {
    /// What was changed.
    ChangedField {
        Goal = "goal", Actual = "actual", Achievement = "achievement", Evidence = "evidence",
        NextDirection = "next_direction",
    }
}

belongs_to! {}
