//! The verbs, by part of a project's life.

mod apply;
mod grant;
mod remind;
mod report;
mod retention;
mod review;
mod rounds;
mod spread;

use chrono::NaiveDate;
use entity::subsidies::project::{self, ProjectState};
use entity::subsidies::project_deadline::{self, DeadlineKind};
use entity::{ProjectId, StaffId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::rules::deadlines::{closed_by, opened_by, remind_at};
use super::rules::review::may_decide;
use super::rules::spread::step_of;
use super::rules::states::{Side, Transition, next};
use super::{REMIND, Reminder, queries};
use crate::platform::db::locked;
use crate::platform::japan::time::local_date;
use crate::platform::text::{free_text, single_line};
use crate::platform::{Error, FieldError, Result, Scope, Tx, outbox};

pub use apply::{NewProject, copy_from, create, paste_rows, save_section, submit};
pub use grant::{NewChange, ask_change, decide_change, fix, grant, pay_advance, settle};
pub use remind::remind_job;
pub use report::{
    ReportDraft, Verification, link_session, save_report, submit_report, unlink_session, verify,
};
pub use retention::{follow_ended, freeze_job};
pub use review::{
    Decision, NewMessage, ask_or_answer, assign_reviewer, decide, declare_conflict,
    return_application, return_report, score, step,
};
pub use rounds::{RoundDraft, create_round, save_round};
pub use spread::{NewSpread, NewStep, mark_model, record_step, spread_to};

/// Whoever writes: none for the house itself.
fn author(tx: &Tx) -> Option<StaffId> {
    tx.ctx().staff_id()
}

fn today(tx: &Tx) -> NaiveDate {
    local_date(tx.now())
}

/// A required text of several lines.
fn needed(field: &str, text: &str, max: usize) -> Result<String> {
    let text = long(field, text, max)?;
    if text.is_empty() { Err(Error::invalid(field, "err.project.empty")) } else { Ok(text) }
}

/// A text of several lines that may be empty.
fn long(field: &str, text: &str, max: usize) -> Result<String> {
    free_text(text, max).map_err(|error| too_long(field, error.key(), max))
}

/// A required line.
fn line(field: &str, text: &str, max: usize) -> Result<String> {
    let text = single_line(text, max).map_err(|error| too_long(field, error.key(), max))?;
    if text.is_empty() { Err(Error::invalid(field, "err.project.empty")) } else { Ok(text) }
}

fn too_long(field: &str, wording: &'static str, max: usize) -> Error {
    let values = vec![("max", max.to_string())];
    Error::Invalid(vec![FieldError { field: field.to_owned(), wording, values }])
}

/// Refuses an edit of a project that was changed meanwhile; none: whatever it is.
fn fresh(project: &project::Model, revision: Option<i32>) -> Result<()> {
    match revision {
        Some(seen) if seen != project.revision => Err(Error::Stale),
        _ => Ok(()),
    }
}

/// Locks a project for an act of headquarters, which nobody takes on the own ward's project nor
/// after declaring a conflict of interest.
async fn lock_as_headquarters(tx: &Tx, scope: &Scope, id: ProjectId) -> Result<project::Model> {
    let project = queries::lock(tx, scope, id).await?;
    if let Some(me) = author(tx) {
        let standing = queries::standing(tx.db(), scope, &project, me, today(tx)).await?;
        may_decide(project.ward_id, &standing)?;
    }
    Ok(project)
}

/// Writes columns of a locked project, with the next revision.
async fn put(tx: &Tx, project: &project::Model, columns: project::ActiveModel) -> Result<()> {
    project::Entity::update_many()
        .set(project::ActiveModel {
            revision: ActiveValue::Set(project.revision + 1),
            updated_at: ActiveValue::Set(tx.now()),
            ..columns
        })
        .filter(project::Column::Id.eq(project.id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Takes a step of the state table with what it writes, and opens and closes deadlines.
async fn advance(
    tx: &Tx,
    scope: &Scope,
    project: &project::Model,
    transition: Transition,
    who: Side,
    columns: project::ActiveModel,
) -> Result<ProjectState> {
    let state = next(project.state, transition, who)?;
    put(tx, project, project::ActiveModel { state: ActiveValue::Set(state), ..columns }).await?;

    if let Some(stands) = step_of(transition) {
        spread::follow(tx, project, transition, stands).await?;
    }
    for kind in closed_by(transition) {
        close_deadline(tx, project.id, *kind).await?;
    }

    let round = queries::get_round(tx.db(), scope, project.round_id).await?;
    let opened = opened_by(transition, today(tx), round.fiscal_year, round.report_due_on);
    if let Some((kind, due_on)) = opened {
        open_deadline(tx, project, kind, due_on).await?;
    }

    let detail = json!({ "step": transition.word(), "from": project.state, "state": state });
    tx.audit("project", project.id.0, detail);
    Ok(state)
}

/// Puts a deadline on the list and queues its reminder. One of a kind stands at a time.
async fn open_deadline(
    tx: &Tx,
    project: &project::Model,
    kind: DeadlineKind,
    due_on: NaiveDate,
) -> Result<()> {
    let row = project_deadline::ActiveModel {
        project_id: ActiveValue::Set(project.id),
        kind: ActiveValue::Set(kind),
        due_on: ActiveValue::Set(due_on),
        reminded_at: ActiveValue::Set(None),
        done_at: ActiveValue::Set(None),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    let standing =
        OnConflict::columns([project_deadline::Column::ProjectId, project_deadline::Column::Kind])
            .target_and_where(project_deadline::Column::DoneAt.is_null())
            .do_nothing()
            .to_owned();
    let written = project_deadline::Entity::insert(row)
        .on_conflict(standing)
        .exec_without_returning(tx.db())
        .await?;
    if written == 0 {
        return Ok(());
    }

    let open = project_deadline::Entity::find()
        .filter(project_deadline::Column::ProjectId.eq(project.id))
        .filter(project_deadline::Column::Kind.eq(kind))
        .filter(project_deadline::Column::DoneAt.is_null());
    let deadline = locked(open).one(tx.db()).await?.ok_or(Error::NotFound)?;

    let reminder = Reminder { municipality_id: project.municipality_id, deadline_id: deadline.id };
    let key = format!("remind_deadline:{}", deadline.id);
    outbox::enqueue(tx, REMIND, &reminder, key, remind_at(due_on, tx.now())).await
}

/// Moves an open deadline and queues its reminder for the new day; `cause` names the move.
async fn move_deadline(
    tx: &Tx,
    project: &project::Model,
    kind: DeadlineKind,
    due_on: NaiveDate,
    cause: &str,
) -> Result<()> {
    let open = project_deadline::Entity::find()
        .filter(project_deadline::Column::ProjectId.eq(project.id))
        .filter(project_deadline::Column::Kind.eq(kind))
        .filter(project_deadline::Column::DoneAt.is_null());
    let Some(deadline) = locked(open).one(tx.db()).await? else { return Ok(()) };
    if deadline.due_on == due_on {
        return Ok(());
    }

    project_deadline::Entity::update_many()
        .set(project_deadline::ActiveModel {
            due_on: ActiveValue::Set(due_on),
            reminded_at: ActiveValue::Set(None),
            ..Default::default()
        })
        .filter(project_deadline::Column::Id.eq(deadline.id))
        .exec(tx.db())
        .await?;
    tx.audit("project_deadline", deadline.id.0, json!({ "due_on": due_on }));

    let reminder = Reminder { municipality_id: project.municipality_id, deadline_id: deadline.id };
    let key = format!("remind_deadline:{}:{cause}", deadline.id);
    outbox::enqueue(tx, REMIND, &reminder, key, remind_at(due_on, tx.now())).await
}

async fn close_deadline(tx: &Tx, project_id: ProjectId, kind: DeadlineKind) -> Result<()> {
    project_deadline::Entity::update_many()
        .set(project_deadline::ActiveModel {
            done_at: ActiveValue::Set(Some(tx.now())),
            ..Default::default()
        })
        .filter(project_deadline::Column::ProjectId.eq(project_id))
        .filter(project_deadline::Column::Kind.eq(kind))
        .filter(project_deadline::Column::DoneAt.is_null())
        .exec(tx.db())
        .await?;
    Ok(())
}
