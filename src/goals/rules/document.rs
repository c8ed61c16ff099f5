//! Documents as data files: one folder a municipality, one file a table.
//!
//! `goals.toml` names the plan and its editions; `goal_*.csv` hold themes, items, measures, goals,
//! actuals and reviews, each row with the code of its edition. Numbers are as printed, without
//! unit. The words of a cell are as printed; `carry`, `merged`, `none` and `pictured` have none.

use std::collections::{BTreeMap, BTreeSet};

use entity::ProgrammeId;
use entity::goals::goal_actual::Metric;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_measure::{Direction, MeasureKind};
use entity::goals::goal_plan::PeriodStyle;
use entity::goals::goal_review::Achievement;
use entity::sessions::session::SessionKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::content::{Actual, Binding, Cell, Content, Item, Measure, Review, Theme};
use super::period::Periods;
use crate::platform::japan::amount;

/// The texts of the files.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    pub plan: &'a str,
    pub themes: &'a str,
    pub items: &'a str,
    pub measures: &'a str,
    pub cells: &'a str,
    pub actuals: &'a str,
    pub reviews: &'a str,
}

/// A plan with its editions.
#[derive(Clone, Debug)]
pub struct Document {
    pub plan: PlanHead,
    pub editions: Vec<(EditionHead, Content)>,
}

/// The plan as `goals.toml` names it.
#[derive(Clone, Debug, Deserialize)]
pub struct PlanHead {
    pub code: String,
    pub name_ja: String,
    pub name_en: String,
    pub first_year: i32,
    pub last_year: i32,
    pub style: PeriodStyle,
}

impl PlanHead {
    /// Its fiscal years.
    pub fn periods(&self) -> Periods {
        Periods { first_year: self.first_year, last_year: self.last_year, style: self.style }
    }
}

/// An edition as `goals.toml` names it.
#[derive(Clone, Debug, Deserialize)]
pub struct EditionHead {
    pub code: String,
    pub title_ja: String,
    pub title_en: String,
    pub document: String,
    /// As printed; empty when the document is not dated.
    pub issued_words: String,
    pub covers: Vec<String>,
}

#[derive(Deserialize)]
struct Head {
    plan: PlanHead,
    #[serde(default, rename = "edition")]
    editions: Vec<EditionHead>,
}

#[derive(Deserialize)]
struct ThemeRow {
    edition: String,
    policy: String,
    policy_title: String,
    number: i32,
    title_ja: String,
    title_en: String,
    lead: String,
}

#[derive(Deserialize)]
struct ItemRow {
    edition: String,
    code: String,
    policy: String,
    theme: Option<i32>,
    title_ja: String,
    title_en: String,
    field: String,
    owner: String,
    cross_listed_as: Option<String>,
    is_core_index: Option<bool>,
    printed_at: String,
    note: String,
}

#[derive(Deserialize)]
struct MeasureRow {
    edition: String,
    item: String,
    rank: i32,
    name_ja: String,
    name_en: String,
    kind: MeasureKind,
    unit: String,
    direction: Direction,
    baseline_words: String,
    baseline: String,
    baseline_year: Option<i32>,
    denominator: String,
    denominator_year: Option<i32>,
}

#[derive(Deserialize)]
struct CellRow {
    edition: String,
    item: String,
    measure: i32,
    fiscal_year: i32,
    kind: CellKind,
    words: String,
    value: String,
    approx: Option<bool>,
}

#[derive(Deserialize)]
struct ActualRow {
    edition: String,
    item: String,
    measure: i32,
    fiscal_year: i32,
    words: String,
    value: String,
    approx: Option<bool>,
    metric: Option<Metric>,
    programme: Option<String>,
    session_kind: Option<SessionKind>,
}

#[derive(Deserialize)]
struct ReviewRow {
    edition: String,
    item: String,
    fiscal_year: i32,
    achievement: Option<Achievement>,
    evidence: String,
    approver_words: String,
    next_direction: String,
}

/// Reads the files of a plan. `programme` finds a programme by its code.
///
/// # Errors
/// Everything that is wrong with them, in words.
pub fn read(
    files: &Files<'_>,
    programme: &dyn Fn(&str) -> Option<ProgrammeId>,
) -> Result<Document, Vec<String>> {
    let head: Head =
        toml::from_str(files.plan).map_err(|error| vec![format!("goals.toml: {error}")])?;
    let mut reader = Reader {
        periods: head.plan.periods(),
        editions: BTreeMap::new(),
        problems: Vec::new(),
        programme,
    };

    for edition in &head.editions {
        let content = Content { covers: edition.covers.clone(), ..Content::default() };
        reader.editions.insert(edition.code.clone(), content);
    }

    reader.read(files);
    reader.check();
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }

    let mut contents = reader.editions;
    let editions = head.editions.into_iter().filter_map(|edition| {
        let content = contents.remove(&edition.code)?;
        Some((edition, content))
    });
    Ok(Document { plan: head.plan, editions: editions.collect() })
}

