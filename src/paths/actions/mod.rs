//! The verbs: accept a path, let a step follow its booking, mark a step by hand, hear what a
//! survey found.

mod survey;

use entity::bookings::booking::{self, BookingState};
use entity::paths::path_step::{OverrideReason, StepKind, StepState};
use entity::paths::{path, path_step};
use entity::residents::timeline_entry::TimelineKind;
use entity::{BookingId, PathId, PathStepId, ResidentId};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use serde_json::json;

use super::queries::{find_latest, read_hearing, steps_of};
use super::rules::{BookingNow, MarkedState, Refusal, Ruleset, StepNow, follow, prepare, standing};
use crate::bookings::queries::rows;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::{self, timeline};

pub use super::rules::AcceptedStep;
pub use survey::{Found, close_reached, finish_survey_step, learn};

/// Stores the (possibly edited) steps as the person's next path version. Finished steps of
/// the version before are kept in front; living bookings of the person take their steps.
///
/// # Errors
/// `Invalid` when there are no steps or more than six, or the hearing has an unknown answer;
/// `NotFound` when the person is outside the scope.
pub async fn accept(
    tx: &Tx,
    scope: &Scope,
    resident_id: ResidentId,
    hearing: &serde_json::Value,
    steps: &[AcceptedStep],
) -> Result<PathId> {
    let hearing = read_hearing(hearing)?;
    let set = Ruleset::shipped();
    let steps = prepare(set, steps).map_err(Error::Invalid)?;

    lock_person(tx, scope, resident_id).await?;
    let former = find_latest(tx.db(), scope, resident_id).await?;
    let version = former.as_ref().map_or(1, |path| path.version + 1);
    let kept: Vec<path_step::Model> = match &former {
        Some(former) => steps_of(tx.db(), former).await?,
        None => Vec::new(),
    };

    let path = path::ActiveModel {
        id: ActiveValue::NotSet,
        municipality_id: ActiveValue::Set(scope.municipality_id),
        resident_id: ActiveValue::Set(resident_id),
        version: ActiveValue::Set(version),
        hearing: ActiveValue::Set(serde_json::to_value(&hearing)?),
        rules_version: ActiveValue::Set(set.version.clone()),
        accepted_by: ActiveValue::Set(tx.ctx().staff_id()),
        accepted_at: ActiveValue::Set(tx.now()),
    }
    .insert(tx.db())
    .await?;

    let done = kept.into_iter().filter(|step| step.state == StepState::Done).map(again);
    let rows: Vec<path_step::ActiveModel> = done
        .chain(steps.iter().map(open_step))
        .zip(1..)
        .map(|(step, rank)| path_step::ActiveModel {
            path_id: ActiveValue::Set(path.id),
            rank: ActiveValue::Set(rank),
            ..step
        })
        .collect();
    path_step::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    bring_up_to_date(tx, &path, None).await?;

    let params = json!({ "count": steps.len().to_string() });
    let line = "timeline.path_accepted";
    timeline::note(tx, resident_id, TimelineKind::Path, line, params, path.id.0).await?;

    let changed = steps.iter().filter(|step| step.override_reason.is_some()).count();
    let kinds: Vec<&str> = steps.iter().map(|step| step.kind.as_str()).collect();
    let detail = json!({ "version": version, "steps": kinds, "changed_by_hand": changed });
    tx.audit("path", path.id.0, detail);
    Ok(path.id)
}

/// As [`accept`], for somebody who has seen version `seen` of the path, or none.
///
/// # Errors
/// As [`accept`]; `Unseen` when a path stands that was not seen, `Stale` when it is another one.
pub async fn replace(
    tx: &Tx,
    scope: &Scope,
    resident_id: ResidentId,
    seen: Option<i32>,
    hearing: &serde_json::Value,
    steps: &[AcceptedStep],
) -> Result<PathId> {
    lock_person(tx, scope, resident_id).await?;
    let stands = find_latest(tx.db(), scope, resident_id).await?.map(|path| path.version);

    match (stands, seen) {
        (Some(_), None) => Err(Error::Unseen),
        (stands, Some(seen)) if stands.unwrap_or(0) != seen => Err(Error::Stale),
        _ => accept(tx, scope, resident_id, hearing, steps).await,
    }
}

