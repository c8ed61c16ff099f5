//! Pure decisions about people.

pub mod same;

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, AgeBand, Standing};
use entity::residents::resident_phone::PhoneOwner;

use crate::platform::error::refusals;
use crate::platform::japan::era::EraYear;
use crate::platform::random::digest;
use crate::platform::room::Hanging;
use crate::platform::{Error, FieldError, Lang, Question, Result, words};

/// The most phone numbers of one person.
pub const MAX_PHONES: usize = 10;
/// The most people that a search or a list of possible duplicates shows.
pub const MAX_FOUND: u64 = 200;
/// The version of the text that is read out before what is said is kept.
pub const CONSENT_TEXT: &str = "record-2024-04";
/// The purpose of a consent: what is said is kept.
pub const CONSENT_RECORD: &str = "record";

refusals! {
    /// Why something is not done with a person.
    Refusal {
        /// The person has ten numbers already.
        TooManyPhones => "resident.too_many_phones",
        /// Whether two records are one person was said already.
        QuestionSettled => "resident.question_settled",
    }
}

/// Whether one more number fits.
///
/// # Errors
/// `TooManyPhones`.
pub fn may_add_phone(held: usize) -> Result<(), Refusal> {
    if held < MAX_PHONES { Ok(()) } else { Err(Refusal::TooManyPhones) }
}

/// The ways to reach a person, in order and each once. Nobody is without one: who named none is
/// called when there is a number, and gets letters otherwise.
pub fn channels(asked: &[Channel], has_phone: bool) -> Vec<Channel> {
    let mut kept = Vec::with_capacity(asked.len());
    for channel in asked {
        if !kept.contains(channel) {
            kept.push(*channel);
        }
    }
    if kept.is_empty() {
        kept.push(if has_phone { Channel::Phone } else { Channel::Letter });
    }
    kept
}

/// A number as it is shown, and whose it is when that is known: 「090-1234-5678（ご家族）」.
pub fn with_owner(lang: Lang, number: String, whose: Option<&PhoneOwner>) -> String {
    match whose {
        None => number,
        Some(whose) => {
            let whose = words::text(lang, owner_key(*whose));
            words::fill(lang, "phone.of", &[("phone", &number), ("whose", whose)])
        }
    }
}

/// The wording key of whose number it is.
pub const fn owner_key(whose: PhoneOwner) -> &'static str {
    match whose {
        PhoneOwner::Own => "phone.whose.own",
        PhoneOwner::Family => "phone.whose.family",
        PhoneOwner::Other => "phone.whose.other",
    }
}

/// The year of birth: of the date when that is known.
pub fn birth_year(birth_on: Option<NaiveDate>, birth_year: Option<i32>) -> Option<i32> {
    birth_on.map(|date| date.year()).or(birth_year)
}

/// 「昭和22年（1947年）」; a year in which the era changed has both names.
pub fn birth_year_words(lang: Lang, year: i32) -> String {
    if lang == Lang::En {
        return year.to_string();
    }
    let era = |month, day| {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        EraYear::of(date).map(EraYear::label_ja)
    };
    match (era(1, 1), era(12, 31)) {
        (Some(first), Some(last)) if first != last => format!("{first}・{last}（{year}年）"),
        (_, Some(era)) => format!("{era}（{year}年）"),
        _ => format!("{year}年"),
    }
}

/// 「令和6年7月10日」, "10 July 2024"; a day that belongs to two eras has both names.
pub fn day_words(lang: Lang, date: NaiveDate) -> String {
    let eras: Vec<String> = EraYear::all_of(date).into_iter().map(EraYear::label_ja).collect();
    match lang {
        Lang::En => date.format("%-d %B %Y").to_string(),
        Lang::Ja if eras.is_empty() => date.format("%Y年%-m月%-d日").to_string(),
        Lang::Ja => format!("{}{}", eras.join("・"), date.format("%-m月%-d日")),
    }
}

/// The numbers that come more than once.
pub fn shared<'a>(numbers: impl IntoIterator<Item = &'a String>) -> HashSet<String> {
    let mut seen = HashSet::new();
    numbers.into_iter().filter(|digits| !seen.insert(*digits)).cloned().collect()
}

/// The age in decades: from the birth when it is known, else as it was told.
pub fn age_band_on(
    birth_on: Option<NaiveDate>,
    birth_year: Option<i32>,
    told: Option<AgeBand>,
    today: NaiveDate,
) -> Option<AgeBand> {
    let age = match (birth_on, birth_year) {
        (Some(born), _) => {
            let to_come = (today.month(), today.day()) < (born.month(), born.day());
            Some(today.year() - born.year() - i32::from(to_come))
        }
        (None, Some(year)) => Some(today.year() - year),
        (None, None) => None,
    };

    match age {
        None => told,
        Some(..60) => Some(AgeBand::Under60),
        Some(60..70) => Some(AgeBand::Sixties),
        Some(70..80) => Some(AgeBand::Seventies),
        Some(80..90) => Some(AgeBand::Eighties),
        Some(90..) => Some(AgeBand::NinetyUp),
    }
}

