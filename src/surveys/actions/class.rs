//! What people tell before a class and at its end.

use std::collections::BTreeMap;

use entity::surveys::class_answers::{self, ClassMoment};
use entity::{BookingId, ClassAnswersId, SessionId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, EntityTrait};
use serde_json::json;

use super::answer::invalid;
use super::lock_person;
use crate::paths::{self, actions::Found};
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Result, Scope, Tx};
use crate::surveys::queries;
use crate::surveys::rules::{Answers, Moment, Questionnaire, Refusal};
use crate::{bookings, sessions};

/// What one person told at a class.
#[derive(Clone, Debug, Default)]
pub struct ClassTold {
    /// By question, as [`Answers::read`] takes it; what is absent stays as it was.
    pub answers: serde_json::Map<String, serde_json::Value>,
    /// Questions that were not asked after all: what was recorded for them is taken away.
    pub forget: Vec<String>,
    /// The revision that the writer saw, 0 where nothing was recorded.
    pub revision: Option<i32>,
}

/// Records what the people of one class told. A person of whom nothing is said, before and now,
/// stays without a line.
///
/// # Errors
/// As [`record_class_answers`]; `NotFound` for people of another class.
pub async fn record_class(
    tx: &Tx,
    scope: &Scope,
    session_id: SessionId,
    moment: ClassMoment,
    told: &BTreeMap<BookingId, ClassTold>,
) -> Result<()> {
    let whole = Scope::whole(scope.municipality_id);
    for (booking_id, told) in told {
        if told.answers.is_empty() && told.revision.unwrap_or(0) == 0 {
            continue;
        }
        let booking = bookings::queries::get(tx.db(), &whole, *booking_id).await?;
        if booking.session_id != session_id {
            return Err(Error::NotFound);
        }
        record_class_answers(tx, scope, *booking_id, moment, told).await?;
    }
    Ok(())
}

/// Records what one person told before a class or at its end, over and beside what was told
/// already. At the end of a class the rules of the path hear of it.
///
/// # Errors
/// `Invalid` for answers that no question takes or when nothing was said;
/// `survey_not_attended` at the end of a class at which the person was not; `Stale`; `NotFound`
/// when the session is outside the scope.
pub async fn record_class_answers(
    tx: &Tx,
    scope: &Scope,
    booking_id: BookingId,
    moment: ClassMoment,
    told: &ClassTold,
) -> Result<ClassAnswersId> {
    let whole = Scope::whole(scope.municipality_id);
    let booking = bookings::queries::get(tx.db(), &whole, booking_id).await?;
    // The scope of the roles decides here: a teacher reaches the programme's own sessions.
    sessions::queries::get(tx.db(), scope, booking.session_id).await?;
    lock_person(tx, scope, booking.resident_id).await?;
    let row = bookings::queries::get_row(tx.db(), &whole, booking_id).await?.for_work();
    let came = row.booking.came();
    if moment == ClassMoment::EndOfClass && !came {
        return Err(Refusal::NotAttended.into());
    }

    let known = queries::class_answers(tx.db(), &[booking_id]).await?;
    let stands = known.iter().find(|row| row.moment == moment);
    let revision = stands.map_or(0, |row| row.revision);
    let day = local_date(row.span().0);
    let set = Questionnaire::on(day).ok_or(Error::internal("no questionnaire"))?;
    let given = Answers::read(set, Moment::of(moment), &told.answers);
    let given = given.map_err(|faults| invalid(&faults))?;

    let mut answers = stands.map(|row| Answers::stored(&row.answers)).unwrap_or_default();
    for question in &told.forget {
        answers.forget(question);
    }
    let answers = answers.overlaid(&given);

    // The same answers once more are no change, whatever revision was seen.
    if let Some(same) = stands.filter(|row| Answers::stored(&row.answers) == answers) {
        tx.audit("class_answers", same.id.0, json!({ "booking": booking_id, "changed": false }));
        return Ok(same.id);
    }

    if told.revision.is_some_and(|seen| seen != revision) {
        return Err(Error::Stale);
    }
    // Whoever was not asked after all has an empty line; nobody begins with one.
    if answers.said_count() == 0 && stands.is_none() {
        return Err(Error::invalid("answers", "err.survey.empty"));
    }

    let alone = i32::try_from(answers.alone(set).count()).map_err(Error::internal)?;
    let stored = class_answers::ActiveModel {
        id: ActiveValue::NotSet,
        municipality_id: ActiveValue::Set(booking.municipality_id),
        resident_id: ActiveValue::Set(booking.resident_id),
        booking_id: ActiveValue::Set(booking_id),
        moment: ActiveValue::Set(moment),
        questionnaire: ActiveValue::Set(set.version.clone()),
        answers: ActiveValue::Set(serde_json::to_value(&answers)?),
        alone_count: ActiveValue::Set(alone),
        recorded_by: ActiveValue::Set(tx.ctx().staff_id()),
        revision: ActiveValue::Set(revision + 1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
    };

    use class_answers::Column;
    let mut again = OnConflict::columns([Column::BookingId, Column::Moment]);
    again.update_columns([
        Column::Questionnaire,
        Column::Answers,
        Column::AloneCount,
        Column::RecordedBy,
        Column::Revision,
        Column::UpdatedAt,
    ]);
    class_answers::Entity::insert(stored)
        .on_conflict(again)
        .exec_without_returning(tx.db())
        .await?;

    let known = queries::class_answers(tx.db(), &[booking_id]).await?;
    if moment == ClassMoment::EndOfClass && answers.said_count() > 0 {
        let before = known.iter().find(|row| row.moment == ClassMoment::Before);
        let before = before.map(|row| Answers::stored(&row.answers));
        let found = Found {
            survey: None,
            can_do_count: Some(alone),
            can_do_gain: before.and_then(|before| answers.gain_since(set, &before)),
        };
        paths::actions::learn(tx, &whole, booking.resident_id, &found).await?;
    }

    let row = known.into_iter().find(|row| row.moment == moment).ok_or(Error::NotFound)?;
    tx.audit("class_answers", row.id.0, json!({ "booking": booking_id, "moment": moment }));
    Ok(row.id)
}
