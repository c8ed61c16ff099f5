//! The audit log: every write appends to it, and every look at a resident does.

use sea_orm::{ActiveValue, EntityTrait};

use super::{Result, Tx};
use entity::platform::audit;

/// One record that a write touched.
#[derive(Debug)]
pub struct Entry {
    pub subject: &'static str,
    pub subject_id: Option<i64>,
    pub detail: serde_json::Value,
}

/// Writes the lines of one transaction. A write that named no record leaves one line.
pub(super) async fn append(tx: &Tx, action: &'static str, entries: Vec<Entry>) -> Result<()> {
    let entries = if entries.is_empty() {
        vec![Entry { subject: "none", subject_id: None, detail: serde_json::json!({}) }]
    } else {
        entries
    };
    let ctx = tx.ctx();
    let rows = entries.into_iter().map(|entry| audit::ActiveModel {
        municipality_id: ActiveValue::Set(Some(ctx.municipality_id())),
        at: ActiveValue::Set(ctx.now),
        actor: ActiveValue::Set(ctx.actor_text()),
        action: ActiveValue::Set(action.to_owned()),
        subject: ActiveValue::Set(entry.subject.to_owned()),
        subject_id: ActiveValue::Set(entry.subject_id),
        detail: ActiveValue::Set(entry.detail),
        request_id: ActiveValue::Set(ctx.request_id.to_string()),
        ..Default::default()
    });
    audit::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}
