//! What was read of people stays closed until it is recorded who is shown.

use std::collections::BTreeSet;

use entity::ResidentId;
use serde_json::json;

use super::{App, Ctx, Result, Tx};

/// One name in the audit log for every look at people, so that an auditor filters by it.
const LOOK: &str = "look_at_residents";

/// Something that shows people, read but not yet shown: a door opens it by recording the look.
#[must_use]
pub struct Personal<T> {
    value: T,
    people: BTreeSet<ResidentId>,
}

impl<T> Personal<T> {
    /// `people` are all whom `value` shows.
    pub fn new(value: T, people: impl IntoIterator<Item = ResidentId>) -> Self {
        Self { value, people: people.into_iter().collect() }
    }

    /// The same people in another shape.
    pub fn map<U>(self, shape: impl FnOnce(T) -> U) -> Personal<U> {
        Personal { value: shape(self.value), people: self.people }
    }

    /// Together with something else of people: one look for both.
    pub fn and<U>(self, other: Personal<U>) -> Personal<(T, U)> {
        let people = self.people.into_iter().chain(other.people).collect();
        Personal { value: (self.value, other.value), people }
    }

    /// For work that shows nobody: an action, a job, a count. Doors never call it
    /// (`tests/it/architecture`).
    pub fn for_work(self) -> T {
        self.value
    }

    /// Opens to whoever has just written it by the same request: the write stands in the log, and
    /// the answer says nothing else.
    pub fn just_written(self) -> T {
        self.value
    }

    /// Opens it by recording that these people were shown to whoever asks; nobody shown, nothing is
    /// written.
    ///
    /// # Errors
    /// As [`super::Store::look`]; what could not be recorded is not shown.
    pub async fn shown_to(self, app: &App, ctx: &Ctx, why: &'static str) -> Result<T> {
        if self.people.is_empty() {
            return Ok(self.value);
        }
        let people = &self.people;
        app.store()
            .look(ctx, LOOK, |tx| async move {
                record(&tx, people, why);
                Ok(())
            })
            .await?;
        Ok(self.value)
    }

    /// Opens it within a write that does more: the look stands or falls with it.
    pub fn shown_in(self, tx: &Tx, why: &'static str) -> T {
        record(tx, &self.people, why);
        self.value
    }
}

fn record(tx: &Tx, people: &BTreeSet<ResidentId>, why: &'static str) {
    for id in people {
        tx.audit("resident", id.0, json!({ "why": why }));
    }
}
