//! Wareki: the years of Japanese eras.
//!
//! The first day of each era is the day on which the ordinance that named it took effect. Since 1989
//! that is the day after, and the day before belongs to the era before alone (1989-01-07 is 昭和64,
//! 1989-01-08 is 平成元). Before, the new era began on the very day on which the old one ended: that
//! day is written here in the new era, and read in both. Meiji is counted
//! here by the Gregorian calendar throughout, although Japan used another calendar until 1872.

use chrono::{Datelike, NaiveDate};

/// An era, from Meiji on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// 明治, from 1868-10-23.
    Meiji,
    /// 大正, from 1912-07-30.
    Taisho,
    /// 昭和, from 1926-12-25.
    Showa,
    /// 平成, from 1989-01-08.
    Heisei,
    /// 令和, from 2019-05-01.
    Reiwa,
}

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Era; 5] = [Era::Meiji, Era::Taisho, Era::Showa, Era::Heisei, Era::Reiwa];

    /// The first day of the era.
    #[must_use]
    pub const fn start(self) -> NaiveDate {
        let (year, month, day) = match self {
            Era::Meiji => (1868, 10, 23),
            Era::Taisho => (1912, 7, 30),
            Era::Showa => (1926, 12, 25),
            Era::Heisei => (1989, 1, 8),
            Era::Reiwa => (2019, 5, 1),
        };
        NaiveDate::from_ymd_opt(year, month, day).expect("the first days of eras are real dates")
    }

    /// The last day of the era, `None` for the present one.
    #[must_use]
    pub fn end(self) -> Option<NaiveDate> {
        Era::ALL.into_iter().find(|era| *era > self).and_then(|next| next.start().pred_opt())
    }

    /// The name in Japanese, as 「令和」.
    #[must_use]
    pub const fn name_ja(self) -> &'static str {
        match self {
            Era::Meiji => "明治",
            Era::Taisho => "大正",
            Era::Showa => "昭和",
            Era::Heisei => "平成",
            Era::Reiwa => "令和",
        }
    }

    /// The name in Latin letters, as "Reiwa".
    #[must_use]
    pub const fn name_en(self) -> &'static str {
        match self {
            Era::Meiji => "Meiji",
            Era::Taisho => "Taisho",
            Era::Showa => "Showa",
            Era::Heisei => "Heisei",
            Era::Reiwa => "Reiwa",
        }
    }

    /// Finds the era that a text begins with (「昭和」「昭」「S」「s」「Showa」), with the rest of the
    /// text. Expects half-width letters.
    #[must_use]
    pub fn strip_prefix(text: &str) -> Option<(Era, &str)> {
        Era::ALL.into_iter().find_map(|era| {
            let name = era.name_ja();
            let short = name.chars().next()?.to_string();
            let latin = era.name_en();
            [name, short.as_str(), latin, &latin[..1]]
                .into_iter()
                .find_map(|prefix| strip_ignoring_case(text, prefix))
                .map(|rest| (era, rest))
        })
    }

    /// The calendar year in which year `number` of this era begins or runs, `None` if the era
    /// never had that year. Year 1 is 元年.
    #[must_use]
    pub fn calendar_year(self, number: u32) -> Option<i32> {
        let offset = i32::try_from(number.checked_sub(1)?).ok()?;
        let year = self.start().year().checked_add(offset)?;
        match self.end() {
            Some(end) if year > end.year() => None,
            _ => Some(year),
        }
    }

    /// Whether papers of the time may name a day by this era: 1912-07-30 is 明治45 as well as
    /// 大正元, 1926-12-25 is 大正15 as well as 昭和元.
    #[must_use]
    pub fn names(self, date: NaiveDate) -> bool {
        let also_last = match self {
            Era::Meiji => Some(Era::Taisho.start()),
            Era::Taisho => Some(Era::Showa.start()),
            Era::Showa | Era::Heisei | Era::Reiwa => None,
        };
        self.contains(date) || also_last == Some(date)
    }

    /// Whether a day is written in this era.
    #[must_use]
    pub fn contains(self, date: NaiveDate) -> bool {
        date >= self.start() && self.end().is_none_or(|end| date <= end)
    }
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// A year of an era, as 令和6年.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EraYear {
    /// The era.
    pub era: Era,
    /// The year within the era, from 1.
    pub number: u32,
}

