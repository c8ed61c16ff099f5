//! An edition as pages show it, to the public and to staff.

use std::collections::BTreeMap;

use entity::GoalActualId;
use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;

use crate::goals::queries::EditionRow;
use crate::goals::rules::chart::{Bar, Chart, Sort, shown};
use crate::goals::rules::content::{Actual, Content, Item, Meaning, Measure, Theme, meaning};
use crate::goals::rules::figure::Figure;
use crate::goals::rules::period::Periods;
use crate::goals::rules::{Tally, number};
use crate::platform::Lang;
use crate::platform::web::Page;

/// Figures as they stand now, by actual.
pub type Live = BTreeMap<GoalActualId, Figure>;

/// A theme with its items.
pub struct ThemeView {
    /// Set when the theme begins another policy.
    pub policy: Option<String>,
    /// 「テーマ 4 デジタルデバイド対策」; empty for items without a theme.
    pub heading: String,
    pub heading_is_ja: bool,
    pub lead: Vec<String>,
    pub items: Vec<ItemView>,
}

/// An initiative.
pub struct ItemView {
    /// Where staff change it; empty for the public.
    pub edit_link: String,
    /// What is done there: a published initiative is only read.
    pub edit_key: &'static str,
    pub code: String,
    pub title: String,
    /// The title is Japanese on an English page.
    pub is_ja: bool,
    pub has_name: bool,
    pub field: String,
    pub owner: String,
    pub is_core_index: bool,
    pub printed_at: String,
    pub listed: Option<String>,
    pub note: String,
    pub definitions: Vec<Definition>,
    pub years: Vec<YearView>,
    pub charts: Vec<ChartView>,
}

/// A chart with the sentence that says the same.
pub struct ChartView {
    pub id: String,
    pub chart: Chart,
    /// 「図の説明です。…図の説明は以上です。」: every number of the chart in words.
    pub twin: String,
}

impl ChartView {
    /// A chart on a page.
    pub fn new(page: &Page, id: String, chart: Chart) -> Self {
        let words = chart.words(page.pick("は", ": "), page.pick("、", "; "));
        let twin = page.f("goals.twin", &[("title", &chart.title), ("words", &words)]);
        Self { id, chart, twin }
    }
}

/// What a number is a part of, and where it began.
pub struct Definition {
    pub name: String,
    pub baseline: String,
    pub baseline_year: String,
    pub denominator: String,
    pub denominator_year: String,
}

/// One fiscal year of an item.
pub struct YearView {
    /// 「1Q(R4)」.
    pub short: String,
    /// 「令和4年度（2022年度）」.
    pub long: String,
    pub goals: Vec<GoalView>,
    pub actuals: Vec<ActualView>,
    pub achievement: Option<Judged>,
    pub evidence: String,
    pub approver: String,
    pub next_direction: String,
}

impl YearView {
    /// Whether anything was reached or said.
    pub fn has_result(&self) -> bool {
        !self.actuals.is_empty() || self.achievement.is_some() || !self.next_direction.is_empty()
    }
}

/// A goal in words.
pub struct GoalView {
    /// Which measure, where there are several.
    pub name: String,
    pub words: String,
    /// 継続 and the like, before the words; empty for a stated goal.
    pub how: String,
    pub is_missing: bool,
}

/// An actual in words.
pub struct ActualView {
    /// Where staff see the rows behind it; empty for the public and for words.
    pub rows_link: String,
    pub name: String,
    pub words: String,
    /// 「5回」 of a bound actual: as published, or as it stands now in a draft.
    pub figure: String,
    /// For staff: the figure of today, where it is another one than the published.
    pub differs: Option<String>,
    pub is_bound: bool,
}

/// A judgement as a status word.
pub struct Judged {
    pub words: String,
    pub class: &'static str,
}

/// Picks the Japanese or English of two texts; an empty English one is no translation.
pub fn pick(lang: Lang, ja: &str, en: &str) -> (String, bool) {
    match lang {
        Lang::En if !en.is_empty() => (en.to_owned(), false),
        Lang::En => (ja.to_owned(), true),
        Lang::Ja => (ja.to_owned(), false),
    }
}

