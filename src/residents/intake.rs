//! From what was typed or sent to values; every mistake is collected, so that all are told at once.

use chrono::NaiveDate;
use entity::AreaId;
use entity::places::area;
use entity::residents::contact_channel::Channel;

use super::email::EmailAddress;
use super::rules;
use crate::platform::japan::birth::BirthInput;
use crate::platform::japan::phone::PhoneNumber;
use crate::platform::text::characters::{is_dash, is_invisible, narrow};
use crate::platform::text::{Kana, PersonName, clean, kana, name};
use crate::platform::{Error, FieldError, Result};

/// Visible characters of an address.
pub const MAX_ADDRESS: usize = 200;
/// Visible characters of other single lines.
pub const MAX_LINE: usize = 100;
/// Visible characters of the note.
pub const MAX_NOTE: usize = 2000;

/// Reads fields one by one and remembers what is wrong.
#[derive(Debug)]
pub struct Intake {
    today: NaiveDate,
    errors: Vec<FieldError>,
}

impl Intake {
    /// Begins; `today` is the present day in Japan.
    pub fn new(today: NaiveDate) -> Self {
        Self { today, errors: Vec::new() }
    }

    fn wrong(&mut self, field: &str, wording: &'static str, max: usize) {
        let values = vec![("max", max.to_string())];
        self.errors.push(FieldError { field: field.to_owned(), wording, values });
    }

    /// The reading; required.
    pub fn kana(&mut self, text: &str) -> Option<Kana> {
        Kana::parse(text).map_err(|e| self.wrong("kana", e.key(), kana::MAX_GRAPHEMES)).ok()
    }

    /// The name; nothing typed is no name.
    pub fn name(&mut self, text: &str) -> Option<PersonName> {
        if blank(text) {
            return None;
        }
        PersonName::parse(text).map_err(|e| self.wrong("name", e.key(), name::MAX_GRAPHEMES)).ok()
    }

    /// The phones; blank ones are skipped, so that nobody needs one. Each counts once.
    pub fn phones(&mut self, texts: &[String]) -> Vec<PhoneNumber> {
        let mut phones: Vec<PhoneNumber> = Vec::new();
        for text in texts.iter().filter(|text| !blank(text)) {
            match PhoneNumber::parse(text) {
                Ok(phone) if phones.iter().any(|held| held.digits() == phone.digits()) => {}
                Ok(phone) => phones.push(phone),
                Err(e) => return self.no_phones(e.key()),
            }
        }
        if phones.len() > rules::MAX_PHONES {
            return self.no_phones("err.phones.many");
        }
        phones
    }

    fn no_phones(&mut self, wording: &'static str) -> Vec<PhoneNumber> {
        self.errors.push(FieldError::new("phones", wording));
        Vec::new()
    }

    /// The date of birth, or its year.
    pub fn birth(&mut self, field: &str, text: &str) -> Birth {
        if blank(text) {
            return Birth::default();
        }
        match BirthInput::parse(text, self.today) {
            Ok(BirthInput::Date(date)) => Birth { on: Some(date), ..Birth::default() },
            Ok(BirthInput::Year(year)) => Birth { year: Some(year), ..Birth::default() },
            Err(e) => {
                self.errors.push(FieldError::new(field, e.key()));
                Birth::default()
            }
        }
    }

    /// One line of text; nothing typed is none.
    pub fn line(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let line = clean::single_line(text, max);
        let line = line.map_err(|e| self.wrong(field, e.key(), max)).ok()?;
        (!line.is_empty()).then_some(line)
    }

    /// Text of several lines; nothing typed is none.
    pub fn note(&mut self, text: &str) -> Option<String> {
        let note = clean::free_text(text, MAX_NOTE);
        let note = note.map_err(|e| self.wrong("note", e.key(), MAX_NOTE)).ok()?;
        (!note.is_empty()).then_some(note)
    }

