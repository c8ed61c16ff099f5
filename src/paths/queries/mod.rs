//! Reads: proposals and current paths.

mod proposal;
mod view;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::ResidentId;
use entity::bookings::booking;
use entity::paths::{path, path_step};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::bookings::queries::{BookingRow, rows};
use crate::paths::rules::{Fault, Hearing, HearingError, Ruleset};
use crate::places::queries::{list_areas, list_venues};
use crate::platform::{Error, FieldError, Personal, Result, Scope};

pub use proposal::{Proposed, propose};
pub use view::{
    AcceptedPath, PathProposal, PathStep, ProposedArrangement, ProposedClosing, ProposedNote,
    ProposedSession, ProposedStep, SetAside, StepBooking,
};

/// The current version of a person's path.
#[derive(Clone, Debug)]
pub struct PathView {
    pub path: path::Model,
    pub steps: Vec<StepView>,
}

/// A step with its booking.
#[derive(Clone, Debug)]
pub struct StepView {
    pub step: path_step::Model,
    pub booking: Option<BookingRow>,
}

/// The person's current path, if any.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn current(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Personal<Option<PathView>>> {
    let Some(path) = find_latest(db, scope, resident_id).await? else {
        return Ok(Personal::new(None, []));
    };
    let steps = steps_of(db, &path).await?;

    let ids = steps.iter().filter_map(|step| step.booking_id);
    let bookings = booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(path.municipality_id))
        .filter(booking::Column::ResidentId.eq(resident_id))
        .filter(booking::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let mut bookings: HashMap<_, _> =
        rows(db, bookings).await?.into_iter().map(|row| (row.booking.id, row)).collect();

    let steps = steps
        .into_iter()
        .map(|step| {
            let booking = step.booking_id.and_then(|id| bookings.remove(&id));
            StepView { step, booking }
        })
        .collect();
    Ok(Personal::new(Some(PathView { path, steps }), [resident_id]))
}

/// The newest version of a person's path.
pub(super) async fn find_latest(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Option<path::Model>> {
    if scope.resident_id.is_some_and(|own| own != resident_id) {
        return Ok(None);
    }

    Ok(path::Entity::find()
        .filter(path::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(path::Column::ResidentId.eq(resident_id))
        .order_by_desc(path::Column::Version)
        .one(db)
        .await?)
}

/// When these people's current paths were accepted.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn accepted_at(
    db: &impl ConnectionTrait,
    scope: &Scope,
    residents: &[ResidentId],
) -> Result<HashMap<ResidentId, DateTime<Utc>>> {
    let found = path::Entity::find()
        .filter(path::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(path::Column::ResidentId.is_in(residents.iter().copied()))
        .order_by_asc(path::Column::Version)
        .all(db)
        .await?;
    Ok(found.into_iter().map(|path| (path.resident_id, path.accepted_at)).collect())
}

/// The rule that began a person's path, such as `D2`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_base(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Option<String>> {
    let Some(path) = find_latest(db, scope, resident_id).await? else { return Ok(None) };
    let steps = steps_of(db, &path).await?;
    let mut named = steps
        .iter()
        .filter_map(|step| serde_json::from_value::<Vec<String>>(step.rule_ids.clone()).ok())
        .flatten();
    Ok(named.find(|id| Ruleset::shipped().begins(id)))
}

/// The steps of a path in their order.
pub(super) async fn steps_of(
    db: &impl ConnectionTrait,
    path: &path::Model,
) -> Result<Vec<path_step::Model>> {
    Ok(path_step::Entity::find()
        .filter(path_step::Column::PathId.eq(path.id))
        .order_by_asc(path_step::Column::Rank)
        .all(db)
        .await?)
}

/// Reads a map of answers.
///
/// # Errors
/// `Invalid` with every unknown key and value, as fields `hearing.<key>`.
pub fn read_hearing(answers: &serde_json::Value) -> Result<Hearing> {
    let Some(map) = answers.as_object() else {
        return Err(Error::invalid("hearing", "hearing.fault.unknown_value"));
    };
    Hearing::parse(map).map_err(|faults| Error::Invalid(faults.iter().map(named).collect()))
}

/// Reads a map of answers, and sees that every area it names is a venue or an area here.
///
/// # Errors
/// `Invalid` with every unknown key and value, as fields `hearing.<key>`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn check_hearing(
    db: &impl ConnectionTrait,
    scope: &Scope,
    answers: &serde_json::Value,
) -> Result<Hearing> {
    let hearing = read_hearing(answers)?;
    if hearing.areas.is_empty() {
        return Ok(hearing);
    }

    let areas = list_areas(db, scope).await?.into_iter().map(|area| area.code);
    let venues = list_venues(db, scope).await?.into_iter().map(|venue| venue.code);
    let known: BTreeSet<String> = areas.chain(venues).collect();
    let unknown: Vec<FieldError> = hearing
        .areas
        .difference(&known)
        .map(|code| HearingError {
            key: "areas".to_owned(),
            value: code.clone(),
            fault: Fault::UnknownValue,
        })
        .map(|fault| named(&fault))
        .collect();

    if unknown.is_empty() { Ok(hearing) } else { Err(Error::Invalid(unknown)) }
}

fn named(fault: &HearingError) -> FieldError {
    let wording = match fault.fault {
        Fault::UnknownKey => "hearing.fault.unknown_key",
        Fault::UnknownValue => "hearing.fault.unknown_value",
        Fault::OnlyWithoutDevice => "hearing.fault.only_without_device",
    };
    let values = vec![("value", fault.value.clone())];
    FieldError { field: format!("hearing.{}", fault.key), wording, values }
}
