//! What comes from a spreadsheet: its rows, and what in it would change an amount. A table in
//! thousands of yen, or with its total among its lines, is refused with what is to be mended: nobody
//! can tell afterwards that a number was a thousandth, or counted twice.

use entity::subsidies::application_section::Section;
use unicode_normalization::UnicodeNormalization;

use super::forms::{Kind, form};
use crate::platform::FieldError;
use crate::platform::japan::amount;
use crate::subsidies::rules::figure::parse_milli;

/// Most characters of a wrong line that a sentence quotes.
const LONGEST_LINE: usize = 80;

/// A budget of which every line is below this is a table in thousands, unless it says 円.
const SMALL_YEN: i64 = 1000;

/// Multiples in which amounts are written.
const MULTIPLES: &[&str] = &[
    "千", "万", "億", "兆", "百円", "1000", "¥000", "000円", "000s", "thousand", "million",
    "billion", "k円", "k¥", "¥k", "kyen", "kjpy", "m円",
];

/// Units by which a heading says that its table is in multiples, whatever its other words.
const UNITS: &[&str] = &[
    "千円", "万円", "億円", "兆円", "百円", "¥千", "千¥", "1000円", "000円", "k円", "m円", "千圓",
    "thousand", "million", "billion", "千人", "万人", "千件", "千回",
];

/// Words of a line that is the total of others: the whole cell.
const TOTALS: &[&str] =
    &["計", "総額", "計額", "総事業費", "sum", "total", "subtotal", "grandtotal"];

/// Words that make a total of whatever stands before them, as in 「謝金小計」.
const TOTAL_ENDS: &[&str] = &[
    "小計",
    "合計",
    "総計",
    "累計",
    "中計",
    "合計額",
    "小計額",
    "総計額",
    "合計金額",
    "経費総額",
    "事業費総額",
    "subtotal",
    "grandtotal",
];

/// Words that make a total of whatever stands behind them, as in 「合計（税込）」.
const TOTAL_STARTS: &[&str] = &["小計", "合計", "総計", "累計", "subtotal", "grandtotal"];

/// Rows pasted from a spreadsheet: one line a row, cells by tabs, a cell with line breaks in quotes.
/// A first line of headings, a line 「単位：円」, and lines without content, are left out.
///
/// # Errors
/// For `paste`: `err.project.paste` when a line has fewer cells than the section has columns,
/// `err.project.paste_unit` when figures are in thousands or other multiples,
/// `err.project.paste_small` when amounts look so.
pub fn paste(section: Section, text: &str) -> Result<Vec<Vec<String>>, FieldError> {
    let columns = form(section).columns;
    let is_figure = |at: usize| matches!(columns[at].kind, Kind::Yen | Kind::Figure);
    let counts = (0..columns.len()).any(is_figure);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut says_yen = false;

    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    for record in reader.records().map_while(Result::ok) {
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }

        if counts && let Some(words) = caption(&cells) {
            if is_multiple(words) {
                return Err(fault("err.project.paste_unit", words, columns.len()));
            }
            says_yen = true;
            continue;
        }

        // A spreadsheet may bring empty columns on the right, but none may be missing.
        let extra = cells.get(columns.len()..).unwrap_or_default();
        if cells.len() < columns.len() || extra.iter().any(|cell| !cell.is_empty()) {
            return Err(fault("err.project.paste", &cells.join(" "), columns.len()));
        }
        rows.push(cells.into_iter().take(columns.len()).collect());
    }

    let is_heading = |row: &Vec<String>| {
        columns.iter().zip(row).any(|(column, cell)| {
            matches!(column.kind, Kind::Yen | Kind::Figure | Kind::Month)
                && !cell.is_empty()
                && !cell.chars().any(char::is_numeric)
        })
    };
    let mut headings = Vec::new();
    if rows.first().is_some_and(is_heading) {
        headings.push(rows.remove(0));
    }

    // A unit stands in a heading, also in a second line of it, or behind the number itself.
    let heading_cells = headings.iter().flatten().filter(|cell| is_unit(cell));
    let unread = rows.iter().flat_map(|row| row.iter().enumerate()).filter_map(|(at, cell)| {
        let read = match columns[at].kind {
            Kind::Yen => amount::yen(cell).ok(),
            Kind::Figure => parse_milli(cell),
            _ => return None,
        };
        (read.is_none() && is_multiple(cell)).then_some(cell)
    });

    let heads = headings.iter().flat_map(|row| row.iter().enumerate());
    let heads = heads.filter(|(at, cell)| is_figure(*at) && is_multiple(cell));
    let unit = heads.map(|(_, cell)| cell).chain(heading_cells).chain(unread).next();
    if let Some(words) = unit.filter(|_| counts) {
        return Err(fault("err.project.paste_unit", words, columns.len()));
    }

    says_yen |= headings.iter().flatten().any(|cell| plain(cell).contains(['円', '¥']));
    if section == Section::Budget && !says_yen && is_small(&rows) {
        return Err(fault("err.project.paste_small", "", columns.len()));
    }
    Ok(rows)
}