    /// A postal code, stored as 「102-0074」.
    pub fn postal_code(&mut self, text: &str) -> Option<String> {
        if blank(text) {
            return None;
        }
        let plain: String = narrow(text)
            .chars()
            .filter(|c| !(c.is_whitespace() || is_dash(*c) || is_invisible(*c) || *c == '〒'))
            .collect();
        if plain.len() != 7 || !plain.bytes().all(|b| b.is_ascii_digit()) {
            self.errors.push(FieldError::new("postal_code", "err.postal.len"));
            return None;
        }
        Some(format!("{}-{}", &plain[..3], &plain[3..]))
    }

    /// An e-mail address; nothing typed is none.
    pub fn email(&mut self, text: &str) -> Option<EmailAddress> {
        if blank(text) {
            return None;
        }
        let email = EmailAddress::parse(text);
        email.map_err(|e| self.errors.push(FieldError::new("email", e.key()))).ok()
    }

    /// The ways to reach the person, in order; blank ones are skipped.
    pub fn channels(&mut self, texts: &[String]) -> Vec<Channel> {
        let texts = texts.iter().filter(|text| !blank(text));
        texts.filter_map(|text| self.choice("channels", text, Channel::from_text)).collect()
    }

    /// One of a list; nothing chosen is none.
    pub fn choice<T>(
        &mut self,
        field: &str,
        text: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if blank(text) {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.errors.push(FieldError::new(field, "err.choice.unknown"));
        }
        value
    }

    /// An area by its code; nothing chosen is none.
    pub fn area(&mut self, code: &str, areas: &[area::Model]) -> Option<AreaId> {
        if blank(code) {
            return None;
        }
        let found = areas.iter().find(|area| area.code == code).map(|area| area.id);
        if found.is_none() {
            self.errors.push(FieldError::new("area", "err.area.unknown"));
        }
        found
    }

    /// What was read, when nothing is wrong.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub fn finish<T>(self, read: Option<T>) -> Result<T> {
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => Err(Error::Invalid(self.errors)),
        }
    }
}

/// A birth as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Birth {
    pub on: Option<NaiveDate>,
    pub year: Option<i32>,
}

fn blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intake() -> Intake {
        Intake::new("2024-07-10".parse().unwrap())
    }

    fn codes(intake: Intake) -> Vec<(String, &'static str)> {
        match intake.finish(Some(())) {
            Err(Error::Invalid(errors)) => {
                errors.into_iter().map(|e| (e.field, e.wording)).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_is_left_empty_is_none_and_no_mistake() {
        let mut intake = intake();
        assert!(intake.name("　").is_none());
        assert!(intake.phones(&["".to_owned(), "　".to_owned()]).is_empty());
        assert_eq!(intake.birth("birth", ""), Birth::default());
        assert_eq!(intake.postal_code(" "), None);
        assert_eq!(intake.email("\u{200B}"), None);
        assert!(intake.channels(&["".to_owned()]).is_empty());
        assert_eq!(codes(intake), []);
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let mut intake = intake();
        intake.kana("　");
        intake.phones(&["110".to_owned()]);
        intake.birth("birth", "22");
        intake.postal_code("102-00");
        intake.email("なし");
        intake.channels(&["pigeon".to_owned()]);
        let wrong: Vec<&str> = codes(intake).iter().map(|(_, code)| *code).collect();
        assert_eq!(
            wrong,
            [
                "err.kana.empty",
                "err.tel.len",
                "err.birth.noera",
                "err.postal.len",
                "err.email.unusable",
                "err.choice.unknown"
            ]
        );
    }

    #[test]
    fn a_postal_code_is_stored_in_one_form() {
        for text in ["1020074", "102-0074", "〒１０２ー００７４", " 102 0074 "] {
            assert_eq!(intake().postal_code(text).as_deref(), Some("102-0074"), "{text}");
        }
    }

    #[test]
    fn a_number_typed_twice_counts_once() {
        let texts = ["03-1234-5678", "０３１２３４５６７８", "090-1234-5678"].map(str::to_owned);
        assert_eq!(intake().phones(&texts).len(), 2);
    }
}
