//! 年度: the year of public budgets, from 1 April to 31 March.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use super::era::{Era, EraYear};
use super::text::characters::{is_invisible, is_number_sign, narrow};

/// Why a text is not a fiscal year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FiscalYearError {
    /// Nothing was typed.
    #[error("the fiscal year is empty")]
    Empty,
    /// The text is no year, or one that nobody means.
    #[error("the fiscal year cannot be read")]
    Unreadable,
}

impl FiscalYearError {
    /// Every reason.
    pub const ALL: [Self; 2] = [Self::Empty, Self::Unreadable];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.fiscalyear.empty",
            Self::Unreadable => "err.fiscalyear.unreadable",
        }
    }
}

/// A fiscal year, named by the calendar year in which it begins: 2024 is 令和6年度.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FiscalYear(i32);

impl FiscalYear {
    /// The earliest fiscal year that can be named.
    pub const FIRST: FiscalYear = FiscalYear(1900);
    /// The latest fiscal year that can be named.
    pub const LAST: FiscalYear = FiscalYear(2999);

    /// The fiscal year that begins in April of `year`, `None` outside 1900..=2999.
    #[must_use]
    pub const fn new(year: i32) -> Option<FiscalYear> {
        if year < Self::FIRST.0 || year > Self::LAST.0 {
            return None;
        }
        Some(FiscalYear(year))
    }

    /// The fiscal year that a day in Japan belongs to. Days outside 1900..=2999 are counted to the
    /// nearest year that can be named. For an instant, take its `time::local_date` first.
    #[must_use]
    pub fn of(date: NaiveDate) -> FiscalYear {
        let year = if date.month() >= 4 { date.year() } else { date.year() - 1 };
        FiscalYear(year.clamp(Self::FIRST.0, Self::LAST.0))
    }

    /// Reads 2024, 「２０２４年度」, 「令和6年度」, 「R6」, and what this crate prints,
    /// 「令和6年度（2024年度）」.
    ///
    /// # Errors
    /// See [`FiscalYearError`].
    pub fn parse(text: &str) -> Result<FiscalYear, FiscalYearError> {
        if text.chars().any(is_number_sign) {
            return Err(FiscalYearError::Unreadable);
        }
        let text: String =
            narrow(text).chars().filter(|c| !(c.is_whitespace() || is_invisible(*c))).collect();
        if text.is_empty() {
            return Err(FiscalYearError::Empty);
        }

        let said_twice = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let read = match said_twice {
            Some((first, second)) => one_year(first).filter(|year| one_year(second) == Some(*year)),
            None => one_year(&text),
        };
        read.and_then(FiscalYear::new).ok_or(FiscalYearError::Unreadable)
    }

    /// The calendar year in which it begins.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0
    }

    /// Its first day, 1 April.
    #[must_use]
    pub const fn start(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0, 4, 1).expect("1 April exists in every year")
    }

    /// Its last day, 31 March of the next calendar year.
    #[must_use]
    pub const fn end(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0 + 1, 3, 31).expect("31 March exists in every year")
    }

    /// Whether a day in Japan belongs to it.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        date >= self.start() && date <= self.end()
    }

    /// 「令和6年度（2024年度）」. A fiscal year in which the era changed carries the new name, as
    /// public documents write it (2019 is 令和元年度).
    #[must_use]
    pub fn label_ja(self) -> String {
        let new_years_eve =
            NaiveDate::from_ymd_opt(self.0, 12, 31).expect("31 December exists in every year");
        match EraYear::of(new_years_eve) {
            Some(era_year) => format!("{}年度（{}年度）", era_year.label_ja_bare(), self.0),
            None => format!("{}年度", self.0),
        }
    }

    /// "Fiscal year 2024 (April 2024 to March 2025)".
    #[must_use]
    pub fn label_en(self) -> String {
        format!("Fiscal year {0} (April {0} to March {1})", self.0, self.0 + 1)
    }
}

