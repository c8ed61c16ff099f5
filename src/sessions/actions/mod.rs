//! The verbs: create, change, change the time, change the staff, cancel.

mod call_off;
mod create;
mod findings;
mod places;
mod staffing;
mod time;

use entity::SessionId;
use entity::sessions::session::{self, SessionState};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

pub use call_off::give_reason;
pub use create::{NewSession, create};
pub use staffing::change_staff;
pub use time::{change_time, set_cancelled};

use self::findings::{Findings, with_accepted};
use super::queries::around::Wanted;
use super::rules::SessionChange;
use super::{WIDENED, Widened, queries, rules};
use crate::platform::error::FieldError;
use crate::platform::text::single_line;
use crate::platform::{Error, Result, Scope, Tx, outbox};

/// Edits a session. `revision` is the one that the editor saw; none: whatever it is. `confirm` is
/// the yes to what speaks against it, when it was asked before.
///
/// # Errors
/// `NotFound` outside the scope, `Stale`, `Refused` when it is cancelled, `Invalid` with the
/// fields to mend; `Asked` when something speaks against it.
pub async fn update(
    tx: &Tx,
    scope: &Scope,
    id: SessionId,
    revision: Option<i32>,
    change: &SessionChange,
    confirm: Option<&str>,
) -> Result<session::Model> {
    // What no session can have is told before anything of this one.
    let capacity = rules::check_capacity(change.capacity)
        .map_err(|wording| Error::invalid("capacity", wording))?;

    let session = queries::lock(tx, scope, id).await?;
    if revision.is_some_and(|seen| seen != session.revision) {
        return Err(Error::Stale);
    }
    if session.state != SessionState::Planned {
        return Err(rules::Refusal::NotPlanned.into());
    }

    let words = Words::read(&change.title_ja, &change.title_en, &change.bring_ja, &change.bring_en);
    let mut errors = Vec::new();
    let words = keep(words, &mut errors);
    if session.slot_minutes.is_some() && capacity != session.capacity {
        errors.push(FieldError::new("capacity", "err.session.capacity.slots"));
    }

    let wanted = Wanted {
        capacity,
        is_public: change.is_public,
        ..queries::around::as_it_is(tx.db(), scope, &session).await?
    };
    let findings = Findings::of(tx, scope, &wanted, Some(&session), 0).await?;
    errors.append(&mut findings.wrong());

    let Some(words) = words.filter(|_| errors.is_empty()) else {
        return Err(Error::Invalid(errors));
    };
    let words = words.or_kind(session.kind);

    // The hour in which seats are kept for the phone counts from the opening.
    let opened_at = match (session.is_public, change.is_public) {
        (true, true) => session.opened_at,
        (false, true) => Some(tx.now()),
        (_, false) => None,
    };

    session::Entity::update_many()
        .col_expr(session::Column::TitleJa, Expr::value(words.title_ja))
        .col_expr(session::Column::TitleEn, Expr::value(words.title_en))
        .col_expr(session::Column::BringJa, Expr::value(words.bring_ja))
        .col_expr(session::Column::BringEn, Expr::value(words.bring_en))
        .col_expr(session::Column::Capacity, Expr::value(capacity))
        .col_expr(session::Column::IsPublic, Expr::value(change.is_public))
        .col_expr(session::Column::OpenedAt, Expr::value(opened_at))
        .col_expr(session::Column::Revision, Expr::col(session::Column::Revision).add(1))
        .col_expr(session::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(session::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    let accepted = findings.settle(tx, confirm)?;
    let detail = json!({ "changed": ["words", "capacity", "is_public"], "capacity": capacity });
    tx.audit("session", id.0, with_accepted(detail, accepted));

    if capacity > session.capacity {
        widen(tx, &session).await?;
    }
    queries::lock(tx, scope, id).await
}

/// Tells the rooms below that a session has more seats than before.
async fn widen(tx: &Tx, before: &session::Model) -> Result<()> {
    let id = before.id;
    let widened = Widened { municipality_id: before.municipality_id, session_id: id };
    let key = format!("widened:{id}:{}", before.revision);
    outbox::enqueue(tx, WIDENED, &widened, key, tx.now()).await
}

/// The texts of a session, cleaned.
#[derive(Clone, Debug)]
struct Words {
    title_ja: String,
    title_en: String,
    bring_ja: String,
    bring_en: String,
}

impl Words {
    fn read(
        title_ja: &str,
        title_en: &str,
        bring_ja: &str,
        bring_en: &str,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut line = |field: &str, text: &str, max: usize| {
            single_line(text, max).unwrap_or_else(|error| {
                let values = vec![("max", max.to_string())];
                errors.push(FieldError { values, ..FieldError::new(field, error.key()) });
                String::new()
            })
        };

        let words = Self {
            title_ja: line("title_ja", title_ja, rules::TITLE_LENGTH),
            title_en: line("title_en", title_en, rules::TITLE_LENGTH),
            bring_ja: line("bring_ja", bring_ja, rules::BRING_LENGTH),
            bring_en: line("bring_en", bring_en, rules::BRING_LENGTH),
        };

        if errors.is_empty() { Ok(words) } else { Err(errors) }
    }

    /// A title that nobody wrote is the name of the kind.
    fn or_kind(mut self, kind: session::SessionKind) -> Self {
        use crate::platform::{Lang, words};
        let key = format!("kind.{kind}");
        if self.title_ja.is_empty() {
            self.title_ja = words::text(Lang::Ja, &key).to_owned();
        }
        if self.title_en.is_empty() {
            self.title_en = words::text(Lang::En, &key).to_owned();
        }
        self
    }
}

/// Takes the value, or collects what is wrong with it.
fn keep<T>(result: Result<T, Vec<FieldError>>, errors: &mut Vec<FieldError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(mut found) => {
            errors.append(&mut found);
            None
        }
    }
}
