//! What belongs to one project.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::staff::role_grant::{self, Role};
use entity::subsidies::application_section::{self, Section};
use entity::subsidies::project_change::{self, ChangeState};
use entity::subsidies::project_deadline::DeadlineKind;
use entity::subsidies::{
    application_version, budget_line, cost_result, goal_result, payment, project, project_deadline,
    project_decision, project_goal, project_report, review_score, reviewer, section_message,
};
use entity::{StaffId, WardId};
use poem_openapi::Object;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::platform::{Error, Result, Scope};
use crate::staff::rules::grant_holds;
use crate::subsidies::rules::review::{Declaration, Score, Standing};
use crate::subsidies::rules::sections::{Application, Content, changed};
use crate::subsidies::rules::states;

type Project = project::Model;

/// The sections that were begun.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn sections(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Vec<application_section::Model>> {
    Ok(application_section::Entity::find()
        .filter(application_section::Column::ProjectId.eq(project.id))
        .all(db)
        .await?)
}

/// One section as it stands, and its revision; 0 when it was not begun.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn section(
    db: &impl ConnectionTrait,
    project: &Project,
    section: Section,
) -> Result<(Content, i32)> {
    let found = application_section::Entity::find_by_id((project.id, section)).one(db).await?;
    match found {
        Some(row) => Ok((serde_json::from_value(row.content)?, row.revision)),
        None => Ok((Content::default(), 0)),
    }
}

/// The revision of each section, by name; 0 for one that is not begun.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn section_revisions(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<HashMap<String, i32>> {
    let mut all: HashMap<String, i32> =
        Section::ALL.iter().map(|section| (section.as_str().to_owned(), 0)).collect();
    for row in sections(db, project).await? {
        all.insert(row.section.as_str().to_owned(), row.revision);
    }
    Ok(all)
}

/// The application as it stands now.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn application(db: &impl ConnectionTrait, project: &Project) -> Result<Application> {
    let mut whole = Application::new();
    for row in sections(db, project).await? {
        whole.insert(row.section.as_str().to_owned(), serde_json::from_value(row.content)?);
    }
    Ok(whole)
}

/// The submitted versions, first one first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn versions(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Vec<application_version::Model>> {
    Ok(application_version::Entity::find()
        .filter(application_version::Column::ProjectId.eq(project.id))
        .order_by_asc(application_version::Column::Number)
        .all(db)
        .await?)
}

/// The version submitted last.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn last_version(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Option<application_version::Model>> {
    Ok(versions(db, project).await?.pop())
}

/// The version that the reviewers scored: the last one that no change made.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn reviewed_version(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Option<application_version::Model>> {
    let changed = changes(db, project).await?;
    let made = |id| changed.iter().any(|change| change.version_id == Some(id));
    Ok(versions(db, project).await?.into_iter().rev().find(|version| !made(version.id)))
}

/// The sections that the ward may write now: nothing while a change waits for its answer, nor a
/// change of what a paper tells.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn writable(db: &impl ConnectionTrait, project: &Project) -> Result<&'static [Section]> {
    let sections = states::writable(project.state);
    let locked = sections == states::CHANGEABLE
        && (last_version(db, project).await?.is_none()
            || open_change(db, project).await?.is_some());
    Ok(if locked { &[] } else { sections })
}

/// The application as a change would make it; none while nothing differs.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn changed_application(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Option<Application>> {
    let Some(last) = last_version(db, project).await? else { return Ok(None) };
    let written = application(db, project).await?;
    Ok(changed(&read_application(&last)?, &written))
}

/// A version by its number.
///
/// # Errors
/// `NotFound`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_version(
    db: &impl ConnectionTrait,
    project: &Project,
    number: i32,
) -> Result<application_version::Model> {
    let all = versions(db, project).await?;
    all.into_iter().find(|version| version.number == number).ok_or(Error::NotFound)
}

/// The application that a version holds.
pub fn read_application(version: &application_version::Model) -> Result<Application> {
    Ok(serde_json::from_value(version.content.clone())?)
}

/// The budget lines of a version.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lines(
    db: &impl ConnectionTrait,
    version: &application_version::Model,
) -> Result<Vec<budget_line::Model>> {
    Ok(budget_line::Entity::find()
        .filter(budget_line::Column::VersionId.eq(version.id))
        .order_by_asc(budget_line::Column::Position)
        .all(db)
        .await?)
}

/// The goals of a version.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn goals(
    db: &impl ConnectionTrait,
    version: &application_version::Model,
) -> Result<Vec<project_goal::Model>> {
    Ok(project_goal::Entity::find()
        .filter(project_goal::Column::VersionId.eq(version.id))
        .order_by_asc(project_goal::Column::Position)
        .all(db)
        .await?)
}

/// Questions and answers, oldest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn messages(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Vec<section_message::Model>> {
    Ok(section_message::Entity::find()
        .filter(section_message::Column::ProjectId.eq(project.id))
        .order_by_asc(section_message::Column::Id)
        .all(db)
        .await?)
}

/// Who was asked to score.
async fn reviewers(db: &impl ConnectionTrait, project: &Project) -> Result<Vec<reviewer::Model>> {
    Ok(reviewer::Entity::find()
        .filter(reviewer::Column::ProjectId.eq(project.id))
        .order_by_asc(reviewer::Column::StaffId)
        .all(db)
        .await?)
}

