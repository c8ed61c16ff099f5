//! Numbers as forms carry them: yen, and figures with up to three decimals.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use crate::platform::japan::Era;

/// Largest amount that can be written: a hundred billion yen.
pub const MOST_YEN: i64 = 100_000_000_000;

/// Digits as typed, or pasted from a spreadsheet: full-width, with 円, ¥ and thousands marks.
fn plain(text: &str) -> String {
    text.nfkc()
        .filter(|c| !matches!(c, ',' | '円' | '¥' | '\\' | '、') && !c.is_whitespace())
        .collect()
}

/// Yen, a whole number from 0 to [`MOST_YEN`].
pub fn parse_yen(text: &str) -> Option<i64> {
    let digits = plain(text);
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|yen| *yen <= MOST_YEN)
}

/// A day as people write it: `2026-12-10`, `2026/12/10`, `2026年12月10日`, `令和8年12月10日`, `R8.12.10`.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let (era, rest) = match Era::strip_prefix(&plain) {
        Some((era, rest)) => (Some(era), rest),
        None => (None, plain.as_str()),
    };

    let rest = rest.strip_suffix('日').unwrap_or(rest);
    let mut parts = rest.split(['-', '/', '.', '年', '月']);
    let year = match (parts.next()?, era) {
        ("元", Some(era)) => era.calendar_year(1)?,
        (number, Some(era)) => era.calendar_year(number.parse().ok()?)?,
        (number, None) => number.parse().ok()?,
    };

    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let found = NaiveDate::from_ymd_opt(year, month, day)?;
    let whole = parts.next().is_none() && era.is_none_or(|era| era.contains(found));
    whole.then_some(found)
}

/// A figure in thousandths: `37.5` is 37500. At most nine digits before the point, three after.
pub fn parse_milli(text: &str) -> Option<i64> {
    let text = plain(text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let clean = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || part.len() > 3 || !clean(whole) || !clean(part) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    Some(sign * (whole * 1000 + part))
}

/// A figure as it is read: `37.5`, without zeros at the end.
pub fn show_milli(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    let (whole, part) = (milli.unsigned_abs() / 1000, milli.unsigned_abs() % 1000);
    let text = format!("{sign}{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1,234,567`.
pub fn show_yen(yen: i64) -> String {
    let digits = yen.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if yen < 0 { format!("-{text}") } else { text }
}

/// Yen for each of `count`, rounded to the nearest; none for nobody.
pub fn yen_each(yen: i64, count: i64) -> Option<i64> {
    (count > 0).then(|| (yen + count / 2) / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yen_are_read_as_people_and_spreadsheets_write_them() {
        for (text, want) in [
            ("120000", Some(120_000)),
            ("１２０，０００円", Some(120_000)),
            ("¥1,200", Some(1200)),
            (" 0 ", Some(0)),
            ("100000000000", Some(MOST_YEN)),
            ("100000000001", None),
            ("", None),
            ("-5", None),
            ("△5", None),
            ("12.5", None),
            ("十万", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse_yen(text), want, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_both_reckonings() {
        for (text, want) in [
            ("2026-12-10", Some("2026-12-10")),
            ("２０２６／１２／１０", Some("2026-12-10")),
            ("2026年12月10日", Some("2026-12-10")),
            ("令和8年12月10日", Some("2026-12-10")),
            ("令和 8 年 1 月 5 日", Some("2026-01-05")),
            ("R8.12.10", Some("2026-12-10")),
            ("令和元年5月1日", Some("2019-05-01")),
            // Heisei had no May of its 31st year.
            ("平成31年5月1日", None),
            ("1990-12-10", Some("1990-12-10")),
            ("2026-02-30", None),
            ("2026-12", None),
            ("2026-12-10-1", None),
            ("令和", None),
            ("", None),
        ] {
            let want = want.map(|day| day.parse().expect("a day"));
            assert_eq!(parse_day(text), want, "{text}");
        }
    }

    #[test]
    fn figures_keep_three_decimals() {
        for (text, want, shown) in [
            ("37.5", Some(37_500), "37.5"),
            ("８０", Some(80_000), "80"),
            ("1,200", Some(1_200_000), "1200"),
            ("0.125", Some(125), "0.125"),
            ("-3", Some(-3_000), "-3"),
            ("1.2345", None, ""),
            ("", None, ""),
            (".5", None, ""),
            ("約80", None, ""),
            ("9999999999", None, ""),
        ] {
            let got = parse_milli(text);
            assert_eq!(got, want, "{text}");
            if let Some(milli) = got {
                assert_eq!(show_milli(milli), shown);
            }
        }
    }

    #[test]
    fn yen_are_shown_in_groups_and_shared_to_the_nearest() {
        for (yen, want) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(show_yen(yen), want);
        }
        assert_eq!(yen_each(1000, 3), Some(333));
        assert_eq!(yen_each(500, 3), Some(167));
        assert_eq!(yen_each(500, 0), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(milli in -999_999_999_999_i64..999_999_999_999, yen in 0..MOST_YEN) {
            prop_assert_eq!(parse_milli(&show_milli(milli)), Some(milli));
            prop_assert_eq!(parse_yen(&show_yen(yen)), Some(yen));
        }
    }
}
