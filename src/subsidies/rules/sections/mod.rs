//! The form of an application: sections, their texts and rows, what is right and what is done.

mod forms;
mod spreadsheet;

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use entity::subsidies::application_section::Section;
use poem_openapi::Object;
use serde::{Deserialize, Serialize};

pub use forms::{Column, FORMS, Form, Kind, Text, form};
pub use spreadsheet::paste;
use spreadsheet::totals;

use super::Refusal;
use super::figure::{parse_milli, show_milli};
use super::states::CHANGEABLE;
use crate::platform::FieldError;
use crate::platform::japan::{amount, day};
use crate::platform::text::{free_text, single_line};

/// Years that days and months of a project lie in.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Most people or sessions of a project.
const MOST_COUNT: i32 = 1_000_000;

/// Most rows of a section.
pub const MOST_ROWS: usize = 60;

/// One section of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Object)]
#[serde(default)]
#[oai(rename = "SectionBody")]
pub struct Content {
    #[oai(default)]
    pub texts: BTreeMap<String, String>,
    /// Cells in the order of the section's columns.
    #[oai(default)]
    pub rows: Vec<Vec<String>>,
}

impl Content {
    /// A text; empty when it was not written.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    fn is_empty(&self) -> bool {
        self.texts.values().all(String::is_empty) && self.rows.is_empty()
    }
}

/// A whole application: sections by name.
pub type Application = BTreeMap<String, Content>;

/// How far a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 未着手
    NotStarted,
    /// 入力中
    Begun,
    /// できた
    Done,
}

/// What a section has no place for: texts of other names, cells beyond its columns. Nobody's words
/// are dropped without a word.
pub fn misplaced(section: Section, raw: &Content) -> Vec<FieldError> {
    let form = form(section);
    let names: Vec<&str> = form.texts.iter().map(|text| text.name).collect();
    let unknown = raw.texts.keys().filter(|name| !names.contains(&name.as_str()));
    let unknown = unknown.map(|name| FieldError {
        values: vec![("known", names.join(", "))],
        ..FieldError::new(&format!("texts.{name}"), "err.api.unknown")
    });
    let columns = form.columns.len();
    let wide = raw.rows.iter().enumerate().filter(|(_, row)| row.len() > columns);
    let wide = wide.map(|(at, _)| fault(format!("rows.{at}"), "err.project.columns", columns));
    unknown.chain(wide).collect()
}

/// A section in the form in which it is kept: texts trimmed, numbers and dates in one notation,
/// empty rows left out.
///
/// # Errors
/// What is wrong, by field: a text by its name, a cell as `row-2-yen`.
pub fn clean(section: Section, raw: &Content) -> Result<Content, Vec<FieldError>> {
    let form = form(section);
    let (mut kept, mut wrong) = (Content::default(), Vec::new());
    for text in form.texts {
        match clean_cell(text.kind, text.max, raw.text(text.name)) {
            Ok(value) => {
                kept.texts.insert(text.name.to_owned(), value);
            }
            Err(wording) => wrong.push(fault(text.name.to_owned(), wording, text.max)),
        }
    }

    let [starts_on, ends_on] = ["starts_on", "ends_on"].map(|name| kept.text(name));
    // Kept days are in ISO form, which sorts as time does.
    if !ends_on.is_empty() && ends_on < starts_on {
        wrong.push(FieldError::new("ends_on", "err.project.order"));
    }

    for (at, row) in raw.rows.iter().enumerate() {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }

        let mut cells = Vec::new();
        for (column, place) in form.columns.iter().zip(0..) {
            let typed = row.get(place).map_or("", String::as_str);
            match clean_cell(column.kind, column.max, typed) {
                Ok(value) => cells.push(value),
                Err(wording) => {
                    let field = format!("row-{}-{}", at + 1, column.name);
                    wrong.push(fault(field, wording, column.max));
                }
            }
        }
        kept.rows.push(cells);
    }

    if section == Section::Budget {
        // Rows keep their numbers: empty ones are counted, too.
        let field = |at: usize| format!("row-{}-category", at + 1);
        let totals = totals(&raw.rows).into_iter();
        wrong.extend(totals.map(|at| FieldError::new(&field(at), "err.project.total_line")));
    }

    if kept.rows.len() > MOST_ROWS {
        wrong.push(fault("paste".to_owned(), "err.project.rows", MOST_ROWS));
    }
    if wrong.is_empty() { Ok(kept) } else { Err(wrong) }
}

fn fault(field: String, wording: &'static str, max: usize) -> FieldError {
    FieldError { field, wording, values: vec![("max", max.to_string())] }
}

/// One value in the notation in which it is kept. An empty one is kept empty: a section is saved
/// half filled as often as one likes.
fn clean_cell(kind: Kind, max: usize, typed: &str) -> Result<String, &'static str> {
    let cleaned = match kind {
        Kind::Long => free_text(typed, max),
        _ => single_line(typed, max),
    };
    let text = cleaned.map_err(|error| error.key())?;
    if text.is_empty() {
        return Ok(text);
    }

    let value = match kind {
        Kind::Line | Kind::Long => Some(text),
        Kind::Yen => amount::yen(&text).ok().map(|yen| yen.to_string()),
        Kind::Figure => parse_milli(&text).map(show_milli),
        Kind::Count => {
            let count = amount::count(&text).ok().filter(|count| *count <= MOST_COUNT);
            count.map(|count| count.to_string())
        }
        Kind::Day => match day::read(&text).ok() {
            Some(day) if !YEARS.contains(&day.year()) => return Err("err.project.day_range"),
            day => day.map(|day| day.to_string()),
        },
        Kind::Month => {
            let month = day::month(&text).ok().filter(|(year, _)| YEARS.contains(year));
            month.map(|(year, month)| format!("{year:04}-{month:02}"))
        }
    };

    value.ok_or(match kind {
        Kind::Yen => "err.project.yen",
        Kind::Figure => "err.project.figure",
        Kind::Count => "err.project.count",
        Kind::Day => "err.project.day",
        Kind::Month | Kind::Line | Kind::Long => "err.project.month",
    })
}

