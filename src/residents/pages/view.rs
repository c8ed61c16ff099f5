//! How a person looks in lists and on the page of the person.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::residents::timeline_entry;

use crate::platform::japan::era::EraYear;
use crate::platform::japan::time::local_date;
use crate::platform::web::page::Page;
use crate::platform::{Lang, words};
use crate::residents::{Card, Found, rules, timeline};

/// One line of a list of people.
pub struct Row {
    pub id: i64,
    pub kana: String,
    pub name: String,
    pub birth: String,
    pub phones: Vec<Phone>,
    pub area: String,
    /// How much it is the person of the form above the list; empty without one.
    pub alike_key: String,
}

/// A number, and whether somebody else in the list has it as well.
pub struct Phone {
    pub text: String,
    pub shared: bool,
}

/// The lines of a list. A number counts as shared when two people hold it, or when it is one of
/// `typed`: the numbers in the form above the list.
pub fn rows(found: Vec<Found>, typed: &[String], lang: Lang) -> Vec<Row> {
    let mut holders: HashMap<String, usize> = HashMap::new();
    for digits in found.iter().flat_map(|person| &person.phones).chain(typed) {
        *holders.entry(digits.clone()).or_default() += 1;
    }
    let shared = |digits: &str| holders.get(digits).is_some_and(|count| *count > 1);

    found
        .into_iter()
        .map(|person| Row {
            id: person.id.0,
            alike_key: String::new(),
            area: person.area(lang).unwrap_or_default().to_owned(),
            birth: person.birth_year.map(|year| birth_year(year, lang)).unwrap_or_default(),
            phones: person
                .numbers
                .iter()
                .map(|number| Phone { text: number.in_full(), shared: shared(number.digits()) })
                .collect(),
            kana: person.kana,
            name: person.name.unwrap_or_default(),
        })
        .collect()
}

