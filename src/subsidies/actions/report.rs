//! The ward's results report, its sessions, and the verification of the effect.

use std::collections::BTreeMap;

use entity::sessions::session::{self, SessionState};
use entity::subsidies::project::{self, ProjectKind};
use entity::subsidies::{cost_result, goal_result, project_report, project_session};
use entity::{ProjectId, SessionId};
use poem_openapi::Object;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{advance, fresh, long, needed, put};
use crate::platform::japan::amount::MOST_YEN;
use crate::platform::japan::time::local_date;
use crate::platform::{Error, FieldError, Result, Scope, Tx};
use crate::subsidies::queries;
use crate::subsidies::rules::Refusal;
use crate::subsidies::rules::report::{self, CostDraft, GoalDraft, LONGEST, can_submit, can_write};
use crate::subsidies::rules::states::{Side, Transition, next};

/// A results report.
#[derive(Clone, Debug, Default, Object)]
#[oai(rename = "ReportBody")]
pub struct ReportDraft {
    #[oai(default)]
    pub done: String,
    #[oai(default)]
    pub before_after: String,
    #[oai(default)]
    pub lessons: String,
    /// Counts written by hand: only what no record holds, for they are added to what is counted.
    pub session_count: Option<i32>,
    pub attendance_count: Option<i32>,
    pub person_count: Option<i32>,
    #[oai(default)]
    pub goals: Vec<GoalDraft>,
    #[oai(default)]
    pub costs: Vec<CostDraft>,
}

/// The answers of the verification.
#[derive(Clone, Debug, Object)]
#[oai(rename = "VerificationBody")]
pub struct Verification {
    pub what_changed: String,
    pub compared_with: String,
    pub other_reasons: String,
}

/// The actual of each goal in thousandths, with its reason.
type Actuals<'a> = BTreeMap<i32, (Option<i64>, &'a str)>;

fn actuals(goals: &[GoalDraft]) -> Result<Actuals<'_>> {
    let mut read = Actuals::new();
    for goal in goals {
        let milli = goal.milli().map_err(|fault| Error::Invalid(vec![fault]))?;
        read.insert(goal.position, (milli, goal.reason.as_str()));
    }
    Ok(read)
}

/// Saves the report, finished or not. Positions that the decided version has not are left out.
///
/// # Errors
/// `NotFound`, `ReportLocked`, `Stale` by the report's revision (0: none yet), `Invalid`.
pub async fn save_report(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    draft: &ReportDraft,
) -> Result<()> {
    let actuals = actuals(&draft.goals)?;
    let project = queries::lock(tx, scope, id).await?;
    can_write(project.state)?;
    let known = queries::report(tx.db(), &project).await?.report;
    let known_revision = known.as_ref().map_or(0, |report| report.revision);
    if revision.is_some_and(|seen| seen != known_revision) {
        return Err(Error::Stale);
    }

    let counts = [draft.session_count, draft.attendance_count, draft.person_count];
    if counts.iter().flatten().any(|count| *count < 0) {
        return Err(Error::invalid("session_count", "err.project.count"));
    }
    if matches!((draft.person_count, draft.attendance_count), (Some(p), Some(a)) if p > a) {
        return Err(Error::invalid("person_count", "err.project.persons"));
    }

    let row = project_report::ActiveModel {
        project_id: ActiveValue::Set(id),
        done: ActiveValue::Set(long("done", &draft.done, LONGEST)?),
        before_after: ActiveValue::Set(long("before_after", &draft.before_after, LONGEST)?),
        lessons: ActiveValue::Set(long("lessons", &draft.lessons, LONGEST)?),
        session_count: ActiveValue::Set(draft.session_count),
        attendance_count: ActiveValue::Set(draft.attendance_count),
        person_count: ActiveValue::Set(draft.person_count),
        counted_sessions: ActiveValue::Set(None),
        counted_attendances: ActiveValue::Set(None),
        counted_persons: ActiveValue::Set(None),
        submitted_at: ActiveValue::Set(None),
        retention_on: ActiveValue::Set(None),
        retention_last_on: ActiveValue::Set(None),
        what_changed: ActiveValue::Set(String::new()),
        compared_with: ActiveValue::Set(String::new()),
        other_reasons: ActiveValue::Set(String::new()),
        verified_at: ActiveValue::Set(None),
        revision: ActiveValue::Set(known_revision + 1),
        updated_at: ActiveValue::Set(tx.now()),
    };

    use project_report::Column as C;
    let again = OnConflict::column(C::ProjectId)
        .update_columns([
            C::Done,
            C::BeforeAfter,
            C::Lessons,
            C::SessionCount,
            C::AttendanceCount,
            C::PersonCount,
            C::Revision,
            C::UpdatedAt,
        ])
        .to_owned();
    project_report::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;

    write_rows(tx, &project, &actuals, &draft.costs).await?;
    tx.audit("project_report", id.0, json!({ "revision": known_revision + 1 }));
    Ok(())
}

