//! The form of a person: what was typed, what it means, and how it is shown again.

use entity::residents::contact_channel::Channel;
use entity::residents::resident::{AgeBand, Device, Mobility, Need, Standing};
use serde::Deserialize;

use crate::places::area;
use crate::platform::japan::phone::PhoneNumber;
use crate::platform::web::page::Page;
use crate::platform::{FieldError, Result};
use crate::residents::actions::{Facts, NewResident};
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
    pub revision: i32,
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
            revision: person.revision,
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
        let mut intake = Intake::new(today);
        let kana = intake.kana(&self.kana);
        let name = intake.name(&self.name);
        let phones = intake.phones(&self.phones);
        let birth = intake.birth("birth", &self.birth);
        let age_band = intake.choice("age_band", &self.age_band, AgeBand::from_text);
        let postal_code = intake.postal_code("postal_code", &self.postal_code);
        let address = intake.address(&self.address);
        let area_id = intake.area(&self.area, areas);
        let email = intake.email(&self.email);
        let channels = intake.channels(&self.channels);
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

impl From<Facts> for NewResident {
    fn from(facts: Facts) -> Self {
        Self {
            kana: facts.kana,
            name: facts.name,
            phones: facts.phones,
            birth_on: facts.birth_on,
            birth_year: facts.birth_year,
            age_band: facts.age_band,
            postal_code: facts.postal_code,
            address: facts.address,
            area_id: facts.area_id,
            email: facts.email.map(|email| email.as_str().to_owned()),
            channels: facts.channels,
        }
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

/// One field as the template draws it.
pub struct Field {
    pub id: String,
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    pub value: String,
    /// Classes that give the width.
    pub class: &'static str,
    pub mode: &'static str,
    pub shape: Shape,
    pub options: Vec<Choice>,
    pub required: bool,
    pub error: Option<String>,
}

/// How a field is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Line,
    Text,
    List,
}

impl Field {
    /// Whether one of a list is chosen.
    pub fn is_list(&self) -> bool {
        self.shape == Shape::List
    }

    /// Whether there is room for several lines.
    pub fn is_text(&self) -> bool {
        self.shape == Shape::Text
    }

    /// The ids of the texts that describe the field, the mistake first.
    pub fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id));
        }
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.id));
        }
        ids.join(" ")
    }

    /// The value in words.
    fn shown(&self) -> &str {
        let chosen = self.options.iter().find(|choice| choice.value == self.value);
        chosen.map_or(self.value.as_str(), |choice| choice.label.as_str())
    }
}

/// One line of a list.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// A field in which what was typed and what is stored now are not the same.
pub struct Difference {
    pub label: String,
    pub now: String,
    pub typed: String,
}