fn fault(wording: &'static str, words: &str, columns: usize) -> FieldError {
    let line: String = words.chars().take(LONGEST_LINE).collect();
    let values = vec![("count", columns.to_string()), ("line", line)];
    FieldError { field: "paste".to_owned(), wording, values }
}

/// Full-width and half-width alike, without spaces and thousands marks.
fn plain(cell: &str) -> String {
    let folded = cell.nfkc().filter(|c| !c.is_whitespace() && *c != ',');
    folded.collect::<String>().to_lowercase()
}

/// The words of a line that stands over or under a table: 「（単位：千円）」.
fn caption(cells: &[String]) -> Option<&str> {
    let mut words = cells.iter().filter(|cell| !cell.is_empty());
    let (only, none) = (words.next()?.as_str(), words.next());
    let text = plain(only);
    let bare = text.trim_matches(['(', ')', '[', ']', '※', '*', '【', '】', '<', '>', '〔', '〕']);
    let named = ["単位", "unit", "金額単位", "金額は", "金額:"].iter().any(|w| bare.starts_with(w))
        || in_brackets(&text).any(|words| words.contains("単位") || UNITS.contains(&words));
    let is_unit = bare != text && (UNITS.contains(&bare) || matches!(bare, "円" | "千" | "百万"));
    (none.is_none() && (named || is_unit)).then_some(only)
}

/// What stands in brackets anywhere in a line, as the unit behind a title.
fn in_brackets(text: &str) -> impl Iterator<Item = &str> {
    text.split(['(', '[', '【', '〔', '<'])
        .skip(1)
        .filter_map(|rest| rest.split([')', ']', '】', '〕', '>']).next())
}

/// Whether words at a figure say that it is in multiples.
fn is_multiple(cell: &str) -> bool {
    let text = plain(cell);
    MULTIPLES.iter().any(|multiple| text.contains(multiple))
}

/// Whether words in any heading name a unit of multiples.
fn is_unit(cell: &str) -> bool {
    let text = plain(cell);
    UNITS.iter().any(|unit| text.contains(unit))
}

/// Whether every amount is so small that the table is one in thousands, and none says 円.
fn is_small(rows: &[Vec<String>]) -> bool {
    let cells: Vec<&String> = rows.iter().filter_map(|row| row.get(2)).collect();
    let amounts: Vec<i64> = cells.iter().filter_map(|cell| amount::yen(cell).ok()).collect();
    let says_yen = cells.iter().any(|cell| plain(cell).contains(['円', '¥']));
    !amounts.is_empty() && !says_yen && amounts.iter().all(|yen| *yen < SMALL_YEN)
}

/// The places of the lines of a budget that are totals, or parts, of other lines: added to them
/// they would count twice.
pub(super) fn totals(rows: &[Vec<String>]) -> Vec<usize> {
    let amount = |row: &Vec<String>| row.get(2).and_then(|cell| amount::yen(cell).ok());
    let whole: i64 = rows.iter().filter_map(amount).sum();
    let (mut found, mut block, mut before) = (Vec::new(), 0, 0);

    for (at, row) in rows.iter().enumerate() {
        let names = row.iter().take(2).map(|cell| name(cell)).collect::<Vec<_>>();
        let own = amount(row);
        let is_sum = own.is_some_and(|own| own > 0 && [block, before, whole - own].contains(&own));
        let blank = own.is_some() && names.iter().all(String::is_empty);
        // 「会計」 and 「時計」 end as 「謝金計」 does: there the amount decides.
        let may_be = blank || names.iter().any(|name| name.ends_with('計'));
        let is_part = row.iter().take(2).any(|cell| is_part(cell));

        if names.iter().any(|name| is_total(name)) || is_part || (may_be && is_sum) {
            found.push(at);
            block = 0;
        } else {
            block += own.unwrap_or(0);
            before += own.unwrap_or(0);
        }
    }
    found
}

