//! Figures of 定着: three denominators, intervals, and nothing that shows a single person.

use std::collections::{BTreeMap, BTreeSet};

use entity::surveys::follow_up::Retention;
use poem_openapi::{Enum, Object};
use serde::Deserialize;

use super::suppress::{self, FEWEST, Set};

/// 97.5 % point of the normal distribution: 95 % two-sided.
const Z: f64 = 1.959_963_984_540_054;
/// Surveys that papers print, by the code of the municipality that made them.
const BASELINES: &[(&str, &str)] =
    &[("131016", include_str!("../../../seeds/chiyoda/survey_r4.csv"))];

/// By what the figures are cut.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[oai(rename = "RetentionCut", rename_all = "snake_case")]
pub enum Cut {
    Kind,
    Venue,
    Month,
    Path,
    /// By which way the answer came.
    Way,
    Ward,
}

/// What each cut puts a follow-up under, in the order of [`Cut::ALL`].
pub type Groups = [String; Cut::ALL.len()];

impl Cut {
    /// Every cut.
    pub const ALL: [Self; 6] =
        [Self::Kind, Self::Venue, Self::Month, Self::Path, Self::Way, Self::Ward];

    /// As it stands in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Venue => "venue",
            Self::Month => "month",
            Self::Path => "path",
            Self::Way => "way",
            Self::Ward => "ward",
        }
    }

    /// Reads the word of an address.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cut| cut.word() == word)
    }
}

/// One follow-up as far as figures ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedFollowUp {
    /// Of the rule: the one it was judged by, or the one that would judge it.
    pub version: String,
    /// The fiscal year of the class.
    pub year: i32,
    pub groups: Groups,
    pub reached: bool,
    pub result: Option<Retention>,
    pub gain: Option<i32>,
}

/// Counts of one group. Always `answered <= reached <= due`, and the results add up to
/// `answered`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// 対象: people whose day has come.
    pub due: usize,
    /// 送達: people whom the question reached.
    pub reached: usize,
    /// 回答: people who answered.
    pub answered: usize,
    pub stuck: usize,
    pub partly: usize,
    pub not_stuck: usize,
}

/// An interval of rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A group with its figures; hidden ones have none.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupFigures {
    pub name: String,
    /// None: fewer than five people, or somebody could count them by taking the others away.
    pub count: Option<Count>,
    /// Median of the tasks gained since before the class.
    pub median_gain: Option<f64>,
}

/// All figures of one version of the rule.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionFigures {
    pub version: String,
    pub total: GroupFigures,
    pub groups: Vec<GroupFigures>,
}

impl Count {
    fn add(&mut self, row: &CountedFollowUp) {
        self.due += 1;
        self.reached += usize::from(row.reached || row.result.is_some());
        self.answered += usize::from(row.result.is_some());
        match row.result {
            Some(Retention::Stuck) => self.stuck += 1,
            Some(Retention::Partly) => self.partly += 1,
            Some(Retention::NotStuck) => self.not_stuck += 1,
            None => {}
        }
    }

    /// 回収率: answered of due.
    pub fn response_rate(&self) -> Option<f64> {
        rate(self.answered, self.due)
    }

    /// 定着率(回答者): stuck of those who answered.
    pub fn rate_of_answered(&self) -> Option<f64> {
        rate(self.stuck, self.answered)
    }

    /// 定着率(受講者): stuck of all whose day has come; silence counts as not stuck.
    pub fn rate_of_due(&self) -> Option<f64> {
        rate(self.stuck, self.due)
    }

    /// The Wilson interval of [`Count::rate_of_answered`].
    pub fn interval(&self) -> Option<Interval> {
        wilson(self.stuck, self.answered)
    }
}

fn rate(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

/// The 95 % interval of a rate by E. B. Wilson (1927); none without people.
pub fn wilson(part: usize, of: usize) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, part as f64 / of as f64);
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

