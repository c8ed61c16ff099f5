//! 日付: a day, a month or a year, as people write it and as browsers send it.
//!
//! The year is never guessed: 「7月10日」 and 「6.7.10」 are refused.

use chrono::{Datelike, Months, NaiveDate};
use thiserror::Error;

use super::dates::weekday_ja;
use super::era::Era;
use super::text::characters::{is_dash, is_invisible, is_number_sign, narrow};

/// Why a text is not a day or month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DayError {
    /// Nothing was typed.
    #[error("the date is empty")]
    Empty,
    /// The text is no date.
    #[error("the date cannot be read")]
    Unreadable,
    /// A month and a day alone.
    #[error("the date has no year")]
    NoYear,
    /// A year below 1000: which era is meant cannot be known.
    #[error("the year of the date has no era")]
    NoEra,
    /// The era never had that year or day, or it is not the western year beside it.
    #[error("the era did not have that year or day")]
    NotInEra,
    /// A year or a month alone where a day is asked for.
    #[error("the day of the date is missing")]
    NoDay,
    /// There is no such day, as 30 February.
    #[error("there is no such day")]
    NoSuchDay,
    /// The day of the week beside it is another.
    #[error("the date is another day of the week")]
    OtherWeekday,
}

impl DayError {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Unreadable,
        Self::NoYear,
        Self::NoEra,
        Self::NotInEra,
        Self::NoDay,
        Self::NoSuchDay,
        Self::OtherWeekday,
    ];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.day.empty",
            Self::Unreadable => "err.day.unreadable",
            Self::NoYear => "err.day.noyear",
            Self::NoEra => "err.day.noera",
            Self::NotInEra => "err.day.notinera",
            Self::NoDay => "err.day.dayless",
            Self::NoSuchDay => "err.day.noday",
            Self::OtherWeekday => "err.day.weekday",
        }
    }
}

/// What a text says of a date: as much as stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// A calendar year alone.
    Year(i32),
    /// A calendar year and a month.
    Month(i32, u32),
    /// A whole day.
    Day(NaiveDate),
}

impl Written {
    /// Reads a date in either reckoning: `2024-07-10`, `2024/7/10`, 「2024年7月10日」, `20240710`,
    /// 「令和6年7月10日」, 「R6.7.10」, and what this crate prints, 「令和6年（2024年）7月10日（水曜日）」.
    /// The day on which one era ended and the next began is read in both.
    ///
    /// # Errors
    /// See [`DayError`].
    pub fn read(text: &str) -> Result<Written, DayError> {
        if text.chars().any(is_number_sign) {
            return Err(DayError::Unreadable);
        }
        let text: String =
            narrow(text).chars().filter(|c| !(c.is_whitespace() || is_invisible(*c))).collect();
        if text.is_empty() {
            return Err(DayError::Empty);
        }

        let (text, weekday) = split_weekday(&text);
        let (era, rest) = match Era::strip_prefix(text) {
            Some((era, rest)) => (Some(era), rest),
            None => (None, text),
        };
        let (rest, western) = match era {
            Some(_) => split_western(rest),
            None => (rest.to_owned(), None),
        };
        let written = written(era, &rest, &numbers(&rest)?)?;

        if western.is_some_and(|year| year != written.year()) {
            return Err(DayError::NotInEra);
        }
        match (weekday, written) {
            (None, _) => Ok(written),
            (Some(name), Written::Day(day)) if weekday_ja(day.weekday()) == name => Ok(written),
            (Some(_), Written::Day(_)) => Err(DayError::OtherWeekday),
            (Some(_), _) => Err(DayError::Unreadable),
        }
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        match self {
            Written::Year(year) | Written::Month(year, _) => year,
            Written::Day(day) => day.year(),
        }
    }
}

/// A whole day, in any form that [`Written::read`] knows.
///
/// # Errors
/// See [`DayError`].
pub fn read(text: &str) -> Result<NaiveDate, DayError> {
    match Written::read(text)? {
        Written::Day(day) => Ok(day),
        Written::Year(_) | Written::Month(..) => Err(DayError::NoDay),
    }
}

