//! Who may be the same person, and the questions about it.

use std::collections::HashMap;

use entity::residents::resident;
use entity::residents::resident_question::{self, QuestionState};
use entity::{ResidentId, ResidentQuestionId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
};

use super::{digits_of, get, numbers_of};
use crate::platform::text::search::fold;
use crate::platform::{Error, Result, Scope};
use crate::residents::rules::same::{Sameness, Traits, sameness};

/// People with one reading that are compared with a record.
const COMPARED: u64 = 50;

/// A question with what both records say.
#[derive(Clone)]
pub struct Question {
    pub row: resident_question::Model,
    /// The record that came in.
    pub told: Traits,
    /// Who it may be.
    pub known: Traits,
}

impl Question {
    /// How much the two are alike.
    pub fn sameness(&self) -> Sameness {
        sameness(&self.known, &self.told)
    }
}

/// Everybody with the reading of this record, and whether they are this person; those of whom the
/// office has said that they are somebody else are left out.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn likeness(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Vec<(ResidentId, Sameness)>> {
    let person = get(db, scope, id).await?;

    let apart = resident_question::Entity::find()
        .select_only()
        .column(resident_question::Column::KnownId)
        .filter(resident_question::Column::ResidentId.eq(id))
        .filter(resident_question::Column::State.eq(QuestionState::Apart));
    let others = resident::Entity::find()
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident::Column::KanaKey.eq(fold(&person.kana)))
        .filter(resident::Column::Id.ne(id))
        .filter(resident::Column::SameAs.is_null())
        .filter(resident::Column::Id.not_in_subquery(apart.into_query()))
        .order_by_asc(resident::Column::Id)
        .limit(COMPARED)
        .all(db)
        .await?;

    let told = traits(db, vec![person]).await?.remove(&id).ok_or(Error::NotFound)?;
    let ids: Vec<ResidentId> = others.iter().map(|other| other.id).collect();
    let known = traits(db, others).await?;
    Ok(ids.into_iter().map(|id| (id, sameness(&known[&id], &told))).collect())
}

/// How much each of these people is like somebody of whom this was told.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn alike(
    db: &impl ConnectionTrait,
    scope: &Scope,
    told: &Traits,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Sameness>> {
    let known = traits_of(db, scope, ids).await?;
    Ok(known.into_iter().map(|(id, known)| (id, sameness(&known, told))).collect())
}

async fn traits_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<HashMap<ResidentId, Traits>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let people = resident::Entity::find()
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    traits(db, people).await
}

async fn traits(
    db: &impl ConnectionTrait,
    people: Vec<resident::Model>,
) -> Result<HashMap<ResidentId, Traits>> {
    let ids: Vec<ResidentId> = people.iter().map(|person| person.id).collect();
    let mut numbers = numbers_of(db, &ids).await?;
    let traits = people.iter().map(|person| {
        let numbers = numbers.remove(&person.id).unwrap_or_default();
        (person.id, Traits::of(person, digits_of(&numbers)))
    });
    Ok(traits.collect())
}

/// The questions that nobody has answered, oldest first, at most `limit`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_questions(
    db: &impl ConnectionTrait,
    scope: &Scope,
    limit: u64,
) -> Result<Vec<Question>> {
    let rows = within(scope)
        .filter(resident_question::Column::State.eq(QuestionState::Open))
        .order_by_asc(resident_question::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    with_traits(db, scope, rows).await
}

/// A question.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_question(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentQuestionId,
) -> Result<Question> {
    let row = within(scope).filter(resident_question::Column::Id.eq(id)).one(db).await?;
    let row = row.ok_or(Error::NotFound)?;
    with_traits(db, scope, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// The open questions about a person, on either side.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn open_questions_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Vec<resident_question::Model>> {
    let either = Condition::any()
        .add(resident_question::Column::ResidentId.eq(id))
        .add(resident_question::Column::KnownId.eq(id));
    Ok(within(scope)
        .filter(resident_question::Column::State.eq(QuestionState::Open))
        .filter(either)
        .order_by_asc(resident_question::Column::Id)
        .all(db)
        .await?)
}

fn within(scope: &Scope) -> sea_orm::Select<resident_question::Entity> {
    resident_question::Entity::find()
        .filter(resident_question::Column::MunicipalityId.eq(scope.municipality_id))
}

async fn with_traits(
    db: &impl ConnectionTrait,
    scope: &Scope,
    rows: Vec<resident_question::Model>,
) -> Result<Vec<Question>> {
    let ids: Vec<ResidentId> =
        rows.iter().flat_map(|row| [row.resident_id, row.known_id]).collect();
    let traits = traits_of(db, scope, &ids).await?;
    let both = |row: resident_question::Model| {
        let (told, known) = (traits.get(&row.resident_id)?, traits.get(&row.known_id)?);
        Some(Question { told: told.clone(), known: known.clone(), row })
    };
    Ok(rows.into_iter().filter_map(both).collect())
}
