//! What two editions of a plan say differently.
//!
//! Compared is what both tell of: the policies that both cover. Spaces and 、 between parts are
//! layout, not content; 継続 and a merged cell are what the year before says; a goal that one
//! edition shows in a picture only cannot be compared and is listed as such. The cells of a
//! cross-listed item are those of the item that it names and are compared there, once.

use std::collections::{BTreeMap, BTreeSet};

use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;
use poem_openapi::{Enum, Object};
use unicode_normalization::UnicodeNormalization;

use super::content::{Actual, Content, Item, Meaning, Measure, Theme, ThemeKey, meaning};

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DifferenceKind {
    // A sentence under a theme's title.
    Lead,
    Title,
    // The item stands in one edition only.
    Existence,
    // 再掲 in one edition, a row of its own in the other.
    Listing,
    Goal,
    // When both editions give actuals for the fiscal year.
    Actual,
    // When both editions judge in the fiscal year.
    Achievement,
}

/// What one edition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    Words(String),
    /// 継続, with what that means.
    Carried(String),
    /// An empty cell merged with the one before, with what that means.
    Merged(String),
    /// Counted under this item.
    ListedAs(String),
    Judged(Achievement),
    /// Nothing stands there.
    Nothing,
}

impl Side {
    fn of(words: &str) -> Self {
        if words.is_empty() { Self::Nothing } else { Self::Words(words.to_owned()) }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Code of the item, or `theme 3-4`.
    pub code: String,
    pub title: String,
    pub kind: DifferenceKind,
    /// Of a goal, an actual or a judgement.
    pub fiscal_year: Option<i32>,
    pub before: Side,
    pub after: Side,
}

/// A goal that cannot be compared, because one edition shows it in a picture only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub code: String,
    pub years: Vec<i32>,
}

/// The outcome of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub differences: Vec<Difference>,
    pub unreadable: Vec<Unreadable>,
    /// How many items both editions tell of.
    pub compared: usize,
}

/// What two editions say differently.
#[derive(Debug, Object)]
pub struct Differences {
    /// How many items both editions tell of.
    pub compared: usize,
    pub items: Vec<DifferenceView>,
    /// Items whose goals one edition shows in a picture only.
    pub unreadable: Vec<String>,
}

/// One difference.
#[derive(Debug, Object)]
#[oai(rename = "DifferenceBody", skip_serializing_if_is_none)]
pub struct DifferenceView {
    /// Of the item, or policy and number of the theme.
    pub code: String,
    pub kind: DifferenceKind,
    pub fiscal_year: Option<i32>,
    pub before: SideView,
    pub after: SideView,
}

/// What one edition says.
#[derive(Debug, Object)]
#[oai(rename = "SideBody")]
pub struct SideView {
    /// `words`, `carried`, `merged`, `listed_as`, `judged` or `nothing`.
    pub kind: String,
    pub words: String,
}

impl From<Comparison> for Differences {
    fn from(comparison: Comparison) -> Self {
        let view = |one: Difference| DifferenceView {
            code: one.code,
            kind: one.kind,
            fiscal_year: one.fiscal_year,
            before: one.before.into(),
            after: one.after.into(),
        };
        Self {
            compared: comparison.compared,
            items: comparison.differences.into_iter().map(view).collect(),
            unreadable: comparison.unreadable.into_iter().map(|one| one.code).collect(),
        }
    }
}

impl From<Side> for SideView {
    fn from(side: Side) -> Self {
        let (kind, words) = match side {
            Side::Words(words) => ("words", words),
            Side::Carried(words) => ("carried", words),
            Side::Merged(words) => ("merged", words),
            Side::ListedAs(code) => ("listed_as", code),
            Side::Judged(achievement) => ("judged", achievement.as_str().to_owned()),
            Side::Nothing => ("nothing", String::new()),
        };
        Self { kind: kind.to_owned(), words }
    }
}

