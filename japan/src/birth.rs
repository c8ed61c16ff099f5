//! 生まれた年: what people type into the one field for their birth.
//!
//! The year alone is enough. Japanese and western years are both read, in the short forms that
//! people write on paper (昭和22, 昭22.3.4, S22, 1947).

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use super::day::{DayError, Written};
use super::text::characters::{is_invisible, is_number_sign, narrow};

/// The greatest age in years that is believed.
const OLDEST: i32 = 130;
/// The age in years from which the form asks once more.
const ASK_AGAIN_FROM: i32 = 110;

/// Why a text is not a year or date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BirthError {
    /// Nothing was typed.
    #[error("the year of birth is empty")]
    Empty,
    /// The text is no year and no date.
    #[error("the year of birth cannot be read")]
    Unreadable,
    /// A bare number below 1000: which era is meant cannot be known.
    #[error("the year of birth has no era")]
    NoEra,
    /// The era never had that year or day, as 昭和64年1月8日.
    #[error("the era did not have that year or day")]
    NotInEra,
    /// A year with a month and no day: neither a year nor a date could keep it.
    #[error("the day of birth is missing behind the month")]
    NoDay,
    /// There is no such day, as 30 February.
    #[error("there is no such day")]
    NoSuchDay,
    /// The day has not come yet, or was less than a year ago.
    #[error("the year of birth is not in the past")]
    Future,
    /// More than 130 years ago.
    #[error("the year of birth is too long ago")]
    TooLongAgo,
}

impl BirthError {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Empty,
        Self::Unreadable,
        Self::NoEra,
        Self::NotInEra,
        Self::NoDay,
        Self::NoSuchDay,
        Self::Future,
        Self::TooLongAgo,
    ];

    /// The key of the sentence to show.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Empty => "err.birth.empty",
            Self::Unreadable => "err.birth.unreadable",
            Self::NoEra => "err.birth.noera",
            Self::NotInEra => "err.birth.notinera",
            Self::NoDay => "err.birth.dayless",
            Self::NoSuchDay => "err.birth.noday",
            Self::Future => "err.birth.future",
            Self::TooLongAgo => "err.birth.toolongago",
        }
    }

    /// What is wrong with a date, said of a birth.
    const fn of(error: DayError) -> Self {
        match error {
            DayError::Empty => Self::Empty,
            DayError::Unreadable => Self::Unreadable,
            DayError::NoYear | DayError::NoEra => Self::NoEra,
            DayError::NotInEra => Self::NotInEra,
            DayError::NoDay => Self::NoDay,
            DayError::NoSuchDay | DayError::OtherWeekday => Self::NoSuchDay,
        }
    }
}

/// A year of birth, or the whole date if it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BirthInput {
    /// Only the calendar year is known.
    Year(i32),
    /// The whole date is known.
    Date(NaiveDate),
}

impl BirthInput {
    /// Reads a year or date of birth; `today` is the present day in Japan. The day on which one era
    /// ended and the next began is read in both.
    ///
    /// # Errors
    /// See [`BirthError`].
    pub fn parse(text: &str, today: NaiveDate) -> Result<BirthInput, BirthError> {
        if text.chars().any(is_number_sign) {
            return Err(BirthError::Unreadable);
        }
        let text: String =
            narrow(text).chars().filter(|c| !(c.is_whitespace() || is_invisible(*c))).collect();
        let text = ["生まれ", "うまれ", "生"]
            .iter()
            .find_map(|word| text.strip_suffix(word))
            .unwrap_or(&text);
        if text.is_empty() {
            return Err(BirthError::Empty);
        }
        let birth = match Written::read(text).map_err(BirthError::of)? {
            Written::Year(year) => BirthInput::Year(year),
            Written::Month(..) => return Err(BirthError::NoDay),
            Written::Day(day) => BirthInput::Date(day),
        };
        birth.believable(today)
    }

    /// The calendar year of birth.
    #[must_use]
    pub fn year(self) -> i32 {
        match self {
            BirthInput::Year(year) => year,
            BirthInput::Date(date) => date.year(),
        }
    }

    /// The age in full years on a day; from a year alone, the age reached during that year.
    #[must_use]
    pub fn age_on(self, day: NaiveDate) -> i32 {
        let birthday_to_come = match self {
            BirthInput::Year(_) => false,
            BirthInput::Date(date) => (day.month(), day.day()) < (date.month(), date.day()),
        };
        day.year() - self.year() - i32::from(birthday_to_come)
    }

    /// Whether the age is so rare that the form should ask once more before it is saved.
    #[must_use]
    pub fn is_worth_asking_again(self, today: NaiveDate) -> bool {
        self.age_on(today) >= ASK_AGAIN_FROM
    }

