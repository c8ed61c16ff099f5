//! What speaks against a session, until somebody says yes to exactly that.

use entity::sessions::session;
use serde_json::Value;

use crate::platform::error::FieldError;
use crate::platform::{Actor, Error, Question, Result, Scope, Tx};
use crate::sessions::queries::around::{self, Wanted};
use crate::sessions::rules::{self, Conflict, Plan};

/// The plan and what was found. Whoever asks settles it before the transaction ends.
pub(super) struct Findings {
    plan: Plan,
    found: Vec<Conflict>,
}

impl Findings {
    /// Looks around a session as it is `wanted`. `elsewhere` counts those who would lose their seat.
    pub(super) async fn of(
        tx: &Tx,
        scope: &Scope,
        wanted: &Wanted,
        before: Option<&session::Model>,
        elsewhere: usize,
    ) -> Result<Self> {
        let typed = !is_house(tx);
        let mut plan = around::plan(tx.db(), scope, wanted, before, typed).await?;
        plan.elsewhere = elsewhere;
        let found = rules::conflicts(&plan, tx.now());
        Ok(Self { plan, found })
    }

    /// What must be mended, whoever says yes.
    pub(super) fn wrong(&self) -> Vec<FieldError> {
        let wrong = |conflict: &Conflict| match conflict {
            Conflict::Wrong(error) => Some(error.clone()),
            _ => None,
        };
        self.found.iter().filter_map(wrong).collect()
    }

    /// What a person accepted, for the audit log. The house itself is not asked.
    ///
    /// # Errors
    /// `Asked` when `confirm` is not the yes to exactly this.
    pub(super) fn settle(&self, tx: &Tx, confirm: Option<&str>) -> Result<Vec<Value>> {
        if self.found.is_empty() || is_house(tx) {
            return Ok(Vec::new());
        }
        let wanted = rules::confirmation(&self.plan, &self.found);
        if confirm != Some(wanted.as_str()) {
            let lang = tx.ctx().lang;
            let points = self.found.iter().map(|conflict| conflict.point(lang)).collect();
            return Err(Error::Asked(Question { confirm: wanted, points }));
        }
        Ok(self.found.iter().map(Conflict::record).collect())
    }
}

/// Nobody is there who could answer: a data set, a job, the command line.
fn is_house(tx: &Tx) -> bool {
    matches!(tx.ctx().actor, Actor::System)
}

/// A line of the audit log with what was accepted, if anything.
pub(super) fn with_accepted(mut detail: Value, accepted: Vec<Value>) -> Value {
    if let (Some(fields), false) = (detail.as_object_mut(), accepted.is_empty()) {
        fields.insert("confirmed".to_owned(), Value::Array(accepted));
    }
    detail
}
