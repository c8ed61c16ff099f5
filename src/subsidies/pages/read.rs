//! How this room reads what was typed: amounts, days, counts, choices.

use chrono::NaiveDate;

use crate::platform::japan::{amount, day as days};
use crate::platform::web::door::Typed;
use crate::platform::{Error, Result};

/// A required amount.
pub fn yen(typed: &Typed, name: &str) -> Result<i64> {
    amount::yen(typed.get(name)).map_err(|_| Error::invalid(name, "err.project.yen"))
}

/// An amount, or nothing.
pub fn yen_or_none(typed: &Typed, name: &str) -> Result<Option<i64>> {
    if typed.get(name).trim().is_empty() { Ok(None) } else { yen(typed, name).map(Some) }
}

/// A required date.
pub fn day(typed: &Typed, name: &str) -> Result<NaiveDate> {
    days::read(typed.get(name)).map_err(|_| Error::invalid(name, "err.project.day"))
}

/// A date, or nothing.
pub fn day_or_none(typed: &Typed, name: &str) -> Result<Option<NaiveDate>> {
    if typed.get(name).trim().is_empty() { Ok(None) } else { day(typed, name).map(Some) }
}

/// A count of people or sessions, or nothing.
pub fn count_or_none(typed: &Typed, name: &str) -> Result<Option<i32>> {
    let text = typed.get(name);
    if text.trim().is_empty() {
        return Ok(None);
    }
    amount::count(text).map(Some).map_err(|_| Error::invalid(name, "err.project.count"))
}

/// A required number of a record.
pub fn id(typed: &Typed, name: &str) -> Result<i64> {
    typed.get(name).parse().map_err(|_| not_chosen(name))
}

/// A required choice, as `from_text` knows it.
pub fn one_of<T>(typed: &Typed, name: &str, from_text: fn(&str) -> Option<T>) -> Result<T> {
    from_text(typed.get(name)).ok_or_else(|| not_chosen(name))
}

fn not_chosen(name: &str) -> Error {
    Error::invalid(name, "err.project.choose")
}