/// A reviewer and what came of it.
#[derive(Clone, Debug, Object)]
#[oai(rename = "ReviewerItem", skip_serializing_if_is_none)]
pub struct Review {
    pub staff_id: StaffId,
    // None: not declared yet.
    pub has_conflict: Option<bool>,
    #[oai(skip)]
    pub conflict_reason: String,
    pub scores: Vec<Score>,
}

/// The reviewers of a project, and how each scored this version of it.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn reviews(
    db: &impl ConnectionTrait,
    project: &Project,
    version: Option<&application_version::Model>,
) -> Result<Vec<Review>> {
    let mut scores: HashMap<StaffId, Vec<Score>> = HashMap::new();
    if let Some(version) = version {
        let select = review_score::Entity::find()
            .filter(review_score::Column::VersionId.eq(version.id))
            .order_by_asc(review_score::Column::StaffId);
        for row in select.all(db).await? {
            let score = Score { criterion: row.criterion, score: row.score, reason: row.reason };
            scores.entry(row.staff_id).or_default().push(score);
        }
    }

    let review = |row: reviewer::Model| Review {
        staff_id: row.staff_id,
        has_conflict: row.has_conflict,
        conflict_reason: row.conflict_reason,
        scores: scores.remove(&row.staff_id).unwrap_or_default(),
    };
    Ok(reviewers(db, project).await?.into_iter().map(review).collect())
}

/// The wards in which somebody is a ward officer on a day.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn wards_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    on: NaiveDate,
) -> Result<Vec<WardId>> {
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(role_grant::Column::StaffId.eq(staff_id))
        .filter(role_grant::Column::Role.eq(Role::WardOfficer))
        .all(db)
        .await?;
    let holding = grants.into_iter().filter(|grant| grant_holds(grant.from_on, grant.until_on, on));
    Ok(holding.filter_map(|grant| grant.ward_id).collect())
}

/// How somebody stands to a project on a day: asked to score, in conflict, working for wards.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn standing(
    db: &impl ConnectionTrait,
    scope: &Scope,
    project: &Project,
    staff_id: StaffId,
    on: NaiveDate,
) -> Result<Standing> {
    let asked = reviewers(db, project).await?;
    let own = asked.into_iter().find(|row| row.staff_id == staff_id);
    let declaration = match own.map(|row| row.has_conflict) {
        None => Declaration::NotAsked,
        Some(None) => Declaration::Awaited,
        Some(Some(false)) => Declaration::NoConflict,
        Some(Some(true)) => Declaration::Conflict,
    };
    Ok(Standing { declaration, wards: wards_of(db, scope, staff_id, on).await? })
}

/// The first and the last day of a project by the version submitted last, as far as they are known.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn days(db: &impl ConnectionTrait, project: &Project) -> Result<[Option<NaiveDate>; 2]> {
    let Some(version) = last_version(db, project).await? else { return Ok([None, None]) };
    let whole = read_application(&version)?;
    let basics = whole.get(Section::Basics.as_str());
    Ok(["starts_on", "ends_on"].map(|name| basics?.text(name).parse().ok()))
}

/// What was decided.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn decision(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Option<project_decision::Model>> {
    Ok(project_decision::Entity::find_by_id(project.id).one(db).await?)
}

/// The changes that were asked for, oldest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn changes(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Vec<project_change::Model>> {
    Ok(project_change::Entity::find()
        .filter(project_change::Column::ProjectId.eq(project.id))
        .order_by_asc(project_change::Column::Id)
        .all(db)
        .await?)
}

/// The change that waits for its answer.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn open_change(
    db: &impl ConnectionTrait,
    project: &Project,
) -> Result<Option<project_change::Model>> {
    let all = changes(db, project).await?;
    Ok(all.into_iter().find(|change| change.state == ChangeState::Asked))
}

/// The deadline of a kind that was set last, met or not.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn deadline(
    db: &impl ConnectionTrait,
    project: &Project,
    kind: DeadlineKind,
) -> Result<Option<project_deadline::Model>> {
    Ok(project_deadline::Entity::find()
        .filter(project_deadline::Column::ProjectId.eq(project.id))
        .filter(project_deadline::Column::Kind.eq(kind))
        .order_by_desc(project_deadline::Column::Id)
        .one(db)
        .await?)
}

/// The payments, oldest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn payments(db: &impl ConnectionTrait, project: &Project) -> Result<Vec<payment::Model>> {
    Ok(payment::Entity::find()
        .filter(payment::Column::ProjectId.eq(project.id))
        .order_by_asc(payment::Column::Id)
        .all(db)
        .await?)
}

/// A results report with its rows, by the positions of the decided version.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub report: Option<project_report::Model>,
    pub goals: BTreeMap<i32, goal_result::Model>,
    pub costs: BTreeMap<i32, cost_result::Model>,
}

/// The results report as far as it is written.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn report(db: &impl ConnectionTrait, project: &Project) -> Result<Report> {
    let goals = goal_result::Entity::find()
        .filter(goal_result::Column::ProjectId.eq(project.id))
        .all(db)
        .await?;
    let costs = cost_result::Entity::find()
        .filter(cost_result::Column::ProjectId.eq(project.id))
        .all(db)
        .await?;
    Ok(Report {
        report: project_report::Entity::find_by_id(project.id).one(db).await?,
        goals: goals.into_iter().map(|row| (row.position, row)).collect(),
        costs: costs.into_iter().map(|row| (row.position, row)).collect(),
    })
}

/// What the project has cost so far, by its report.
pub fn costs(report: &Report) -> i64 {
    report.costs.values().filter_map(|row| row.actual_yen).sum()
}
