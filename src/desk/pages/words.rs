//! Words of the screen that follow from values.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::residents::resident::{self, AgeBand, Standing};

use crate::platform::japan::dates;
use crate::platform::japan::phone::PhoneNumber;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::{Lang, words};

/// The age band for a digit: 1 under 60, 2 to 4 sixties to eighties, 5 ninety and more.
pub fn age_band(digit: &str) -> Option<AgeBand> {
    let at: usize = digit.trim().parse().ok()?;
    AgeBand::ALL.get(at.checked_sub(1)?).copied()
}

/// The wording key of an age band.
pub fn age_band_key(band: AgeBand) -> &'static str {
    match band {
        AgeBand::Under60 => "desk.age.1",
        AgeBand::Sixties => "desk.age.2",
        AgeBand::Seventies => "desk.age.3",
        AgeBand::Eighties => "desk.age.4",
        AgeBand::NinetyUp => "desk.age.5",
    }
}

/// The decade of a person's age, 「70代」; nothing when it is not known.
pub fn age(lang: Lang, person: &resident::Model, today: NaiveDate) -> String {
    let year = person.birth_on.map(|day| day.year()).or(person.birth_year);
    let band = match year {
        None => person.age_band,
        Some(year) => {
            let before_birthday = person
                .birth_on
                .is_some_and(|day| (today.month(), today.day()) < (day.month(), day.day()));
            Some(band_of(today.year() - year - i32::from(before_birthday)))
        }
    };
    band.map_or(String::new(), |band| words::text(lang, age_band_key(band)).to_owned())
}

fn band_of(years: i32) -> AgeBand {
    match years {
        ..60 => AgeBand::Under60,
        60..70 => AgeBand::Sixties,
        70..80 => AgeBand::Seventies,
        80..90 => AgeBand::Eighties,
        _ => AgeBand::NinetyUp,
    }
}

/// A number as it was written down, with hyphens and its extension.
pub fn phone(written: &str) -> String {
    PhoneNumber::parse(written).map_or_else(|_| written.to_owned(), |phone| phone.in_full())
}

/// 「7月10日」 or "10 Jul", for narrow places.
pub fn day(lang: Lang, at: DateTime<Utc>) -> String {
    let date = local_date(at);
    match lang {
        Lang::Ja => format!("{}月{}日", date.month(), date.day()),
        Lang::En => date.format("%-d %b").to_string(),
    }
}

/// 「6/12」, for the smallest places.
pub fn short_day(at: DateTime<Utc>) -> String {
    let date = local_date(at);
    format!("{}/{}", date.month(), date.day())
}

/// 「7月10日（水曜日）」, or in English.
pub fn long_day(lang: Lang, at: DateTime<Utc>) -> String {
    match lang {
        Lang::Ja => dates::date_ja(local_date(at)),
        Lang::En => dates::date_en(local_date(at)),
    }
}

/// 「7月10日（水曜日）午後2時」 or "Wed 10 Jul, 2 pm".
pub fn moment(lang: Lang, at: DateTime<Utc>) -> String {
    let (date, time) = (local_date(at), local_time(at));
    match lang {
        Lang::Ja => format!("{}{}", dates::date_ja(date), dates::time_ja(time)),
        Lang::En => format!("{}, {}", dates::date_short_en(date), dates::time_en(time)),
    }
}

/// 「7月10日（水）午後2時」 or "Wed 10 Jul, 2 pm", for one line of a list.
pub fn short_moment(lang: Lang, at: DateTime<Utc>) -> String {
    let (date, time) = (local_date(at), local_time(at));
    match lang {
        Lang::Ja => {
            let weekday = dates::weekday_ja(date.weekday());
            format!("{}（{weekday}）{}", day(lang, at), dates::time_ja(time))
        }
        Lang::En => moment(lang, at),
    }
}

/// The wording key that warns of a person who is not to be contacted.
pub fn standing_key(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Active => None,
        Standing::MovedOut => Some("desk.standing.moved_out"),
        Standing::Deceased => Some("desk.standing.deceased"),
        Standing::Withdrawn => Some("desk.standing.withdrawn"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn age_bands_have_digits_and_words() {
        for (digit, want) in [
            ("1", Some(AgeBand::Under60)),
            ("3", Some(AgeBand::Seventies)),
            ("5", Some(AgeBand::NinetyUp)),
            ("6", None),
            ("", None),
        ] {
            assert_eq!(age_band(digit), want, "{digit}");
        }
        assert!(AgeBand::ALL.iter().all(|band| words::exists(age_band_key(*band))));
    }

    #[test]
    fn an_age_falls_into_its_decade() {
        for (years, want) in [
            (59, AgeBand::Under60),
            (60, AgeBand::Sixties),
            (79, AgeBand::Seventies),
            (80, AgeBand::Eighties),
            (104, AgeBand::NinetyUp),
        ] {
            assert_eq!(band_of(years), want, "{years}");
        }
    }

    #[test]
    fn a_moment_is_said_in_words() {
        let at = Utc.with_ymd_and_hms(2024, 7, 10, 5, 0, 0).single().expect("valid");
        assert_eq!(moment(Lang::Ja, at), "7月10日（水曜日）午後2時");
        assert_eq!(moment(Lang::En, at), "Wed 10 Jul, 2 pm");
        assert_eq!(short_moment(Lang::Ja, at), "7月10日（水）午後2時");
        assert_eq!(short_moment(Lang::En, at), "Wed 10 Jul, 2 pm");
        assert_eq!((day(Lang::Ja, at).as_str(), short_day(at).as_str()), ("7月10日", "7/10"));
    }
}