/// The calendar year of 「2024年度」 or 「令和6年度」.
fn one_year(text: &str) -> Option<i32> {
    let text = ["年度", "年"].iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text);
    let (era, number) = match Era::strip_prefix(text) {
        Some((era, "元")) => (Some(era), "1"),
        Some((era, number)) => (Some(era), number),
        None => (None, text),
    };
    if !(1..=4).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match era {
        Some(era) => era.calendar_year(number.parse().ok()?),
        None => number.parse().ok(),
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::time::local_date;
    use super::*;

    #[test]
    fn the_fiscal_year_changes_at_midnight_in_japan() {
        for (at, year) in [
            ("2025-03-31T14:59:59Z", 2024),
            ("2025-03-31T15:00:00Z", 2025),
            ("2024-12-31T23:00:00Z", 2024),
        ] {
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(FiscalYear::of(local_date(at)).year(), year, "{at}");
        }
    }

    #[test]
    fn a_fiscal_year_holds_its_first_and_last_day_only() {
        let year = FiscalYear::new(2024).unwrap();
        for (date, inside) in [
            ("2024-03-31", false),
            ("2024-04-01", true),
            ("2025-03-31", true),
            ("2025-04-01", false),
        ] {
            let date: NaiveDate = date.parse().unwrap();
            assert_eq!(year.contains(date), inside, "{date}");
            assert_eq!(FiscalYear::of(date) == year, inside, "{date}");
        }
    }

    #[test]
    fn a_fiscal_year_is_named_by_its_era() {
        for (year, ja) in [
            (2024, "令和6年度（2024年度）"),
            (2019, "令和元年度（2019年度）"),
            (2018, "平成30年度（2018年度）"),
            (1989, "平成元年度（1989年度）"),
            (1988, "昭和63年度（1988年度）"),
        ] {
            assert_eq!(FiscalYear::new(year).unwrap().label_ja(), ja);
        }
        assert_eq!(
            FiscalYear::new(2024).unwrap().label_en(),
            "Fiscal year 2024 (April 2024 to March 2025)"
        );
    }

    #[test]
    fn a_fiscal_year_is_read_in_both_reckonings() {
        for text in [
            "2024",
            " ２０２４ ",
            "2024年度",
            "2024年",
            "令和6年度",
            "令和 ６ 年度",
            "R6",
            "令和6年度（2024年度）",
        ] {
            assert_eq!(FiscalYear::parse(text).map(FiscalYear::year), Ok(2024), "{text}");
        }
        assert_eq!(FiscalYear::parse("令和元年度").map(FiscalYear::year), Ok(2019));

        for (text, error) in [
            ("", FiscalYearError::Empty),
            ("　", FiscalYearError::Empty),
            ("24", FiscalYearError::Unreadable),
            ("6年度", FiscalYearError::Unreadable),
            ("20240", FiscalYearError::Unreadable),
            ("-2024", FiscalYearError::Unreadable),
            ("2024.5", FiscalYearError::Unreadable),
            ("2024-04-01", FiscalYearError::Unreadable),
            ("令和0年度", FiscalYearError::Unreadable),
            ("令和⑥年度", FiscalYearError::Unreadable),
            ("令和6年度（2025年度）", FiscalYearError::Unreadable),
            ("年度", FiscalYearError::Unreadable),
        ] {
            assert_eq!(FiscalYear::parse(text), Err(error), "{text}");
        }

        // What we write ourselves is read back.
        for year in 1900..=2999 {
            let year = FiscalYear::new(year).unwrap();
            assert_eq!(FiscalYear::parse(&year.label_ja()), Ok(year));
            assert_eq!(FiscalYear::parse(&year.to_string()), Ok(year));
        }
    }

    #[test]
    fn years_nobody_means_are_refused() {
        assert_eq!(FiscalYear::new(24), None);
        assert_eq!(FiscalYear::new(20_240), None);
        assert_eq!(FiscalYear::of(NaiveDate::MAX), FiscalYear::LAST);
        assert_eq!(FiscalYear::of(NaiveDate::MIN), FiscalYear::FIRST);
    }
}
