//! The ledger of consents: lines are added, never changed.

use entity::ResidentId;
use entity::residents::consent;
use entity::residents::timeline_entry::TimelineKind;
use sea_orm::{ActiveModelTrait, ActiveValue};

use crate::platform::{Result, Scope, Tx};
use crate::residents::{queries, rules, timeline};

/// Records that a person agreed that what is said is kept, or took that back.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn record_consent(tx: &Tx, scope: &Scope, id: ResidentId, given: bool) -> Result<()> {
    let person = queries::lock(tx, scope, id).await?;
    let line = consent::ActiveModel {
        municipality_id: ActiveValue::Set(person.municipality_id),
        resident_id: ActiveValue::Set(id),
        purpose: ActiveValue::Set(rules::CONSENT_RECORD.to_owned()),
        text_version: ActiveValue::Set(rules::CONSENT_TEXT.to_owned()),
        given: ActiveValue::Set(given),
        staff_id: ActiveValue::Set(tx.ctx().staff_id()),
        at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    let consent_id = line.insert(tx.db()).await?.id;

    let wording = if given { "timeline.consent_given" } else { "timeline.consent_withdrawn" };
    let params = serde_json::json!({});
    timeline::note(tx, id, TimelineKind::Person, wording, params, consent_id.0).await?;
    tx.audit(
        "resident",
        id.0,
        serde_json::json!({ "consent": consent_id.0, "purpose": rules::CONSENT_RECORD, "given": given }),
    );
    Ok(())
}
