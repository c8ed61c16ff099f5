//! What surveys tell the path: evidence for its rules, the end of its last step, and its end.

use entity::ResidentId;
use entity::paths::path_evidence::{self, SurveyFinding};
use entity::paths::path_step::{self, StepKind, StepState};
use entity::residents::timeline_entry::TimelineKind;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::lock_person;
use crate::paths::queries::{find_latest, steps_of};
use crate::paths::rules::{Answer, Why};
use crate::platform::{Result, Scope, Tx};
use crate::residents::timeline;

/// What a survey found of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The result of a three-month survey, with the reasons given; none after a class.
    pub survey: Option<(SurveyFinding, Vec<Why>)>,
    /// Tasks of the ten that the person can do alone.
    pub can_do_count: Option<i32>,
    /// `can_do_count` minus the count before the class.
    pub can_do_gain: Option<i32>,
}

/// Keeps what a survey found, for the next proposal. What it did not ask stays as it was.
///
/// # Errors
/// `NotFound` when the person is outside the scope.
pub async fn learn(tx: &Tx, scope: &Scope, resident_id: ResidentId, found: &Found) -> Result<()> {
    lock_person(tx, scope, resident_id).await?;
    let known = path_evidence::Entity::find_by_id(resident_id).one(tx.db()).await?;

    let (survey, why, at) = match (&found.survey, &known) {
        (Some((survey, why)), _) => {
            let words: Vec<&str> = why.iter().map(|why| why.word()).collect();
            (Some(*survey), json!(words), Some(tx.now()))
        }
        (None, Some(known)) => (known.survey, known.survey_why.clone(), known.surveyed_at),
        (None, None) => (None, json!([]), None),
    };

    let row = path_evidence::ActiveModel {
        resident_id: ActiveValue::Set(resident_id),
        municipality_id: ActiveValue::Set(scope.municipality_id),
        survey: ActiveValue::Set(survey),
        survey_why: ActiveValue::Set(why),
        surveyed_at: ActiveValue::Set(at),
        can_do_count: ActiveValue::Set(
            found.can_do_count.or(known.as_ref().and_then(|row| row.can_do_count)),
        ),
        can_do_gain: ActiveValue::Set(
            found.can_do_gain.or(known.as_ref().and_then(|row| row.can_do_gain)),
        ),
        updated_at: ActiveValue::Set(tx.now()),
    };

    use path_evidence::Column;
    let mut again = OnConflict::column(Column::ResidentId);
    again.update_columns([
        Column::Survey,
        Column::SurveyWhy,
        Column::SurveyedAt,
        Column::CanDoCount,
        Column::CanDoGain,
        Column::UpdatedAt,
    ]);
    path_evidence::Entity::insert(row).on_conflict(again).exec_without_returning(tx.db()).await?;

    tx.audit("path_evidence", resident_id.0, json!({ "survey": survey }));
    Ok(())
}

/// The person was asked: the survey step of the path is done. Nothing happens without one.
///
/// # Errors
/// `NotFound` when the person is outside the scope.
pub async fn finish_survey_step(tx: &Tx, scope: &Scope, resident_id: ResidentId) -> Result<()> {
    lock_person(tx, scope, resident_id).await?;
    let Some(path) = find_latest(tx.db(), scope, resident_id).await? else { return Ok(()) };
    let steps = steps_of(tx.db(), &path).await?;
    let open = |step: &&path_step::Model| {
        step.kind == StepKind::Survey && step.state == StepState::Proposed
    };
    let Some(step) = steps.iter().find(open) else { return Ok(()) };
    set_state(tx, step, StepState::Done).await
}

/// Ends a path because its goal is reached: open steps without a seat are dropped. A seat that
/// the person has stays, and nothing happens without a path.
///
/// # Errors
/// `NotFound` when the person is outside the scope.
pub async fn close_reached(tx: &Tx, scope: &Scope, resident_id: ResidentId) -> Result<()> {
    lock_person(tx, scope, resident_id).await?;
    let Some(path) = find_latest(tx.db(), scope, resident_id).await? else { return Ok(()) };

    let open = |step: &path_step::Model| {
        step.state == StepState::Missed
            || (step.state == StepState::Proposed && step.booking_id.is_none())
    };
    for step in steps_of(tx.db(), &path).await?.iter().filter(|step| open(step)) {
        set_state(tx, step, StepState::Dropped).await?;
    }

    let line = "timeline.path_reached";
    timeline::note(tx, resident_id, TimelineKind::Path, line, json!({}), path.id.0).await?;
    tx.audit("path", path.id.0, json!({ "closed": "reached" }));
    Ok(())
}

async fn set_state(tx: &Tx, step: &path_step::Model, state: StepState) -> Result<()> {
    path_step::Entity::update_many()
        .set(path_step::ActiveModel { state: ActiveValue::Set(state), ..Default::default() })
        .filter(path_step::Column::Id.eq(step.id))
        .exec(tx.db())
        .await?;
    tx.audit("path_step", step.id.0, json!({ "state": state }));
    Ok(())
}
