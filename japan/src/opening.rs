//! Opening hours of a desk or call centre, and counting in open hours.
//!
//! Public offices are closed on national holidays and from 29 December to 3 January. An offer that
//! lasts "six hours" lasts six hours in which somebody answers the telephone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use thiserror::Error;

use super::dates::{span_en, span_ja, weekday_en, weekday_ja};
use super::holidays::holiday_name;
use super::time::{instant, local_date, local_time};

/// How many days ahead an open day is looked for before giving up.
const HORIZON_DAYS: usize = 3660;

/// Monday first.
const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// Why opening hours cannot be as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpeningError {
    /// No day of the week is open.
    #[error("no day of the week is open")]
    NoDay,
    /// The hours end before they begin, or at the same time.
    #[error("the hours end before they begin")]
    EndsBeforeStart,
    /// The minute lies outside the day.
    #[error("no such time of the day")]
    NoTime,
}

/// The days of the week and the hours (times in Japan) at which a desk is open.
///
/// `closures` in the methods are further days on which it is closed, beside national holidays and
/// the turn of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningHours {
    /// One flag per day of the week, Monday first.
    open: [bool; 7],
    from: NaiveTime,
    to: NaiveTime,
}

impl OpeningHours {
    /// Hours on the days of the week given.
    ///
    /// # Errors
    /// No day given, or `to` not after `from`.
    pub fn new(days: &[Weekday], from: NaiveTime, to: NaiveTime) -> Result<Self, OpeningError> {
        if to <= from {
            return Err(OpeningError::EndsBeforeStart);
        }
        let mut open = [false; 7];
        for day in days {
            open[day.num_days_from_monday() as usize] = true;
        }
        if !open.contains(&true) {
            return Err(OpeningError::NoDay);
        }
        Ok(OpeningHours { open, from, to })
    }