/// A calendar year and a month: `2026-05`, 「2026年5月」, 「令和8年5月」.
///
/// # Errors
/// See [`DayError`].
pub fn month(text: &str) -> Result<(i32, u32), DayError> {
    match Written::read(text)? {
        Written::Month(year, month) => Ok((year, month)),
        Written::Year(_) | Written::Day(_) => Err(DayError::Unreadable),
    }
}

/// The date without 「（水曜日）」 or 「（水）」 behind it, and the letter of that day.
fn split_weekday(text: &str) -> (&str, Option<&str>) {
    let bracket = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let Some((date, inside)) = bracket else { return (text, None) };
    let name = inside.strip_suffix("曜日").or_else(|| inside.strip_suffix('曜')).unwrap_or(inside);
    match name {
        "月" | "火" | "水" | "木" | "金" | "土" | "日" => (date, Some(name)),
        _ => (text, None),
    }
}

/// The date without the western year in brackets behind the year of the era, and that year.
fn split_western(text: &str) -> (String, Option<i32>) {
    let bracket = text.split_once('(').and_then(|(before, rest)| {
        let (inside, behind) = rest.split_once(')')?;
        let year = inside.strip_suffix('年').unwrap_or(inside);
        let plain = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        let year = year.parse().ok().filter(|_| plain)?;
        before.ends_with('年').then(|| (format!("{before}{behind}"), Some(year)))
    });
    bracket.unwrap_or_else(|| (text.to_owned(), None))
}

/// The one to three numbers of a date, separated by anything that dates are separated by. 元 is 1.
fn numbers(text: &str) -> Result<Vec<u32>, DayError> {
    let parts: Vec<&str> = text
        .trim_end_matches(['年', '月', '日', '.'])
        .split(|c: char| matches!(c, '年' | '月' | '日' | '.' | '/' | ',' | '・') || is_dash(c))
        .collect();
    if parts.len() > 3 {
        return Err(DayError::Unreadable);
    }
    let number = |part: &str| {
        let part = if part == "元" { "1" } else { part };
        let plain = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|_| plain).ok_or(DayError::Unreadable)
    };
    parts.into_iter().map(number).collect()
}

fn written(era: Option<Era>, text: &str, numbers: &[u32]) -> Result<Written, DayError> {
    match (era, numbers) {
        (None, [compact]) if text.len() == 8 => {
            let year = i32::try_from(compact / 10_000).map_err(|_| DayError::Unreadable)?;
            date(year, compact / 100 % 100, compact % 100).map(Written::Day)
        }
        (era, [year]) => calendar_year(era, *year).map(Written::Year),
        // No year is that small: it is a month and a day.
        (None, [month, _]) if *month < 1000 => Err(DayError::NoYear),
        (era, [year, month]) => {
            let year = calendar_year(era, *year)?;
            let first = date(year, *month, 1)?;
            // An era is longer than a month: it has one of its ends, or nothing of it.
            let last = first + Months::new(1) - chrono::TimeDelta::days(1);

            match era {
                Some(era) if !(era.names(first) || era.names(last)) => Err(DayError::NotInEra),
                _ => Ok(Written::Month(year, *month)),
            }
        }
        (era, [year, month, day]) => {
            let day = date(calendar_year(era, *year)?, *month, *day)?;

            match era {
                Some(era) if !era.names(day) => Err(DayError::NotInEra),
                _ => Ok(Written::Day(day)),
            }
        }
        _ => Err(DayError::Unreadable),
    }
}

fn calendar_year(era: Option<Era>, number: u32) -> Result<i32, DayError> {
    match era {
        Some(era) => era.calendar_year(number).ok_or(DayError::NotInEra),
        None if number < 1000 => Err(DayError::NoEra),
        None if number > 9999 => Err(DayError::Unreadable),
        None => i32::try_from(number).map_err(|_| DayError::Unreadable),
    }
}