impl EraYear {
    /// The era year that a day belongs to, `None` before 1868-10-23.
    #[must_use]
    pub fn of(date: NaiveDate) -> Option<EraYear> {
        let era = Era::ALL.into_iter().rev().find(|era| era.contains(date))?;
        let number = u32::try_from(date.year() - era.start().year() + 1).ok()?;
        Some(EraYear { era, number })
    }

    /// All era years by which papers of the time name a day, the earlier first: mostly one, two for
    /// the days of which [`Era::names`] tells.
    #[must_use]
    pub fn all_of(date: NaiveDate) -> Vec<EraYear> {
        let of = |era: Era| {
            let number = u32::try_from(date.year() - era.start().year() + 1).ok()?;
            era.names(date).then_some(EraYear { era, number })
        };
        Era::ALL.into_iter().filter_map(of).collect()
    }

    /// 「令和6年」, and 「平成元年」 for a first year.
    #[must_use]
    pub fn label_ja(self) -> String {
        format!("{}年", self.label_ja_bare())
    }

    /// "Reiwa 6".
    #[must_use]
    pub fn label_en(self) -> String {
        format!("{} {}", self.era.name_en(), self.number)
    }

    /// 「令和6」 or 「平成元」, to be followed by 年 or 年度.
    #[must_use]
    pub fn label_ja_bare(self) -> String {
        let name = self.era.name_ja();
        match self.number {
            1 => format!("{name}元"),
            number => format!("{name}{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_change_on_the_right_day() {
        for (date, ja, en) in [
            ("1868-10-23", "明治元年", "Meiji 1"),
            ("1912-07-29", "明治45年", "Meiji 45"),
            ("1912-07-30", "大正元年", "Taisho 1"),
            ("1926-12-24", "大正15年", "Taisho 15"),
            ("1926-12-25", "昭和元年", "Showa 1"),
            ("1989-01-07", "昭和64年", "Showa 64"),
            ("1989-01-08", "平成元年", "Heisei 1"),
            ("2019-04-30", "平成31年", "Heisei 31"),
            ("2019-05-01", "令和元年", "Reiwa 1"),
            ("2024-07-10", "令和6年", "Reiwa 6"),
        ] {
            let year = EraYear::of(date.parse().unwrap()).unwrap();
            assert_eq!(year.label_ja(), ja, "{date}");
            assert_eq!(year.label_en(), en, "{date}");
        }
    }

    #[test]
    fn a_day_on_which_two_eras_met_is_named_by_both() {
        for (date, named) in [
            ("1912-07-29", vec![Era::Meiji]),
            ("1912-07-30", vec![Era::Meiji, Era::Taisho]),
            ("1912-07-31", vec![Era::Taisho]),
            ("1926-12-25", vec![Era::Taisho, Era::Showa]),
            ("1989-01-07", vec![Era::Showa]),
            ("1989-01-08", vec![Era::Heisei]),
            ("2019-05-01", vec![Era::Reiwa]),
        ] {
            let date = date.parse().unwrap();
            let all: Vec<Era> = Era::ALL.into_iter().filter(|era| era.names(date)).collect();
            assert_eq!(all, named, "{date}");
        }
    }

    #[test]
    fn days_before_meiji_have_no_era_here() {
        assert_eq!(EraYear::of("1868-10-22".parse().unwrap()), None);
    }

    #[test]
    fn an_era_has_only_the_years_it_had() {
        for (era, number, year) in [
            (Era::Showa, 0, None),
            (Era::Showa, 1, Some(1926)),
            (Era::Showa, 22, Some(1947)),
            (Era::Showa, 64, Some(1989)),
            (Era::Showa, 65, None),
            (Era::Taisho, 15, Some(1926)),
            (Era::Taisho, 16, None),
            (Era::Meiji, 39, Some(1906)),
            (Era::Reiwa, 1, Some(2019)),
            (Era::Reiwa, u32::MAX, None),
        ] {
            assert_eq!(era.calendar_year(number), year, "{era:?} {number}");
        }
    }

    #[test]
    fn an_era_is_recognised_in_all_its_short_forms() {
        for text in ["昭和22", "昭22", "S22", "s22", "showa22"] {
            assert_eq!(Era::strip_prefix(text), Some((Era::Showa, "22")), "{text}");
        }
        assert_eq!(Era::strip_prefix("1947"), None);
        assert_eq!(Era::strip_prefix(""), None);
    }
}