fn median(mut values: Vec<i32>) -> Option<f64> {
    if values.len() < FEWEST {
        return None;
    }
    values.sort_unstable();
    let (middle, upper) = ((values.len() - 1) / 2, values.len() / 2);
    Some(f64::from(values[middle] + values[upper]) / 2.0)
}

/// The figures of each version of the rule by itself, oldest name first; of one fiscal year, or of
/// all. `rows` are those of all years: what is hidden depends on all that can be shown.
pub fn figures(rows: &[CountedFollowUp], cut: Cut, year: Option<i32>) -> Vec<VersionFigures> {
    let mut versions: BTreeMap<&str, Vec<&CountedFollowUp>> = BTreeMap::new();
    for row in rows {
        versions.entry(row.version.as_str()).or_default().push(row);
    }
    let has_year =
        |rows: &[&CountedFollowUp]| year.is_none_or(|year| rows.iter().any(|row| row.year == year));
    versions
        .into_iter()
        .filter(|(_, rows)| has_year(rows))
        .map(|(version, rows)| of_version(version, &rows, cut, year))
        .collect()
}

fn of_version(
    version: &str,
    rows: &[&CountedFollowUp],
    cut: Cut,
    year: Option<i32>,
) -> VersionFigures {
    let shelf = Shelf::of(rows);
    let hidden = shelf.hidden(rows);

    let group = |name: &str, at: usize| {
        let own = || shelf.sets[at].people.iter().map(|person| rows[*person]);
        let mut count = Count::default();
        own().for_each(|row| count.add(row));
        let gains = own().filter(|row| row.result.is_some()).filter_map(|row| row.gain);
        let shown = !hidden.contains(&at);
        GroupFigures {
            name: name.to_owned(),
            median_gain: if shown { median(gains.collect()) } else { None },
            count: shown.then_some(count),
        }
    };

    let groups =
        shelf.groups.iter().filter(|((of, in_year, _), _)| (*of, *in_year) == (cut.word(), year));
    VersionFigures {
        version: version.to_owned(),
        groups: groups.map(|((_, _, name), at)| group(name, *at)).collect(),
        total: shelf.totals.get(&year).map_or_else(
            || GroupFigures {
                name: String::new(),
                count: Some(Count::default()),
                median_gain: None,
            },
            |at| group("", *at),
        ),
    }
}

/// Every set of people for whom anybody can ask figures, each once.
struct Shelf {
    sets: Vec<Set>,
    /// The place of the total of a year, or of all years.
    totals: BTreeMap<Option<i32>, usize>,
    /// The place of a group: cut, year, name.
    groups: BTreeMap<(&'static str, Option<i32>, String), usize>,
}

impl Shelf {
    fn of(rows: &[&CountedFollowUp]) -> Self {
        let mut totals: BTreeMap<Option<i32>, Vec<usize>> = BTreeMap::new();
        let mut groups: BTreeMap<(usize, Option<i32>, String), Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            for year in [None, Some(row.year)] {
                totals.entry(year).or_default().push(at);
                for (cut, name) in row.groups.iter().enumerate() {
                    groups.entry((cut, year, name.clone())).or_default().push(at);
                }
            }
        }

        let mut shelf = Self { sets: Vec::new(), totals: BTreeMap::new(), groups: BTreeMap::new() };
        for (year, people) in totals {
            let at = shelf.place(people, 0);
            shelf.totals.insert(year, at);
        }

        // The first cuts say most: what must be hidden is hidden in the later ones.
        for ((cut, year, name), people) in groups {
            let at = shelf.place(people, 1 + cut);
            shelf.groups.insert((Cut::ALL[cut].word(), year, name), at);
        }
        shelf
    }

    fn place(&mut self, people: Vec<usize>, rank: usize) -> usize {
        let known = self.sets.iter().position(|set| set.people == people);
        known.unwrap_or_else(|| {
            self.sets.push(Set { people, rank });
            self.sets.len() - 1
        })
    }