    /// Hours as a row holds them: days of the week as bits, Monday 1, Tuesday 2, to Sunday 64, and
    /// minutes after midnight.
    ///
    /// # Errors
    /// No day, a minute outside the day, or `to` not after `from`.
    pub fn of_row(days: i32, from: i32, to: i32) -> Result<Self, OpeningError> {
        let time = |minute: i32| {
            let minute = u32::try_from(minute).map_err(|_| OpeningError::NoTime)?;
            NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).ok_or(OpeningError::NoTime)
        };
        let open: Vec<Weekday> =
            WEEK.into_iter().filter(|day| (days >> day.num_days_from_monday()) & 1 == 1).collect();
        Self::new(&open, time(from)?, time(to)?)
    }

    /// 「平日の午前10時から午後5時まで」.
    #[must_use]
    pub fn words_ja(&self) -> String {
        let name = |day: Weekday| format!("{}曜日", weekday_ja(day));
        let days = match self.run() {
            Some((Weekday::Mon, Weekday::Fri)) => "平日".to_owned(),
            Some((Weekday::Mon, Weekday::Sun)) => "毎日".to_owned(),
            Some((first, last)) => format!("{}から{}", name(first), name(last)),
            None => self.days(true).map(name).collect::<Vec<_>>().join("・"),
        };
        format!("{days}の{}", span_ja(self.from, self.to))
    }

    /// "Weekdays, 10 am to 5 pm".
    #[must_use]
    pub fn words_en(&self) -> String {
        let days = match self.run() {
            Some((Weekday::Mon, Weekday::Fri)) => "Weekdays".to_owned(),
            Some((Weekday::Mon, Weekday::Sun)) => "Every day".to_owned(),
            Some((first, last)) => format!("{} to {}", weekday_en(first), weekday_en(last)),
            None => self.days(true).map(weekday_en).collect::<Vec<_>>().join(", "),
        };
        format!("{days}, {}", span_en(self.from, self.to))
    }

    /// The days of the week on which it stays closed, each with 「・」 behind it: 「土曜日・日曜日・」.
    #[must_use]
    pub fn closed_ja(&self) -> String {
        self.days(false).map(|day| format!("{}曜日・", weekday_ja(day))).collect()
    }

    /// The days of the week on which it stays closed: "Saturdays, Sundays, ".
    #[must_use]
    pub fn closed_en(&self) -> String {
        self.days(false).map(|day| format!("{}s, ", weekday_en(day))).collect()
    }

    /// The days that are open, or those that are not, Monday first.
    fn days(&self, open: bool) -> impl Iterator<Item = Weekday> {
        WEEK.into_iter().zip(self.open).filter(move |(_, own)| *own == open).map(|(day, _)| day)
    }

    /// First and last day, when three or more follow each other without a gap.
    fn run(&self) -> Option<(Weekday, Weekday)> {
        let (first, last) = (self.days(true).next()?, self.days(true).last()?);
        let length = last.num_days_from_monday() - first.num_days_from_monday() + 1;
        (length >= 3 && self.days(true).count() == length as usize).then_some((first, last))
    }

    /// Hours from Monday to Friday.
    ///
    /// # Errors
    /// `to` not after `from`.
    pub fn weekdays(from: NaiveTime, to: NaiveTime) -> Result<Self, OpeningError> {
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        Self::new(&days, from, to)
    }

    /// The time at which it opens.
    #[must_use]
    pub const fn from(&self) -> NaiveTime {
        self.from
    }

    /// The time at which it closes.
    #[must_use]
    pub const fn to(&self) -> NaiveTime {
        self.to
    }

    /// Whether it opens on a day at all.
    #[must_use]
    pub fn is_open_on(&self, date: NaiveDate, closures: &[NaiveDate]) -> bool {
        self.open[date.weekday().num_days_from_monday() as usize]
            && !is_turn_of_the_year(date)
            && holiday_name(date).is_none()
            && !closures.contains(&date)
    }

    /// Whether somebody is there at an instant. The opening minute counts, the closing minute not.
    #[must_use]
    pub fn is_open_at(&self, at: DateTime<Utc>, closures: &[NaiveDate]) -> bool {
        let time = local_time(at);
        self.is_open_on(local_date(at), closures) && time >= self.from && time < self.to
    }

    /// The first open day after `date`, `None` if there is none within ten years.
    #[must_use]
    pub fn next_open_day(&self, date: NaiveDate, closures: &[NaiveDate]) -> Option<NaiveDate> {
        date.iter_days().skip(1).take(HORIZON_DAYS).find(|day| self.is_open_on(*day, closures))
    }

    /// The instant at which `hours` open hours have passed since `start`; time in which it is
    /// closed does not count. With 0 hours: `start` itself, or the next opening. `None` if the
    /// hours do not fit into the next ten years.
    #[must_use]
    pub fn add_open_hours(
        &self,
        start: DateTime<Utc>,
        hours: u32,
        closures: &[NaiveDate],
    ) -> Option<DateTime<Utc>> {
        let mut left = TimeDelta::hours(i64::from(hours));
        local_date(start)
            .iter_days()
            .take(HORIZON_DAYS)
            .filter(|day| self.is_open_on(*day, closures))
            .find_map(|day| {
                let begins = instant(day, self.from).max(start);
                let open_for = instant(day, self.to) - begins;
                if open_for <= TimeDelta::zero() {
                    return None;
                }
                if left <= open_for {
                    return Some(begins + left);
                }
                left -= open_for;
                None
            })
    }
}

