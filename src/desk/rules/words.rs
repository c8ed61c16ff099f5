//! Words of the screen that follow from values.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::residents::resident::{self, AgeBand, Mobility, Need};

use super::digit_of;
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::dates::weekday_ja;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::{Lang, words};
use crate::residents::rules::age_band_on;

/// The decade of a person's age, 「70代」; nothing when it is not known.
pub fn age(lang: Lang, person: &resident::Model, today: NaiveDate) -> Option<String> {
    let band = age_band_on(person.birth_on, person.birth_year, person.age_band, today)?;
    let key = format!("desk.age.{}", digit_of(AgeBand::ALL, band));
    Some(words::text(lang, &key).to_owned())
}

/// What a person finds hard, as wording keys.
pub fn need_keys(person: &resident::Model) -> Vec<&'static str> {
    let mut keys = Vec::new();
    if person.hearing == Some(Need::Hard) {
        keys.push("hearing.hearing.hard");
    }
    if person.vision == Some(Need::Hard) {
        keys.push("hearing.vision.hard");
    }
    match person.mobility {
        Some(Mobility::Hard) => keys.push("hearing.mobility.hard"),
        Some(Mobility::CannotGoOut) => keys.push("hearing.mobility.cannot_go_out"),
        Some(Mobility::Fine) | None => {}
    }
    keys
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

/// 「7月10日（水曜日）午後2時」 or "Wed 10 Jul, 2 pm".
pub fn moment(lang: Lang, at: DateTime<Utc>) -> String {
    match lang {
        Lang::Ja => lang.moment(at),
        Lang::En => lang.short_moment(at),
    }
}

/// 「7月10日（水）午後2時」 or "Wed 10 Jul, 2 pm", for one line of a list.
pub fn short_moment(lang: Lang, at: DateTime<Utc>) -> String {
    let weekday = weekday_ja(local_date(at).weekday());
    match lang {
        Lang::Ja => format!("{}（{weekday}）{}", day(lang, at), lang.clock(local_time(at))),
        Lang::En => lang.short_moment(at),
    }
}

/// 「7/10(水)午後2時」 or "Wed 10 Jul, 2 pm", for one cell of a table.
pub fn narrow_moment(lang: Lang, at: DateTime<Utc>) -> String {
    let (day, clock) = (lang.short_day(local_date(at)), lang.clock(local_time(at)));
    format!("{day}{}{clock}", lang.pick("", ", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn every_age_has_its_word() {
        for band in AgeBand::ALL {
            let key = format!("desk.age.{}", digit_of(AgeBand::ALL, *band));
            assert!(words::exists(&key), "{key}");
        }
    }

    #[test]
    fn a_moment_is_said_in_words() {
        let at = Utc.with_ymd_and_hms(2024, 7, 10, 5, 0, 0).single().expect("valid");
        assert_eq!(moment(Lang::Ja, at), "7月10日（水曜日）午後2時");
        assert_eq!(moment(Lang::En, at), "Wed 10 Jul, 2 pm");
        assert_eq!(short_moment(Lang::Ja, at), "7月10日（水）午後2時");
        assert_eq!(short_moment(Lang::En, at), "Wed 10 Jul, 2 pm");
        assert_eq!(narrow_moment(Lang::Ja, at), "7/10(水)午後2時");
        assert_eq!((day(Lang::Ja, at).as_str(), short_day(at).as_str()), ("7月10日", "7/10"));
    }
}