async fn write_rows(
    tx: &Tx,
    project: &project::Model,
    actuals: &Actuals<'_>,
    drafts: &[CostDraft],
) -> Result<()> {
    let version = queries::last_version(tx.db(), project).await?.ok_or(Error::NotFound)?;
    let mut goals = Vec::new();
    for goal in queries::goals(tx.db(), &version).await? {
        let (actual, reason) = actuals.get(&goal.position).copied().unwrap_or_default();
        let field = format!("goal-{}-reason", goal.position);
        goals.push(goal_result::ActiveModel {
            project_id: ActiveValue::Set(project.id),
            position: ActiveValue::Set(goal.position),
            actual_milli: ActiveValue::Set(actual),
            reason: ActiveValue::Set(long(&field, reason, 400)?),
        });
    }

    let mut costs = Vec::new();
    for line in queries::lines(tx.db(), &version).await? {
        let draft = drafts.iter().rfind(|draft| draft.position == line.position);
        let actual = draft.and_then(|draft| draft.yen);
        let note = draft.map_or("", |draft| draft.note.as_str());
        if actual.is_some_and(|yen| !(0..=MOST_YEN).contains(&yen)) {
            let field = format!("cost-{}-yen", line.position);
            return Err(Error::Invalid(vec![FieldError::new(&field, "err.project.yen")]));
        }
        let field = format!("cost-{}-note", line.position);
        costs.push(cost_result::ActiveModel {
            project_id: ActiveValue::Set(project.id),
            position: ActiveValue::Set(line.position),
            actual_yen: ActiveValue::Set(actual),
            note: ActiveValue::Set(long(&field, note, 200)?),
        });
    }

    goal_result::Entity::delete_many()
        .filter(goal_result::Column::ProjectId.eq(project.id))
        .exec(tx.db())
        .await?;
    cost_result::Entity::delete_many()
        .filter(cost_result::Column::ProjectId.eq(project.id))
        .exec(tx.db())
        .await?;
    goal_result::Entity::insert_many(goals).exec_without_returning(tx.db()).await?;
    cost_result::Entity::insert_many(costs).exec_without_returning(tx.db()).await?;
    Ok(())
}

/// Submits the report; what its sessions sum up to now is kept with it.
///
/// # Errors
/// `NotFound`, `Stale` by the project's revision, `State`, `ReportChangeOpen`, `ReportUnfinished`,
/// `NoSessions`.
pub async fn submit_report(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::SubmitReport, Side::Ward)?;
    if queries::open_change(tx.db(), &project).await?.is_some() {
        return Err(Refusal::ReportChangeOpen.into());
    }

    let written = queries::report(tx.db(), &project).await?;
    let texts = written.report.as_ref().ok_or(Refusal::ReportUnfinished)?;
    let counted = queries::counted(tx.db(), &project, tx.now()).await?;
    let whole = report::WrittenReport {
        texts: [texts.done.clone(), texts.before_after.clone(), texts.lessons.clone()],
        goals: written.goals.values().map(|row| (row.actual_milli, row.reason.clone())).collect(),
        costs: written.costs.values().map(|row| row.actual_yen).collect(),
        session_count: counted.sessions + i64::from(texts.session_count.unwrap_or(0)),
    };

    // A stop is remembered by what was approved: the state may be that of a report sent back.
    let stopped = queries::changes(tx.db(), &project).await?.iter().any(|change| {
        use entity::subsidies::project_change::{ChangeKind, ChangeState};
        change.kind == ChangeKind::Stop && change.state == ChangeState::Approved
    });
    let state = if stopped { project::ProjectState::Stopped } else { project.state };
    can_submit(project.kind, state, &whole)?;

    let number = |count: i64| Some(i32::try_from(count).unwrap_or(i32::MAX));
    project_report::Entity::update_many()
        .set(project_report::ActiveModel {
            counted_sessions: ActiveValue::Set(number(counted.sessions)),
            counted_attendances: ActiveValue::Set(number(counted.attendances)),
            counted_persons: ActiveValue::Set(number(counted.persons)),
            submitted_at: ActiveValue::Set(Some(tx.now())),
            updated_at: ActiveValue::Set(tx.now()),
            ..Default::default()
        })
        .filter(project_report::Column::ProjectId.eq(id))
        .exec(tx.db())
        .await?;

    super::retention::queue(tx, &project).await?;
    advance(tx, scope, &project, Transition::SubmitReport, Side::Ward, Default::default()).await?;
    Ok(())
}