/// Compares two editions.
pub fn compare(before: &Content, after: &Content) -> Comparison {
    let mut found = Comparison::default();
    let both = |policy: &str| covers(before, policy) && covers(after, policy);
    themes(before, after, &both, &mut found.differences);

    let inside = |item: &&Item| both(item.theme.as_ref().map_or("", |(policy, _)| policy));
    let old: BTreeMap<&str, &Item> = by_code(before.items.iter().filter(inside));
    let new: BTreeMap<&str, &Item> = by_code(after.items.iter().filter(inside));
    let years = Years::of(&old, &new);

    for code in old.keys().chain(new.keys()).copied().collect::<BTreeSet<&str>>() {
        match (old.get(code), new.get(code)) {
            (Some(old), Some(new)) => {
                found.compared += 1;
                item(old, new, &years, &mut found);
            }
            (old, new) => {
                let title = |item: Option<&&Item>| {
                    item.map_or(Side::Nothing, |item| Side::Words(item.title_ja.clone()))
                };
                let either = old.or(new).map(|item| item.title_ja.clone());
                found.differences.push(Difference {
                    code: code.to_owned(),
                    title: either.unwrap_or_default(),
                    kind: DifferenceKind::Existence,
                    fiscal_year: None,
                    before: title(old),
                    after: title(new),
                });
            }
        }
    }

    found
}

fn covers(content: &Content, policy: &str) -> bool {
    content.covers.is_empty() || content.covers.iter().any(|covered| covered == policy)
}

fn by_code<'a>(items: impl Iterator<Item = &'a Item>) -> BTreeMap<&'a str, &'a Item> {
    items.map(|item| (item.code.as_str(), item)).collect()
}

/// The fiscal years in which both editions give actuals, and judgements.
struct Years {
    actuals: BTreeSet<i32>,
    judgements: BTreeSet<i32>,
}

impl Years {
    fn of(old: &BTreeMap<&str, &Item>, new: &BTreeMap<&str, &Item>) -> Self {
        let actuals = |items: &BTreeMap<&str, &Item>| -> BTreeSet<i32> {
            let measures = items.values().flat_map(|item| &item.measures);
            measures.flat_map(|measure| measure.actuals.keys().copied()).collect()
        };
        let judgements = |items: &BTreeMap<&str, &Item>| -> BTreeSet<i32> {
            let reviews = items.values().flat_map(|item| &item.reviews);
            reviews.filter(|(_, review)| review.achievement.is_some()).map(|(y, _)| *y).collect()
        };
        Self {
            actuals: &actuals(old) & &actuals(new),
            judgements: &judgements(old) & &judgements(new),
        }
    }
}

fn themes(
    before: &Content,
    after: &Content,
    both: &dyn Fn(&str) -> bool,
    found: &mut Vec<Difference>,
) {
    let key = |theme: &Theme| -> ThemeKey { (theme.policy.clone(), theme.number) };
    let new: BTreeMap<ThemeKey, &Theme> =
        after.themes.iter().map(|theme| (key(theme), theme)).collect();

    for old in before.themes.iter().filter(|theme| both(&theme.policy)) {
        let Some(new) = new.get(&key(old)) else { continue };

        let mut differ = |kind, before: &str, after: &str| {
            if same(before, after) {
                return;
            }
            found.push(Difference {
                code: format!("{}-{}", old.policy, old.number),
                title: old.title_ja.clone(),
                kind,
                fiscal_year: None,
                before: Side::of(before),
                after: Side::of(after),
            });
        };

        differ(DifferenceKind::Title, &old.title_ja, &new.title_ja);
        if old.lead.is_empty() || new.lead.is_empty() {
            continue;
        }

        let (old_lines, new_lines): (Vec<_>, Vec<_>) =
            (old.lead.lines().collect(), new.lead.lines().collect());
        for at in 0..old_lines.len().max(new_lines.len()) {
            let line = |lines: &[&'_ str]| lines.get(at).copied().unwrap_or_default().to_owned();
            differ(DifferenceKind::Lead, &line(&old_lines), &line(&new_lines));
        }
    }
}

fn item(old: &Item, new: &Item, years: &Years, found: &mut Comparison) {
    let mut differ = |kind, fiscal_year: Option<i32>, before: Side, after: Side| {
        found.differences.push(Difference {
            code: old.code.clone(),
            title: old.title_ja.clone(),
            kind,
            fiscal_year,
            before,
            after,
        });
    };

    if !same(&old.title_ja, &new.title_ja) {
        let (before, after) = (Side::of(&old.title_ja), Side::of(&new.title_ja));
        differ(DifferenceKind::Title, None, before, after);
    }
    if old.cross_listed_as != new.cross_listed_as {
        let side = |item: &Item| match &item.cross_listed_as {
            Some(code) => Side::ListedAs(code.clone()),
            None => Side::Words(printed(item)),
        };
        differ(DifferenceKind::Listing, None, side(old), side(new));
    }

    let mut unreadable = BTreeSet::new();
    if old.cross_listed_as.is_none() && new.cross_listed_as.is_none() {
        for (old, new) in pairs(old, new) {
            goals(old, new, &mut differ, &mut unreadable);
            for year in &years.actuals {
                let (before, after) = (old.actuals.get(year), new.actuals.get(year));
                if !same_actual(before, after) {
                    let side = |actual: Option<&Actual>| {
                        actual.map_or(Side::Nothing, |actual| Side::Words(actual.words.clone()))
                    };
                    differ(DifferenceKind::Actual, Some(*year), side(before), side(after));
                }
            }
        }

        for year in &years.judgements {
            let judged = |item: &Item| item.reviews.get(year).and_then(|said| said.achievement);
            let (before, after) = (judged(old), judged(new));
            if before != after {
                let side = |judged: Option<Achievement>| judged.map_or(Side::Nothing, Side::Judged);
                differ(DifferenceKind::Achievement, Some(*year), side(before), side(after));
            }
        }
    }

    if !unreadable.is_empty() {
        let years = unreadable.into_iter().collect();
        found.unreadable.push(Unreadable { code: old.code.clone(), years });
    }
}

/// The goals of an item in one line, for a row that the other edition does not print.
fn printed(item: &Item) -> String {
    let cells = item.measures.first().map(|measure| &measure.cells);
    let stated = cells.into_iter().flatten().filter(|(_, cell)| !cell.words.is_empty());
    stated.map(|(_, cell)| cell.words.as_str()).collect::<Vec<_>>().join(" ／ ")
}

/// Measures that both editions have.
fn pairs<'a>(old: &'a Item, new: &'a Item) -> impl Iterator<Item = (&'a Measure, &'a Measure)> {
    old.measures.iter().filter_map(|measure| {
        let other = new.measures.iter().find(|other| other.rank == measure.rank)?;
        Some((measure, other))
    })
}

