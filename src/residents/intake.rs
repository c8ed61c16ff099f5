//! The one reader of a person, behind every door: API, staff form, desk, web form, walk-in. What was
//! typed is kept or refused, never altered, and the limits are the same everywhere. Every mistake is
//! collected, so that all are told at once.

use chrono::NaiveDate;
use entity::AreaId;
use entity::places::area;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use poem_openapi::Object;

use super::actions::{Facts, NewResident};
use super::rules;
use crate::platform::japan::birth::BirthInput;
use crate::platform::japan::{PhoneNumber, PostalCode};
use crate::platform::text::characters::is_invisible;
use crate::platform::text::{EmailAddress, Kana, PersonName, clean, kana, name};
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

    /// One number, which must be there.
    pub fn phone(&mut self, field: &str, text: &str) -> Option<PhoneNumber> {
        let phone = PhoneNumber::parse(text);
        phone.map_err(|e| self.errors.push(FieldError::new(field, e.key()))).ok()
    }

    /// The phones; blank ones are skipped, so that nobody needs one. Each counts once; one number
    /// with two extensions is refused, because one of them would be lost.
    pub fn phones(&mut self, texts: &[String]) -> Vec<PhoneNumber> {
        let mut phones: Vec<PhoneNumber> = Vec::new();
        for text in texts.iter().filter(|text| !blank(text)) {
            match PhoneNumber::parse(text) {
                Ok(phone) => match phones.iter_mut().find(|held| held.digits() == phone.digits()) {
                    None => phones.push(phone),
                    Some(held) if held.extension().is_none() => *held = phone,
                    Some(held) if phone.extension().is_none() || *held == phone => {}
                    Some(_) => return self.no_phones("err.phones.twice"),
                },
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

    /// An address, with its lines; nothing typed is none.
    pub fn address(&mut self, text: &str) -> Option<String> {
        let address = clean::address(text, MAX_ADDRESS);
        let address = address.map_err(|e| self.wrong("address", e.key(), MAX_ADDRESS)).ok()?;
        (!address.is_empty()).then_some(address)
    }

    /// Text of several lines; nothing typed is none.
    pub fn note(&mut self, text: &str) -> Option<String> {
        let note = clean::free_text(text, MAX_NOTE);
        let note = note.map_err(|e| self.wrong("note", e.key(), MAX_NOTE)).ok()?;
        (!note.is_empty()).then_some(note)
    }

    /// A postal code; nothing typed is none.
    pub fn postal_code(&mut self, field: &str, text: &str) -> Option<PostalCode> {
        if blank(text) {
            return None;
        }
        let code = PostalCode::parse(text);
        code.map_err(|e| self.errors.push(FieldError::new(field, e.key()))).ok()
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

    /// What is wrong so far, in the order in which it was read.
    pub fn errors(self) -> Vec<FieldError> {
        self.errors
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

/// A new person. Only the reading is needed.
#[derive(Debug, Object)]
pub struct NewPerson {
    pub name: Option<String>,
    /// In any kana.
    pub kana: String,
    /// In any notation.
    #[oai(default)]
    pub phones: Vec<String>,
    /// ISO 8601, or as people write it (昭和22年3月4日); a year alone is enough.
    pub birth_date: Option<String>,
    /// When no birth is known.
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    /// Code of the area.
    pub area: Option<String>,
    pub email: Option<String>,
    /// In order of preference. None: phone when there is a number, else letter.
    #[oai(default)]
    pub channels: Vec<Channel>,
}

impl NewPerson {
    /// What this says of a new person.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub fn read(self, today: NaiveDate, areas: &[area::Model]) -> Result<NewResident> {
        let Self {
            name,
            kana,
            phones,
            birth_date,
            age_band,
            postal_code,
            address,
            area,
            email,
            channels,
        } = self;

        let told = PersonChange {
            name,
            kana,
            phones,
            birth_date,
            age_band,
            postal_code,
            address,
            area,
            email,
            channels,
            ..PersonChange::default()
        };
        // Whoever is new may be contacted.
        told.read(today, areas, Standing::Active).map(NewResident::from)
    }
}

/// All that can be changed of a person; what is left out is removed.
#[derive(Debug, Default, Object)]
pub struct PersonChange {
    pub name: Option<String>,
    pub kana: String,
    #[oai(default)]
    pub phones: Vec<String>,
    pub birth_date: Option<String>,
    pub age_band: Option<AgeBand>,
    pub postal_code: Option<String>,
    pub address: Option<String>,
    /// Code of the area.
    pub area: Option<String>,
    pub email: Option<String>,
    #[oai(default)]
    pub channels: Vec<Channel>,
    pub device: Option<Device>,
    pub device_carrier: Option<String>,
    pub device_os: Option<String>,
    pub hearing: Option<Need>,
    pub vision: Option<Need>,
    pub mobility: Option<Mobility>,
    pub helper: Option<String>,
    pub note: Option<String>,
    /// None: as it was. Who may not be contacted any more loses what is booked ahead, so that is asked
    /// first (`confirmation_needed`).
    pub standing: Option<Standing>,
    /// The value of `confirm` from the answer `confirmation_needed`.
    pub confirm: Option<String>,
}

impl PersonChange {
    /// What this says of a person. Who says nothing of the standing leaves it as it is.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub fn read(
        self,
        today: NaiveDate,
        areas: &[area::Model],
        standing_now: Standing,
    ) -> Result<Facts> {
        let Self {
            name,
            kana,
            phones,
            birth_date,
            age_band,
            postal_code,
            address,
            area,
            email,
            channels,
            device,
            device_carrier,
            device_os,
            hearing,
            vision,
            mobility,
            helper,
            note,
            standing,
            confirm: _,
        } = self;
        let text = |typed: Option<String>| typed.unwrap_or_default();

        let mut intake = Intake::new(today);
        let kana = intake.kana(&kana);
        let name = intake.name(&text(name));
        let phones = intake.phones(&phones);
        let birth = intake.birth("birth_date", &text(birth_date));
        let postal_code = intake.postal_code("postal_code", &text(postal_code));
        let address = intake.address(&text(address));
        let area_id = intake.area(&text(area), areas);
        let email = intake.email(&text(email));
        let device_carrier = intake.line("device_carrier", &text(device_carrier), MAX_LINE);
        let device_os = intake.line("device_os", &text(device_os), MAX_LINE);
        let helper = intake.line("helper", &text(helper), MAX_LINE);
        let note = intake.note(&text(note));

        intake.finish(kana.map(|kana| Facts {
            kana,
            name,
            phones,
            birth_on: birth.on,
            birth_year: birth.year,
            age_band,
            postal_code,
            address,
            area_id,
            email,
            channels,
            device,
            device_carrier,
            device_os,
            hearing,
            vision,
            mobility,
            helper,
            note,
            standing: standing.unwrap_or(standing_now),
        }))
    }
}

/// A birth as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Birth {
    pub on: Option<NaiveDate>,
    pub year: Option<i32>,
}

/// Whether a text that was typed as something else could be a reading as it stands.
pub fn is_reading(text: &str) -> bool {
    Kana::parse(text).is_ok()
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
        assert_eq!(intake.postal_code("postal_code", " "), None);
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
        intake.postal_code("postal_code", "102-00");
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
    fn a_number_typed_twice_counts_once() {
        let texts = ["03-1234-5678", "０３１２３４５６７８", "090-1234-5678"].map(str::to_owned);
        assert_eq!(intake().phones(&texts).len(), 2);
    }

    #[test]
    fn one_number_with_two_extensions_is_refused_and_loses_none() {
        let mut intake = intake();
        let texts = ["03-1234-5678 内線210", "03-1234-5678 内線211"].map(str::to_owned);
        assert_eq!(intake.phones(&texts), []);
        assert_eq!(codes(intake), [("phones".to_owned(), "err.phones.twice")]);
    }

    #[test]
    fn an_address_is_refused_above_two_hundred_characters_and_not_cut() {
        assert!(intake().address(&"町".repeat(200)).is_some());
        let mut intake = intake();
        assert_eq!(intake.address(&"町".repeat(201)), None);
        assert_eq!(codes(intake), [("address".to_owned(), "err.text.long")]);
    }
}