/// 「約80人」: the number of a figure with its unit.
pub fn figure_words(page: &Page, figure: &Figure, unit: &str) -> String {
    let counted = format!("{}{unit}", number::shown(figure.milli));
    if figure.approx { page.f1("goals.about", "number", counted) } else { counted }
}

/// The key and the look of a judgement.
pub fn judged(page: &Page, achievement: Achievement) -> Judged {
    let (key, class) = match achievement {
        Achievement::Achieved => ("goals.achievement.achieved", "status-ok"),
        Achievement::Mostly => ("goals.achievement.mostly", "status-now"),
        Achievement::NotAchieved => ("goals.achievement.not_achieved", "status-late"),
    };
    Judged { words: page.t(key).to_owned(), class }
}

/// The themes of an edition with their items, in the order of the document. `policy` narrows to
/// one policy.
pub fn themes(
    page: &Page,
    row: &EditionRow,
    content: &Content,
    live: &Live,
    policy: Option<&str>,
    for_staff: bool,
) -> Vec<ThemeView> {
    let lang = page.ctx.lang;
    let mut found = Vec::new();
    let mut last = String::new();

    let wanted =
        content.themes.iter().filter(|theme| policy.is_none_or(|policy| theme.policy == policy));
    for theme in wanted {
        let of_theme = |item: &&Item| {
            item.theme.as_ref().is_some_and(|(p, n)| *p == theme.policy && *n == theme.number)
        };
        let items: Vec<ItemView> = content
            .items
            .iter()
            .filter(of_theme)
            .map(|item| item_view(page, row, item, live, for_staff))
            .collect();

        let title = policy_title(page, theme);
        let is_new = title != last;
        last.clone_from(&title);
        let (name, heading_is_ja) = pick(lang, &theme.title_ja, &theme.title_en);
        found.push(ThemeView {
            policy: is_new.then_some(title),
            heading: page
                .f("goals.theme", &[("number", &theme.number.to_string()), ("title", &name)]),
            heading_is_ja,
            lead: theme.lead.lines().map(str::to_owned).collect(),
            items,
        });
    }

    // Items without a theme stand behind the last policy; alone, they are the policy without a code.
    let loose: Vec<ItemView> = content
        .items
        .iter()
        .filter(|item| item.theme.is_none() && policy.is_none_or(str::is_empty))
        .map(|item| item_view(page, row, item, live, for_staff))
        .collect();
    if !loose.is_empty() {
        found.push(ThemeView {
            policy: Some(page.t("goals.no_theme").to_owned()),
            heading: String::new(),
            heading_is_ja: false,
            lead: Vec::new(),
            items: loose,
        });
    }
    found
}

/// 「重点方針3 …」, or the title alone.
pub fn policy_title(page: &Page, theme: &Theme) -> String {
    match theme.policy.parse::<i32>() {
        Ok(_) => page.f("goals.policy", &[("code", &theme.policy), ("title", &theme.policy_title)]),
        Err(_) => theme.policy_title.clone(),
    }
}

/// One item.
pub fn item_view(
    page: &Page,
    row: &EditionRow,
    item: &Item,
    live: &Live,
    for_staff: bool,
) -> ItemView {
    let lang = page.ctx.lang;
    let periods = row.periods();
    let has_name = !item.title_ja.is_empty();
    let (title, is_ja) = match has_name {
        true => pick(lang, &item.title_ja, &item.title_en),
        false => (page.t("goals.unnamed").to_owned(), false),
    };
    let many = item.measures.len() > 1;

    let years = periods
        .years()
        .map(|year| year_view(page, periods, item, year, live, for_staff))
        .filter(|year| !year.goals.is_empty() || year.has_result())
        .collect();
    let charts = item
        .measures
        .iter()
        .filter_map(|measure| {
            let id = format!("chart-{}-{}", item.code, measure.rank);
            Some(ChartView::new(page, id, chart(page, periods, item, measure, live)?))
        })
        .collect();

    ItemView {
        edit_key: if row.is_draft() { "goals.edit" } else { "goals.look" },
        edit_link: match item.id {
            Some(id) if for_staff => format!("/goals/items/{id}"),
            _ => String::new(),
        },
        code: item.code.clone(),
        title,
        is_ja,
        has_name,
        field: item.field.clone(),
        owner: item.owner.clone(),
        is_core_index: item.is_core_index,
        printed_at: item.printed_at.clone(),
        listed: item.cross_listed_as.clone(),
        note: item.note.clone(),
        definitions: item.measures.iter().filter_map(|m| definition(page, m, many)).collect(),
        years,
        charts,
    }
}