/// A cell as a name: without what stands in brackets, marks, and numbers at its end.
fn name(cell: &str) -> String {
    let (mut depth, mut name) = (0_u32, String::new());
    for c in plain(cell).chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphanumeric() => name.push(c),
            _ => {}
        }
    }

    if name.is_empty() {
        // All of it stood in brackets: 「【合計】」.
        name = plain(cell).chars().filter(|c| c.is_alphanumeric()).collect();
    }
    name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
}

fn is_total(name: &str) -> bool {
    TOTALS.contains(&name)
        || TOTAL_ENDS.iter().any(|word| name.ends_with(word))
        || TOTAL_STARTS.iter().any(|word| name.starts_with(word))
}

/// 「うち講師分」, 「内数」: a part of the line above. 「うちわ」 is a fan.
fn is_part(cell: &str) -> bool {
    let text: String = plain(cell).chars().filter(|c| c.is_alphanumeric()).collect();
    (text.starts_with("うち") && !text.starts_with("うちわ"))
        || ["内数", "再掲"].iter().any(|word| text.starts_with(word) || text.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording(section: Section, text: &str) -> Option<&'static str> {
        paste(section, text).err().map(|fault| fault.wording)
    }

    #[test]
    fn a_table_in_thousands_is_refused_however_it_says_so() {
        for head in [
            "費目\t内訳\t金額（千円）",
            "費目\t内訳\t金額(千円)",
            "費目\t内訳\t金額 （ 千 円 ）",
            "費目\t内訳\t金額［千円］",
            "費目\t内訳\t千円",
            "費目\t内訳\t金額（￥千）",
            "費目\t内訳\t¥千",
            "費目\t内訳\t金額（千）",
            "費目\t内訳\t金額（百万円）",
            "費目\t内訳\t金額（万円）",
            "費目\t内訳\t予算額（単位：千円）",
            "費目\t内訳\t金額（1,000円）",
            "費目\t内訳\t金額（１，０００円）",
            "費目\t内訳\t金額（千圓）",
            "費目\t内訳（単位：千円）\t金額",
            "費目（千円）\t内訳\t金額",
            "Category\tItem\tAmount (thousand yen)",
            "Category\tItem\tJPY thousands",
            "Category\tItem\tAmount (¥000)",
            "費目\t内訳\t金額\n\t\t（千円）",
            "単位：千円\n費目\t内訳\t金額",
            "（単位：千円）\t\t\n費目\t内訳\t金額",
            "\t\t単位:千円\n費目\t内訳\t金額",
            "\t\t（千円）\n費目\t内訳\t金額",
            "※金額は千円\n費目\t内訳\t金額",
            "単位：百万円",
            "[単位 千円]",
            "令和8年度予算書（単位：千円）\t\t",
            "令和8年度予算書（千円）\t\t\n費目\t内訳\t金額",
        ] {
            let text = format!("{head}\n謝金\t講師 5回\t1200\n会場\t使用料\t3000\n");
            assert_eq!(wording(Section::Budget, &text), Some("err.project.paste_unit"), "{head}");
        }

        for amount in ["120千円", "12万円", "１２０千円", "1.2百万円", "￥120千", "120千"]
        {
            let text = format!("費目\t内訳\t金額\n謝金\t講師\t3000\n会場\t使用料\t{amount}");
            assert_eq!(wording(Section::Budget, &text), Some("err.project.paste_unit"), "{amount}");
        }

        let after = "費目\t内訳\t金額\n謝金\t講師\t3000\n（単位：千円）";
        assert_eq!(wording(Section::Budget, after), Some("err.project.paste_unit"));
        // Figures of goals lose as much.
        let goals =
            "目標\t単位\t現状（千人）\t目標値（千人）\tいつ\t出典\n参加\t人\t1\t2\t年度末\t名簿";
        assert_eq!(wording(Section::Goals, goals), Some("err.project.paste_unit"));
    }

    #[test]
    fn a_table_in_yen_is_read_whatever_stands_beside_its_amounts() {
        for (text, count) in [
            ("費目\t内訳\t金額（円）\n謝金\t講師 2千円×5回\t10,000", 1),
            ("単位：円\n費目\t内訳\t金額\n謝金\t千代田の講師\t10,000\n印刷\t1万部\t20000円", 2),
            ("（単位：円）\n費目\t内訳\t金額（円）\n郵送\t84円×5通\t420", 1),
            ("費目\t内訳\t金額\n郵送\t84円×5通\t420円", 1),
            ("費目\t内訳\t金額\n郵送\t切手\t420\n謝金\t講師\t10000", 2),
            ("謝金\t講師\t¥120,000\n会場\t使用料\t￥３０，０００", 2),
        ] {
            assert_eq!(paste(Section::Budget, text).expect("rows").len(), count, "{text}");
        }
        let goals = "目標\t単位\t現状\t目標値\tいつ\t出典\n参加\t千人\t1\t2\t年度末\t名簿";
        assert_eq!(paste(Section::Goals, goals).expect("rows").len(), 1, "its own unit says so");
        let plan = "月\t内容\n2026-05\t1万枚のちらし";
        assert_eq!(paste(Section::Plan, plan).expect("rows").len(), 1);
    }

    #[test]
    fn amounts_that_are_all_tiny_are_asked_about() {
        let text = "費目\t内訳\t金額\n謝金\t講師\t120\n会場\t使用料\t30\n";
        assert_eq!(wording(Section::Budget, text), Some("err.project.paste_small"));
        assert_eq!(wording(Section::Budget, &text.replace("120", "120円")), None);
        assert_eq!(wording(Section::Budget, &text.replace("120", "1200")), None);
    }

    fn lines(rows: &[[&str; 3]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect()
    }

    #[test]
    fn a_line_that_is_a_total_is_found_however_it_is_written() {
        for word in [
            "合計",
            "合　計",
            "計",
            "　計　",
            "小計",
            "総計",
            "累計",
            "総額",
            "合計（税込）",
            "合計金額",
            "【合計】",
            "合計：",
            "小計①",
            "小計(A)",
            "計（A＋B）",
            "謝金小計",
            "事業費合計",
            "総合計",
            "総事業費",
            "Total",
            "TOTAL",
            "Grand total",
            "Subtotal",
            "ｺﾞｳｹｲ合計",
            "税抜合計",
            "うち講師分",
            "（うち謝金）",
            "内数",
            "講師（再掲）",
        ] {
            for place in [0, 1] {
                let mut total = ["", "", "123"];
                total[place] = word;

                let rows =
                    lines(&[["謝金", "講師", "200,000"], ["会場", "使用料", "100000"], total]);
                assert_eq!(totals(&rows), [2], "{word}");
            }
        }
    }

    #[test]
    fn words_that_only_end_alike_are_totals_when_the_amount_is() {
        for (word, yen, want) in [
            ("謝金計", "300000", true),
            ("支出計", "３００，０００円", true),
            ("", "300000", true),
            ("時計", "2000", false),
            ("会計", "50000", false),
            ("設計", "80000", false),
            ("", "2000", false),
            ("計画書", "2000", false),
            ("うちわ", "2000", false),
            ("体重計", "2000", false),
        ] {
            let rows = lines(&[
                ["謝金", "講師", "200,000"],
                ["会場", "使用料", "100000"],
                [word, "", yen],
            ]);
            assert_eq!(!totals(&rows).is_empty(), want, "{word} {yen}");
        }

        let blocks = lines(&[
            ["謝金", "講師", "200000"],
            ["謝金計", "", "200000"],
            ["会場", "使用料", "70000"],
            ["会場", "備品", "30000"],
            ["会場計", "", "100000"],
            ["支出計", "", "300000"],
        ]);
        assert_eq!(totals(&blocks), [1, 4, 5]);

        let first =
            lines(&[["支出計", "", "300"], ["謝金", "講師", "200"], ["会場", "備品", "100"]]);
        assert_eq!(totals(&first), [0], "a total may stand above its lines");
    }
}
