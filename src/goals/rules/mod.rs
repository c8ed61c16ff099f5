//! Pure decisions: what a cell says, what is counted, what differs, what is refused.

pub mod chart;
pub mod compose;
pub mod content;
pub mod diff;
pub mod document;
pub mod figure;
pub mod long_form;
pub mod number;
pub mod period;
pub mod year;

#[cfg(test)]
mod documents_test;

use std::collections::BTreeMap;

use entity::goals::goal_edition::EditionState;
use entity::goals::goal_review::Achievement;

use self::content::Item;
use crate::platform::error::refusals;

/// Longest text of a goal, an actual, a piece of evidence.
pub const LONGEST_WORDS: usize = 500;

refusals! {
    /// Why goals are not changed.
    Refusal {
        /// The edition is published.
        Published => "edition_published",
        /// Another edition of the municipality has this code.
        CodeTaken => "edition_code_taken",
        /// The plan has a draft already.
        DraftExists => "edition_draft_exists",
        /// The edition has no item yet.
        Empty => "edition_empty",
        /// The item is counted, and judged, under another one.
        CrossListed => "item_cross_listed",
        /// Another item is a 再掲 of it.
        Listed => "item_listed",
    }
}

/// Whether the content of an edition may change.
///
/// # Errors
/// `Published`.
pub fn can_change(state: EditionState) -> Result<(), Refusal> {
    match state {
        EditionState::Draft => Ok(()),
        EditionState::Published => Err(Refusal::Published),
    }
}

/// The items that count: a cross-listed one counts under the item that it names.
pub fn counted(items: &[Item]) -> impl Iterator<Item = &Item> {
    items.iter().filter(|item| item.cross_listed_as.is_none())
}

/// How many items were judged how in a fiscal year, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub achieved: usize,
    pub mostly: usize,
    pub not_achieved: usize,
    /// Items with a goal, an actual or a review, but without a judgement.
    pub open: usize,
}

impl Tally {
    /// All judged items.
    pub fn judged(self) -> usize {
        self.achieved + self.mostly + self.not_achieved
    }
}

/// The judgements by fiscal year; years in which nothing was reached or said are left out. An item
/// with a goal for a year belongs to it, whether or not anybody wrote what came of it.
pub fn tallies(items: &[Item]) -> BTreeMap<i32, Tally> {
    let mut found: BTreeMap<i32, Tally> = BTreeMap::new();
    for item in counted(items) {
        let actuals = item.measures.iter().flat_map(|measure| measure.actuals.keys());
        for year in item.reviews.keys().chain(actuals) {
            found.entry(*year).or_default();
        }
    }

    for (year, tally) in &mut found {
        for item in counted(items).filter(|item| item.has_result(*year) || item.has_goal(*year)) {
            match item.reviews.get(year).and_then(|review| review.achievement) {
                Some(Achievement::Achieved) => tally.achieved += 1,
                Some(Achievement::Mostly) => tally.mostly += 1,
                Some(Achievement::NotAchieved) => tally.not_achieved += 1,
                None => tally.open += 1,
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::content::{Cell, Measure, Review};
    use super::*;
    use entity::goals::goal_cell::CellKind;
    use entity::goals::goal_measure::{Direction, MeasureKind};

    fn item(code: &str, listed: Option<&str>, judged: Option<Achievement>) -> Item {
        let review = Review { achievement: judged, ..Review::default() };
        Item {
            code: code.to_owned(),
            cross_listed_as: listed.map(str::to_owned),
            reviews: BTreeMap::from([(2022, review)]),
            ..Item::default()
        }
    }

    #[test]
    fn a_cross_listed_item_is_counted_once() {
        let items = [
            item("3.3.1", Some("3.3.3"), Some(Achievement::Achieved)),
            item("3.3.3", None, Some(Achievement::Achieved)),
            item("3.4.1", None, Some(Achievement::Mostly)),
            item("3.4.2", None, None),
        ];
        assert_eq!(counted(&items).count(), 3);
        let tally = tallies(&items)[&2022];
        assert_eq!(tally, Tally { achieved: 1, mostly: 1, not_achieved: 0, open: 1 });
        assert_eq!(tally.judged(), 2);
    }

    #[test]
    fn an_item_of_which_nobody_wrote_a_result_is_still_undecided() {
        let cell = |kind| Cell { kind, words: "40件".to_owned(), milli: None, approx: false };
        let planned = |code: &str, cells: &[(i32, CellKind)]| {
            let cells = cells.iter().map(|(year, kind)| (*year, cell(*kind))).collect();
            let measure = Measure { cells, ..measure() };
            Item { reviews: BTreeMap::new(), measures: vec![measure], ..item(code, None, None) }
        };

        let items = [
            item("3.4.1", None, Some(Achievement::Achieved)),
            planned("3.4.2", &[(2022, CellKind::Stated)]),
            planned("3.4.3", &[(2021, CellKind::Stated), (2022, CellKind::Carry)]),
            planned("3.4.4", &[(2022, CellKind::Pictured)]),
            // Neither has a goal for this year, nor does anybody judge a year of goals only.
            planned("3.4.5", &[(2022, CellKind::None)]),
            planned("3.4.6", &[(2023, CellKind::Stated)]),
        ];

        let found = tallies(&items);
        assert_eq!(found.keys().collect::<Vec<_>>(), [&2022]);
        assert_eq!((found[&2022].judged(), found[&2022].open), (1, 3));
    }

    fn measure() -> Measure {
        Measure {
            id: None,
            rank: 1,
            name_ja: String::new(),
            name_en: String::new(),
            kind: MeasureKind::ALL[0],
            unit: String::new(),
            direction: Direction::ALL[0],
            baseline_words: String::new(),
            baseline_milli: None,
            baseline_year: None,
            denominator: String::new(),
            denominator_year: None,
            cells: BTreeMap::new(),
            actuals: BTreeMap::new(),
        }
    }

    #[test]
    fn only_a_draft_may_change() {
        assert_eq!(can_change(EditionState::Draft), Ok(()));
        assert_eq!(can_change(EditionState::Published), Err(Refusal::Published));
    }
}
