//! The goals as open data: one row for each item, measure, fiscal year and kind of statement.

use entity::goals::goal_cell::CellKind;
use entity::goals::goal_review::Achievement;

use super::content::{Actual, Cell, Content, Item, Meaning, Measure, meaning};
use super::number;
use super::period::{Periods, era_year};

/// Name, meaning and values of each column, in order.
pub const COLUMNS: &[(&str, &str, &str)] = &[
    ("施策番号", "計画に印刷された番号", "文字"),
    ("施策名", "取組の名前。概要版に題名がない取組は空", "文字"),
    ("期", "クォーター・コードの期。1Qは計画の最初の年度で、3か月ではない", "1Q/2Q/3Q/4Q または空"),
    ("年度(和暦)", "4月から翌年3月まで", "文字"),
    ("年度(西暦)", "年度が始まる年", "整数"),
    ("区分", "何を述べた行か", "目標/実績/達成状況/方向性"),
    ("内容", "資料の言葉。継続と結合は、前の年度の言葉", "文字"),
    ("数値", "内容にある数。記録から数えた実績は公表のときの数", "小数 または空"),
    ("単位", "数値の単位", "文字"),
    ("公表日", "資料にある日付。日付のない資料は空", "文字"),
    ("測るもの", "取組に測るものがいくつかあるときの名前", "文字"),
    ("概数", "数値が約・以上・超などと印刷されている", "1 または 0"),
    ("記載", "資料での書かれ方", "記載/継続/結合/なし/図のみ/集計"),
    ("再掲", "同じ内容を持ち、代わりに数える施策番号", "文字 または空"),
    ("分母", "割合の分母の定義", "文字"),
    ("分母の年度(西暦)", "分母を数えた年度", "整数 または空"),
    ("計画", "計画の名前", "文字"),
    ("版", "計画の版", "文字"),
    ("全国地方公共団体コード", "検査数字を含む6けた", "文字"),
];

/// Where an edition comes from.
#[derive(Clone, Debug)]
pub struct Source {
    pub municipality_code: String,
    pub plan: String,
    pub edition: String,
    /// As printed, or the day of publication here.
    pub issued: String,
    pub periods: Periods,
}

/// The rows of an edition, in the order of [`COLUMNS`].
pub fn rows(source: &Source, content: &Content) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for item in &content.items {
        for year in source.periods.years() {
            for measure in &item.measures {
                if let Some(cell) = measure.cells.get(&year) {
                    found.push(goal(source, item, measure, year, cell));
                }
                if let Some(actual) = measure.actuals.get(&year) {
                    found.push(reached(source, item, measure, year, actual));
                }
            }

            let Some(review) = item.reviews.get(&year) else { continue };
            if let Some(achievement) = review.achievement {
                let words = achievement_ja(achievement).to_owned();
                found.push(row(source, item, None, year, &Statement::of("達成状況", words)));
            }
            if !review.next_direction.is_empty() {
                let words = review.next_direction.clone();
                found.push(row(source, item, None, year, &Statement::of("方向性", words)));
            }
        }
    }
    found
}

/// 達成状況 as the city prints it.
pub const fn achievement_ja(achievement: Achievement) -> &'static str {
    match achievement {
        Achievement::Achieved => "達成",
        Achievement::Mostly => "おおむね達成",
        Achievement::NotAchieved => "未達",
    }
}

/// What one row says.
struct Statement {
    sort: &'static str,
    words: String,
    milli: Option<i64>,
    approx: bool,
    how: &'static str,
}

impl Statement {
    fn of(sort: &'static str, words: String) -> Self {
        Self { sort, words, milli: None, approx: false, how: "記載" }
    }
}

fn goal(source: &Source, item: &Item, measure: &Measure, year: i32, cell: &Cell) -> Vec<String> {
    let how = match cell.kind {
        CellKind::Stated => "記載",
        CellKind::Carry => "継続",
        CellKind::Merged => "結合",
        CellKind::None => "なし",
        CellKind::Pictured => "図のみ",
    };

    let mut said = Statement { how, ..Statement::of("目標", String::new()) };
    if let Meaning::Said(meant, _) = meaning(&measure.cells, year) {
        said.words.clone_from(&meant.words);
        said.milli = meant.milli;
        said.approx = meant.approx;
    }
    row(source, item, Some(measure), year, &said)
}

fn reached(
    source: &Source,
    item: &Item,
    measure: &Measure,
    year: i32,
    actual: &Actual,
) -> Vec<String> {
    let mut said = Statement {
        milli: actual.milli,
        approx: actual.approx,
        ..Statement::of("実績", actual.words.clone())
    };
    if let Some((_, figure)) = &actual.frozen {
        said.milli = Some(figure.milli);
        said.approx = figure.approx;
        said.how = "集計";
    }
    row(source, item, Some(measure), year, &said)
}

fn row(
    source: &Source,
    item: &Item,
    measure: Option<&Measure>,
    year: i32,
    said: &Statement,
) -> Vec<String> {
    let short = source.periods.short(year);
    let quarter = short.split_once('(').map_or("", |(quarter, _)| quarter);
    let of = |read: &dyn Fn(&Measure) -> String| measure.map(read).unwrap_or_default();

    vec![
        item.code.clone(),
        item.title_ja.clone(),
        quarter.to_owned(),
        era_year(year),
        year.to_string(),
        said.sort.to_owned(),
        said.words.clone(),
        said.milli.map(number::plain).unwrap_or_default(),
        if said.milli.is_some() { of(&|measure| measure.unit.clone()) } else { String::new() },
        source.issued.clone(),
        of(&|measure| measure.name_ja.clone()),
        if said.approx { "1" } else { "0" }.to_owned(),
        said.how.to_owned(),
        item.cross_listed_as.clone().unwrap_or_default(),
        of(&|measure| measure.denominator.clone()),
        of(&|measure| measure.denominator_year.map(|y| y.to_string()).unwrap_or_default()),
        source.plan.clone(),
        source.edition.clone(),
        source.municipality_code.clone(),
    ]
}
