//! Every text that people read, by key, in Japanese and English.
//!
//! The texts are data: `seeds/wording/*.tsv`, one file a room.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::room;

/// Language of a page, a letter or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Lang {
    #[default]
    Ja,
    En,
}

impl Lang {
    /// As in HTML's `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Picks one of two texts.
    pub fn pick<'a>(self, ja: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// The texts that belong to no room.
const OWN: &[(&str, &str)] = &[
    ("common", include_str!("../../seeds/wording/common.tsv")),
    ("text", include_str!("../../seeds/wording/text.tsv")),
];

static WORDS: LazyLock<HashMap<&'static str, (&'static str, &'static str)>> =
    LazyLock::new(|| rows().map(|(_, key, ja, en)| (key, (ja, en))).collect());

/// All rows: file, key, Japanese, English.
pub fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str, &'static str)> {
    let rooms = room::all().iter().map(|room| (room.name, room.words));
    OWN.iter().copied().chain(rooms).flat_map(|(file, text)| {
        text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(move |line| {
            let mut cells = line.split('\t');
            let key = cells.next().unwrap_or_default();
            let ja = cells.next().unwrap_or_default();
            let en = cells.next().unwrap_or_default();
            (file, key, ja, en)
        })
    })
}

/// What is wrong with the wording: doubled keys, missing languages, placeholders that differ.
pub fn problems() -> Vec<String> {
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (file, key, ja, en) in rows() {
        if let Some(other) = seen.insert(key, file) {
            found.push(format!("wording {key}: in {other} and in {file}"));
        }
        if ja.trim().is_empty() || en.trim().is_empty() {
            found.push(format!("wording {key}: a language is missing"));
        }
        let (mut a, mut b) = (placeholders(ja), placeholders(en));
        a.sort_unstable();
        b.sort_unstable();
        if a != b {
            found.push(format!("wording {key}: placeholders differ: {a:?} {b:?}"));
        }
    }
    found
}

fn placeholders(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
}

/// Whether a text with this key exists.
pub fn exists(key: &str) -> bool {
    WORDS.contains_key(key)
}

/// The text of a key. A key without a text shows as itself; `shirube check` and the tests find those.
pub fn text(lang: Lang, key: &str) -> &str {
    match WORDS.get(key) {
        Some((ja, en)) => lang.pick(ja, en),
        None => key,
    }
}

/// The text of a key with its `{placeholders}` filled.
pub fn fill(lang: Lang, key: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text(lang, key).to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use japan::text::{KanaError, NameError, TextError};
    use japan::{
        AmountError, BirthError, BookingNumberError, ClockError, DayError, FiscalYearError,
        MunicipalityCodeError, PhoneError, PostalCodeError,
    };

    use super::*;

    #[test]
    fn every_error_of_what_is_typed_has_its_sentence() {
        let keys = BirthError::ALL
            .iter()
            .map(BirthError::key)
            .chain([PostalCodeError.key(), TextError::TooLong { max: 1 }.key()])
            .chain(AmountError::ALL.iter().map(AmountError::key))
            .chain(ClockError::ALL.iter().map(ClockError::key))
            .chain(DayError::ALL.iter().map(DayError::key))
            .chain(FiscalYearError::ALL.iter().map(FiscalYearError::key))
            .chain(PhoneError::ALL.iter().map(PhoneError::key))
            .chain(BookingNumberError::ALL.iter().map(BookingNumberError::key))
            .chain(MunicipalityCodeError::ALL.iter().map(MunicipalityCodeError::key))
            .chain(NameError::ALL.iter().map(NameError::key))
            .chain(KanaError::ALL.iter().map(KanaError::key));
        for key in keys {
            assert!(exists(key), "no wording for {key}");
            for lang in [Lang::Ja, Lang::En] {
                assert!(!text(lang, key).is_empty(), "{key}");
            }
        }
    }
}
