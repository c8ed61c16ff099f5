//! The forms of this room: several stand on one page, each for one act.

use crate::platform::web::Page;
use crate::platform::web::door::Field;
use crate::platform::{Error, words};

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
            if words::exists(&key) { page.t(&key).to_owned() } else { String::new() }
        };
        let (title, button) = (word(""), word(".button"));

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

    pub fn with(self, fields: Vec<Field>) -> Self {
        Self { fields, ..self }
    }

    pub fn main(self) -> Self {
        Self { is_main: true, ..self }
    }

    pub fn danger(self) -> Self {
        Self { is_danger: true, is_open: false, ..self }
    }

    pub fn closed(self) -> Self {
        Self { is_open: false, ..self }
    }

    /// For the template: whether a field has to be mended.
    pub fn is_wrong(&self) -> bool {
        self.fields.iter().any(|field| field.error.is_some())
    }
}

/// An error about a field that the page calls otherwise.
pub fn renamed(error: Error, from: &str, to: &str) -> Error {
    match error {
        Error::Invalid(mut faults) => {
            for fault in faults.iter_mut().filter(|fault| fault.field == from) {
                fault.field = to.to_owned();
            }
            Error::Invalid(faults)
        }
        other => other,
    }
}
