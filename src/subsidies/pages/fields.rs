//! Forms as data: what was typed, fields with their errors, and what went wrong.

use chrono::NaiveDate;
use poem::http::StatusCode;
use serde::Deserialize;

use crate::platform::web::Page;
use crate::platform::{Error, FieldError, Result};
use crate::subsidies::rules::figure::{parse_day, parse_yen};

/// What was typed into a form, as it came.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Typed(Vec<(String, String)>);

impl Typed {
    /// The first value of a field; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The first value of a field, if the form had it.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a field, in their order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The revision that the form was made of.
    pub fn revision(&self) -> Option<i32> {
        self.get("revision").parse().ok()
    }

    /// A required amount.
    pub fn yen(&self, name: &str) -> Result<i64> {
        parse_yen(self.get(name)).ok_or_else(|| Error::invalid(name, "err.project.yen"))
    }

    /// An amount, or nothing.
    pub fn yen_or_none(&self, name: &str) -> Result<Option<i64>> {
        if self.get(name).trim().is_empty() { Ok(None) } else { self.yen(name).map(Some) }
    }

    /// A required date.
    pub fn day(&self, name: &str) -> Result<NaiveDate> {
        parse_day(self.get(name)).ok_or_else(|| Error::invalid(name, "err.project.day"))
    }

    /// A date, or nothing.
    pub fn day_or_none(&self, name: &str) -> Result<Option<NaiveDate>> {
        if self.get(name).trim().is_empty() { Ok(None) } else { self.day(name).map(Some) }
    }

    /// A required number of a record.
    pub fn id(&self, name: &str) -> Result<i64> {
        self.get(name).parse().map_err(|_| Error::invalid(name, "err.project.choose"))
    }

    /// A count of people or sessions, or nothing.
    pub fn count_or_none(&self, name: &str) -> Result<Option<i32>> {
        let found =
            self.yen_or_none(name).map_err(|_| Error::invalid(name, "err.project.count"))?;
        match found.map(i32::try_from).transpose() {
            Ok(count) => Ok(count),
            Err(_) => Err(Error::invalid(name, "err.project.count")),
        }
    }
}

/// What went wrong with a form, to be shown with the page.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    pub errors: Vec<FieldError>,
    pub refusal: Option<String>,
    pub typed: Typed,
    /// Somebody else saved first: what stands now is shown beside what was typed.
    pub is_stale: bool,
    status: Option<StatusCode>,
}

impl Problem {
    /// What a person can mend; any other error is given back.
    pub fn of(page: &Page, typed: Typed, error: Error) -> Result<Self> {
        let status = StatusCode::from_u16(error.status()).ok();
        match error {
            Error::Invalid(errors)
                if errors.iter().all(|error| error.wording != "idempotency.mismatch") =>
            {
                Ok(Self { errors, typed, status, ..Self::default() })
            }
            Error::Refused(refusal) => {
                let sentence = page.t(&format!("refused.{}", refusal.code)).to_owned();
                Ok(Self { refusal: Some(sentence), typed, status, ..Self::default() })
            }
            Error::Stale => {
                let refusal = Some(page.t("project.stale").to_owned());
                Ok(Self { refusal, typed, is_stale: true, status, ..Self::default() })
            }
            other => Err(other),
        }
    }

    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::OK)
    }

    /// The revision that a form is made of: after somebody else's change the new one, so that what
    /// was typed can be saved over it knowingly.
    pub fn revision(&self, stands: i32) -> i32 {
        self.typed.revision().filter(|_| !self.is_stale).unwrap_or(stands)
    }

    /// What was typed, or what stands.
    pub fn value(&self, name: &str, stands: &str) -> String {
        self.typed.find(name).unwrap_or(stands).to_owned()
    }
}

/// How a field is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Line,
    Number,
    Day,
    Month,
    /// With so many rows.
    Long(u8),
    Choice,
}