/// The name of a measure where an item has several.
pub fn measure_name(page: &Page, measure: &Measure) -> String {
    pick(page.ctx.lang, &measure.name_ja, &measure.name_en).0
}

fn definition(page: &Page, measure: &Measure, many: bool) -> Option<Definition> {
    if measure.baseline_words.is_empty() && measure.denominator.is_empty() {
        return None;
    }
    let year = |year: Option<i32>| {
        let periods = |year| Periods {
            first_year: year,
            last_year: year,
            style: entity::goals::goal_plan::PeriodStyle::Year,
        };
        year.map(|year| periods(year).label(page.ctx.lang, year)).unwrap_or_default()
    };
    Some(Definition {
        name: if many { measure_name(page, measure) } else { String::new() },
        baseline: measure.baseline_words.clone(),
        baseline_year: year(measure.baseline_year),
        denominator: measure.denominator.clone(),
        denominator_year: year(measure.denominator_year),
    })
}

fn year_view(
    page: &Page,
    periods: Periods,
    item: &Item,
    year: i32,
    live: &Live,
    for_staff: bool,
) -> YearView {
    let many = item.measures.len() > 1;
    let name = |measure: &Measure| {
        if many { measure_name(page, measure) } else { String::new() }
    };

    let goals = item
        .measures
        .iter()
        .filter(|measure| measure.cells.contains_key(&year))
        .map(|measure| goal(page, name(measure), measure, year))
        .collect();

    let actuals = item
        .measures
        .iter()
        .filter_map(|measure| {
            let actual = measure.actuals.get(&year)?;
            let mut view = actual_view(page, name(measure), measure, actual, live);
            if let (true, true, Some(id)) = (for_staff, view.is_bound, measure.id) {
                view.rows_link = format!("/goals/measures/{id}/rows?year={year}");
            }
            Some(view)
        })
        .collect();

    let review = item.reviews.get(&year);
    let plain = Periods { style: entity::goals::goal_plan::PeriodStyle::Year, ..periods };
    YearView {
        short: periods.short(year),
        long: plain.label(page.ctx.lang, year),
        goals,
        actuals,
        achievement: review
            .and_then(|review| review.achievement)
            .map(|achievement| judged(page, achievement)),
        evidence: review.map(|review| review.evidence.clone()).unwrap_or_default(),
        approver: review.map(|review| review.approver_words.clone()).unwrap_or_default(),
        next_direction: review.map(|review| review.next_direction.clone()).unwrap_or_default(),
    }
}

fn goal(page: &Page, name: String, measure: &Measure, year: i32) -> GoalView {
    let words = match meaning(&measure.cells, year) {
        Meaning::Said(cell, _) => cell.words.clone(),
        Meaning::Nothing | Meaning::Unknown => String::new(),
    };
    let how = match measure.cells.get(&year).map(|cell| cell.kind) {
        Some(CellKind::Carry) => "goals.cell.carry",
        Some(CellKind::Merged) => "goals.cell.merged",
        Some(CellKind::Pictured) => "goals.cell.pictured",
        Some(CellKind::Stated) => "",
        Some(CellKind::None) | None => "goals.cell.none",
    };
    let how = if how.is_empty() { String::new() } else { page.t(how).to_owned() };
    GoalView { name, is_missing: words.is_empty(), words, how }
}