/// 「昭和22年（1947年）」; a year in which the era changed has both names.
pub fn birth_year(year: i32, lang: Lang) -> String {
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
pub fn day(date: NaiveDate, lang: Lang) -> String {
    let eras: Vec<String> = EraYear::all_of(date).into_iter().map(EraYear::label_ja).collect();
    match lang {
        Lang::En => date.format("%-d %B %Y").to_string(),
        Lang::Ja if eras.is_empty() => date.format("%Y年%-m月%-d日").to_string(),
        Lang::Ja => format!("{}{}", eras.join("・"), date.format("%-m月%-d日")),
    }
}

/// A person at the head of a page.
pub struct Head {
    pub id: i64,
    pub kana: String,
    /// Name, age and area, as far as they are known.
    pub about: String,
    /// The state of the record, when the person is not contacted any more.
    pub silent: Option<String>,
    pub needs: Vec<String>,
    pub facts: Vec<Fact>,
    pub phones: Vec<String>,
    pub note: String,
    pub consent_given: bool,
    pub unprintable: bool,
}

/// A label and what is known.
pub struct Fact {
    pub label: String,
    pub value: String,
}

/// The head of a person's page.
pub fn head(card: &Card, page: &Page) -> Head {
    use entity::residents::resident::{Mobility, Need, Standing};

    let (person, lang) = (&card.resident, page.ctx.lang);
    let word = |prefix: &str, value: &str| words::fill(lang, &format!("{prefix}.{value}"), &[]);
    let band =
        rules::age_band_on(person.birth_on, person.birth_year, person.age_band, page.ctx.today());
    let about = [
        person.name.clone(),
        band.map(|band| word("age_band", band.as_str())),
        card.area(lang).map(str::to_owned),
    ];

    let channels: Vec<String> =
        card.channels.iter().map(|way| word("hearing.channels", way.as_str())).collect();
    let barriers: Vec<String> =
        card.barriers.iter().map(|barrier| word("hearing.reasons", barrier.as_str())).collect();
    let device: Vec<String> = [
        person.device.map(|device| word("device", device.as_str())),
        person.device_carrier.clone(),
        person.device_os.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();

    let comma = lang.pick("、", ", ");
    let birth = match (person.birth_on, person.birth_year) {
        (Some(date), _) => day(date, lang),
        (None, Some(year)) => birth_year(year, lang),
        (None, None) => String::new(),
    };
    let address =
        [person.postal_code.as_ref().map(|code| format!("〒{code}")), person.address.clone()];
    let facts = [
        ("people.birth", birth),
        ("people.order", channels.join(lang.pick("、つぎに", ", then "))),
        ("people.helper", person.helper.clone().unwrap_or_default()),
        ("people.device", device.join(comma)),
        ("people.barriers", barriers.join(comma)),
        ("people.address", address.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        ("people.email", person.email.clone().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| Fact { label: page.t(label).to_owned(), value })
    .collect();

    let needs = [
        (person.hearing == Some(Need::Hard)).then(|| word("hearing.hearing", "hard")),
        (person.vision == Some(Need::Hard)).then(|| word("hearing.vision", "hard")),
        person
            .mobility
            .filter(|mobility| *mobility != Mobility::Fine)
            .map(|mobility| word("hearing.mobility", mobility.as_str())),
    ];
    let has_private =
        |text: &String| text.chars().any(crate::platform::text::characters::is_private);

    Head {
        id: person.id.0,
        kana: person.kana.clone(),
        about: about.into_iter().flatten().collect::<Vec<_>>().join(lang.pick("・", " · ")),
        silent: (person.standing != Standing::Active)
            .then(|| word("standing", person.standing.as_str())),
        needs: needs.into_iter().flatten().collect(),
        facts,
        phones: card
            .numbers
            .iter()
            .map(|number| {
                rules::with_owner(lang, number.in_full(), card.owners.get(number.digits()))
            })
            .collect(),
        note: person.note.clone().unwrap_or_default(),
        consent_given: card.consent_given,
        unprintable: person.name.as_ref().is_some_and(has_private),
    }
}

/// One line of a timeline as the template draws it.
pub struct Line {
    pub datetime: String,
    pub day: String,
    pub kind: String,
    pub text: String,
}

/// The lines of a timeline.
pub fn lines(items: &[timeline_entry::Model], lang: Lang) -> Vec<Line> {
    let day_of = |at: DateTime<Utc>| local_date(at);
    items
        .iter()
        .map(|line| Line {
            datetime: day_of(line.at).to_string(),
            day: day(day_of(line.at), lang),
            kind: words::fill(lang, &format!("timeline.kind.{}", line.kind), &[]),
            text: timeline::sentence(line, lang),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::platform::japan::phone::PhoneNumber;

    use super::*;

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
            assert_eq!(day(date.parse().unwrap(), Lang::Ja), want);
        }
    }

    #[test]
    fn a_year_of_birth_is_said_in_both_counts() {
        for (year, text) in [
            (1947, "昭和22年（1947年）"),
            (1926, "大正15年・昭和元年（1926年）"),
            (1989, "昭和64年・平成元年（1989年）"),
        ] {
            assert_eq!(birth_year(year, Lang::Ja), text);
        }
        assert_eq!(birth_year(1947, Lang::En), "1947");
    }

    #[test]
    fn a_day_is_said_with_its_era() {
        let date = "2024-07-10".parse().unwrap();
        assert_eq!(day(date, Lang::Ja), "令和6年7月10日");
        assert_eq!(day(date, Lang::En), "10 July 2024");
    }

    #[test]
    fn a_number_of_two_people_is_marked() {
        let person = |id, phones: &[&str]| Found {
            id: entity::ResidentId(id),
            kana: "シルベ".to_owned(),
            name: None,
            birth_year: None,
            phones: phones.iter().map(|digits| (*digits).to_owned()).collect(),
            numbers: phones.iter().map(|digits| PhoneNumber::stored(digits, None)).collect(),
            area_ja: None,
            area_en: None,
        };
        let found = vec![person(1, &["0300000201", "0900000201"]), person(2, &["0300000201"])];
        let marks: Vec<Vec<bool>> = rows(found, &[], Lang::Ja)
            .iter()
            .map(|row| row.phones.iter().map(|phone| phone.shared).collect())
            .collect();
        assert_eq!(marks, [vec![true, false], vec![true]]);
    }
}