    fn believable(self, today: NaiveDate) -> Result<BirthInput, BirthError> {
        match self.age_on(today) {
            ..=0 => Err(BirthError::Future),
            1..=OLDEST => Ok(self),
            _ => Err(BirthError::TooLongAgo),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BirthInput, BirthError> {
        BirthInput::parse(text, "2024-07-10".parse().unwrap())
    }

    #[test]
    fn a_year_is_read_in_every_usual_form() {
        for text in [
            "昭和22",
            "昭和22年",
            "昭22",
            "S22",
            "s22",
            "Ｓ２２",
            "昭和２２年",
            "㍼22",
            "1947",
            "１９４７",
            "1947年",
            "昭和22年生まれ",
            " 昭和 22 年 ",
            "Showa 22",
            "昭和\u{200B}22",
        ] {
            assert_eq!(parse(text), Ok(BirthInput::Year(1947)), "{text}");
        }
    }

    #[test]
    fn a_date_is_read_in_every_usual_form() {
        let expected = BirthInput::Date("1947-03-04".parse().unwrap());
        for text in [
            "昭22.3.4",
            "S22.3.4",
            "s22-3-4",
            "昭和22年3月4日",
            "昭和２２年３月４日生",
            "1947-03-04",
            "1947/3/4",
            "1947.3.4",
            "1947年3月4日",
            "１９４７ー３ー４",
            "S22・3・4",
            "19470304",
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_edges_of_eras_are_known() {
        for (text, date) in [
            ("S19.2.29", "1944-02-29"),
            ("昭和64年1月7日", "1989-01-07"),
            ("平成元年1月8日", "1989-01-08"),
            ("H1.1.8", "1989-01-08"),
            ("明治45年7月30日", "1912-07-30"),
            ("M45.7.30", "1912-07-30"),
            ("大正元年7月30日", "1912-07-30"),
            ("大正15年12月24日", "1926-12-24"),
            ("大正15年12月25日", "1926-12-25"),
            ("昭和元年12月25日", "1926-12-25"),
            ("R1.5.1", "2019-05-01"),
            ("明治39年4月1日", "1906-04-01"),
        ] {
            assert_eq!(parse(text), Ok(BirthInput::Date(date.parse().unwrap())), "{text}");
        }
        assert_eq!(parse("R元"), Ok(BirthInput::Year(2019)));
        assert_eq!(parse("昭和64"), Ok(BirthInput::Year(1989)));
    }

    #[test]
    fn what_cannot_be_a_birth_says_why() {
        for (text, error) in [
            ("", BirthError::Empty),
            ("　", BirthError::Empty),
            ("22", BirthError::NoEra),
            ("22.3.4", BirthError::NoEra),
            ("昭和", BirthError::Unreadable),
            ("むかし", BirthError::Unreadable),
            ("1947.3.4.5", BirthError::Unreadable),
            ("-1947", BirthError::Unreadable),
            ("1e3", BirthError::Unreadable),
            ("99999999999", BirthError::Unreadable),
            ("12345", BirthError::Unreadable),
            ("昭和65", BirthError::NotInEra),
            ("昭和0", BirthError::NotInEra),
            ("昭和64年1月8日", BirthError::NotInEra),
            ("明治45年7月31日", BirthError::NotInEra),
            ("大正15年12月26日", BirthError::NotInEra),
            ("昭和元年12月24日", BirthError::NotInEra),
            ("平成元年1月7日", BirthError::NotInEra),
            ("昭和22年3月", BirthError::NoDay),
            ("1947/3", BirthError::NoDay),
            ("昭和2元", BirthError::Unreadable),
            ("平成31年5月1日", BirthError::NotInEra),
            ("昭和②②年", BirthError::Unreadable),
            ("1947-02-29", BirthError::NoSuchDay),
            ("S22.2.30", BirthError::NoSuchDay),
            ("19470230", BirthError::NoSuchDay),
            ("昭和22年13月", BirthError::NoSuchDay),
            ("2025", BirthError::Future),
            ("令和50", BirthError::Future),
            ("2024-07-11", BirthError::Future),
            ("2024", BirthError::Future),
            // On the day of these tests, 10 July 2024, that is a day short of a year ago.
            ("2023-07-11", BirthError::Future),
            ("1893", BirthError::TooLongAgo),
            ("1893-07-10", BirthError::TooLongAgo),
            ("明治元年", BirthError::TooLongAgo),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_very_great_age_is_accepted_but_asked_about() {
        let today = "2024-07-10".parse().unwrap();
        for (text, age, ask) in [
            ("明治39", 118, true),
            ("1894-07-10", 130, true),
            ("1914-07-11", 109, false),
            ("1914-07-10", 110, true),
            ("昭和22", 77, false),
            ("1947-07-10", 77, false),
            ("1947-07-11", 76, false),
        ] {
            let birth = parse(text).unwrap();
            assert_eq!(birth.age_on(today), age, "{text}");
            assert_eq!(birth.is_worth_asking_again(today), ask, "{text}");
        }
    }
}
