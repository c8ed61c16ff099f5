//! Practices, how far each ward is with them, and the lines of projects.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::programmes::programme_result::PeopleUnit;
use entity::subsidies::practice;
use entity::subsidies::practice_step::{self, SpreadState};
use entity::subsidies::project::{self, ProjectState};
use entity::{PracticeId, ProjectId, WardId};
use poem_openapi::Object;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{ProjectRow, reads, rows, within};
use crate::platform::{Error, Result, Scope};
use crate::subsidies::rules::spread::{ancestors, counts, moment};

/// A practice with the last step of each ward.
#[derive(Clone, Debug)]
pub struct PracticeRow {
    pub practice: practice::Model,
    /// The ward of its model project.
    pub home: Option<WardId>,
    pub last: HashMap<WardId, practice_step::Model>,
}

/// How a practice stands in a ward.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct WardStep {
    pub ward_id: WardId,
    pub state: SpreadState,
    pub fiscal_year: i32,
    pub on_date: Option<NaiveDate>,
    pub reason: String,
}

impl From<practice_step::Model> for WardStep {
    fn from(step: practice_step::Model) -> Self {
        Self {
            ward_id: step.ward_id,
            state: step.state,
            fiscal_year: step.fiscal_year,
            on_date: step.on_date,
            reason: step.reason,
        }
    }
}

/// A practice with the last step of each ward.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PracticeItem {
    pub id: PracticeId,
    pub name: String,
    pub summary: String,
    pub project_id: Option<ProjectId>,
    pub session_count: Option<i32>,
    pub people_count: Option<i32>,
    pub people_unit: Option<PeopleUnit>,
    /// The figure is approximate, as printed in `words`.
    pub approx: bool,
    pub words: String,
    pub source: Option<String>,
    pub wards: Vec<WardStep>,
}

impl From<PracticeRow> for PracticeItem {
    fn from(PracticeRow { practice, last, .. }: PracticeRow) -> Self {
        let mut wards: Vec<WardStep> = last.into_values().map(WardStep::from).collect();
        wards.sort_by_key(|step| step.ward_id);
        Self {
            id: practice.id,
            name: practice.name,
            summary: practice.summary,
            project_id: practice.project_id,
            session_count: practice.session_count,
            people_count: practice.people_count,
            people_unit: practice.people_unit,
            approx: practice.approx,
            words: practice.words,
            source: practice.source,
            wards,
        }
    }
}

/// All practices of the municipality, oldest first: whoever takes part in the programme sees them.
/// Records that belong to a project which the scope does not read are not there.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_practices(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<PracticeRow>> {
    let practices = practice::Entity::find()
        .filter(practice::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(practice::Column::Id)
        .all(db)
        .await?;
    let homes = projects(db, scope, practices.iter().filter_map(|row| row.project_id)).await?;

    let steps = practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.is_in(practices.iter().map(|row| row.id)))
        .all(db)
        .await?;
    let mut last: HashMap<PracticeId, HashMap<WardId, practice_step::Model>> = HashMap::new();
    for (step, state) in readable(db, scope, steps).await? {
        if state.is_none_or(counts) {
            last.entry(step.practice_id).or_default().insert(step.ward_id, step);
        }
    }

    Ok(practices
        .into_iter()
        .map(|practice| PracticeRow {
            home: practice.project_id.and_then(|id| Some(homes.get(&id)?.ward_id)),
            last: last.remove(&practice.id).unwrap_or_default(),
            practice,
        })
        .collect())
}