/// Whether another standing takes something away.
pub fn takes(person: &resident::Model, to: Standing) -> bool {
    to != person.standing && to != Standing::Active
}

/// Asks once more before somebody loses `hanging`: the yes is to this standing of this record as it
/// was read, and to these things.
///
/// # Errors
/// `Asked` without that yes.
pub fn ask_standing(
    person: &resident::Model,
    to: Standing,
    hanging: Hanging,
    confirm: Option<&str>,
) -> Result<()> {
    let (id, revision) = (person.id.to_string(), person.revision.to_string());
    let seen = [&id, &revision, to.as_str(), &hanging.seen].map(str::as_bytes);
    let yes = digest(&[b"standing", seen[0], seen[1], seen[2], seen[3]]);
    if confirm == Some(yes.as_str()) {
        return Ok(());
    }
    let mut points = vec![FieldError::new("standing", "warn.resident.standing")];
    points.extend(hanging.points);
    Err(Error::Asked(Question { confirm: yes, points }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_without_a_way_to_be_reached() {
        use Channel::{Email, Letter, Phone};
        for (asked, has_phone, want) in [
            (vec![], true, vec![Phone]),
            (vec![], false, vec![Letter]),
            (vec![Letter], true, vec![Letter]),
            (vec![Email, Letter, Email], true, vec![Email, Letter]),
        ] {
            assert_eq!(channels(&asked, has_phone), want);
        }
    }

    #[test]
    fn the_eleventh_number_is_refused() {
        assert_eq!(may_add_phone(0), Ok(()));
        assert_eq!(may_add_phone(9), Ok(()));
        assert_eq!(may_add_phone(10), Err(Refusal::TooManyPhones));
    }

    #[test]
    fn a_number_says_whose_it_is_where_that_is_known() {
        for (whose, want) in [
            (None, "090-1234-5678"),
            (Some(PhoneOwner::Own), "090-1234-5678（ご本人）"),
            (Some(PhoneOwner::Family), "090-1234-5678（ご家族）"),
            (Some(PhoneOwner::Other), "090-1234-5678（ほかの方）"),
        ] {
            let number = "090-1234-5678".to_owned();
            assert_eq!(with_owner(Lang::Ja, number, whose.as_ref()), want);
        }
        assert!(PhoneOwner::ALL.iter().all(|whose| words::exists(owner_key(*whose))));
    }

    #[test]
    fn an_age_is_known_from_the_date_the_year_or_what_was_told() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = date("2024-07-10");
        for (born, year, told, want) in [
            (Some(date("1944-07-10")), None, None, Some(AgeBand::Eighties)),
            (Some(date("1944-07-11")), None, None, Some(AgeBand::Seventies)),
            (None, Some(1947), Some(AgeBand::Under60), Some(AgeBand::Seventies)),
            (None, None, Some(AgeBand::NinetyUp), Some(AgeBand::NinetyUp)),
            (None, Some(1934), None, Some(AgeBand::NinetyUp)),
            (None, Some(1970), None, Some(AgeBand::Under60)),
            (None, Some(1960), None, Some(AgeBand::Sixties)),
            (None, None, None, None),
        ] {
            assert_eq!(age_band_on(born, year, told, today), want, "{born:?} {year:?}");
        }
    }

    #[test]
    fn a_day_that_belongs_to_two_eras_has_both_names() {
        for (date, want) in [
            ("1912-07-29", "明治45年7月29日"),
            ("1912-07-30", "明治45年・大正元年7月30日"),
            ("1926-12-25", "大正15年・昭和元年12月25日"),
            ("1926-12-26", "昭和元年12月26日"),
            ("1989-01-08", "平成元年1月8日"),
            ("1868-10-22", "1868年10月22日"),
        ] {
            assert_eq!(day_words(Lang::Ja, date.parse().unwrap()), want);
        }
    }

    #[test]
    fn a_year_of_birth_is_said_in_both_counts() {
        for (year, text) in [
            (1947, "昭和22年（1947年）"),
            (1926, "大正15年・昭和元年（1926年）"),
            (1989, "昭和64年・平成元年（1989年）"),
        ] {
            assert_eq!(birth_year_words(Lang::Ja, year), text);
        }
        assert_eq!(birth_year_words(Lang::En, 1947), "1947");
    }

    #[test]
    fn a_day_is_said_with_its_era() {
        let date = "2024-07-10".parse().unwrap();
        assert_eq!(day_words(Lang::Ja, date), "令和6年7月10日");
        assert_eq!(day_words(Lang::En, date), "10 July 2024");
    }

    #[test]
    fn a_number_of_two_people_is_shared() {
        let people = [vec!["0300000201", "0900000201"], vec!["0300000201"]];
        let numbers: Vec<String> = people.concat().into_iter().map(str::to_owned).collect();
        assert_eq!(shared(&numbers), HashSet::from(["0300000201".to_owned()]));
    }

    #[test]
    fn the_date_of_birth_gives_the_year() {
        assert_eq!(birth_year("1947-03-04".parse().ok(), Some(1950)), Some(1947));
        assert_eq!(birth_year(None, Some(1950)), Some(1950));
        assert_eq!(birth_year(None, None), None);
    }
}