fn goals(
    old: &Measure,
    new: &Measure,
    differ: &mut impl FnMut(DifferenceKind, Option<i32>, Side, Side),
    unreadable: &mut BTreeSet<i32>,
) {
    for year in old.cells.keys().chain(new.cells.keys()).copied().collect::<BTreeSet<i32>>() {
        let (before, after) = (meaning(&old.cells, year), meaning(&new.cells, year));

        let differs = match (before, after) {
            (Meaning::Unknown, _) | (_, Meaning::Unknown) => {
                unreadable.insert(year);
                false
            }
            (Meaning::Said(before, _), Meaning::Said(after, _)) => {
                !same(&before.words, &after.words)
                    || (before.milli != after.milli
                        && before.milli.is_some()
                        && after.milli.is_some())
            }
            (before, after) => before != after,
        };

        if differs {
            differ(DifferenceKind::Goal, Some(year), side(old, year), side(new, year));
        }
    }
}

fn side(measure: &Measure, year: i32) -> Side {
    let words = match meaning(&measure.cells, year) {
        Meaning::Said(cell, _) => cell.words.clone(),
        Meaning::Nothing | Meaning::Unknown => return Side::Nothing,
    };
    match measure.cells.get(&year).map(|cell| cell.kind) {
        Some(CellKind::Carry) => Side::Carried(words),
        Some(CellKind::Merged) => Side::Merged(words),
        _ => Side::Words(words),
    }
}

fn same_actual(before: Option<&Actual>, after: Option<&Actual>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            same(&before.words, &after.words)
                && before.milli == after.milli
                && before.binding == after.binding
        }
        (before, after) => before.is_none() && after.is_none(),
    }
}

/// Whether two texts say the same, layout aside.
fn same(before: &str, after: &str) -> bool {
    let bare = |text: &str| -> String {
        text.nfkc().filter(|c| !c.is_whitespace() && *c != '、' && *c != ',').collect()
    };
    bare(before) == bare(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_no_difference() {
        for (before, after) in [
            ("設計・構築\n整備完了", "設計・構築、整備完了"),
            ("公募・契約 一部利用開始(6消防団)", "公募・契約、一部利用開始（6消防団）"),
            ("1,000", "1000"),
        ] {
            assert!(same(before, after), "{before} {after}");
        }
        assert!(!same("支援事業の創設、実施", "補助事業の創設、実施"));
        assert!(!same("実証", "実証継続"));
    }
}