/// The fields that differ between two forms of the same person.
pub fn differences(now: &[Group], typed: &[Group]) -> Vec<Difference> {
    let all = |groups: &[Group]| -> Vec<(String, String, String)> {
        let fields = groups.iter().flat_map(|group| group.fields.iter());
        fields.map(|f| (f.id.clone(), f.label.clone(), f.shown().to_owned())).collect()
    };
    let (now, typed) = (all(now), all(typed));
    let of = |fields: &[(String, String, String)], id: &str| {
        fields.iter().find(|(other, ..)| other == id).map(|(.., text)| text.clone())
    };
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
    pub errors: &'a [FieldError],
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
        let areas = self.areas.iter().map(|area| {
            (area.code.clone(), self.page.pick(&area.name_ja, &area.name_en).to_owned())
        });
        vec![
            Field {
                required: true,
                hint: self.page.t("people.kana.hint").to_owned(),
                ..self.line("kana", &form.kana, "input w-name")
            },
            self.line("name", &form.name, "input w-name"),
            Field {
                hint: self.page.t("people.birth.hint").to_owned(),
                ..self.line("birth", &form.birth, "input w-tel")
            },
            self.list("age_band", &form.age_band, self.values("age_band", AgeBand::ALL)),
            self.list("area", &form.area, areas.collect()),
        ]
    }

    fn reach(&self, form: &PersonForm) -> Vec<Field> {
        let mut fields = Vec::new();
        let boxes = (form.phones.len() + 1).clamp(2, rules::MAX_PHONES.max(form.phones.len()));
        for at in 0..boxes {
            let value = form.phones.get(at).map_or("", String::as_str);
            let mut field = self.numbered("phones", at, value);
            field.mode = "tel";
            field.class = "input input-digits w-tel";
            if at > 0 {
                field.error = None;
            }
            fields.push(field);
        }
        for at in 0..form.channels.len().max(3) {
            let value = form.channels.get(at).map_or("", String::as_str);
            let mut field = self.numbered("channels", at, value);
            field.shape = Shape::List;
            field.options = self.options(value, self.values("hearing.channels", Channel::ALL));
            if let Some(none) = field.options.first_mut().filter(|_| at > 0) {
                none.label = self.page.t("people.no_more").to_owned();
            }
            fields.push(field);
        }
        fields.push(Field {
            mode: "numeric",
            ..self.line("postal_code", &form.postal_code, "input input-digits w-8")
        });
        fields.push(Field { shape: Shape::Text, ..self.line("address", &form.address, "input") });
        fields.push(Field { mode: "email", ..self.line("email", &form.email, "input") });
        fields
    }

    fn more(&self, form: &PersonForm) -> Vec<Field> {
        vec![
            self.list("device", &form.device, self.values("device", Device::ALL)),
            self.line("device_carrier", &form.device_carrier, "input w-name"),
            self.line("device_os", &form.device_os, "input w-name"),
            self.list("hearing", &form.hearing, self.values("hearing.hearing", Need::ALL)),
            self.list("vision", &form.vision, self.values("hearing.vision", Need::ALL)),
            self.list("mobility", &form.mobility, self.values("hearing.mobility", Mobility::ALL)),
            self.line("helper", &form.helper, "input"),
            Field { shape: Shape::Text, ..self.line("note", &form.note, "input") },
            self.list("standing", &form.standing, self.values("standing", Standing::ALL)),
        ]
    }

    fn values<T: Copy + std::fmt::Display>(
        &self,
        prefix: &str,
        all: &[T],
    ) -> Vec<(String, String)> {
        all.iter()
            .map(|value| {
                let label = crate::platform::words::fill(
                    self.page.ctx.lang,
                    &format!("{prefix}.{value}"),
                    &[],
                );
                (value.to_string(), label)
            })
            .collect()
    }

    fn line(&self, name: &'static str, value: &str, class: &'static str) -> Field {
        Field {
            id: name.to_owned(),
            name,
            label: self.label(name),
            hint: String::new(),
            value: value.to_owned(),
            class,
            mode: "text",
            shape: Shape::Line,
            options: Vec::new(),
            required: false,
            error: self.page.error_of(self.errors, name),
        }
    }

    /// One of several boxes for the same thing.
    fn numbered(&self, name: &'static str, at: usize, value: &str) -> Field {
        let label = self.page.f1(&format!("people.{name}"), "n", at + 1);
        let id = if at == 0 { name.to_owned() } else { format!("{name}-{at}") };
        Field { id, label, ..self.line(name, value, "input w-tel") }
    }

    fn list(&self, name: &'static str, value: &str, values: Vec<(String, String)>) -> Field {
        Field {
            shape: Shape::List,
            options: self.options(value, values),
            ..self.line(name, value, "input w-name")
        }
    }

    /// The choices, with the one of choosing nothing before them.
    fn options(&self, value: &str, values: Vec<(String, String)>) -> Vec<Choice> {
        std::iter::once((String::new(), self.page.t("people.unknown").to_owned()))
            .chain(values)
            .map(|(code, label)| Choice { chosen: code == value, value: code, label })
            .collect()
    }

    fn label(&self, name: &str) -> String {
        crate::platform::words::fill(self.page.ctx.lang, &format!("people.{name}"), &[])
    }
}

/// The digits of what was typed as a phone, for the list of people who share it.
pub fn typed_digits(form: &PersonForm) -> Vec<String> {
    let phones = form.phones.iter().filter_map(|text| PhoneNumber::parse(text).ok());
    phones.map(|phone| phone.digits().to_owned()).collect()
}
