//! Two records that may be one person: asked, and answered by the office.

use entity::residents::resident;
use entity::residents::resident_question::{self, QuestionState};
use entity::residents::timeline_entry::TimelineKind;
use entity::{ResidentId, ResidentQuestionId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::learn::{Learned, learn};
use super::{NewResident, register};
use crate::platform::db::locked;
use crate::platform::japan::PostalCode;
use crate::platform::text::{EmailAddress, Kana, PersonName};
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::rules::Refusal;
use crate::residents::rules::same::Sameness;
use crate::residents::{Card, queries, timeline};

/// Asks the office whether a record is one of these people. What was asked before is not asked
/// again.
///
/// # Errors
/// Only those of the database.
pub async fn ask_whether_same(
    tx: &Tx,
    scope: &Scope,
    id: ResidentId,
    known: &[ResidentId],
) -> Result<()> {
    let rows = known.iter().map(|known| resident_question::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        resident_id: ActiveValue::Set(id),
        known_id: ActiveValue::Set(*known),
        state: ActiveValue::Set(QuestionState::Open),
        asked_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    });

    let both = [resident_question::Column::ResidentId, resident_question::Column::KnownId];
    let mut asked = OnConflict::columns(both);
    let written = resident_question::Entity::insert_many(rows)
        .on_conflict(asked.do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;

    tx.audit("resident", id.0, json!({ "asked_whether_same": written }));
    Ok(())
}

/// Asks the office about a person who was registered without anybody having been shown who may be
/// the same.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn ask_if_alike(tx: &Tx, scope: &Scope, id: ResidentId) -> Result<()> {
    let alike = queries::likeness(tx.db(), scope, id).await?.into_iter();
    let known: Vec<ResidentId> =
        alike.filter(|(_, how)| *how != Sameness::Other).map(|(known, _)| known).collect();
    if known.is_empty() {
        return Ok(());
    }
    ask_whether_same(tx, scope, id, &known).await
}

/// Answers an open question.
///
/// # Errors
/// `NotFound` outside the scope; `question_settled` when it was answered.
pub async fn answer_question(
    tx: &Tx,
    scope: &Scope,
    id: ResidentQuestionId,
    state: QuestionState,
) -> Result<resident_question::Model> {
    let question = resident_question::Entity::find_by_id(id)
        .filter(resident_question::Column::MunicipalityId.eq(scope.municipality_id));
    let question = locked(question).one(tx.db()).await?.ok_or(Error::NotFound)?;
    if question.state != QuestionState::Open {
        return Err(Refusal::QuestionSettled.into());
    }

    tx.audit(
        "resident",
        question.resident_id.0,
        json!({ "answer": state, "known": question.known_id }),
    );

    let mut answered = resident_question::ActiveModel::from(question);
    answered.state = ActiveValue::Set(state);
    answered.settled_by = ActiveValue::Set(tx.ctx().staff_id());
    answered.settled_at = ActiveValue::Set(Some(tx.now()));
    Ok(answered.update(tx.db()).await?)
}

/// Lists and searches show the known person in place of this record from now on. Nothing that is
/// known of the person is overwritten: what the record tells of needs is taken over where nothing
/// is known.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn unite(tx: &Tx, scope: &Scope, id: ResidentId, known: ResidentId) -> Result<()> {
    let told = queries::get(tx.db(), scope, id).await?;
    let before = queries::lock(tx, scope, known).await?;

    let news = Learned {
        hearing: told.hearing.filter(|_| before.hearing.is_none()),
        vision: told.vision.filter(|_| before.vision.is_none()),
        mobility: told.mobility.filter(|_| before.mobility.is_none()),
        device: told.device.filter(|_| before.device.is_none()),
        barriers: None,
        channels: None,
    };

    learn(tx, scope, known, &news).await?;
    show_as(tx, id, Some(known)).await?;
    tx.audit("resident", id.0, json!({ "same_as": known }));
    Ok(())
}

/// The record is shown by itself again.
///
/// # Errors
/// Only those of the database.
pub async fn part(tx: &Tx, id: ResidentId) -> Result<()> {
    show_as(tx, id, None).await?;
    tx.audit("resident", id.0, json!({ "same_as": null }));
    Ok(())
}

/// A new record with what another one says of the person and of how to reach them.
///
/// # Errors
/// `NotFound` outside the municipality.
pub async fn copy(tx: &Tx, id: ResidentId) -> Result<ResidentId> {
    let whole = Scope::whole(tx.ctx().municipality_id());
    let Card { resident: person, numbers, channels, .. } =
        queries::get_card(tx.db(), &whole, id).await?.for_work();
    let name = person.name.as_deref().map(PersonName::parse).transpose();

    let new = NewResident {
        kana: Kana::parse(&person.kana).map_err(Error::internal)?,
        name: name.map_err(Error::internal)?,
        phones: numbers,
        birth_on: person.birth_on,
        birth_year: person.birth_year,
        age_band: person.age_band,
        // What an earlier release took for a postal code or an address stays where it is.
        postal_code: person.postal_code.and_then(|text| PostalCode::parse(&text).ok()),
        address: person.address,
        area_id: person.area_id,
        email: person.email.filter(|text| EmailAddress::parse(text).is_ok()),
        channels,
    };

    register(tx, &whole, &new).await
}

async fn show_as(tx: &Tx, id: ResidentId, known: Option<ResidentId>) -> Result<()> {
    let mut these = resident::Column::Id.eq(id);
    if known.is_some() {
        // Nobody is shown in place of somebody who is not shown.
        these = these.or(resident::Column::SameAs.eq(id));
    }
    resident::Entity::update_many()
        .col_expr(resident::Column::SameAs, Expr::value(known))
        .col_expr(resident::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(these)
        .exec(tx.db())
        .await?;
    Ok(())
}

/// A line for the known person: the office found that another record is theirs.
///
/// # Errors
/// Only those of the database.
pub async fn note_united(tx: &Tx, known: ResidentId) -> Result<()> {
    let (line, params) = ("timeline.records_united", json!({}));
    timeline::note(tx, known, TimelineKind::Person, line, params, known.0).await.map(drop)
}