/// How far a section is.
pub fn status(section: Section, content: &Content) -> Status {
    if content.is_empty() {
        return Status::NotStarted;
    }
    let form = form(section);
    let texts = form.texts.iter().all(|text| !text.required || !content.text(text.name).is_empty());
    let whole = |row: &Vec<String>| {
        let cells = form.columns.iter().zip(row);
        cells.clone().count() == form.columns.len()
            && cells.into_iter().all(|(column, cell)| !column.required || !cell.is_empty())
    };
    let rows = content.rows.len() >= form.min_rows && content.rows.iter().all(whole);
    if texts && rows { Status::Done } else { Status::Begun }
}

/// One line of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    pub category: String,
    pub item: String,
    pub yen: i64,
}

/// A budget with its sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    pub lines: Vec<BudgetLine>,
    pub total: i64,
    /// What the ward and its partners pay themselves.
    pub own: i64,
}

impl Budget {
    /// What is asked for.
    pub fn requested(&self) -> i64 {
        self.total - self.own
    }
}

/// The budget as far as it is written; lines without an amount count nothing.
pub fn budget(content: &Content) -> Budget {
    let lines: Vec<BudgetLine> = content
        .rows
        .iter()
        .filter_map(|row| {
            let [category, item, yen] = row.as_slice() else { return None };
            let yen = amount::yen(yen).ok()?;
            Some(BudgetLine { category: category.clone(), item: item.clone(), yen })
        })
        .collect();
    let total = lines.iter().map(|line| line.yen).sum();
    Budget { lines, total, own: amount::yen(content.text("own_yen")).unwrap_or(0) }
}

/// One goal and how it is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub kpi: String,
    pub unit: String,
    /// None: not known.
    pub baseline_milli: Option<i64>,
    pub target_milli: i64,
    pub due: String,
    pub data_source: String,
}

/// The goals that are whole.
pub fn goals(content: &Content) -> Vec<Goal> {
    let goal = |row: &Vec<String>| {
        let [kpi, unit, baseline, target, due, source] = row.as_slice() else { return None };
        Some(Goal {
            kpi: kpi.clone(),
            unit: unit.clone(),
            baseline_milli: parse_milli(baseline),
            target_milli: parse_milli(target)?,
            due: due.clone(),
            data_source: source.clone(),
        })
    };
    content.rows.iter().filter_map(goal).collect()
}

/// Whether an application can be submitted, and its budget.
///
/// # Errors
/// `TotalInBudget`, `Unfinished`, `NothingRequested`, `OverCap`.
pub fn can_submit(application: &Application, cap_yen: Option<i64>) -> Result<Budget, Refusal> {
    let empty = Content::default();
    let of = |section: Section| application.get(section.as_str()).unwrap_or(&empty);
    let all_done =
        Section::ALL.iter().all(|section| status(*section, of(*section)) == Status::Done);
    let budget = budget(of(Section::Budget));

    // Written before such lines were refused.
    if !totals(&of(Section::Budget).rows).is_empty() {
        return Err(Refusal::TotalInBudget);
    }
    // A line of nothing is no line of a budget.
    if !all_done || budget.lines.iter().any(|line| line.yen == 0) {
        return Err(Refusal::Unfinished);
    }

    if budget.requested() <= 0 {
        return Err(Refusal::NothingRequested);
    }
    if cap_yen.is_some_and(|cap| budget.requested() > cap) {
        return Err(Refusal::OverCap);
    }
    Ok(budget)
}

/// The application as a change would make it: `last` with what a change may alter taken from the
/// sections as they are written now. None when nothing differs.
pub fn changed(last: &Application, written: &Application) -> Option<Application> {
    let mut whole = last.clone();
    for section in CHANGEABLE {
        if let Some(content) = written.get(section.as_str()) {
            whole.insert(section.as_str().to_owned(), content.clone());
        }
    }
    (whole != *last).then_some(whole)
}

/// Where the lines of one budget stand in another: old position to new. A line that is the same
/// comes first, then one of the same category and item. A line that is gone has none.
pub fn moved_lines(old: &[BudgetLine], new: &[BudgetLine]) -> BTreeMap<i32, i32> {
    let mut left: Vec<(i32, &BudgetLine)> = (1..).zip(new).collect();
    let mut found = BTreeMap::new();
    for with_yen in [true, false] {
        for (position, line) in (1..).zip(old) {
            let same = |(_, other): &(i32, &BudgetLine)| {
                (&other.category, &other.item) == (&line.category, &line.item)
                    && (!with_yen || other.yen == line.yen)
            };
            if !found.contains_key(&position)
                && let Some(at) = left.iter().position(same)
            {
                found.insert(position, left.remove(at).0);
            }
        }
    }
    found
}

/// Whether a round takes applications on a day.
///
/// # Errors
/// `RoundClosed`, also when its days are not known.
pub fn round_open(
    opens_on: Option<NaiveDate>,
    closes_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), Refusal> {
    match (opens_on, closes_on) {
        (Some(opens), Some(closes)) if opens <= today && today <= closes => Ok(()),
        _ => Err(Refusal::RoundClosed),
    }
}

#[cfg(test)]
mod tests;