/// One field of a form.
#[derive(Clone, Debug)]
pub struct Field {
    pub id: String,
    pub name: String,
    pub label: String,
    pub hint: String,
    pub value: String,
    pub error: Option<String>,
    pub look: Look,
    pub is_optional: bool,
    /// 「120字／600字まで」
    pub count: String,
    pub choices: Vec<(String, String)>,
}

impl Field {
    /// A field whose name is its id, with what was typed or what stands.
    pub fn new(page: &Page, problem: &Problem, name: &str, label: &str, look: Look) -> Self {
        let hint = format!("{label}.hint");
        let known = crate::platform::words::exists(&hint);
        Self {
            id: name.to_owned(),
            name: name.to_owned(),
            label: page.t(label).to_owned(),
            hint: if known { page.t(&hint).to_owned() } else { String::new() },
            value: problem.value(name, ""),
            error: page.error_of(&problem.errors, name),
            look,
            is_optional: false,
            count: String::new(),
            choices: Vec::new(),
        }
    }

    /// With another value when nothing was typed.
    pub fn standing(mut self, problem: &Problem, value: impl std::fmt::Display) -> Self {
        self.value = problem.value(&self.name, &value.to_string());
        self
    }

    pub fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    pub fn choices(mut self, choices: Vec<(String, String)>) -> Self {
        self.choices = choices;
        self
    }

    pub fn is_long(&self) -> bool {
        matches!(self.look, Look::Long(_))
    }

    pub fn rows(&self) -> u8 {
        if let Look::Long(rows) = self.look { rows } else { 1 }
    }

    pub fn is_choice(&self) -> bool {
        self.look == Look::Choice
    }

    pub fn is_number(&self) -> bool {
        self.look == Look::Number
    }

    pub fn html_type(&self) -> &'static str {
        match self.look {
            Look::Day => "date",
            Look::Month => "month",
            _ => "text",
        }
    }

    pub fn class(&self) -> &'static str {
        match self.look {
            Look::Number | Look::Day | Look::Month => "w-8 num",
            _ => "",
        }
    }

    /// What a screen reader says with the field: our own ids, nothing that was typed.
    pub fn described(&self) -> String {
        let mut ids = Vec::new();
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id));
        }
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.id));
        }
        ids.join(" ")
    }
}

/// A form of its own.
#[derive(Clone, Debug)]
pub struct FormView {
    pub id: String,
    /// What the button says to the handler (`act`).
    pub name: &'static str,
    pub title: String,
    pub lead: String,
    pub action: String,
    pub revision: Option<i32>,
    pub fields: Vec<Field>,
    pub button: String,
    pub is_main: bool,
    pub is_danger: bool,
    /// Shown open; otherwise behind its title.
    pub is_open: bool,
}

impl FormView {
    /// A form named by `act.<name>`: title, button `.button`, lead `.lead` where they exist.
    pub fn new(page: &Page, name: &'static str, action: String, revision: Option<i32>) -> Self {
        let word = |end: &str| {
            let key = format!("act.{name}{end}");
            let known = crate::platform::words::exists(&key);
            if known { page.t(&key).to_owned() } else { String::new() }
        };
        let title = word("");
        let button = word(".button");
        Self {
            id: format!("act-{name}"),
            name,
            button: if button.is_empty() { title.clone() } else { button },
            title,
            lead: word(".lead"),
            action,
            revision,
            fields: Vec::new(),
            is_main: false,
            is_danger: false,
            is_open: true,
        }
    }

    pub fn with(mut self, fields: Vec<Field>) -> Self {
        self.fields = fields;
        self
    }

    pub fn main(mut self) -> Self {
        self.is_main = true;
        self
    }

    pub fn danger(mut self) -> Self {
        self.is_danger = true;
        self.is_open = false;
        self
    }

    pub fn closed(mut self) -> Self {
        self.is_open = false;
        self
    }

    pub fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}
