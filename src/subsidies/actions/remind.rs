//! The worker's part: what is due soon comes to the top of the ward's page.

use chrono::{DateTime, Utc};
use entity::subsidies::project_deadline;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::platform::db::locked;
use crate::platform::outbox::{Done, Job};
use crate::platform::{App, Error, Result, Tx};
use crate::subsidies::Reminder;
use crate::subsidies::rules::deadlines::remind_at;

/// Marks a deadline as one to remind of, unless it was met. Running twice changes nothing.
pub fn remind_job(app: App, job: Job) -> Done {
    Box::pin(async move {
        let reminder: Reminder = job.payload()?;
        let ctx = app.system_ctx(reminder.municipality_id, &format!("job-{}", job.id));
        app.store()
            .write(&ctx, "remind_deadline", |tx| async move { remind(&tx, reminder).await })
            .await
    })
}

async fn remind(tx: &Tx, reminder: Reminder) -> Result<()> {
    let select = project_deadline::Entity::find_by_id(reminder.deadline_id);
    let deadline = locked(select).one(tx.db()).await?.ok_or(Error::NotFound)?;
    if deadline.done_at.is_some() || deadline.reminded_at.is_some() {
        return Ok(());
    }

    // The deadline was moved: a later job reminds of it.
    if tx.now() < remind_at(deadline.due_on, DateTime::<Utc>::MIN_UTC) {
        return Ok(());
    }

    project_deadline::Entity::update_many()
        .set(project_deadline::ActiveModel {
            reminded_at: ActiveValue::Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(project_deadline::Column::Id.eq(deadline.id))
        .exec(tx.db())
        .await?;
    tx.audit("project_deadline", deadline.id.0, json!({ "reminded": deadline.kind }));
    Ok(())
}