/// 年末年始, 29 December to 3 January: the days on which public offices rest (行政機関の休日に関する
/// 法律, article 1; municipalities follow it by ordinance).
fn is_turn_of_the_year(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (12, 29..) | (1, ..=3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        let text = format!("{text}:00+09:00");
        DateTime::parse_from_rfc3339(&text).unwrap().to_utc()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn ten_to_five() -> OpeningHours {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        OpeningHours::weekdays(hour(10), hour(17)).unwrap()
    }

    #[test]
    fn nobody_answers_on_holidays_weekends_and_around_new_year() {
        for (time, open) in [
            ("2024-07-10T09:59", false),
            ("2024-07-10T10:00", true),
            ("2024-07-10T16:59", true),
            ("2024-07-10T17:00", false),
            ("2024-07-13T12:00", false),
            ("2024-07-15T12:00", false),
            ("2024-08-12T12:00", false),
            ("2024-12-27T12:00", true),
            ("2024-12-30T12:00", false),
            ("2024-12-31T12:00", false),
            ("2025-01-02T12:00", false),
            ("2025-01-03T12:00", false),
            ("2025-01-06T12:00", true),
            ("2026-05-06T12:00", false),
        ] {
            assert_eq!(ten_to_five().is_open_at(at(time), &[]), open, "{time}");
        }
    }

    #[test]
    fn an_offer_counts_only_hours_in_which_the_desk_is_open() {
        for (start, hours, end) in [
            ("2024-07-12T16:00", 6, "2024-07-16T15:00"),
            ("2024-07-10T10:00", 7, "2024-07-10T17:00"),
            ("2024-07-10T10:00", 8, "2024-07-11T11:00"),
            ("2024-07-10T17:00", 1, "2024-07-11T11:00"),
            ("2024-07-10T06:00", 1, "2024-07-10T11:00"),
            ("2024-07-13T12:00", 1, "2024-07-16T11:00"),
            ("2024-12-27T16:30", 1, "2025-01-06T10:30"),
            ("2024-07-10T12:00", 0, "2024-07-10T12:00"),
            ("2024-07-12T18:00", 0, "2024-07-16T10:00"),
        ] {
            let found = ten_to_five().add_open_hours(at(start), hours, &[]);
            assert_eq!(found, Some(at(end)), "{start} + {hours}");
        }
    }

    #[test]
    fn extra_closures_count_as_closed() {
        let closures = [date("2024-07-16")];
        let hours = ten_to_five();
        assert_eq!(
            hours.add_open_hours(at("2024-07-12T16:00"), 6, &closures),
            Some(at("2024-07-17T15:00"))
        );
        assert_eq!(hours.next_open_day(date("2024-07-12"), &closures), Some(date("2024-07-17")));
        assert!(!hours.is_open_at(at("2024-07-16T12:00"), &closures));
    }

    #[test]
    fn the_open_time_between_start_and_end_is_exactly_what_was_added() {
        let hours = ten_to_five();
        let start = at("2024-12-20T00:00");
        for step in 0..200 {
            let begin = start + TimeDelta::minutes(97 * step);
            for added in [1_u32, 3, 7, 20] {
                let end = hours.add_open_hours(begin, added, &[]).unwrap();
                let mut counted = 0;
                let mut minute = begin;
                while minute < end {
                    counted += u32::from(hours.is_open_at(minute, &[]));
                    minute += TimeDelta::minutes(1);
                }
                assert_eq!(counted, added * 60, "{begin} + {added}");
            }
        }
    }

    #[test]
    fn the_hours_of_a_row_are_said_as_they_are() {
        for (days, from, to, ja, en, closed) in [
            (
                31,
                600,
                1020,
                "平日の午前10時から午後5時まで",
                "Weekdays, 10 am to 5 pm",
                "土曜日・日曜日・",
            ),
            (
                31,
                510,
                1035,
                "平日の午前8時30分から午後5時15分まで",
                "Weekdays, 8:30 am to 5:15 pm",
                "土曜日・日曜日・",
            ),
            (
                63,
                540,
                720,
                "月曜日から土曜日の午前9時から正午まで",
                "Monday to Saturday, 9 am to 12 noon",
                "日曜日・",
            ),
            (127, 540, 1020, "毎日の午前9時から午後5時まで", "Every day, 9 am to 5 pm", ""),
            (
                0b001_0101,
                540,
                1020,
                "月曜日・水曜日・金曜日の午前9時から午後5時まで",
                "Monday, Wednesday, Friday, 9 am to 5 pm",
                "火曜日・木曜日・土曜日・日曜日・",
            ),
        ] {
            let hours = OpeningHours::of_row(days, from, to).unwrap();
            assert_eq!((hours.words_ja().as_str(), hours.words_en().as_str()), (ja, en));
            assert_eq!(hours.closed_ja(), closed, "{ja}");
        }

        let saturday = OpeningHours::of_row(63, 540, 720).unwrap();
        assert!(saturday.is_open_at(at("2024-07-13T11:00"), &[]));
        assert_eq!(saturday.closed_en(), "Sundays, ");

        assert_eq!(OpeningHours::of_row(0, 540, 720), Err(OpeningError::NoDay));
        assert_eq!(OpeningHours::of_row(31, 540, 1440), Err(OpeningError::NoTime));
        assert_eq!(OpeningHours::of_row(31, -10, 720), Err(OpeningError::NoTime));
    }

    #[test]
    fn hours_that_never_come_are_not_promised() {
        assert_eq!(ten_to_five().add_open_hours(at("2024-07-10T10:00"), u32::MAX, &[]), None);
    }

    #[test]
    fn hours_that_end_before_they_begin_are_refused() {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        assert_eq!(OpeningHours::weekdays(hour(17), hour(10)), Err(OpeningError::EndsBeforeStart));
        assert_eq!(OpeningHours::new(&[], hour(10), hour(17)), Err(OpeningError::NoDay));
    }
}
