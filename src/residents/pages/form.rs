//! The form of a person: what was typed, what it means, and how it is shown again.

use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use serde::Deserialize;

use crate::places::area;
use crate::platform::Result;
use crate::platform::japan::phone::PhoneNumber;
use crate::platform::web::Page;
use crate::platform::web::door::{Choice, Field, Returned};
use crate::residents::actions::Facts;
use crate::residents::intake::{Intake, MAX_LINE};
use crate::residents::{Card, rules};

/// What was typed. Everything is text, so that it can be shown again as it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersonForm {
    pub kana: String,
    pub name: String,
    pub phones: Vec<String>,
    pub birth: String,
    pub age_band: String,
    pub postal_code: String,
    pub address: String,
    pub area: String,
    pub email: String,
    pub channels: Vec<String>,
    pub device: String,
    pub device_carrier: String,
    pub device_os: String,
    pub hearing: String,
    pub vision: String,
    pub mobility: String,
    pub helper: String,
    pub note: String,
    pub standing: String,
    /// The revision that the form was made from.
    pub revision: String,
    /// The person who fills the form saw the possible duplicates.
    pub confirmed: String,
}

impl PersonForm {
    /// The form of a person as the record stands.
    pub fn of(card: &Card, areas: &[area::Model]) -> Self {
        let person = card.resident.clone();
        let birth = match (person.birth_on, person.birth_year) {
            (Some(date), _) => date.to_string(),
            (None, Some(year)) => year.to_string(),
            (None, None) => String::new(),
        };

        let area = areas.iter().find(|area| Some(area.id) == person.area_id);
        Self {
            kana: person.kana,
            name: person.name.unwrap_or_default(),
            phones: card.numbers.iter().map(PhoneNumber::in_full).collect(),
            birth,
            age_band: chosen(person.age_band.map(AgeBand::as_str)),
            postal_code: person.postal_code.unwrap_or_default(),
            address: person.address.unwrap_or_default(),
            area: area.map(|area| area.code.clone()).unwrap_or_default(),
            email: person.email.unwrap_or_default(),
            channels: card.channels.iter().map(|channel| channel.as_str().to_owned()).collect(),
            device: chosen(person.device.map(Device::as_str)),
            device_carrier: person.device_carrier.unwrap_or_default(),
            device_os: person.device_os.unwrap_or_default(),
            hearing: chosen(person.hearing.map(Need::as_str)),
            vision: chosen(person.vision.map(Need::as_str)),
            mobility: chosen(person.mobility.map(Mobility::as_str)),
            helper: person.helper.unwrap_or_default(),
            note: person.note.unwrap_or_default(),
            standing: person.standing.as_str().to_owned(),
            revision: person.revision.to_string(),
            confirmed: String::new(),
        }
    }

    /// What the form means. Who chose no standing leaves it as it is.
    ///
    /// # Errors
    /// `Invalid` with every mistake.
    pub fn read(
        &self,
        today: chrono::NaiveDate,
        areas: &[area::Model],
        standing_now: Standing,
    ) -> Result<Facts> {
        // In the order of the form, which is that of the mistakes at its head.
        let mut intake = Intake::new(today);
        let kana = intake.kana(&self.kana);
        let name = intake.name(&self.name);
        let birth = intake.birth("birth", &self.birth);
        let age_band = intake.choice("age_band", &self.age_band, AgeBand::from_text);
        let area_id = intake.area(&self.area, areas);

        let phones = intake.phones(&self.phones);
        let channels = intake.channels(&self.channels);
        let postal_code = intake.postal_code("postal_code", &self.postal_code);
        let address = intake.address(&self.address);
        let email = intake.email(&self.email);

        let device = intake.choice("device", &self.device, Device::from_text);
        let device_carrier = intake.line("device_carrier", &self.device_carrier, MAX_LINE);
        let device_os = intake.line("device_os", &self.device_os, MAX_LINE);
        let hearing = intake.choice("hearing", &self.hearing, Need::from_text);
        let vision = intake.choice("vision", &self.vision, Need::from_text);
        let mobility = intake.choice("mobility", &self.mobility, Mobility::from_text);
        let helper = intake.line("helper", &self.helper, MAX_LINE);
        let note = intake.note(&self.note);
        let standing = intake.choice("standing", &self.standing, Standing::from_text);

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

fn chosen(value: Option<&'static str>) -> String {
    value.unwrap_or_default().to_owned()
}

/// Fields under one heading.
pub struct Group {
    pub title: String,
    pub fields: Vec<Field>,
}

/// A field in which what was typed and what is stored now are not the same.
pub struct Difference {
    pub label: String,
    pub now: String,
    pub typed: String,
}

/// The value of a field in words.
fn in_words(field: &Field) -> &str {
    let chosen = field.choices.iter().find(|(value, _)| *value == field.value);
    chosen.map_or(field.value.as_str(), |(_, word)| word.as_str())
}

/// The fields that differ between two forms of the same person.
pub fn differences(now: &[Group], typed: &[Group]) -> Vec<Difference> {
    let all = |groups: &[Group]| -> Vec<(String, String, String)> {
        let fields = groups.iter().flat_map(|group| group.fields.iter());
        fields.map(|f| (f.id.clone(), f.label.clone(), in_words(f).to_owned())).collect()
    };
    let (now, typed) = (all(now), all(typed));
    let of = |fields: &[(String, String, String)], id: &str| {
        fields.iter().find(|(other, ..)| other == id).map(|(.., text)| text.clone())
    };

    // A form with more numbers has more boxes.
    let longer = if now.len() > typed.len() { &now } else { &typed };
    longer
        .iter()
        .map(|(id, label, _)| Difference {
            label: label.clone(),
            now: of(&now, id).unwrap_or_default(),
            typed: of(&typed, id).unwrap_or_default(),
        })
        .filter(|difference| difference.now != difference.typed)
        .collect()
}

/// Draws the fields of a form.
pub struct Drawer<'a> {
    pub page: &'a Page,
    pub areas: &'a [area::Model],
    pub back: &'a Returned,
}

impl Drawer<'_> {
    /// All fields; `whole` adds what is asked only of people who are known.
    pub fn groups(&self, form: &PersonForm, whole: bool) -> Vec<Group> {
        let mut groups = vec![
            self.group("people.group.who", self.who(form)),
            self.group("people.group.reach", self.reach(form)),
        ];
        if whole {
            groups.push(self.group("people.group.more", self.more(form)));
        }
        groups
    }

