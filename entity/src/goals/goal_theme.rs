use crate::{GoalEditionId, GoalThemeId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// A theme (テーマ, 施策) of an edition, under its policy (重点方針, 指針).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_theme")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalThemeId,
    pub municipality_id: MunicipalityId,
    pub edition_id: GoalEditionId,
    /// Code of the policy.
    pub policy: String,
    pub policy_title: String,
    pub number: i32,
    pub title_ja: String,
    pub title_en: String,
    /// The sentences under its title, one a line; empty when the edition prints none.
    #[sea_orm(column_type = "Text")]
    pub lead: String,
}

belongs_to! {}
