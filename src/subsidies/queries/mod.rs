//! Reads. What belongs to a project is asked for with the project's row, which only the scope
//! gives.

mod participants;
mod parts;
mod practices;
mod results;
mod retention;
mod views;

use std::collections::HashMap;

use entity::places::ward;
use entity::subsidies::project::{self, ProjectState};
use entity::subsidies::{application_version, project_deadline, subsidy_round};
use entity::{ProjectId, SubsidyRoundId, WardId};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use super::rules::sections::Application;
use super::rules::states::{OPEN, PUBLISHED};
use crate::places::queries::list_wards;
use crate::platform::db::locked;
use crate::platform::{Error, Page, Result, Scope, Tx};

pub use participants::{
    AttendanceItem, Attended, Linked, LinkedSession, attendances, counted, free_sessions, linked,
    people,
};
pub use parts::{
    Report, Review, application, changed_application, changes, costs, days, deadline, decision,
    find_version, goals, last_version, lines, messages, open_change, payments, read_application,
    report, reviewed_version, reviews, section, section_revisions, sections, standing, versions,
    wards_of, writable,
};
pub use practices::{
    PracticeItem, PracticeRow, children, family, get_practice, last_number, list_practices,
    practice_of, projects_of, steps,
};
pub use results::{
    CostRow, GoalItem, ProjectDetail, Results, RetentionItem, cost_rows, detail, goal_items,
    results,
};
pub use retention::{count_due, projects_asked_by, retention, stage_of};
pub use views::{
    ChangeItem, DeadlineItem, DecisionItem, MessageItem, ProjectItem, RoundItem, VersionItem,
};

/// A project with its ward and round.
#[derive(Clone, Debug)]
pub struct ProjectRow {
    pub project: project::Model,
    pub ward: ward::Model,
    pub round: subsidy_round::Model,
}

/// Which projects a list shows.
#[derive(Clone, Debug, Default)]
pub struct ProjectFilter {
    pub round_id: Option<SubsidyRoundId>,
    pub ward_id: Option<WardId>,
    pub state: Option<ProjectState>,
    /// Part of the title.
    pub q: String,
}

/// What the scope reads.
fn within(scope: &Scope) -> Select<project::Entity> {
    let select =
        project::Entity::find().filter(project::Column::MunicipalityId.eq(scope.municipality_id));
    match scope.wards() {
        None => select,
        Some(own) => select.filter(
            Condition::any()
                .add(project::Column::WardId.is_in(own))
                .add(project::Column::State.is_in(PUBLISHED.iter().copied())),
        ),
    }
}

/// Whether the project is the asker's own: of the own ward, or of headquarters, which owns all.
pub fn is_own(scope: &Scope, project: &project::Model) -> bool {
    scope.reaches_ward(Some(project.ward_id))
}

/// Whether the asker reads the results report: the own one always, another ward's once it is
/// with headquarters.
pub fn shows_report(scope: &Scope, project: &project::Model) -> bool {
    use ProjectState as S;
    is_own(scope, project)
        || [S::Reported, S::Fixed, S::Settled, S::Verified, S::Model].contains(&project.state)
}

/// The application as the scope reads it: the own one as it is written until it is submitted, then
/// as it was submitted last. Other wards never read what is being written.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn shown_application(
    db: &impl ConnectionTrait,
    scope: &Scope,
    project: &project::Model,
    last: Option<&application_version::Model>,
) -> Result<Application> {
    let is_own = is_own(scope, project);
    match last {
        Some(version) if !is_own || !OPEN.contains(&project.state) => read_application(version),
        _ if is_own => application(db, project).await,
        _ => Ok(Application::new()),
    }
}

/// Whether the scope reads a project: the same as [`within`] asks of the database.
fn reads(scope: &Scope, project: &project::Model) -> bool {
    is_own(scope, project) || PUBLISHED.contains(&project.state)
}

/// A project that is the asker's own, locked until the transaction ends.
///
/// # Errors
/// `NotFound`, also for another ward's project that may be read.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: ProjectId) -> Result<project::Model> {
    let found = locked(within(scope).filter(project::Column::Id.eq(id))).one(tx.db()).await?;
    found.filter(|project| is_own(scope, project)).ok_or(Error::NotFound)
}

/// A project that the scope reads.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(db: &impl ConnectionTrait, scope: &Scope, id: ProjectId) -> Result<ProjectRow> {
    let found = within(scope).filter(project::Column::Id.eq(id)).one(db).await?;
    let rows = rows(db, scope, vec![found.ok_or(Error::NotFound)?]).await?;
    rows.into_iter().next().ok_or(Error::NotFound)
}

