//! National holidays of Japan, 1970 to 2050, with substitute holidays (振替休日) and one-off ones.
//!
//! The days come from `data/holidays.csv`, whose source and licence stand beside it. Years
//! after the present one are the law as it is today; equinox days are fixed a year ahead.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::NaiveDate;

const DATA: &str = include_str!("../data/holidays.csv");

/// The names of a holiday.
struct Names {
    ja: &'static str,
    en: &'static str,
}

static HOLIDAYS: LazyLock<HashMap<NaiveDate, Names>> = LazyLock::new(|| {
    // No cell of this file holds a comma or a quote (a test counts the rows that are read), so
    // the names can stay slices of the embedded text.
    DATA.lines()
        .skip(1)
        .filter_map(|line| {
            let mut cells = line.splitn(3, ',');
            let date = cells.next()?.parse().ok()?;
            let (ja, en) = (cells.next()?, cells.next()?);
            Some((date, Names { ja, en }))
        })
        .collect()
});

/// The Japanese name of the holiday on a day, `None` on other days and outside 1970..=2050.
#[must_use]
pub fn holiday_name(date: NaiveDate) -> Option<&'static str> {
    HOLIDAYS.get(&date).map(|names| names.ja)
}

/// The English name of the holiday on a day, `None` on other days and outside 1970..=2050.
#[must_use]
pub fn holiday_name_en(date: NaiveDate) -> Option<&'static str> {
    HOLIDAYS.get(&date).map(|names| names.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(date: &str) -> Option<&'static str> {
        holiday_name(date.parse().unwrap())
    }

    #[test]
    fn every_row_of_the_data_is_read() {
        assert_eq!(HOLIDAYS.len(), DATA.lines().count() - 1);
        assert!(HOLIDAYS.len() > 1300);
        assert!(!DATA.contains('"'));
    }

    #[test]
    fn holidays_of_three_fiscal_years_are_known() {
        for (date, expected) in [
            ("2024-07-15", Some("海の日")),
            ("2024-08-12", Some("振替休日")),
            ("2024-11-04", Some("振替休日")),
            ("2025-02-24", Some("振替休日")),
            ("2025-05-06", Some("振替休日")),
            ("2026-05-06", Some("振替休日")),
            ("2026-09-22", Some("休日")),
            ("2024-07-16", None),
            ("2024-12-23", None),
        ] {
            assert_eq!(name(date), expected, "{date}");
        }
    }

    #[test]
    fn the_moved_holidays_of_2021_are_right() {
        for (date, expected) in [
            ("2021-07-19", None),
            ("2021-07-22", Some("海の日")),
            ("2021-07-23", Some("スポーツの日")),
            ("2021-08-09", Some("振替休日")),
            ("2021-10-11", None),
        ] {
            assert_eq!(name(date), expected, "{date}");
        }
    }

    #[test]
    fn the_names_are_known_in_english_too() {
        assert_eq!(holiday_name_en("2024-07-15".parse().unwrap()), Some("Marine Day"));
    }
}
