//! One field of a form, as data; `door/form.html` draws it.

use super::Returned;
use crate::platform::web::Page;
use crate::platform::words;

/// How a field is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Line,
    /// Digits, counted or summed.
    Number,
    Day,
    Time,
    Month,
    Password,
    /// With so many rows.
    Long(u8),
    Choice,
}

/// One choice of a select: what is sent, and what is read.
pub type Choice = (String, String);

/// One field: its label, what speaks for and against it, and what stands in it.
#[derive(Clone, Debug)]
pub struct Field {
    pub id: String,
    pub name: String,
    pub label: String,
    /// 「※必須」 or 「（なくてもよい）」 behind the label, and its class.
    pub mark: Option<(&'static str, String)>,
    pub hint: String,
    pub value: String,
    pub error: Option<String>,
    pub look: Look,
    /// Further classes of the input, mostly its width.
    pub class: &'static str,
    /// `inputmode`, for the keys of a phone.
    pub mode: &'static str,
    /// `autocomplete`.
    pub complete: &'static str,
    /// The language of what is typed, where it is not that of the page.
    pub lang: &'static str,
    /// 「120字／600字まで」
    pub count: String,
    pub choices: Vec<Choice>,
}

impl Page {
    /// A line of text called `name`, with what was typed or stands, and what is wrong with it. A
    /// wording `<label>.hint` is its hint.
    pub fn field(
        &self,
        back: &Returned,
        name: &str,
        label: &str,
        value: impl std::fmt::Display,
    ) -> Field {
        let hint = format!("{label}.hint");

        Field {
            id: name.to_owned(),
            name: name.to_owned(),
            label: self.t(label).to_owned(),
            mark: None,
            hint: if words::exists(&hint) { self.t(&hint).to_owned() } else { String::new() },
            value: back.value(name, &value.to_string()),
            error: self.error_of(&back.errors, name),
            look: Look::Line,
            class: "",
            mode: "",
            complete: "off",
            lang: "",
            count: String::new(),
            choices: Vec::new(),
        }
    }
}

impl Page {
    /// All of something as choices, in the words `<prefix>.<value>`.
    pub fn choices<T: std::fmt::Display>(&self, prefix: &str, all: &[T]) -> Vec<Choice> {
        let choice = |value: &T| (value.to_string(), self.word(prefix, value));
        all.iter().map(choice).collect()
    }
}

impl Field {
    /// Drawn in another way.
    #[must_use]
    pub fn look(self, look: Look) -> Self {
        let class = match look {
            Look::Number | Look::Day | Look::Month => "w-8 num",
            _ => self.class,
        };
        let mode = if look == Look::Number { "numeric" } else { self.mode };
        Self { look, class, mode, ..self }
    }

    /// A select of these.
    #[must_use]
    pub fn choices(self, choices: &[Choice]) -> Self {
        Self { choices: choices.to_vec(), look: Look::Choice, ..self }
    }

    /// A select of these, or of nothing yet.
    #[must_use]
    pub fn choose(self, page: &Page, choices: &[Choice]) -> Self {
        self.choose_or(page, "form.choose", choices)
    }

    /// A select of these, or of what `none` says: 「すべて」.
    #[must_use]
    pub fn choose_or(self, page: &Page, none: &str, choices: &[Choice]) -> Self {
        let none = (String::new(), page.t(none).to_owned());
        let choices = [std::slice::from_ref(&none), choices].concat();
        Self { choices, look: Look::Choice, ..self }
    }

    /// Text of so many rows.
    #[must_use]
    pub fn rows_of(self, rows: u8) -> Self {
        self.look(Look::Long(rows))
    }

    /// A day.
    #[must_use]
    pub fn day(self) -> Self {
        Self { look: Look::Day, ..self }
    }

    /// A time of day.
    #[must_use]
    pub fn time(self) -> Self {
        Self { look: Look::Time, ..self }
    }

    /// With a hint of its own: a wording key, or none.
    #[must_use]
    pub fn hint(self, page: &Page, key: &str) -> Self {
        let hint = if key.is_empty() { String::new() } else { page.t(key).to_owned() };
        Self { hint, ..self }
    }

    /// It has to be filled in.
    #[must_use]
    pub fn required(self, page: &Page) -> Self {
        Self { mark: Some(("mark-required", page.t("form.required").to_owned())), ..self }
    }

    /// It may be left out.
    #[must_use]
    pub fn optional(self, page: &Page) -> Self {
        Self { mark: Some(("mark-optional", page.t("form.optional").to_owned())), ..self }
    }

    /// With these further classes of the input.
    #[must_use]
    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// With these keys on a phone.
    #[must_use]
    pub fn mode(self, mode: &'static str) -> Self {
        Self { mode, ..self }
    }

    /// What is typed is in this language.
    #[must_use]
    pub fn in_lang(self, lang: &'static str) -> Self {
        Self { lang, ..self }
    }

    /// What the browser may fill in.
    #[must_use]
    pub fn complete(self, complete: &'static str) -> Self {
        Self { complete, ..self }
    }

    /// For the template.
    pub fn rows(&self) -> Option<u8> {
        if let Look::Long(rows) = self.look { Some(rows) } else { None }
    }

    /// For the template: all classes of the input.
    pub fn classes(&self) -> String {
        if self.class.is_empty() { "input".to_owned() } else { format!("input {}", self.class) }
    }

    /// For the template.
    pub fn is_choice(&self) -> bool {
        self.look == Look::Choice
    }

    /// For the template: `type` of the input.
    pub fn kind(&self) -> &'static str {
        match self.look {
            Look::Day => "date",
            Look::Time => "time",
            Look::Month => "month",
            Look::Password => "password",
            _ => "text",
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