    fn group(&self, title: &str, fields: Vec<Field>) -> Group {
        Group { title: self.page.t(title).to_owned(), fields }
    }

    fn who(&self, form: &PersonForm) -> Vec<Field> {
        let name = |area: &area::Model| self.page.pick(&area.name_ja, &area.name_en).to_owned();
        let areas: Vec<Choice> =
            self.areas.iter().map(|area| (area.code.clone(), name(area))).collect();
        let bands = self.page.choices("age_band", AgeBand::ALL);
        let required = ("mark-required", self.page.t("people.required").to_owned());
        vec![
            Field { mark: Some(required), ..self.line("kana", &form.kana).class("w-name") },
            self.line("name", &form.name).class("w-name"),
            self.line("birth", &form.birth).class("w-tel"),
            self.list("age_band", &form.age_band, &bands),
            self.list("area", &form.area, &areas),
        ]
    }

    fn reach(&self, form: &PersonForm) -> Vec<Field> {
        let boxes = (form.phones.len() + 1).clamp(2, rules::MAX_PHONES.max(form.phones.len()));
        let phones = (0..boxes).map(|at| self.phone(form, at));

        let ways = self.page.choices("hearing.channels", Channel::ALL);
        let channels = (0..form.channels.len().max(3)).map(|at| {
            let none = if at == 0 { "people.unknown" } else { "people.no_more" };
            let value = form.channels.get(at).map_or("", String::as_str);
            self.numbered("channels", at, value).choose_or(self.page, none, &ways)
        });

        let postal_code = self.line("postal_code", &form.postal_code);
        let rest = [
            postal_code.class("input-digits w-8").mode("numeric"),
            self.line("address", &form.address).rows_of(4),
            self.line("email", &form.email).mode("email"),
        ];
        phones.chain(channels).chain(rest).collect()
    }

    /// What is wrong with the numbers is said at the first of them.
    fn phone(&self, form: &PersonForm, at: usize) -> Field {
        let value = form.phones.get(at).map_or("", String::as_str);
        let field = self.numbered("phones", at, value).class("input-digits w-tel").mode("tel");
        let error = field.error.clone().filter(|_| at == 0);
        Field { error, ..field }
    }

    fn more(&self, form: &PersonForm) -> Vec<Field> {
        let page = self.page;
        vec![
            self.list("device", &form.device, &page.choices("device", Device::ALL)),
            self.line("device_carrier", &form.device_carrier).class("w-name"),
            self.line("device_os", &form.device_os).class("w-name"),
            self.list("hearing", &form.hearing, &page.choices("hearing.hearing", Need::ALL)),
            self.list("vision", &form.vision, &page.choices("hearing.vision", Need::ALL)),
            self.list("mobility", &form.mobility, &page.choices("hearing.mobility", Mobility::ALL)),
            self.line("helper", &form.helper),
            self.line("note", &form.note).rows_of(4),
            self.list("standing", &form.standing, &page.choices("standing", Standing::ALL)),
        ]
    }

    fn line(&self, name: &str, value: &str) -> Field {
        self.page.field(self.back, name, &format!("people.{name}"), value)
    }

    /// One of several boxes for the same thing.
    fn numbered(&self, name: &str, at: usize, value: &str) -> Field {
        let label = self.page.f1(&format!("people.{name}"), "n", at + 1);
        let id = if at == 0 { name.to_owned() } else { format!("{name}-{at}") };
        Field { id, label, ..self.line(name, value).class("w-tel") }
    }

    /// One of a list, or nothing.
    fn list(&self, name: &str, value: &str, choices: &[Choice]) -> Field {
        self.line(name, value).class("w-name").choose_or(self.page, "people.unknown", choices)
    }
}

/// The digits of what was typed as a phone, for the list of people who share it.
pub fn typed_digits(form: &PersonForm) -> Vec<String> {
    let phones = form.phones.iter().filter_map(|text| PhoneNumber::parse(text).ok());
    phones.map(|phone| phone.digits().to_owned()).collect()
}