/// The figure that counts for an actual: as published, else as it stands now.
pub fn figure<'a>(actual: &'a Actual, live: &'a Live) -> Option<&'a Figure> {
    match &actual.frozen {
        Some((_, figure)) => Some(figure),
        None => live.get(&actual.id?),
    }
}

fn actual_view(
    page: &Page,
    name: String,
    measure: &Measure,
    actual: &Actual,
    live: &Live,
) -> ActualView {
    let unit = &measure.unit;
    let now = actual.id.and_then(|id| live.get(&id));
    let kept = actual.frozen.as_ref().map(|(_, figure)| figure);
    let differs = match (kept, now) {
        (Some(kept), Some(now)) if (kept.milli, kept.approx) != (now.milli, now.approx) => {
            Some(figure_words(page, now, unit))
        }
        _ => None,
    };

    ActualView {
        rows_link: String::new(),
        name,
        words: actual.words.clone(),
        figure: figure(actual, live).map(|f| figure_words(page, f, unit)).unwrap_or_default(),
        differs,
        is_bound: actual.binding.is_some(),
    }
}

/// Bars of a measure with numbers: where it began, what was the goal, what was reached.
fn chart(
    page: &Page,
    periods: Periods,
    item: &Item,
    measure: &Measure,
    live: &Live,
) -> Option<Chart> {
    if measure.unit.is_empty() {
        return None;
    }

    // What is not exact stands at its bar in its own words, as long as these fit there.
    let short = |words: &str, milli: i64, approx: bool| {
        let number = shown("", milli, &measure.unit);
        match approx {
            true if words.chars().count() <= 10 => words.to_owned(),
            true => page.f1("goals.about", "number", number),
            false => number,
        }
    };

    let mut bars = Vec::new();
    if let Some(milli) = measure.baseline_milli {
        let approx = measure.baseline_words.contains('約');
        bars.push(Bar {
            label: page.t("goals.baseline").to_owned(),
            sort: Sort::Baseline,
            milli,
            shown: short(&measure.baseline_words, milli, approx),
        });
    }

    for year in periods.years() {
        let label = |key: &str| format!("{} {}", periods.short(year), page.t(key));
        let cell = measure.cells.get(&year);
        if let Some((cell, milli)) = cell.and_then(|cell| Some((cell, cell.milli?))) {
            bars.push(Bar {
                label: label("goals.goal"),
                sort: Sort::Goal,
                milli,
                shown: short(&cell.words, milli, cell.approx),
            });
        }

        let Some(actual) = measure.actuals.get(&year) else { continue };
        let reached = match (figure(actual, live), actual.milli) {
            (Some(figure), _) => Some((figure.milli, figure_words(page, figure, &measure.unit))),
            (None, Some(milli)) => Some((milli, short(&actual.words, milli, actual.approx))),
            (None, None) => None,
        };
        if let Some((milli, shown)) = reached {
            bars.push(Bar { label: label("goals.actual"), sort: Sort::Actual, milli, shown });
        }
    }

    // One bar compares nothing.
    if bars.len() < 2 {
        return None;
    }
    let name = match measure.name_ja.is_empty() {
        true => pick(page.ctx.lang, &item.title_ja, &item.title_en).0,
        false => measure_name(page, measure),
    };
    Chart::new(&name, bars)
}

/// The judgements of a fiscal year as bars.
pub fn tally_chart(page: &Page, label: &str, tally: Tally) -> Option<Chart> {
    let bar = |key: &str, count: usize| Bar {
        label: page.t(key).to_owned(),
        sort: Sort::Actual,
        milli: count as i64 * 1000,
        shown: page.f1("goals.items", "count", count),
    };
    let bars = vec![
        bar("goals.achievement.achieved", tally.achieved),
        bar("goals.achievement.mostly", tally.mostly),
        bar("goals.achievement.not_achieved", tally.not_achieved),
        bar("goals.achievement.open", tally.open),
    ];
    Chart::new(label, bars)
}
