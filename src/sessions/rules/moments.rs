//! Days and instants as lists are asked for.

use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, Utc};

use crate::platform::error::FieldError;
use crate::platform::japan::day;
use crate::platform::japan::time::instant;
use crate::platform::{Error, Result};

/// The instant of a day's beginning, or of an instant with its offset.
///
/// # Errors
/// `Invalid` for what is neither, and beyond our calendar.
pub fn read_from(text: Option<&str>) -> Result<Option<DateTime<Utc>>> {
    text.map(|text| read_moment("from", text, 0)).transpose()
}

/// The end of a day (the day counts), or an instant with its offset.
///
/// # Errors
/// As [`read_from`].
pub fn read_to(text: Option<&str>) -> Result<Option<DateTime<Utc>>> {
    text.map(|text| read_moment("to", text, 1)).transpose()
}

fn read_moment(field: &str, text: &str, days: i64) -> Result<DateTime<Utc>> {
    let wrong = || Error::Invalid(vec![FieldError::new(field, "err.sessions.day")]);
    let moment = match day::read(text) {
        Ok(day) if (1900..=2200).contains(&day.year()) => {
            instant(day, NaiveTime::MIN) + TimeDelta::days(days)
        }
        Ok(_) => return Err(wrong()),
        // A plus sign that was not escaped arrives as a space.
        Err(_) => {
            DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map_err(|_| wrong())?.to_utc()
        }
    };
    if (1900..=2200).contains(&moment.year()) { Ok(moment) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_as_a_whole_and_an_instant_as_it_is() {
        for (text, from, to) in [
            ("2024-07-10", Some("2024-07-09T15:00:00Z"), Some("2024-07-10T15:00:00Z")),
            (
                "2024-07-10T14:00:00+09:00",
                Some("2024-07-10T05:00:00Z"),
                Some("2024-07-10T05:00:00Z"),
            ),
            (
                "2024-07-10T14:00:00 09:00",
                Some("2024-07-10T05:00:00Z"),
                Some("2024-07-10T05:00:00Z"),
            ),
            ("2024-02-30", None, None),
            ("262142-01-01", None, None),
            ("9999-12-31T00:00:00Z", None, None),
            ("7月10日", None, None),
        ] {
            let utc = |text: Option<&str>| text.map(|t| t.parse::<DateTime<Utc>>().expect("valid"));
            assert_eq!(read_moment("from", text, 0).ok(), utc(from), "{text}");
            assert_eq!(read_moment("to", text, 1).ok(), utc(to), "{text}");
        }
    }
}
