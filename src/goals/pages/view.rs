//! An edition as pages show it, to the public and to staff.

use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;

use crate::goals::queries::EditionRow;
use crate::goals::rules::chart::{Bar, Chart, Sort, shown};
use crate::goals::rules::content::{
    Actual, Content, Item, Meaning, Measure, Review, Theme, meaning,
};
use crate::goals::rules::figure::{Figure, LiveFigures};
use crate::goals::rules::period::year_label;
use crate::goals::rules::{Tally, number};
use crate::platform::web::Page;

/// A name in the language of a page; in Japanese where nobody translated it.
#[derive(Clone, Copy, Debug)]
pub struct Title<'a> {
    pub text: &'a str,
    /// It is Japanese on an English page.
    pub is_ja: bool,
}

/// A name that is kept in both languages; an empty English one is no translation.
pub fn named<'a>(page: &Page, ja: &'a str, en: &'a str) -> Title<'a> {
    let is_ja = !page.is_ja() && en.is_empty();
    Title { text: if is_ja { ja } else { page.pick(ja, en) }, is_ja }
}

/// The name of a measure.
pub fn measure_name<'a>(page: &Page, measure: &'a Measure) -> &'a str {
    named(page, &measure.name_ja, &measure.name_en).text
}

/// The name of a measure where an item has several.
pub fn name_among<'a>(page: &Page, item: &Item, measure: &'a Measure) -> &'a str {
    if item.measures.len() > 1 { measure_name(page, measure) } else { "" }
}

/// The fiscal year of a number that stands beside it, if the document gives one.
pub fn year_beside(page: &Page, year: &Option<i32>) -> String {
    year.map(|year| year_label(page.ctx.lang, year)).unwrap_or_default()
}

/// 「約80人」: the number of a figure with its unit.
pub fn figure_words(page: &Page, figure: &Figure, unit: &str) -> String {
    let counted = format!("{}{unit}", number::shown(figure.milli));
    if figure.approx { page.f1("goals.about", "number", counted) } else { counted }
}

/// How a judgement looks.
pub fn status(achievement: &Achievement) -> &'static str {
    match achievement {
        Achievement::Achieved => "status-ok",
        Achievement::Mostly => "status-now",
        Achievement::NotAchieved => "status-late",
    }
}

/// 「重点方針3 …」, or the title alone.
pub fn policy_title(page: &Page, theme: &Theme) -> String {
    match theme.policy.parse::<i32>() {
        Ok(_) => page.f("goals.policy", &[("code", &theme.policy), ("title", &theme.policy_title)]),
        Err(_) => theme.policy_title.clone(),
    }
}

/// A theme with its items.
pub struct ThemeSection<'a> {
    /// Set when the theme begins another policy.
    pub policy: Option<String>,
    /// 「テーマ 4 デジタルデバイド対策」; empty for items without a theme.
    pub heading: String,
    pub heading_is_ja: bool,
    /// One sentence a line.
    pub lead: &'a str,
    pub items: Vec<ItemArticle<'a>>,
}

/// An initiative.
pub struct ItemArticle<'a> {
    pub item: &'a Item,
    pub title: Title<'a>,
    /// Where staff change it; empty for the public.
    pub edit_link: String,
    /// What is done there: a published initiative is only read.
    pub edit_key: &'static str,
    pub years: Vec<YearView<'a>>,
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

/// One fiscal year of an item.
pub struct YearView<'a> {
    /// 「1Q(R4)」.
    pub short: String,
    /// 「令和4年度（2022年度）」.
    pub long: String,
    pub goals: Vec<GoalView<'a>>,
    pub actuals: Vec<ActualView<'a>>,
    pub review: Option<&'a Review>,
}

impl YearView<'_> {
    /// Whether anything was reached or said.
    pub fn has_result(&self) -> bool {
        let says =
            |review: &Review| review.achievement.is_some() || !review.next_direction.is_empty();
        !self.actuals.is_empty() || self.review.is_some_and(says)
    }

    /// The judgement, if somebody judged.
    pub fn achievement(&self) -> Option<Achievement> {
        self.review.and_then(|review| review.achievement)
    }
}

/// A goal in words.
pub struct GoalView<'a> {
    /// Which measure, where there are several.
    pub name: &'a str,
    pub words: &'a str,
    /// 継続 and the like, before the words; empty for a stated goal.
    pub how: &'static str,
}

/// An actual in words.
pub struct ActualView<'a> {
    pub name: &'a str,
    pub words: &'a str,
    /// 「5回」 of a bound actual: as published, or as it stands now in a draft.
    pub figure: Option<String>,
    /// For staff: the figure of today, where it is another one than the published.
    pub differs: Option<String>,
    /// Where staff see the rows behind it; empty for the public and for words.
    pub rows_link: String,
}

/// An edition while somebody reads it.
pub struct EditionReader<'a> {
    pub page: &'a Page,
    pub row: &'a EditionRow,
    /// For staff; nobody else sees figures that are not published.
    pub live: &'a LiveFigures,
    pub for_staff: bool,
}

