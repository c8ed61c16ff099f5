//! Reads.

use chrono::{DateTime, NaiveDate, Utc};
use entity::inquiries::inquiry::{self, InquiryState, Outcome, Topic};
use entity::{InquiryId, ResidentId, StaffId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use super::rules::{Due, due};
use crate::places::queries::{get_municipality, list_closures, opening_hours};
use crate::platform::japan::{OpeningHours, PhoneNumber};
use crate::platform::{Error, Page, Personal, Result, Scope};
use crate::residents::{self, Found, resident};
use crate::staff;

/// Most promised calls that are listed at once.
const MOST_CALL_BACKS: u64 = 200;
/// Among so many last inquiries a hearing is looked for.
const RECENT: u64 = 20;

pub(super) fn within(scope: &Scope) -> Select<inquiry::Entity> {
    let select =
        inquiry::Entity::find().filter(inquiry::Column::MunicipalityId.eq(scope.municipality_id));
    match scope.resident_id {
        Some(own) => select.filter(inquiry::Column::ResidentId.eq(own)),
        None => select,
    }
}

fn closed(scope: &Scope) -> Select<inquiry::Entity> {
    within(scope).filter(inquiry::Column::State.eq(InquiryState::Closed))
}

/// An inquiry.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: InquiryId,
) -> Result<inquiry::Model> {
    within(scope).filter(inquiry::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// The operator's open draft.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_draft(
    db: &impl ConnectionTrait,
    scope: &Scope,
    operator_id: StaffId,
) -> Result<Option<inquiry::Model>> {
    Ok(within(scope)
        .filter(inquiry::Column::OperatorId.eq(operator_id))
        .filter(inquiry::Column::State.eq(InquiryState::Draft))
        .one(db)
        .await?)
}

/// The inquiry that the operator closed last.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_last_closed(
    db: &impl ConnectionTrait,
    scope: &Scope,
    operator_id: StaffId,
) -> Result<Option<inquiry::Model>> {
    Ok(closed(scope)
        .filter(inquiry::Column::OperatorId.eq(operator_id))
        .order_by_desc(inquiry::Column::Id)
        .one(db)
        .await?)
}

/// Closed inquiries, those that began last first. `after` is the `next` of the page before.
///
/// # Errors
/// `BadRequest` when `after` is no place in a list.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<inquiry::Model>> {
    let mut select = closed(scope)
        .order_by_desc(inquiry::Column::StartedAt)
        .order_by_desc(inquiry::Column::Id)
        .limit(limit as u64 + 1);

    if let Some(after) = after {
        let (at, id) = read_cursor(after).ok_or(Error::BadRequest)?;
        let same =
            Condition::all().add(inquiry::Column::StartedAt.eq(at)).add(inquiry::Column::Id.lt(id));
        select = select.filter(Condition::any().add(inquiry::Column::StartedAt.lt(at)).add(same));
    }

    let rows = select.all(db).await?;
    Ok(Page::cut(rows, limit, |row| format!("{}.{}", row.started_at.timestamp_micros(), row.id)))
}

fn read_cursor(text: &str) -> Option<(DateTime<Utc>, InquiryId)> {
    let (at, id) = text.split_once('.')?;
    let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
    // Other years cannot be compared as text.
    let year = chrono::Datelike::year(&at);
    (1..=9999).contains(&year).then_some(())?;
    Some((at, InquiryId(id.parse().ok()?)))
}

/// Promised calls that were not made yet, soonest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_call_backs(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<inquiry::Model>> {
    // Who died, moved away or withdrew is not rung up, and is again when that was a slip.
    let active = resident::Entity::find()
        .select_only()
        .column(resident::Column::Id)
        .filter(resident::Column::Standing.eq(resident::Standing::Active));
    let of_the_living = Condition::any()
        .add(inquiry::Column::ResidentId.is_null())
        .add(inquiry::Column::ResidentId.in_subquery(active.into_query()));

    Ok(closed(scope)
        .filter(of_the_living)
        .filter(inquiry::Column::CallBackAt.is_not_null())
        .filter(inquiry::Column::CalledBackAt.is_null())
        .order_by_asc(inquiry::Column::CallBackAt)
        .order_by_asc(inquiry::Column::Id)
        .limit(MOST_CALL_BACKS)
        .all(db)
        .await?)
}