/// Puts a session of the ward under the project. Doing it twice changes nothing.
///
/// # Errors
/// `NotFound`, `Stale`, `ReportLocked`, `StudyWithoutSessions`, `SessionElsewhere`, `SessionCancelled`,
/// `SessionOutside`, `SessionTaken`.
pub async fn link_session(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    session_id: SessionId,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    can_write(project.state)?;
    if project.kind == ProjectKind::Study {
        return Err(Refusal::StudyWithoutSessions.into());
    }

    let session = session::Entity::find_by_id(session_id)
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)?;
    if session.ward_id != Some(project.ward_id) {
        return Err(Refusal::SessionElsewhere.into());
    }

    let takes_place = session.state == SessionState::Planned;
    let days = queries::days(tx.db(), &project).await?;
    report::can_link(takes_place, local_date(session.starts_at), days)?;

    let row = project_session::ActiveModel {
        session_id: ActiveValue::Set(session_id),
        municipality_id: ActiveValue::Set(project.municipality_id),
        project_id: ActiveValue::Set(id),
        linked_at: ActiveValue::Set(tx.now()),
    };
    let taken = OnConflict::column(project_session::Column::SessionId).do_nothing().to_owned();
    let written = project_session::Entity::insert(row)
        .on_conflict(taken)
        .exec_without_returning(tx.db())
        .await?;

    // Another project may have been faster: the row that stands decides.
    let owner = project_session::Entity::find_by_id(session_id).one(tx.db()).await?;
    if owner.is_none_or(|owner| owner.project_id != id) {
        return Err(Refusal::SessionTaken.into());
    }
    if written == 1 {
        put(tx, &project, project::ActiveModel::default()).await?;
    }

    tx.audit("project", id.0, json!({ "session": session_id }));
    Ok(())
}

/// Takes a session away from the project.
///
/// # Errors
/// `NotFound`, `Stale`, `ReportLocked`.
pub async fn unlink_session(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    session_id: SessionId,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    can_write(project.state)?;

    let done = project_session::Entity::delete_many()
        .filter(project_session::Column::SessionId.eq(session_id))
        .filter(project_session::Column::ProjectId.eq(id))
        .exec(tx.db())
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::NotFound);
    }

    put(tx, &project, project::ActiveModel::default()).await?;
    tx.audit("project", id.0, json!({ "session_taken_away": session_id }));
    Ok(())
}

/// The effect is verified: what changed, compared with what, and which other reasons there are.
///
/// # Errors
/// `NotFound`, `Stale`, `State`, `Invalid` for an answer that is missing.
pub async fn verify(
    tx: &Tx,
    scope: &Scope,
    id: ProjectId,
    revision: Option<i32>,
    answers: &Verification,
) -> Result<()> {
    let project = queries::lock(tx, scope, id).await?;
    fresh(&project, revision)?;
    next(project.state, Transition::Verify, Side::Ward)?;

    let mut wrong = Vec::new();
    let mut answer = |field: &str, text: &str| match needed(field, text, LONGEST) {
        Ok(text) => text,
        Err(Error::Invalid(faults)) => {
            wrong.extend(faults);
            String::new()
        }
        Err(_) => String::new(),
    };

    let columns = project_report::ActiveModel {
        what_changed: ActiveValue::Set(answer("what_changed", &answers.what_changed)),
        compared_with: ActiveValue::Set(answer("compared_with", &answers.compared_with)),
        other_reasons: ActiveValue::Set(answer("other_reasons", &answers.other_reasons)),
        verified_at: ActiveValue::Set(Some(tx.now())),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }

    project_report::Entity::update_many()
        .set(columns)
        .filter(project_report::Column::ProjectId.eq(id))
        .exec(tx.db())
        .await?;
    advance(tx, scope, &project, Transition::Verify, Side::Ward, Default::default()).await?;
    Ok(())
}