/// As [`get`], only for the asker's own: what other wards never see.
///
/// # Errors
/// `NotFound`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_own(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ProjectId,
) -> Result<ProjectRow> {
    let row = get(db, scope, id).await?;
    if is_own(scope, &row.project) { Ok(row) } else { Err(Error::NotFound) }
}

/// Projects, newest first; `after` is the `next` of the page before.
///
/// # Errors
/// `BadRequest` when `after` is no place in a list.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &ProjectFilter,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<ProjectRow>> {
    let mut select = within(scope).order_by_desc(project::Column::Id).limit(limit as u64 + 1);
    if let Some(after) = after {
        let id: i64 = after.parse().map_err(|_| Error::BadRequest)?;
        select = select.filter(project::Column::Id.lt(ProjectId(id)));
    }

    if let Some(id) = filter.round_id {
        select = select.filter(project::Column::RoundId.eq(id));
    }
    if let Some(id) = filter.ward_id {
        select = select.filter(project::Column::WardId.eq(id));
    }
    if let Some(state) = filter.state {
        select = select.filter(project::Column::State.eq(state));
    }

    // What was typed is looked for as it stands: its signs are no wildcards.
    if !filter.q.is_empty() {
        let escaped = filter.q.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let like = LikeExpr::new(format!("%{escaped}%")).escape('!');
        select = select.filter(Expr::col(project::Column::Title).like(like));
    }

    let found = Page::cut(select.all(db).await?, limit, |row| row.id.to_string());
    let next = found.next;
    Ok(Page { items: rows(db, scope, found.items).await?, next })
}

async fn rows(
    db: &impl ConnectionTrait,
    scope: &Scope,
    projects: Vec<project::Model>,
) -> Result<Vec<ProjectRow>> {
    let wards: HashMap<WardId, ward::Model> =
        list_wards(db, scope).await?.into_iter().map(|ward| (ward.id, ward)).collect();
    let rounds: HashMap<SubsidyRoundId, subsidy_round::Model> =
        list_rounds(db, scope).await?.into_iter().map(|round| (round.id, round)).collect();

    projects
        .into_iter()
        .map(|project| {
            let ward = wards.get(&project.ward_id).cloned().ok_or(Error::NotFound)?;
            let round = rounds.get(&project.round_id).cloned().ok_or(Error::NotFound)?;
            Ok(ProjectRow { project, ward, round })
        })
        .collect()
}

/// The rounds, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_rounds(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<subsidy_round::Model>> {
    Ok(subsidy_round::Entity::find()
        .filter(subsidy_round::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_desc(subsidy_round::Column::FiscalYear)
        .order_by_desc(subsidy_round::Column::Id)
        .all(db)
        .await?)
}

/// A round.
///
/// # Errors
/// `NotFound`, also outside the municipality.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_round(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SubsidyRoundId,
) -> Result<subsidy_round::Model> {
    subsidy_round::Entity::find_by_id(id)
        .filter(subsidy_round::Column::MunicipalityId.eq(scope.municipality_id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// What is due and not done in the asker's own projects, soonest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn deadlines(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<(project_deadline::Model, ProjectRow)>> {
    let mut own = Query::select();
    own.column(project::Column::Id)
        .from(project::Entity)
        .and_where(project::Column::MunicipalityId.eq(scope.municipality_id));
    if let Some(wards) = scope.wards() {
        own.and_where(project::Column::WardId.is_in(wards));
    }

    let select = project_deadline::Entity::find()
        .filter(project_deadline::Column::ProjectId.in_subquery(own))
        .filter(project_deadline::Column::DoneAt.is_null());
    let found = select
        .order_by_asc(project_deadline::Column::DueOn)
        .order_by_asc(project_deadline::Column::Id)
        .limit(200)
        .all(db)
        .await?;

    let ids = found.iter().map(|deadline| deadline.project_id);
    let projects = within(scope).filter(project::Column::Id.is_in(ids)).all(db).await?;
    let rows: HashMap<ProjectId, ProjectRow> =
        rows(db, scope, projects).await?.into_iter().map(|row| (row.project.id, row)).collect();

    Ok(found
        .into_iter()
        .filter_map(|deadline| {
            let row = rows.get(&deadline.project_id).cloned()?;
            Some((deadline, row))
        })
        .collect())
}