/// A finished step, for the next version.
fn again(step: path_step::Model) -> path_step::ActiveModel {
    path_step::ActiveModel {
        id: ActiveValue::NotSet,
        path_id: ActiveValue::NotSet,
        rank: ActiveValue::NotSet,
        kind: ActiveValue::Set(step.kind),
        state: ActiveValue::Set(step.state),
        by_phone: ActiveValue::Set(step.by_phone),
        topic: ActiveValue::Set(step.topic),
        rule_ids: ActiveValue::Set(step.rule_ids),
        goal_tags: ActiveValue::Set(step.goal_tags),
        reason_ja: ActiveValue::Set(step.reason_ja),
        reason_en: ActiveValue::Set(step.reason_en),
        override_reason: ActiveValue::Set(step.override_reason),
        booking_id: ActiveValue::Set(step.booking_id),
    }
}

fn open_step(step: &AcceptedStep) -> path_step::ActiveModel {
    path_step::ActiveModel {
        id: ActiveValue::NotSet,
        path_id: ActiveValue::NotSet,
        rank: ActiveValue::NotSet,
        kind: ActiveValue::Set(step.kind),
        state: ActiveValue::Set(StepState::Proposed),
        by_phone: ActiveValue::Set(step.by_phone),
        topic: ActiveValue::Set(step.topic.clone()),
        rule_ids: ActiveValue::Set(json!(step.rule_ids)),
        goal_tags: ActiveValue::Set(json!(step.goal_tags)),
        reason_ja: ActiveValue::Set(step.reason_ja.clone()),
        reason_en: ActiveValue::Set(step.reason_en.clone()),
        override_reason: ActiveValue::Set(step.override_reason),
        booking_id: ActiveValue::Set(None),
    }
}

/// Brings the steps of the booking's resident up to date with the booking and its attendance.
/// Doing it twice changes nothing the second time; a booking that is not there any more, or a
/// person without a path, is no error.
///
/// # Errors
/// Only those of the database.
pub async fn follow_booking(tx: &Tx, booking_id: BookingId) -> Result<()> {
    let scope = Scope::whole(tx.ctx().municipality_id());
    let booking = booking::Entity::find_by_id(booking_id)
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .one(tx.db())
        .await?;
    let Some(booking) = booking else { return Ok(()) };
    let_go(tx, &booking).await?;
    lock_person(tx, &scope, booking.resident_id).await?;
    let Some(path) = find_latest(tx.db(), &scope, booking.resident_id).await? else {
        return Ok(());
    };
    bring_up_to_date(tx, &path, Some(booking_id)).await
}

