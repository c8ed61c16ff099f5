//! The worker's part of the results: 定着 is counted and kept, twice in the life of a project.

use entity::ProjectId;
use entity::subsidies::{project, project_report, project_retention};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::today;
use crate::platform::outbox::{self, Done, Job};
use crate::platform::{App, Ctx, Error, Result, Scope, Tx};
use crate::subsidies::rules::retention::{RetentionLine, RetentionStage};
use crate::subsidies::{FREEZE, Named, queries};
use crate::surveys;

/// Counts 定着 with a report that went out; the handler of [`FREEZE`]. Running twice keeps what was
/// counted first.
pub fn freeze_job(app: App, job: Job) -> Done {
    Box::pin(async move {
        let named: Named = job.payload()?;
        let ctx = app.system_ctx(named.municipality_id, &format!("job-{}", job.id));
        freeze(&app, &ctx, named.project_id).await
    })
}

/// A follow-up ended: the projects for which it was the last one are counted once more.
///
/// # Errors
/// Only those of the database.
pub async fn follow_ended(app: &App, ctx: &Ctx, ended: &surveys::Turned) -> Result<()> {
    let asked = queries::projects_asked_by(app.store().reader(), ended.follow_up_id).await?;
    for project_id in asked {
        freeze(app, ctx, project_id).await?;
    }
    Ok(())
}

/// Queues the count that belongs to a report; when it goes out again and nobody is asked any more,
/// the second one.
pub(super) async fn queue(tx: &Tx, project: &project::Model) -> Result<()> {
    let named = Named { municipality_id: project.municipality_id, project_id: project.id };
    let key = format!("{FREEZE}:{}:{}", project.id, project.revision);
    outbox::enqueue(tx, FREEZE, &named, key, tx.now()).await
}

/// Counts outside the transaction, so that nobody waits for it, and keeps what was counted.
async fn freeze(app: &App, ctx: &Ctx, id: ProjectId) -> Result<()> {
    let (db, scope) = (app.store().reader(), &Scope::whole(ctx.municipality_id()));
    let project = match queries::get(db, scope, id).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?.project,
    };
    let Some(counted) = queries::count_due(db, &project, ctx.now).await? else { return Ok(()) };
    let counted = &counted;
    app.store()
        .write(ctx, "freeze_retention", |tx| async move { keep(&tx, scope, id, counted).await })
        .await
}

async fn keep(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    (stage, lines): &(RetentionStage, Vec<RetentionLine>),
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    let report = queries::report(tx.db(), &project).await?.report.ok_or(Error::NotFound)?;
    let is_last = *stage == RetentionStage::Last;
    if queries::stage_of(&report, !is_last) != Some(*stage) {
        // Another worker kept its count meanwhile.
        return Ok(());
    }

    let number = |count: i64| Some(i32::try_from(count).unwrap_or(i32::MAX));
    let rows = lines.iter().map(|line| project_retention::ActiveModel {
        project_id: ActiveValue::Set(id),
        stage: ActiveValue::Set(*stage),
        rule: ActiveValue::Set(line.rule.clone()),
        due: ActiveValue::Set(line.count.and_then(|count| number(count.due))),
        reached: ActiveValue::Set(line.count.and_then(|count| number(count.reached))),
        answered: ActiveValue::Set(line.count.and_then(|count| number(count.answered))),
        stuck: ActiveValue::Set(line.count.and_then(|count| number(count.stuck))),
    });
    if !lines.is_empty() {
        project_retention::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    }

    let on = ActiveValue::Set(Some(today(tx)));
    let mut changed = project_report::ActiveModel::default();
    match stage {
        RetentionStage::Report => changed.retention_on = on,
        RetentionStage::Last => changed.retention_last_on = on,
    }
    project_report::Entity::update_many()
        .set(changed)
        .filter(project_report::Column::ProjectId.eq(id))
        .exec(tx.db())
        .await?;

    tx.audit("project", id.0, json!({ "retention_counted": stage }));
    Ok(())
}
