use crate::{GoalCellId, GoalMeasureId, MunicipalityId};
use sea_orm::entity::prelude::*;

/// The goal of a measure for one fiscal year: one cell of the printed table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "goal_cell")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: GoalCellId,
    pub municipality_id: MunicipalityId,
    pub measure_id: GoalMeasureId,
    /// 2022 is 令和4年度, which Yokohama calls 1Q.
    pub fiscal_year: i32,
    pub kind: CellKind,
    /// As printed; only of a stated goal.
    #[sea_orm(column_type = "Text")]
    pub words: String,
    /// The number in the words, in thousandths of the unit.
    pub value_milli: Option<i64>,
    /// The number is printed as about, more than, or the like.
    pub is_approx: bool,
}

text_enum! {
    /// What stands in the cell.
    CellKind {
        /// Words of its own.
        Stated = "stated",
        /// 継続: as the year before.
        Carry = "carry",
        /// An empty cell that is one with the cell before: as the year before.
        Merged = "merged",
        /// No goal for this year.
        None = "none",
        /// The document shows it in a picture only, so nobody can compare it.
        Pictured = "pictured",
    }
}

belongs_to! {}
