//! What happened with a person, in whatever room.

use entity::residents::timeline_entry::{self, TimelineKind};
use entity::{ResidentId, TimelineEntryId};
use sea_orm::ConnectionTrait;

use crate::platform::{Error, Page, Result, Scope, Tx};

/// Adds a line. `wording` is the key of a sentence whose `{placeholders}` are in `params`.
pub async fn note(
    _: &Tx,
    _: ResidentId,
    _: TimelineKind,
    _: &'static str,
    _: serde_json::Value,
    _: i64,
) -> Result<TimelineEntryId> {
    Err(Error::internal("stub"))
}

/// The lines of a person, newest first. `after` is the `next` of the page before.
pub async fn page(
    _: &impl ConnectionTrait,
    _: &Scope,
    _: ResidentId,
    _: usize,
    _: Option<&str>,
) -> Result<Page<timeline_entry::Model>> {
    Err(Error::internal("stub"))
}

/// The sentence of a line in a language. Values `starts_at` become words (「7月10日（水曜日）午後2時」).
pub fn sentence(_: &timeline_entry::Model, _: crate::platform::Lang) -> String {
    String::new()
}
