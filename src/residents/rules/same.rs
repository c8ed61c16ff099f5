//! Are these the same person? One rule for every place that matches people.
//!
//! A reading and a telephone are shared by a father and his son. What tells people apart are the
//! kanji of the name and the birth; variants of one character are one. Where neither is known on
//! both sides, two records are two people, and the office sees them as a pair. Another address,
//! mail or number does not make another person, but it is a reason to ask before anything of one
//! record goes to the other.

use chrono::NaiveDate;
use entity::ResidentId;
use entity::residents::resident;
use serde::{Deserialize, Serialize};

use super::birth_year;
use crate::platform::text::characters::is_private;
use crate::platform::text::search::fold;

/// What tells one person from another. Without `Debug`: it is personal.
#[derive(Clone, Default)]
pub struct Traits {
    pub kana: String,
    pub name: Option<String>,
    pub birth_on: Option<NaiveDate>,
    pub birth_year: Option<i32>,
    /// National digits.
    pub phones: Vec<String>,
    pub email: Option<String>,
    pub address: Option<String>,
}

impl Traits {
    /// Those of a record with these numbers.
    pub fn of(person: &resident::Model, phones: Vec<String>) -> Self {
        Self {
            kana: person.kana.clone(),
            name: person.name.clone(),
            birth_on: person.birth_on,
            birth_year: person.birth_year,
            phones,
            email: person.email.clone(),
            address: person.address.clone(),
        }
    }
}

/// Whether two records are one person; the likest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sameness {
    /// One person, and the second record tells nothing new of how to reach them.
    Same,
    /// One person with another address, mail or number: asked before it is believed.
    News,
    /// One reading on one number, and nothing that tells whether it is one person: two, for now.
    Pair,
    /// Somebody else.
    Other,
}

impl Sameness {
    /// The last part of its wording key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::News => "news",
            Self::Pair => "pair",
            Self::Other => "other",
        }
    }
}

/// Something that both records may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Both {
    Agree,
    Differ,
    /// One of them does not say it.
    Silent,
}

/// Whether `told` is the known person.
pub fn sameness(known: &Traits, told: &Traits) -> Sameness {
    let (kanji, birth) = (kanji(known, told), birth(known, told));
    if fold(&known.kana) != fold(&told.kana) || [kanji, birth].contains(&Both::Differ) {
        return Sameness::Other;
    }

    let news = news(known, told);
    let shared_line = told.phones.iter().any(|digits| known.phones.contains(digits));
    let agrees = |field: Field| says(known, told, field) == Both::Agree;
    let named = kanji == Both::Agree;
    let told_apart = named || birth == Both::Agree;

    match (shared_line, told_apart) {
        (true, true) if news.is_empty() => Sameness::Same,
        (true, true) => Sameness::News,
        (true, false) => Sameness::Pair,
        // On another number it takes two things: a name in kanji is not rare enough alone.
        (false, _)
            if named
                && (birth == Both::Agree || agrees(Field::Address) || agrees(Field::Email)) =>
        {
            Sameness::News
        }
        (false, _) => Sameness::Other,
    }
}

/// A way to reach a person that was told and is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Phone,
    Email,
    Address,
}

/// What `told` says of how to reach the person that is not in the known record.
pub fn news(known: &Traits, told: &Traits) -> Vec<Field> {
    let more_phones = told.phones.iter().any(|digits| !known.phones.contains(digits));
    let told_more = |field: Field| match field {
        Field::Phone => more_phones,
        Field::Email => told.email.is_some() && says(known, told, field) != Both::Agree,
        Field::Address => told.address.is_some() && says(known, told, field) != Both::Agree,
    };
    let fields = [Field::Phone, Field::Email, Field::Address];
    fields.into_iter().filter(|field| told_more(*field)).collect()
}

/// Whose record an application is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody's whom we know.
    Nobody,
    /// Clearly this person's.
    Is(ResidentId),
    /// One of these people's, perhaps: the office is asked.
    Ask(Vec<ResidentId>),
}

/// Whose record it is, by how much it is that of each person.
pub fn verdict(alike: &[(ResidentId, Sameness)]) -> Verdict {
    let among = |wanted: &[Sameness]| -> Vec<ResidentId> {
        alike.iter().filter(|(_, how)| wanted.contains(how)).map(|(id, _)| *id).collect()
    };
    match (&among(&[Sameness::Same])[..], &among(&[Sameness::News])[..]) {
        // A record that says less than the others takes nothing from one that says as much.
        ([one], []) => Verdict::Is(*one),
        _ => match among(&[Sameness::Same, Sameness::News, Sameness::Pair]) {
            none if none.is_empty() => Verdict::Nobody,
            some => Verdict::Ask(some),
        },
    }
}

/// The kanji of two names. Kana alone says no more than the reading; a part of a name, and a
/// character that only one town's fonts have, say nothing.
fn kanji(known: &Traits, told: &Traits) -> Both {
    match (written(known), written(told)) {
        (Some(known), Some(told)) if known == told => Both::Agree,
        (Some(known), Some(told)) if known.contains(&told) || told.contains(&known) => Both::Silent,
        (Some(_), Some(_)) => Both::Differ,
        _ => Both::Silent,
    }
}

fn written(of: &Traits) -> Option<String> {
    let name = fold(of.name.as_deref()?);
    let is_kanji = |c: char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '々');
    (name.chars().any(is_kanji) && !name.chars().any(is_private)).then_some(name)
}

