//! The one way from an error back to the form.

use askama::Template;
use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;

use crate::platform::web::page::{Page, render_with};
use crate::platform::{Error, FieldError, Question, Refused, Result};

/// What was typed into a form, as it came: for forms whose fields are data.
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
}

/// The revision that a form was made of; one that cannot be read is no revision of ours.
///
/// # Errors
/// `Stale`.
pub fn revision_of(typed: &str) -> Result<i32> {
    typed.trim().parse().map_err(|_| Error::Stale)
}

/// A form that comes back to whoever filled it in, and why. Empty for one shown the first time.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Fields to mend.
    pub errors: Vec<FieldError>,
    /// The sentence of a rule that says no.
    pub refusal: Option<String>,
    /// What speaks against it, and may be done all the same.
    pub question: Option<Question>,
    /// Somebody else saved first: what stands now is shown beside what was typed.
    pub is_stale: bool,
    pub typed: Typed,
    status: Option<StatusCode>,
}

impl Returned {
    /// What a person can mend at the form.
    ///
    /// # Errors
    /// Every other error, as it is.
    pub fn of(page: &Page, error: Error) -> Result<Self> {
        let back = Self { status: StatusCode::from_u16(error.status()).ok(), ..Self::default() };
        match error {
            Error::Invalid(errors) => Ok(Self { errors, ..back }),
            Error::Asked(question) => Ok(Self { question: Some(question), ..back }),
            Error::Refused(refusal) => Ok(Self { refusal: Some(page.refusal(&refusal)), ..back }),
            Error::Stale => {
                let refusal = Some(page.t("form.stale").to_owned());
                Ok(Self { refusal, is_stale: true, ..back })
            }
            other => Err(other),
        }
    }

    /// A mistake that only the form knows.
    pub fn mistake(field: &str, wording: &'static str) -> Self {
        Self::mistakes(vec![FieldError::new(field, wording)])
    }

    /// Mistakes that only the form knows.
    pub fn mistakes(errors: Vec<FieldError>) -> Self {
        Self { errors, status: Some(StatusCode::UNPROCESSABLE_ENTITY), ..Self::default() }
    }

    /// With what was typed, for forms whose fields are data.
    #[must_use]
    pub fn with(self, typed: Typed) -> Self {
        Self { typed, ..self }
    }

    /// The status of the page: 200 for a form shown the first time.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::OK)
    }

    /// Whether something has to be mended or decided before it is done.
    pub fn is_wrong(&self) -> bool {
        !self.errors.is_empty() || self.refusal.is_some()
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

/// Sends a form: 200 when it is shown the first time, else with the status of what is wrong.
///
/// # Errors
/// `Internal` when the template fails.
pub fn render_form(back: &Returned, template: &impl Template) -> Result<Response> {
    render_with(back.status(), template)
}

impl Page {
    /// The sentence of a refusal.
    pub fn refusal(&self, refusal: &Refused) -> String {
        let values: Vec<(&str, &str)> =
            refusal.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.f(&format!("refused.{}", refusal.code), &values)
    }
}
