use crate::{GoalItemId, GoalMeasureId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// What an item is measured by. Numbers are in thousandths of the unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_measure")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalMeasureId,
    pub municipality_id: MunicipalityId,
    pub item_id: GoalItemId,
    /// 1 is the goal that the document prints for the item.
    pub rank: i32,
    /// Empty for the only, or main, measure.
    pub name_ja: String,
    pub name_en: String,
    pub kind: MeasureKind,
    /// 件, 人, % and so on; empty for words.
    pub unit: String,
    pub direction: Direction,
    /// As printed.
    pub baseline_words: String,
    pub baseline_milli: Option<i64>,
    pub baseline_year: Option<i32>,
    /// What a rate is a part of, as defined in the document.
    pub denominator: String,
    /// Fiscal year in which the denominator was counted.
    pub denominator_year: Option<i32>,
}

text_enum! {
    /// How a goal is stated.
    MeasureKind { Text = "text", Number = "number", Rate = "rate", Milestone = "milestone" }
}
text_enum! {
    /// Which way is better.
    Direction { Up = "up", Down = "down", Neither = "neither" }
}

belongs_to! {}