fn birth(known: &Traits, told: &Traits) -> Both {
    if let (Some(known), Some(told)) = (known.birth_on, told.birth_on) {
        return if known == told { Both::Agree } else { Both::Differ };
    }
    let year = |of: &Traits| birth_year(of.birth_on, of.birth_year);
    match (year(known), year(told)) {
        (Some(known), Some(told)) if known == told => Both::Agree,
        (Some(_), Some(_)) => Both::Differ,
        _ => Both::Silent,
    }
}

fn says(known: &Traits, told: &Traits, field: Field) -> Both {
    let text = |of: &Traits| match field {
        Field::Phone => None,
        Field::Email => of.email.as_deref().map(fold),
        Field::Address => of.address.as_deref().map(fold),
    };
    match (text(known), text(told)) {
        (Some(known), Some(told)) if known == told => Both::Agree,
        (Some(_), Some(_)) => Both::Differ,
        _ => Both::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, birth (a year, or a date), phones, address.
    fn person(name: &str, birth: &str, phones: &[&str], address: &str) -> Traits {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Traits {
            kana: "シルベ ヒロシ".to_owned(),
            name: given(name),
            birth_on: birth.parse().ok(),
            birth_year: birth.parse().ok(),
            phones: phones.iter().map(|digits| (*digits).to_owned()).collect(),
            email: None,
            address: given(address),
        }
    }

    const LINE: &[&str] = &["0312345678"];
    const MOBILE: &[&str] = &["09012345678"];
    const BOTH: &[&str] = &["0312345678", "09012345678"];

    #[test]
    fn kanji_and_birth_tell_people_apart_and_nothing_else_does() {
        for (known, told, want) in [
            // Father and son.
            (("導 浩", "", LINE, ""), ("導 博", "", LINE, ""), Sameness::Other),
            (("導 浩", "1947", LINE, ""), ("導 浩", "1975", LINE, ""), Sameness::Other),
            (("", "1947-03-04", LINE, ""), ("", "1947-03-05", LINE, ""), Sameness::Other),
            // Variants of one character, a space, a year beside a date.
            (("髙橋 浩", "", LINE, ""), ("高橋浩", "", LINE, ""), Sameness::Same),
            (("", "1947-03-04", LINE, ""), ("", "1947", LINE, ""), Sameness::Same),
            (("導 浩", "1947", BOTH, "町1"), ("導 浩", "", LINE, ""), Sameness::Same),
            (("導 浩", "", LINE, "町1"), ("導 浩", "", LINE, "町１"), Sameness::Same),
            // Another address or number is news of the known person.
            (("導 浩", "", LINE, "町1"), ("導 浩", "", LINE, "町2"), Sameness::News),
            (("導 浩", "", LINE, ""), ("導 浩", "", LINE, "町2"), Sameness::News),
            (("導 浩", "", LINE, ""), ("導 浩", "", BOTH, ""), Sameness::News),
            (("導 浩", "1947", LINE, ""), ("導 浩", "1947", MOBILE, ""), Sameness::News),
            (("導 浩", "", LINE, "町1"), ("導 浩", "", MOBILE, "町1"), Sameness::News),
            (("導 浩", "", LINE, ""), ("導 浩", "", MOBILE, ""), Sameness::Other),
            // Nothing to tell them apart: two, shown as a pair.
            (("", "", LINE, ""), ("", "", LINE, ""), Sameness::Pair),
            (("導 浩", "", LINE, "町1"), ("", "1947", LINE, "町1"), Sameness::Pair),
            (("しるべ ひろし", "", LINE, ""), ("導 浩", "", LINE, ""), Sameness::Pair),
            (("浩", "", LINE, ""), ("導 浩", "", LINE, ""), Sameness::Pair),
            (("導\u{E000} 浩", "", LINE, ""), ("導 浩", "", LINE, ""), Sameness::Pair),
            (("", "", LINE, ""), ("", "", MOBILE, ""), Sameness::Other),
        ] {
            let of = |(name, birth, phones, address): (&str, &str, &[&str], &str)| {
                person(name, birth, phones, address)
            };
            assert_eq!(sameness(&of(known), &of(told)), want, "{known:?} {told:?}");
        }

        let other = Traits { kana: "シルベ タロウ".to_owned(), ..person("", "", LINE, "") };
        assert_eq!(sameness(&other, &person("", "", LINE, "")), Sameness::Other);
    }

    #[test]
    fn news_name_what_is_not_known_yet() {
        let known = person("導 浩", "", LINE, "町1");
        let told = Traits { email: Some("h@example.jp".into()), ..person("", "", BOTH, "町2") };
        assert_eq!(news(&known, &told), [Field::Phone, Field::Email, Field::Address]);
        assert_eq!(news(&known, &person("", "", LINE, "")), []);
    }

    #[test]
    fn only_one_clear_likeness_decides() {
        use Sameness::{News, Other, Pair, Same};
        let (a, b) = (ResidentId(1), ResidentId(2));
        for (alike, want) in [
            (vec![], Verdict::Nobody),
            (vec![(a, Other)], Verdict::Nobody),
            (vec![(a, Same)], Verdict::Is(a)),
            (vec![(a, Same), (b, Pair)], Verdict::Is(a)),
            (vec![(a, Same), (b, News)], Verdict::Ask(vec![a, b])),
            (vec![(a, Same), (b, Same)], Verdict::Ask(vec![a, b])),
            (vec![(a, Pair), (b, Other)], Verdict::Ask(vec![a])),
            (vec![(b, News)], Verdict::Ask(vec![b])),
        ] {
            assert_eq!(verdict(&alike), want, "{alike:?}");
        }
    }
}
