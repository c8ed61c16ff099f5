use crate::{GoalActualId, GoalFrozenId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// The value of a bound actual when its edition was published, and the rows behind it.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_frozen")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalFrozenId,
    pub municipality_id: MunicipalityId,
    pub actual_id: GoalActualId,
    pub frozen_at: ChronoDateTimeUtc,
    pub value_milli: i64,
    pub is_approx: bool,
    /// The rows as they were counted: ids, dates and numbers, nobody's name.
    pub counted: Json,
}

belongs_to! {}
