use crate::{GoalEditionId, GoalItemId, GoalThemeId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// One initiative (取組) of an edition.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_item")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalItemId,
    pub municipality_id: MunicipalityId,
    pub edition_id: GoalEditionId,
    /// None: the document does not say under which theme it stands.
    pub theme_id: Option<GoalThemeId>,
    /// As printed (`3.4.1`), or ours where none is printed (`IDX-1`).
    pub code: String,
    pub rank: i32,
    /// Empty: the document numbers it without naming it.
    pub title_ja: String,
    /// Empty: not translated.
    pub title_en: String,
    /// 分野, where the document orders by it.
    pub field: String,
    /// 所管課, where known.
    pub owner: String,
    /// 再掲: the item that holds the same data and is counted instead.
    pub cross_listed_as: Option<String>,
    /// 7つのコアINDEX.
    pub is_core_index: bool,
    /// Where the document prints it.
    pub printed_at: String,
    #[sea_orm(column_type = "Text")]
    pub note: String,
    pub revision: i32,
}

belongs_to! {}
