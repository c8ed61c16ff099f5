//! Japan Standard Time. Japan has had no summer time since 1951, so a fixed offset is enough.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, SubsecRound, TimeDelta, Utc};

/// Hours by which Japan is ahead of UTC.
const AHEAD_HOURS: i32 = 9;

/// Japan Standard Time, nine hours ahead of UTC all year.
pub const JST: FixedOffset =
    FixedOffset::east_opt(AHEAD_HOURS * 3600).expect("nine hours are less than a day");

/// The same instant as a clock on a wall in Japan shows it.
#[must_use]
pub fn to_jst(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&JST)
}

/// The date in Japan at an instant.
#[must_use]
pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    to_jst(at).date_naive()
}

/// The time of day in Japan at an instant.
#[must_use]
pub fn local_time(at: DateTime<Utc>) -> NaiveTime {
    to_jst(at).time()
}

/// The instant at which clocks in Japan show this date and time.
#[must_use]
pub fn instant(date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    date.and_time(time).and_utc() - TimeDelta::hours(i64::from(AHEAD_HOURS))
}

/// Cuts an instant to microseconds: what PostgreSQL keeps, so that both databases keep the same.
#[must_use]
pub fn micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_date_in_japan_changes_at_three_in_the_afternoon_utc() {
        for (at, date) in [
            ("2024-03-31T14:59:59Z", "2024-03-31"),
            ("2024-03-31T15:00:00Z", "2024-04-01"),
            ("2024-12-31T15:00:00Z", "2025-01-01"),
        ] {
            assert_eq!(local_date(utc(at)).to_string(), date);
        }
    }

    #[test]
    fn a_wall_clock_becomes_an_instant_and_comes_back() {
        let date = NaiveDate::from_ymd_opt(2024, 7, 10).unwrap();
        for hour in 0..24 {
            let time = NaiveTime::from_hms_opt(hour, 30, 0).unwrap();
            let at = instant(date, time);
            assert_eq!(local_date(at), date);
            assert_eq!(local_time(at), time);
        }
        let half_past_one = NaiveTime::from_hms_opt(13, 30, 0).unwrap();
        assert_eq!(instant(date, half_past_one), utc("2024-07-10T04:30:00Z"));
    }

    #[test]
    fn nanoseconds_are_cut_and_not_rounded() {
        assert_eq!(
            micros(utc("2024-07-10T04:30:00.123456999Z")),
            utc("2024-07-10T04:30:00.123456Z")
        );
    }
}