/// How many inquiries were closed since an instant.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn count_since(
    db: &impl ConnectionTrait,
    scope: &Scope,
    since: DateTime<Utc>,
) -> Result<u64> {
    use sea_orm::PaginatorTrait;
    Ok(closed(scope).filter(inquiry::Column::EndedAt.gte(since)).count(db).await?)
}

/// A person's last closed inquiries, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn last_inquiries(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    limit: u64,
) -> Result<Vec<inquiry::Model>> {
    Ok(closed(scope)
        .filter(inquiry::Column::ResidentId.eq(resident_id))
        .order_by_desc(inquiry::Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}

/// What the person answered last, and when.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_recent_hearing(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Option<(DateTime<Utc>, serde_json::Value)>> {
    let answered =
        |row: &inquiry::Model| row.hearing.as_object().is_some_and(|map| !map.is_empty());
    let last = last_inquiries(db, scope, resident_id, RECENT).await?;
    Ok(last.into_iter().find(answered).map(|row| (row.started_at, row.hearing)))
}

/// An inquiry with the names that a list shows.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub inquiry: inquiry::Model,
    pub resident: Option<Found>,
    /// Name of the operator.
    pub operator: String,
}

impl LogRow {
    /// The number that was called from, or the first one of the person.
    pub fn phone(&self) -> Option<PhoneNumber> {
        let called_from = self.inquiry.caller_phone.as_deref();
        called_from
            .and_then(|written| PhoneNumber::parse(written).ok())
            .or_else(|| self.resident.as_ref()?.numbers.first().cloned())
    }

    /// The person or the number, to tell one button from another.
    pub fn who(&self) -> String {
        let kana = self.resident.as_ref().map(|found| found.kana.clone());
        kana.or_else(|| self.phone().map(|phone| phone.in_full())).unwrap_or_default()
    }

    /// The end of the topic's wording key.
    pub fn topic(&self) -> &'static str {
        self.inquiry.topic.map_or("none", Topic::as_str)
    }

    /// The end of the outcome's wording key.
    pub fn outcome(&self) -> &'static str {
        self.inquiry.outcome.map_or("other", Outcome::as_str)
    }

    /// How a promised call stands that was not made yet.
    pub fn due(&self, now: &DateTime<Utc>) -> Option<Due> {
        let open = self.inquiry.call_back_at.filter(|_| self.inquiry.called_back_at.is_none());
        open.map(|at| due(at, *now))
    }
}

/// Joins names to inquiries: as many queries for one as for many.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn log_rows(
    db: &impl ConnectionTrait,
    scope: &Scope,
    inquiries: Vec<inquiry::Model>,
) -> Result<Personal<Vec<LogRow>>> {
    let people: Vec<ResidentId> = inquiries.iter().filter_map(|row| row.resident_id).collect();
    let operators: Vec<StaffId> = inquiries.iter().map(|row| row.operator_id).collect();
    let people = residents::queries::found_by_ids(db, scope, &people).await?;
    let operators = staff::queries::names(db, &operators).await?;

    Ok(people.map(|people| {
        let row = |inquiry: inquiry::Model| LogRow {
            resident: inquiry.resident_id.and_then(|id| people.get(&id).cloned()),
            operator: operators.get(&inquiry.operator_id).cloned().unwrap_or_default(),
            inquiry,
        };
        inquiries.into_iter().map(row).collect()
    }))
}

/// The call centre's hours, and the days on which the whole municipality is closed.
pub(super) async fn hours_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<(OpeningHours, Vec<NaiveDate>)> {
    let municipality = get_municipality(db, scope.municipality_id).await?;
    let closures = list_closures(db, scope).await?;
    let whole = closures.into_iter().filter(|day| day.venue_id.is_none());
    Ok((opening_hours(&municipality)?, whole.map(|day| day.on_date).collect()))
}
