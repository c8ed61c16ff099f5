//! What an edition says: the same shape for a document in files, rows of the database and a draft.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use entity::{GoalActualId, GoalItemId, GoalMeasureId, ProgrammeId, StaffId};

use super::figure::Figure;

/// The content of an edition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// Codes of the policies that it tells of; empty: all.
    pub covers: Vec<String>,
    pub themes: Vec<Theme>,
    pub items: Vec<Item>,
}

/// A theme under its policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    pub policy: String,
    pub policy_title: String,
    pub number: i32,
    pub title_ja: String,
    pub title_en: String,
    /// One sentence a line.
    pub lead: String,
}

/// Policy and number of a theme.
pub type ThemeKey = (String, i32);

/// An initiative.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// None before it is stored.
    pub id: Option<GoalItemId>,
    pub revision: i32,
    pub code: String,
    pub theme: Option<ThemeKey>,
    pub title_ja: String,
    pub title_en: String,
    pub field: String,
    pub owner: String,
    pub cross_listed_as: Option<String>,
    pub is_core_index: bool,
    pub printed_at: String,
    pub note: String,
    /// In order; the first is the goal as printed.
    pub measures: Vec<Measure>,
    pub reviews: BTreeMap<i32, Review>,
}

impl Item {
    /// Whether it has a goal for a fiscal year, in words, carried on or in a picture.
    pub fn has_goal(&self, year: i32) -> bool {
        let mut cells = self.measures.iter().map(|measure| &measure.cells);
        cells.any(|cells| meaning(cells, year) != Meaning::Nothing)
    }

    /// Whether anything was reached or said for a fiscal year.
    pub fn has_result(&self, year: i32) -> bool {
        self.reviews.contains_key(&year)
            || self.measures.iter().any(|measure| measure.actuals.contains_key(&year))
    }
}

/// What an item is measured by. Numbers are in thousandths of the unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub id: Option<GoalMeasureId>,
    pub rank: i32,
    pub name_ja: String,
    pub name_en: String,
    pub kind: MeasureKind,
    pub unit: String,
    pub direction: Direction,
    pub baseline_words: String,
    pub baseline_milli: Option<i64>,
    pub baseline_year: Option<i32>,
    pub denominator: String,
    pub denominator_year: Option<i32>,
    pub cells: BTreeMap<i32, Cell>,
    pub actuals: BTreeMap<i32, Actual>,
}

/// The goal of one fiscal year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub kind: CellKind,
    /// As printed; only of a stated goal.
    pub words: String,
    pub milli: Option<i64>,
    pub approx: bool,
}

impl Cell {
    /// A year without a goal.
    pub fn none() -> Self {
        Self { kind: CellKind::None, words: String::new(), milli: None, approx: false }
    }
}

/// What was reached in one fiscal year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actual {
    pub id: Option<GoalActualId>,
    pub words: String,
    pub milli: Option<i64>,
    pub approx: bool,
    pub binding: Option<Binding>,
    /// The figure as it was published.
    pub frozen: Option<(DateTime<Utc>, Figure)>,
}

/// Which figure of our own records an actual is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub metric: Metric,
    pub programme_id: Option<ProgrammeId>,
    pub session_kind: Option<SessionKind>,
}

/// What people say about an item and a fiscal year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    pub achievement: Option<Achievement>,
    pub evidence: String,
    pub approver_words: String,
    pub approved_by: Option<StaffId>,
    pub approved_at: Option<DateTime<Utc>>,
    pub next_direction: String,
}

/// What a cell says once 継続 and merged cells are read as the year before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// These words, stated for this fiscal year.
    Said(&'a Cell, i32),
    /// There is no goal.
    Nothing,
    /// It stands in a picture only.
    Unknown,
}

/// What the cell of a fiscal year says.
pub fn meaning(cells: &BTreeMap<i32, Cell>, year: i32) -> Meaning<'_> {
    let Some(cell) = cells.get(&year) else { return Meaning::Nothing };
    match cell.kind {
        CellKind::Stated => Meaning::Said(cell, year),
        CellKind::None => Meaning::Nothing,
        CellKind::Pictured => Meaning::Unknown,
        CellKind::Carry | CellKind::Merged => {
            let before = cells.range(..year).next_back().map(|(year, _)| *year);
            before.map_or(Meaning::Nothing, |year| meaning(cells, year))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(kinds: &[(i32, CellKind, &str)]) -> BTreeMap<i32, Cell> {
        let cell = |(year, kind, words): &(i32, CellKind, &str)| {
            let words = (*words).to_owned();
            (*year, Cell { kind: *kind, words, milli: None, approx: false })
        };
        kinds.iter().map(cell).collect()
    }

    #[test]
    fn carried_and_merged_cells_say_what_the_year_before_says() {
        let cells = cells(&[
            (2022, CellKind::Stated, "設計"),
            (2023, CellKind::Stated, "運用"),
            (2024, CellKind::Carry, ""),
            (2025, CellKind::Merged, ""),
        ]);
        for (year, want, from) in [(2022, "設計", 2022), (2024, "運用", 2023), (2025, "運用", 2023)]
        {
            let Meaning::Said(cell, stated) = meaning(&cells, year) else { panic!("{year}") };
            assert_eq!((cell.words.as_str(), stated), (want, from), "{year}");
        }
        assert_eq!(meaning(&cells, 2026), Meaning::Nothing);
    }

    #[test]
    fn no_goal_and_a_picture_are_two_things() {
        let cells = cells(&[
            (2022, CellKind::None, ""),
            (2023, CellKind::Carry, ""),
            (2024, CellKind::Pictured, ""),
            (2025, CellKind::Merged, ""),
        ]);
        let found = [2022, 2023, 2024, 2025].map(|year| meaning(&cells, year));
        assert_eq!(found[..2], [Meaning::Nothing, Meaning::Nothing]);
        assert_eq!(found[2..], [Meaning::Unknown, Meaning::Unknown]);
    }
}