struct Reader<'a> {
    periods: Periods,
    editions: BTreeMap<String, Content>,
    problems: Vec<String>,
    programme: &'a dyn Fn(&str) -> Option<ProgrammeId>,
}

impl Reader<'_> {
    fn rows<T: DeserializeOwned>(&mut self, file: &str, text: &str) -> Vec<T> {
        let mut found = Vec::new();
        for (at, row) in csv::Reader::from_reader(text.as_bytes()).deserialize().enumerate() {
            match row {
                Ok(row) => found.push(row),
                Err(error) => self.wrong(file, &format!("row {}: {error}", at + 2)),
            }
        }
        found
    }

    fn wrong(&mut self, place: &str, what: &str) {
        self.problems.push(format!("{place}: {what}"));
    }

    fn read(&mut self, files: &Files<'_>) {
        // In this order: each file names rows of those before it.
        for row in self.rows::<ThemeRow>("goal_themes.csv", files.themes) {
            self.theme(row);
        }
        for row in self.rows::<ItemRow>("goal_items.csv", files.items) {
            self.item(row);
        }
        for row in self.rows::<MeasureRow>("goal_measures.csv", files.measures) {
            self.measure(row);
        }
        for row in self.rows::<CellRow>("goal_cells.csv", files.cells) {
            self.cell(row);
        }
        for row in self.rows::<ActualRow>("goal_actuals.csv", files.actuals) {
            self.actual(row);
        }
        for row in self.rows::<ReviewRow>("goal_reviews.csv", files.reviews) {
            self.review(row);
        }
    }

    fn theme(&mut self, row: ThemeRow) {
        let ThemeRow { edition, policy, policy_title, number, title_ja, title_en, lead } = row;
        let theme = Theme { policy, policy_title, number, title_ja, title_en, lead };
        match self.editions.get_mut(&edition) {
            Some(content) => content.themes.push(theme),
            None => self.wrong("goal_themes.csv", &format!("no edition {edition}")),
        }
    }

    fn item(&mut self, row: ItemRow) {
        let Some(content) = self.editions.get_mut(&row.edition) else {
            return self.wrong("goal_items.csv", &format!("no edition {}", row.edition));
        };

        let theme = row.theme.map(|number| (row.policy, number));
        let known = theme.as_ref().is_none_or(|(policy, number)| {
            content.themes.iter().any(|theme| theme.policy == *policy && theme.number == *number)
        });
        let twice = content.items.iter().any(|item| item.code == row.code);
        let code = row.code.clone();

        content.items.push(Item {
            code: row.code,
            theme,
            title_ja: row.title_ja,
            title_en: row.title_en,
            field: row.field,
            owner: row.owner,
            cross_listed_as: row.cross_listed_as,
            is_core_index: row.is_core_index.unwrap_or(false),
            printed_at: row.printed_at,
            note: row.note,
            ..Item::default()
        });

        if !known {
            self.wrong("goal_items.csv", &format!("{code}: no such theme"));
        }
        if twice {
            self.wrong("goal_items.csv", &format!("{code}: twice"));
        }
    }

    fn measure(&mut self, row: MeasureRow) {
        let milli = self.number("goal_measures.csv", &row.baseline);
        let place = format!("{} {} {}", row.edition, row.item, row.rank);
        let Some(item) = self.find_item(&row.edition, &row.item) else {
            return self.wrong("goal_measures.csv", &format!("{place}: no such item"));
        };

        let next = item.measures.len() as i32 + 1;
        item.measures.push(Measure {
            id: None,
            rank: row.rank,
            name_ja: row.name_ja,
            name_en: row.name_en,
            kind: row.kind,
            unit: row.unit,
            direction: row.direction,
            baseline_words: row.baseline_words,
            baseline_milli: milli,
            baseline_year: row.baseline_year,
            denominator: row.denominator,
            denominator_year: row.denominator_year,
            cells: BTreeMap::new(),
            actuals: BTreeMap::new(),
        });

        if row.rank != next {
            self.wrong("goal_measures.csv", &format!("{place}: the next rank is {next}"));
        }
    }

    fn cell(&mut self, row: CellRow) {
        let place = format!("{} {} {}", row.edition, row.item, row.fiscal_year);
        let milli = self.number("goal_cells.csv", &row.value);
        self.year("goal_cells.csv", row.fiscal_year);
        if (row.kind == CellKind::Stated) == row.words.is_empty() {
            self.wrong("goal_cells.csv", &format!("{place}: words and kind do not fit"));
        }

        let Some(measure) = self.find_measure(&row.edition, &row.item, row.measure) else {
            return self.wrong("goal_cells.csv", &format!("{place}: no such measure"));
        };
        let follows = measure.cells.range(..row.fiscal_year).next_back().is_some();
        let approx = row.approx.unwrap_or(false);
        let cell = Cell { kind: row.kind, words: row.words, milli, approx };
        let twice = measure.cells.insert(row.fiscal_year, cell).is_some();

        if twice {
            self.wrong("goal_cells.csv", &format!("{place}: twice"));
        }
        if matches!(row.kind, CellKind::Carry | CellKind::Merged) && !follows {
            self.wrong("goal_cells.csv", &format!("{place}: nothing to carry on"));
        }
    }

    fn actual(&mut self, row: ActualRow) {
        let place = format!("{} {} {}", row.edition, row.item, row.fiscal_year);
        let milli = self.number("goal_actuals.csv", &row.value);
        self.year("goal_actuals.csv", row.fiscal_year);

        let programme_id = row.programme.as_deref().and_then(|code| (self.programme)(code));
        if row.programme.is_some() && programme_id.is_none() {
            self.wrong("goal_actuals.csv", &format!("{place}: no such programme"));
        }
        if row.words.is_empty() && row.metric.is_none() {
            self.wrong("goal_actuals.csv", &format!("{place}: neither words nor a metric"));
        }

        let actual = Actual {
            words: row.words,
            milli,
            approx: row.approx.unwrap_or(false),
            binding: row.metric.map(|metric| Binding {
                metric,
                programme_id,
                session_kind: row.session_kind,
            }),
            ..Actual::default()
        };

        match self.find_measure(&row.edition, &row.item, row.measure) {
            Some(measure) => {
                measure.actuals.insert(row.fiscal_year, actual);
            }
            None => self.wrong("goal_actuals.csv", &format!("{place}: no such measure")),
        }
    }

    fn review(&mut self, row: ReviewRow) {
        let place = format!("{} {} {}", row.edition, row.item, row.fiscal_year);
        self.year("goal_reviews.csv", row.fiscal_year);
        let somebody = !row.evidence.is_empty() && !row.approver_words.is_empty();
        if row.achievement.is_some() && !somebody {
            self.wrong("goal_reviews.csv", &format!("{place}: judged without evidence"));
        }

        let review = Review {
            achievement: row.achievement,
            evidence: row.evidence,
            approver_words: row.approver_words,
            next_direction: row.next_direction,
            ..Review::default()
        };

        match self.find_item(&row.edition, &row.item) {
            Some(item) => {
                item.reviews.insert(row.fiscal_year, review);
            }
            None => self.wrong("goal_reviews.csv", &format!("{place}: no such item")),
        }
    }

    fn number(&mut self, file: &str, text: &str) -> Option<i64> {
        if text.is_empty() {
            return None;
        }
        let found = amount::figure(text).ok();
        if found.is_none() {
            self.wrong(file, &format!("{text} is not a number"));
        }
        found
    }

    fn year(&mut self, file: &str, year: i32) {
        if !self.periods.contains(year) {
            self.wrong(file, &format!("{year} is not in the plan"));
        }
    }

    fn find_item(&mut self, edition: &str, code: &str) -> Option<&mut Item> {
        self.editions.get_mut(edition)?.items.iter_mut().find(|item| item.code == code)
    }

    fn find_measure(&mut self, edition: &str, code: &str, rank: i32) -> Option<&mut Measure> {
        let item = self.find_item(edition, code)?;
        item.measures.iter_mut().find(|measure| measure.rank == rank)
    }

    fn check(&mut self) {
        let mut wrong = Vec::new();
        for (edition, content) in &self.editions {
            let counted: BTreeSet<&str> =
                super::counted(&content.items).map(|item| item.code.as_str()).collect();
            let listed = content.items.iter().filter_map(|item| item.cross_listed_as.as_deref());
            for code in listed.filter(|code| !counted.contains(code)) {
                wrong.push(format!("goal_items.csv: {edition}: cross-listed as {code}: no such"));
            }
        }
        self.problems.append(&mut wrong);
    }
}