/// Opens the steps of other people that point to a booking: it stood on their record, and does not
/// any more.
async fn let_go(tx: &Tx, booking: &booking::Model) -> Result<()> {
    let theirs = path::Entity::find()
        .select_only()
        .column(path::Column::Id)
        .filter(path::Column::ResidentId.ne(booking.resident_id));

    path_step::Entity::update_many()
        .set(path_step::ActiveModel {
            state: ActiveValue::Set(StepState::Proposed),
            booking_id: ActiveValue::Set(None),
            ..Default::default()
        })
        .filter(path_step::Column::BookingId.eq(booking.id))
        .filter(path_step::Column::PathId.in_subquery(theirs.into_query()))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Marks an open step as done or dropped, for what has no booking: practice at home, a talk on
/// the phone, or a step that the person does not want any more.
///
/// # Errors
/// `NotFound` outside the scope or in a former version, `step_not_open` for a step that is
/// done or dropped, `step_has_booking` while the person has a seat for it.
pub async fn mark_step(
    tx: &Tx,
    scope: &Scope,
    step_id: PathStepId,
    version: i32,
    mark: MarkedState,
    reason: Option<OverrideReason>,
) -> Result<path_step::Model> {
    let step = path_step::Entity::find_by_id(step_id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    let path = path::Entity::find_by_id(step.path_id)
        .filter(path::Column::MunicipalityId.eq(scope.municipality_id))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)?;

    lock_person(tx, scope, path.resident_id).await?;
    let latest = find_latest(tx.db(), scope, path.resident_id).await?;
    if latest.is_none_or(|latest| latest.id != path.id) {
        return Err(Error::NotFound);
    }
    if path.version != version {
        return Err(Error::Stale);
    }

    // Read again: before the lock somebody else may have marked it.
    let mut step =
        path_step::Entity::find_by_id(step_id).one(tx.db()).await?.ok_or(Error::NotFound)?;
    match step.state {
        StepState::Proposed | StepState::Missed => {}
        StepState::Booked => return Err(Refusal::StepHasBooking.into()),
        StepState::Done | StepState::Dropped => return Err(Refusal::StepNotOpen.into()),
    }

    (step.state, step.booking_id) = (mark.state(), None);
    step.override_reason = reason.or(step.override_reason);
    path_step::Entity::update_many()
        .set(path_step::ActiveModel {
            state: ActiveValue::Set(step.state),
            booking_id: ActiveValue::Set(step.booking_id),
            override_reason: ActiveValue::Set(step.override_reason),
            ..Default::default()
        })
        .filter(path_step::Column::Id.eq(step.id))
        .exec(tx.db())
        .await?;

    // A booking whose step was dropped may have another one of its kind.
    bring_up_to_date(tx, &path, None).await?;

    let params = json!({ "step_key": format!("kind.{}", step.kind) });
    let line = mark.line();
    timeline::note(tx, path.resident_id, TimelineKind::Path, line, params, path.id.0).await?;
    tx.audit("path_step", step.id.0, json!({ "state": step.state, "reason": reason }));
    Ok(step)
}

/// The queue at which all changes of one person's path stand, so that a booking made while a
/// path is accepted is seen by one of the two.
async fn lock_person(tx: &Tx, scope: &Scope, id: ResidentId) -> Result<()> {
    residents::queries::lock(tx, scope, id).await.map(drop)
}

async fn bring_up_to_date(tx: &Tx, path: &path::Model, also: Option<BookingId>) -> Result<()> {
    let steps: Vec<StepNow> = steps_of(tx.db(), path)
        .await?
        .into_iter()
        .map(|step| StepNow {
            id: step.id,
            kind: step.kind,
            state: step.state,
            by_phone: step.by_phone,
            booking_id: step.booking_id,
        })
        .collect();

    let named = steps.iter().filter_map(|step| step.booking_id).chain(also);
    let found = booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(path.municipality_id))
        .filter(booking::Column::ResidentId.eq(path.resident_id))
        .filter(
            Condition::any()
                .add(booking::Column::State.is_in(BookingState::LIVING))
                .add(booking::Column::Id.is_in(named)),
        )
        .all(tx.db())
        .await?;

    let bookings: Vec<BookingNow> = rows(tx.db(), found)
        .await?
        .into_iter()
        // What lies behind counts only if a step points to it, or if it has just changed.
        .filter(|row| {
            let id = row.booking.id;
            let pointed_to = steps.iter().any(|step| step.booking_id == Some(id));
            let ahead = row.booking.attendance.is_none() && row.span().1 > tx.now();
            ahead || pointed_to || Some(id) == also
        })
        .filter_map(|row| {
            Some(BookingNow {
                id: row.booking.id,
                kind: StepKind::from_text(row.session.kind.as_str())?,
                standing: standing(row.booking.state, row.booking.attendance),
                starts_at: row.span().0,
            })
        })
        .collect();

    for step in follow(&steps, &bookings) {
        path_step::Entity::update_many()
            .set(path_step::ActiveModel {
                state: ActiveValue::Set(step.state),
                booking_id: ActiveValue::Set(step.booking_id),
                ..Default::default()
            })
            .filter(path_step::Column::Id.eq(step.id))
            .exec(tx.db())
            .await?;
        tx.audit("path_step", step.id.0, json!({ "state": step.state }));
    }
    Ok(())
}