fn date(year: i32, month: u32, day: u32) -> Result<NaiveDate, DayError> {
    NaiveDate::from_ymd_opt(year, month, day).ok_or(DayError::NoSuchDay)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::dates::date_long_ja;
    use super::*;

    #[test]
    fn a_day_is_read_in_every_usual_form() {
        let day = "2024-07-10".parse().unwrap();
        for text in [
            "2024-07-10",
            "2024-7-10",
            "２０２４-07-10",
            "2024/7/10",
            "２０２４／７／１０",
            "2024.7.10",
            "2024年7月10日",
            "20240710",
            "令和6年7月10日",
            "令和 ６ 年 ７ 月 １０ 日",
            "令和6年(2024年)7月10日",
            "令和6年（2024年）7月10日（水曜日）",
            "2024年7月10日（水）",
            "R6.7.10",
            "r6/7/10",
            "令6.7.10",
            "Reiwa 6.7.10",
            "２０２４ー７ー１０",
            " 2024-07-10\u{200B} ",
        ] {
            assert_eq!(read(text), Ok(day), "{text}");
        }

        for (text, day) in [
            ("令和元年5月1日", "2019-05-01"),
            ("平成31年4月30日", "2019-04-30"),
            ("大正元年7月30日", "1912-07-30"),
            ("明治45年7月30日", "1912-07-30"),
            ("S22.3.4", "1947-03-04"),
        ] {
            assert_eq!(read(text), Ok(day.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_says_why() {
        for (text, error) in [
            ("", DayError::Empty),
            ("　", DayError::Empty),
            ("7月10日", DayError::NoYear),
            ("7月10日（水曜日）", DayError::NoYear),
            ("10/7", DayError::NoYear),
            ("6.7.10", DayError::NoEra),
            ("24-7-10", DayError::NoEra),
            ("12/10/2026", DayError::NoEra),
            ("平成31年5月1日", DayError::NotInEra),
            ("昭和65年1月1日", DayError::NotInEra),
            ("令和6年（2025年）7月10日", DayError::NotInEra),
            ("2026-12", DayError::NoDay),
            ("令和8年", DayError::NoDay),
            ("2026-02-30", DayError::NoSuchDay),
            ("2024-13-01", DayError::NoSuchDay),
            ("2024年7月10日（木）", DayError::OtherWeekday),
            ("2024年7月（水）", DayError::Unreadable),
            ("2024年7月10日（祝）", DayError::Unreadable),
            ("2026-12-10-1", DayError::Unreadable),
            ("262142-01-01", DayError::Unreadable),
            ("-2024-07-10", DayError::Unreadable),
            ("2024-07-10T14:00:00+09:00", DayError::Unreadable),
            ("令和②年7月10日", DayError::Unreadable),
            ("令和", DayError::Unreadable),
            ("あした", DayError::Unreadable),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_month_is_read_in_both_reckonings() {
        for text in ["2026-05", "2026/5", "２０２６年５月", "2026.5", "令和8年5月", "R8.5"]
        {
            assert_eq!(month(text), Ok((2026, 5)), "{text}");
        }
        for (text, error) in [
            ("", DayError::Empty),
            ("5月", DayError::NoEra),
            ("5/10", DayError::NoYear),
            ("2026-05-10", DayError::Unreadable),
            ("2026", DayError::Unreadable),
            ("2026-13", DayError::NoSuchDay),
            ("平成31年5月", DayError::NotInEra),
        ] {
            assert_eq!(month(text), Err(error), "{text}");
        }
        assert_eq!(month("平成31年4月"), Ok((2019, 4)));
        assert_eq!(month("令和元年5月"), Ok((2019, 5)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in any::<String>()) {
            let _ = Written::read(&text);
        }

        #[test]
        fn what_is_printed_is_read_again(year in 1000..=2999_i32, day in 1..=365_u32) {
            let day = NaiveDate::from_yo_opt(year, day).unwrap();
            prop_assert_eq!(read(&day.to_string()), Ok(day));
            prop_assert_eq!(read(&date_long_ja(day)), Ok(day));
        }
    }
}