impl EditionReader<'_> {
    /// The themes with their items, in the order of the document. `policy` narrows to one policy.
    pub fn themes<'c>(&self, content: &'c Content, policy: Option<&str>) -> Vec<ThemeSection<'c>> {
        let items = |is_wanted: &dyn Fn(&Item) -> bool| -> Vec<ItemArticle<'c>> {
            let wanted = content.items.iter().filter(|item| is_wanted(item));
            wanted.map(|item| self.item(item)).collect()
        };

        let mut found = Vec::new();
        let mut last = String::new();
        let is_shown = |theme: &&Theme| policy.is_none_or(|policy| theme.policy == policy);
        for theme in content.themes.iter().filter(is_shown) {
            let title = policy_title(self.page, theme);
            let begins = title != last;
            last.clone_from(&title);

            let name = named(self.page, &theme.title_ja, &theme.title_en);
            let number = theme.number.to_string();
            let is_under = |item: &Item| {
                let under = item.theme.as_ref();
                under.is_some_and(|(policy, number)| {
                    *policy == theme.policy && *number == theme.number
                })
            };
            found.push(ThemeSection {
                policy: begins.then_some(title),
                heading: self.page.f("goals.theme", &[("number", &number), ("title", name.text)]),
                heading_is_ja: name.is_ja,
                lead: &theme.lead,
                items: items(&is_under),
            });
        }

        // Items without a theme stand behind the last policy; alone, they are the policy without
        // a code.
        let loose = items(&|item: &Item| item.theme.is_none() && policy.is_none_or(str::is_empty));
        if !loose.is_empty() {
            found.push(ThemeSection {
                policy: Some(self.page.t("goals.no_theme").to_owned()),
                heading: String::new(),
                heading_is_ja: false,
                lead: "",
                items: loose,
            });
        }
        found
    }

    /// One item.
    pub fn item<'c>(&self, item: &'c Item) -> ItemArticle<'c> {
        let title = match item.title_ja.is_empty() {
            true => Title { text: self.page.t("goals.unnamed"), is_ja: false },
            false => named(self.page, &item.title_ja, &item.title_en),
        };

        let years = self.row.periods().years().map(|year| self.year(item, year));
        let charts = item.measures.iter().filter_map(|measure| {
            let id = format!("chart-{}-{}", item.code, measure.rank);
            Some(ChartView::new(self.page, id, self.chart(item, measure)?))
        });

        ItemArticle {
            item,
            title,
            edit_link: match item.id {
                Some(id) if self.for_staff => format!("/goals/items/{id}"),
                _ => String::new(),
            },
            edit_key: if self.row.is_draft() { "goals.edit" } else { "goals.look" },
            years: years.filter(|year| !year.goals.is_empty() || year.has_result()).collect(),
            charts: charts.collect(),
        }
    }

    fn year<'c>(&self, item: &'c Item, year: i32) -> YearView<'c> {
        let goals = item.measures.iter().filter_map(|measure| {
            let cell = measure.cells.get(&year)?;
            let name = name_among(self.page, item, measure);
            Some(self.goal(name, measure, cell.kind, year))
        });
        let actuals = item.measures.iter().filter_map(|measure| {
            let actual = measure.actuals.get(&year)?;
            let name = name_among(self.page, item, measure);
            Some(self.actual(name, measure, actual, year))
        });

        YearView {
            short: self.row.periods().short(year),
            long: year_label(self.page.ctx.lang, year),
            goals: goals.collect(),
            actuals: actuals.collect(),
            review: item.reviews.get(&year),
        }
    }

    fn goal<'c>(
        &self,
        name: &'c str,
        measure: &'c Measure,
        kind: CellKind,
        year: i32,
    ) -> GoalView<'c> {
        let words = match meaning(&measure.cells, year) {
            Meaning::Said(cell, _) => cell.words.as_str(),
            Meaning::Nothing | Meaning::Unknown => "",
        };
        let how = match kind {
            CellKind::Stated => "",
            CellKind::Carry => self.page.t("goals.cell.carry"),
            CellKind::Merged => self.page.t("goals.cell.merged"),
            CellKind::Pictured => self.page.t("goals.cell.pictured"),
            CellKind::None => self.page.t("goals.cell.none"),
        };
        GoalView { name, words, how }
    }

    fn actual<'c>(
        &self,
        name: &'c str,
        measure: &Measure,
        actual: &'c Actual,
        year: i32,
    ) -> ActualView<'c> {
        let words = |figure: &Figure| figure_words(self.page, figure, &measure.unit);
        let is_bound = actual.binding.is_some();

        let kept = actual.frozen.as_ref().map(|(_, figure)| figure);
        let now = actual.id.and_then(|id| self.live.get(&id));
        let differs = match (kept, now) {
            (Some(kept), Some(now)) if (kept.milli, kept.approx) != (now.milli, now.approx) => {
                Some(words(now))
            }
            _ => None,
        };

        ActualView {
            name,
            words: &actual.words,
            figure: is_bound.then(|| self.figure(actual).map(words).unwrap_or_default()),
            differs,
            rows_link: match measure.id {
                Some(id) if self.for_staff && is_bound => {
                    format!("/goals/measures/{id}/rows?year={year}")
                }
                _ => String::new(),
            },
        }
    }

    /// The figure that counts for an actual: as published, else as it stands now.
    fn figure<'f>(&'f self, actual: &'f Actual) -> Option<&'f Figure> {
        match &actual.frozen {
            Some((_, figure)) => Some(figure),
            None => self.live.get(&actual.id?),
        }
    }

    /// Bars of a measure with numbers: where it began, what was the goal, what was reached.
    fn chart(&self, item: &Item, measure: &Measure) -> Option<Chart> {
        if measure.unit.is_empty() {
            return None;
        }
        let page = self.page;

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

        let periods = self.row.periods();
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
            let reached = match (self.figure(actual), actual.milli) {
                (Some(figure), _) => {
                    Some((figure.milli, figure_words(page, figure, &measure.unit)))
                }
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
            true => named(page, &item.title_ja, &item.title_en).text,
            false => measure_name(page, measure),
        };
        Chart::new(name, bars)
    }
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