    fn hidden(&self, rows: &[&CountedFollowUp]) -> BTreeSet<usize> {
        let mut tables: BTreeMap<(&str, Option<i32>), Vec<usize>> = BTreeMap::new();
        for ((cut, year, _), at) in &self.groups {
            tables.entry((cut, *year)).or_default().push(*at);
        }
        let tables: Vec<Vec<usize>> = tables.into_values().collect();
        let due = (0..rows.len()).collect();
        let answered = (0..rows.len()).filter(|at| rows[*at].result.is_some()).collect();
        suppress::hidden(&self.sets, &tables, &[due, answered])
    }
}

/// A line of the survey of 令和4年度.
#[derive(Object, Clone, Debug, PartialEq, Deserialize)]
#[oai(rename = "BaselineLine", skip_serializing_if_is_none)]
pub struct Baseline {
    pub item: String,
    pub code: String,
    // Empty where the paper names a thing without a number.
    pub value: Option<f64>,
    pub unit: Option<String>,
    pub approx: bool,
    // The words of the paper.
    pub words: String,
    pub source: String,
}

/// The survey that a municipality made before, by its 6-digit code; nothing where it made none.
/// Chiyoda's of 令和4年度: 千代田区 デジタル・トランスフォーメーション特別委員会資料 令和6年7月3日.
pub fn baseline(code: &str) -> Vec<Baseline> {
    let Some((_, text)) = BASELINES.iter().find(|(own, _)| *own == code) else {
        return Vec::new();
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(
        group: &str,
        due: usize,
        reached: usize,
        answered: usize,
        stuck: usize,
    ) -> Vec<CountedFollowUp> {
        let row = |at: usize| CountedFollowUp {
            version: "1".to_owned(),
            year: 2024,
            groups: std::array::from_fn(|_| group.to_owned()),
            reached: at < reached,
            result: (at < answered).then_some(match at < stuck {
                true => Retention::Stuck,
                false => Retention::NotStuck,
            }),
            gain: (at < answered).then_some(i32::try_from(at).expect("small")),
        };
        (0..due).map(row).collect()
    }

    fn shown(rows: &[CountedFollowUp]) -> Vec<(String, Option<usize>)> {
        let all = figures(rows, Cut::Kind, None);
        assert_eq!(all.len(), 1);
        all[0].groups.iter().map(|g| (g.name.clone(), g.count.map(|c| c.due))).collect()
    }

    #[test]
    fn wilson_agrees_with_values_worked_out_by_hand() {
        // n=10, p=0.5: (0.5+0.19207)/(1.38415) -/+ 1.95996/1.38415*sqrt(0.025+0.0096036)
        for (part, of, low, high) in [
            (5, 10, 0.2366, 0.7634),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (1, 1, 0.2065, 1.0),
            (15, 40, 0.2422, 0.5297),
            (81, 263, 0.2553, 0.3662),
        ] {
            let got = wilson(part, of).expect("people");
            assert!((got.low - low).abs() < 5e-5, "{part}/{of}: {got:?}");
            assert!((got.high - high).abs() < 5e-5, "{part}/{of}: {got:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn rates_have_their_own_denominators() {
        let all = figures(&rows("a", 20, 16, 10, 6), Cut::Kind, None);
        let count = all[0].total.count.expect("twenty people");
        assert_eq!((count.due, count.reached, count.answered), (20, 16, 10));
        assert_eq!(count.response_rate(), Some(0.5));
        assert_eq!(count.rate_of_answered(), Some(0.6));
        assert_eq!(count.rate_of_due(), Some(0.3));
        assert_eq!(all[0].total.median_gain, Some(4.5));
        assert_eq!(Count::default().response_rate(), None);
    }

    #[test]
    fn fewer_than_five_people_are_not_shown_nor_found_by_subtraction() {
        let hide = |name: &str| (name.to_owned(), None);
        let show = |name: &str, due| (name.to_owned(), Some(due));

        // One small group: the total minus the rest would give it, so the next one goes too.
        let one = [rows("a", 4, 4, 4, 4), rows("b", 9, 9, 9, 1), rows("c", 20, 20, 20, 1)].concat();
        assert_eq!(shown(&one), [hide("a"), hide("b"), show("c", 20)]);

        // Two small groups hide each other only if together they are not few.
        let two = [rows("a", 3, 3, 3, 1), rows("b", 4, 4, 4, 1), rows("c", 20, 20, 20, 1)].concat();
        assert_eq!(shown(&two), [hide("a"), hide("b"), show("c", 20)]);
        let few = [
            rows("a", 1, 1, 1, 1),
            rows("b", 2, 2, 2, 1),
            rows("c", 20, 20, 20, 1),
            rows("d", 30, 30, 30, 1),
        ];
        assert_eq!(shown(&few.concat()), [hide("a"), hide("b"), hide("c"), show("d", 30)]);

        // Many were asked, few answered: their answers would show.
        let silent = [rows("a", 30, 30, 2, 2), rows("b", 31, 31, 20, 1), rows("c", 40, 40, 30, 1)];
        assert_eq!(shown(&silent.concat()), [hide("a"), hide("b"), show("c", 40)]);
        // Nobody answered: there is nothing of anybody in it.
        let nobody = [rows("a", 30, 30, 0, 0), rows("b", 31, 31, 20, 1)].concat();
        assert_eq!(shown(&nobody), [show("a", 30), show("b", 31)]);

        let alone = figures(&rows("a", 4, 4, 4, 4), Cut::Kind, None);
        assert_eq!((alone[0].total.count, alone[0].groups[0].count), (None, None));
    }

    #[test]
    fn versions_of_the_rule_are_never_added_up() {
        let mut mixed = [rows("a", 10, 10, 10, 10), rows("a", 8, 8, 8, 0)].concat();
        for row in mixed.iter_mut().skip(10) {
            row.version = "2".to_owned();
        }
        let all = figures(&mixed, Cut::Kind, None);
        let seen: Vec<_> = all
            .iter()
            .map(|f| (f.version.as_str(), f.total.count.map(|c| (c.due, c.stuck))))
            .collect();
        assert_eq!(seen, [("1", Some((10, 10))), ("2", Some((8, 0)))]);
    }

    #[test]
    fn the_survey_of_r4_stands_as_printed() {
        let lines = baseline("131016");
        assert!(baseline("141003").is_empty(), "another town's survey is no baseline");
        let value = |code: &str| lines.iter().find(|l| l.code == code).and_then(|l| l.value);
        assert_eq!(value("distributed"), Some(4000.0));
        assert_eq!(value("answered"), Some(1499.0));
        assert_eq!(value("response_rate"), Some(37.5));
        let (answered, sent) = (1499.0_f64, 4000.0);
        assert_eq!((answered / sent * 1000.0).round() / 10.0, 37.5);
        assert_eq!(lines.iter().filter(|line| line.item == "reason").count(), 4);
        assert_eq!(lines.iter().filter(|line| line.item == "no_smartphone").count(), 2);
    }

    fn any_row() -> impl Strategy<Value = CountedFollowUp> {
        let groups = proptest::array::uniform6(0..4_u8);
        (0..2_u8, 0..2_i32, groups, any::<bool>(), proptest::option::of(0_usize..3), -3..8_i32)
            .prop_map(|(version, year, groups, reached, result, gain)| CountedFollowUp {
                version: version.to_string(),
                year: 2024 + year,
                groups: groups.map(|group| group.to_string()),
                reached,
                result: result.map(|at| Retention::ALL[at]),
                gain: Some(gain),
            })
    }

    /// Every figure that anybody can open, of one version: who is in it, and its count.
    fn all_shown(rows: &[CountedFollowUp], version: &str) -> Vec<(BTreeSet<usize>, Count)> {
        let mut shown = Vec::new();
        for year in [None, Some(2024), Some(2025)] {
            for (at, cut) in Cut::ALL.into_iter().enumerate() {
                let found = figures(rows, cut, year);
                let Some(found) = found.iter().find(|f| f.version == version) else { continue };

                let own = |name: Option<&str>| {
                    let is_in = |row: &CountedFollowUp| {
                        row.version == version
                            && year.is_none_or(|year| row.year == year)
                            && name.is_none_or(|name| row.groups[at] == name)
                    };
                    (0..rows.len()).filter(|at| is_in(&rows[*at])).collect::<BTreeSet<_>>()
                };

                shown.extend(found.total.count.map(|count| (own(None), count)));
                for group in &found.groups {
                    shown.extend(group.count.map(|count| (own(Some(&group.name)), count)));
                }
            }
        }
        shown
    }

    #[test]
    fn a_kind_and_a_month_do_not_give_away_who_lies_between_them() {
        // Twelve in basic classes, nine of them in July and three in August.
        let mut all = rows("basic", 12, 12, 12, 6);
        all.extend(rows("applied", 20, 20, 20, 9));
        for (at, row) in all.iter_mut().enumerate() {
            row.groups[2] = if at < 9 { "2024-07".to_owned() } else { "2024-08".to_owned() };
        }
        let kinds = figures(&all, Cut::Kind, None);
        let months = figures(&all, Cut::Month, None);
        let shown = |figures: &[VersionFigures], name: &str| {
            figures[0].groups.iter().any(|group| group.name == name && group.count.is_some())
        };
        assert!(!(shown(&kinds, "basic") && shown(&months, "2024-07")));
        assert!(!(shown(&kinds, "applied") && shown(&months, "2024-08")));
        assert!(kinds[0].total.count.is_some());
    }

    #[test]
    fn what_is_hidden_does_not_hang_on_the_names_of_the_groups() {
        // Two venues of ten and one of three: whichever is shown, it is the same in each language.
        let all = |names: [&str; 3]| {
            let sizes = [10, 10, 3];
            let parts = names.into_iter().zip(sizes);
            parts.flat_map(|(name, size)| rows(name, size, size, size, 6.min(size))).collect()
        };
        let due = |rows: Vec<CountedFollowUp>, names: [&str; 3]| {
            let found = shown(&rows);
            names.map(|name| found.iter().find(|(known, _)| known == name).and_then(|one| one.1))
        };
        let (one, other) = (["a", "b", "c"], ["y", "x", "c"]);
        assert_eq!(due(all(one), one), due(all(other), other));
        assert_eq!(due(all(one), one).iter().flatten().count(), 1, "the third is not told");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
        #[test]
        fn answered_reached_and_due_keep_their_order(
            rows in proptest::collection::vec(any_row(), 0..60),
        ) {
            for version in ["0", "1"] {
                for (_, count) in all_shown(&rows, version) {
                    prop_assert!(count.answered <= count.reached && count.reached <= count.due);
                    prop_assert_eq!(count.stuck + count.partly + count.not_stuck, count.answered);
                    for people in [count.due, count.answered] {
                        prop_assert!(!(1..FEWEST).contains(&people));
                    }
                    if let (Some(rate), Some(interval)) = (count.rate_of_answered(), count.interval()) {
                        prop_assert!(interval.low <= rate + 1e-12 && rate <= interval.high + 1e-12);
                    }
                }
            }
        }

        #[test]
        fn what_is_hidden_cannot_be_counted_from_any_two_tables(
            rows in proptest::collection::vec(any_row(), 0..60),
        ) {
            for version in ["0", "1"] {
                let shown = all_shown(&rows, version);
                for (whole, count) in &shown {
                    for (part, less) in shown.iter().filter(|(part, _)| part.is_subset(whole)) {
                        let (due, answered) = (count.due - less.due, count.answered - less.answered);
                        let few = (1..FEWEST).contains(&due) || (1..FEWEST).contains(&answered);
                        prop_assert!(!few, "{due} people can be told apart: {whole:?} {part:?}");
                    }
                }
            }
        }
    }
}