async fn projects(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: impl Iterator<Item = ProjectId>,
) -> Result<HashMap<ProjectId, project::Model>> {
    let found = project::Entity::find()
        .filter(project::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(project::Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(found.into_iter().map(|project| (project.id, project)).collect())
}

/// The steps that the scope reads, in their order in time, each with the state of its project.
async fn readable(
    db: &impl ConnectionTrait,
    scope: &Scope,
    mut steps: Vec<practice_step::Model>,
) -> Result<Vec<(practice_step::Model, Option<ProjectState>)>> {
    let behind = projects(db, scope, steps.iter().filter_map(|step| step.project_id)).await?;
    steps.sort_by_key(|step| moment(step.on_date, step.fiscal_year, step.number));
    let with_project = |step: practice_step::Model| match step.project_id {
        None => Some((step, None)),
        Some(id) => {
            let project = behind.get(&id).filter(|project| reads(scope, project))?;
            Some((step, Some(project.state)))
        }
    };
    Ok(steps.into_iter().filter_map(with_project).collect())
}

/// A practice.
///
/// # Errors
/// `NotFound`, also outside the municipality.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_practice(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: PracticeId,
) -> Result<PracticeRow> {
    let all = list_practices(db, scope).await?;
    all.into_iter().find(|row| row.practice.id == id).ok_or(Error::NotFound)
}

/// Every step of a practice that the scope reads, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn steps(
    db: &impl ConnectionTrait,
    scope: &Scope,
    practice: &practice::Model,
) -> Result<Vec<practice_step::Model>> {
    let found = practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.eq(practice.id))
        .all(db)
        .await?;
    let found = readable(db, scope, found).await?;
    Ok(found.into_iter().rev().map(|(step, _)| step).collect())
}

/// The number of a ward's newest record of a practice, whoever reads it; 0 when there is none.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn last_number(
    db: &impl ConnectionTrait,
    practice: &practice::Model,
    ward_id: WardId,
) -> Result<i32> {
    let found = practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.eq(practice.id))
        .filter(practice_step::Column::WardId.eq(ward_id))
        .order_by_desc(practice_step::Column::Number)
        .one(db)
        .await?;
    Ok(found.map_or(0, |step| step.number))
}

/// The practice that a project took over, if it did.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn practice_of(
    db: &impl ConnectionTrait,
    project: &project::Model,
) -> Result<Option<practice::Model>> {
    let step = practice_step::Entity::find()
        .filter(practice_step::Column::ProjectId.eq(project.id))
        .order_by_asc(practice_step::Column::Id)
        .one(db)
        .await?;
    match step {
        Some(step) => Ok(practice::Entity::find_by_id(step.practice_id).one(db).await?),
        None => Ok(None),
    }
}

/// The projects of a practice that the scope reads: its model, those that took it over, and theirs.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn projects_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    practice: &practice::Model,
) -> Result<Vec<ProjectRow>> {
    let taken = practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.eq(practice.id))
        .filter(practice_step::Column::ProjectId.is_not_null())
        .order_by_asc(practice_step::Column::Id)
        .all(db)
        .await?;
    let mut ids: Vec<ProjectId> = practice.project_id.into_iter().collect();
    ids.extend(taken.into_iter().filter_map(|step| step.project_id));

    let mut known: HashSet<ProjectId> = ids.iter().copied().collect();
    let mut at = 0;
    while let Some(parent) = ids.get(at).copied() {
        for child in children(db, scope, parent).await? {
            if known.insert(child.project.id) {
                ids.push(child.project.id);
            }
        }
        at += 1;
    }

    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let found = within(scope).filter(project::Column::Id.is_in(ids.clone())).all(db).await?;
    let found = rows(db, scope, found).await?;
    let mut found: HashMap<ProjectId, ProjectRow> =
        found.into_iter().map(|row| (row.project.id, row)).collect();
    Ok(ids.into_iter().filter_map(|id| found.remove(&id)).collect())
}

/// The projects derived from a project that the scope reads.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn children(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ProjectId,
) -> Result<Vec<ProjectRow>> {
    let found = within(scope)
        .filter(project::Column::ParentId.eq(id))
        .order_by_asc(project::Column::Id)
        .all(db)
        .await?;
    rows(db, scope, found).await
}

/// The line of a project back to the first one, itself first, as far as the scope reads it.
///
/// # Errors
/// `Internal` when the line runs in a circle, which the schema forbids.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn family(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ProjectId,
) -> Result<Vec<ProjectRow>> {
    let all = within(scope).all(db).await?;
    let parents: HashMap<ProjectId, Option<ProjectId>> =
        all.iter().map(|project| (project.id, project.parent_id)).collect();
    let line = ancestors(id, &parents).ok_or(Error::internal("a line of projects is a circle"))?;

    let mut found: HashMap<ProjectId, ProjectRow> =
        rows(db, scope, all.into_iter().filter(|project| line.contains(&project.id)).collect())
            .await?
            .into_iter()
            .map(|row| (row.project.id, row))
            .collect();
    Ok(line.into_iter().filter_map(|id| found.remove(&id)).collect())
}
