//! Practices, how far each ward is with them, and the lines of projects.

use std::collections::HashMap;

use entity::subsidies::{practice, practice_step, project};
use entity::{PracticeId, ProjectId, WardId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{ProjectRow, rows, within};
use crate::platform::{Error, Result, Scope};
use crate::subsidies::rules::spread::ancestors;

/// A practice with the last step of each ward.
#[derive(Clone, Debug)]
pub struct PracticeRow {
    pub practice: practice::Model,
    /// The ward of its model project.
    pub home: Option<WardId>,
    pub last: HashMap<WardId, practice_step::Model>,
}

/// All practices of the municipality, oldest first: whoever takes part in the programme sees them.
pub async fn list_practices(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<PracticeRow>> {
    let practices = practice::Entity::find()
        .filter(practice::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(practice::Column::Id)
        .all(db)
        .await?;
    let projects: HashMap<ProjectId, WardId> = project::Entity::find()
        .filter(project::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(project::Column::Id.is_in(practices.iter().filter_map(|row| row.project_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|project| (project.id, project.ward_id))
        .collect();
    let mut last: HashMap<PracticeId, HashMap<WardId, practice_step::Model>> = HashMap::new();
    let steps = practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.is_in(practices.iter().map(|row| row.id)))
        .order_by_asc(practice_step::Column::Number)
        .all(db)
        .await?;
    for step in steps {
        last.entry(step.practice_id).or_default().insert(step.ward_id, step);
    }
    Ok(practices
        .into_iter()
        .map(|practice| PracticeRow {
            home: practice.project_id.and_then(|id| projects.get(&id).copied()),
            last: last.remove(&practice.id).unwrap_or_default(),
            practice,
        })
        .collect())
}

/// A practice.
///
/// # Errors
/// `NotFound`, also outside the municipality.
pub async fn get_practice(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: PracticeId,
) -> Result<PracticeRow> {
    let all = list_practices(db, scope).await?;
    all.into_iter().find(|row| row.practice.id == id).ok_or(Error::NotFound)
}

/// Every step of a practice, newest first.
pub async fn steps(
    db: &impl ConnectionTrait,
    practice: &practice::Model,
) -> Result<Vec<practice_step::Model>> {
    Ok(practice_step::Entity::find()
        .filter(practice_step::Column::PracticeId.eq(practice.id))
        .order_by_desc(practice_step::Column::Id)
        .all(db)
        .await?)
}

/// The projects derived from a project that the scope reads.
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
