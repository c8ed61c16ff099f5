//! How people look in lists.

use std::collections::HashSet;

use crate::platform::japan::PhoneNumber;
use crate::platform::web::page::Page;
use crate::residents::Found;
use crate::residents::rules::same::Sameness;
use crate::residents::rules::{birth_year_words, shared};

/// People in a list.
#[derive(Default)]
pub struct People {
    /// With how much each is the person of the form above the list, where there is one.
    pub found: Vec<(Found, Option<Sameness>)>,
    /// Numbers that two of them hold, or one of them and the form.
    shared: HashSet<String>,
}

impl People {
    /// Whom a search found.
    pub fn found(found: Vec<Found>) -> Self {
        Self::new(found.into_iter().map(|person| (person, None)).collect(), &[])
    }

    /// Who may be the person of a form with these numbers.
    pub fn alike(alike: Vec<(Found, Sameness)>, typed: &[String]) -> Self {
        Self::new(alike.into_iter().map(|(person, how)| (person, Some(how))).collect(), typed)
    }

    fn new(found: Vec<(Found, Option<Sameness>)>, typed: &[String]) -> Self {
        let held = found.iter().flat_map(|(person, _)| &person.phones);
        let shared = shared(held.chain(typed));
        Self { found, shared }
    }

    /// Whether the number tells nobody apart.
    pub fn is_shared(&self, number: &PhoneNumber) -> bool {
        self.shared.contains(number.digits())
    }
}

/// The year of birth in words; empty when it is not known.
pub fn birth(page: &Page, person: &Found) -> String {
    person.birth_year.map(|year| birth_year_words(page.ctx.lang, year)).unwrap_or_default()
}
