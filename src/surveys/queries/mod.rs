//! Reads and row locks.

mod evidence;
mod figures;
mod participants;
mod view;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::bookings::booking;
use entity::residents::contact_channel::{self, Channel};
use entity::residents::resident::{self, Standing};
use entity::sessions::session;
use entity::surveys::follow_up::{self, CloseReason, FollowUpState, Replan};
use entity::surveys::{class_answers, follow_up_booking, survey_call};
use entity::{BookingId, FollowUpId, ResidentId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use crate::bookings::BookingRow;
use crate::bookings::queries as bookings;
use crate::inquiries;
use crate::paths;
use crate::paths::queries::Proposed;
use crate::paths::rules::Hearing;
use crate::platform::db::{locked, reached};
use crate::platform::japan::BookingNumber;
use crate::platform::{Error, Page, Personal, Result, Scope, Tx};
use crate::residents;
use crate::surveys::rules;

pub use evidence::{Progress, progress};
pub use figures::{FigureFilter, figures, figures_of, is_any_open};
pub use participants::{ClassAnswers, Participant, participants, told_at_class};
pub use view::{FollowUp, FollowUpRow, class_words};

/// Most open proposals listed at once.
const MOST_PROPOSALS: u64 = 100;

/// Which follow-ups a list shows.
#[derive(Clone, Debug, Default)]
pub struct FollowUpFilter {
    /// Empty: those that are not over.
    pub states: Vec<FollowUpState>,
    /// Due on this day or later.
    pub from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// States in which somebody is still to be asked.
pub const OPEN: [FollowUpState; 3] =
    [FollowUpState::Waiting, FollowUpState::Asked, FollowUpState::Calling];

pub(super) fn within(scope: &Scope) -> Select<follow_up::Entity> {
    let mut select = follow_up::Entity::find()
        .filter(follow_up::Column::MunicipalityId.eq(scope.municipality_id));
    if let Some(own) = scope.resident_id {
        select = select.filter(follow_up::Column::ResidentId.eq(own));
    }

    if scope.reach.is_some() {
        let sessions = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(reached(scope, session::Column::ProgrammeId, session::Column::WardId));
        let bookings = booking::Entity::find()
            .select_only()
            .column(booking::Column::Id)
            .filter(booking::Column::SessionId.in_subquery(sessions.into_query()));
        select = select.filter(follow_up::Column::BookingId.in_subquery(bookings.into_query()));
    }
    select
}

/// A follow-up.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: FollowUpId,
) -> Result<follow_up::Model> {
    within(scope).filter(follow_up::Column::Id.eq(id)).one(db).await?.ok_or(Error::NotFound)
}

/// A follow-up, locked until the transaction ends. Lock its person first.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: FollowUpId) -> Result<follow_up::Model> {
    locked(within(scope).filter(follow_up::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// One follow-up with its person and class.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_row(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: FollowUpId,
) -> Result<Personal<FollowUpRow>> {
    let found = get(db, scope, id).await?;
    let row = rows(db, scope, vec![found]).await?.pop().ok_or(Error::NotFound)?;
    let person = row.person.id;
    Ok(Personal::new(row, [person]))
}

/// The kana of whom a follow-up is about, for whoever has to do with the person already.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn kana(db: &impl ConnectionTrait, scope: &Scope, id: FollowUpId) -> Result<String> {
    // No look of its own: the page of the follow-up was opened before, or its sheet recorded.
    Ok(get_row(db, scope, id).await?.for_work().person.kana)
}

/// The follow-up to which a link leads.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_token(
    db: &impl ConnectionTrait,
    scope: &Scope,
    token: &str,
) -> Result<Option<follow_up::Model>> {
    let hash = rules::token_hash(token);
    Ok(within(scope).filter(follow_up::Column::TokenHash.eq(hash)).one(db).await?)
}

/// The follow-up whose sheet has this code.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_code(
    db: &impl ConnectionTrait,
    scope: &Scope,
    code: BookingNumber,
) -> Result<Option<follow_up::Model>> {
    let code: i32 = code.digits().parse().map_err(Error::internal)?;
    Ok(within(scope).filter(follow_up::Column::Code.eq(code)).one(db).await?)
}

/// All follow-ups of a person, oldest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn of_resident(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<Vec<follow_up::Model>> {
    Ok(within(scope)
        .filter(follow_up::Column::ResidentId.eq(resident_id))
        .order_by_asc(follow_up::Column::Id)
        .all(db)
        .await?)
}

/// Whether the person is asked on the same day anyway, because another class was attended since.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn has_another(db: &impl ConnectionTrait, row: &follow_up::Model) -> Result<bool> {
    let whole = Scope::whole(row.municipality_id);
    let all = of_resident(db, &whole, row.resident_id).await?;
    Ok(all.iter().any(|other| {
        other.id != row.id && other.due_on == row.due_on && other.state != FollowUpState::Closed
    }))
}

/// How many follow-ups go on when a person who was not to be contacted is back after all.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn would_resume(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
) -> Result<usize> {
    let mut count = 0;
    for row in of_resident(db, scope, resident_id).await? {
        let is_silent = row.close_reason == Some(CloseReason::Silent);
        count += usize::from(is_silent && !has_another(db, &row).await?);
    }
    Ok(count)
}

/// Follow-ups by day, those of people who may be contacted. `after` is the `next` of the page
/// before.
///
/// # Errors
/// `BadRequest` for an `after` that was never given out.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &FollowUpFilter,
    limit: usize,
    after: Option<&str>,
) -> Result<Personal<Page<FollowUpRow>>> {
    let states = if filter.states.is_empty() { OPEN.to_vec() } else { filter.states.clone() };
    let mut select = within(scope)
        .filter(follow_up::Column::State.is_in(states))
        .filter(follow_up::Column::ResidentId.in_subquery(active(scope).into_query()));

    if let Some(from) = filter.from {
        select = select.filter(follow_up::Column::DueOn.gte(from));
    }
    if let Some(to) = filter.to {
        select = select.filter(follow_up::Column::DueOn.lte(to));
    }
    if let Some(after) = after {
        let (day, id) = read_cursor(after).ok_or(Error::BadRequest)?;
        let same = Condition::all()
            .add(follow_up::Column::DueOn.eq(day))
            .add(follow_up::Column::Id.gt(id));
        select = select.filter(Condition::any().add(follow_up::Column::DueOn.gt(day)).add(same));
    }

    let found = select
        .order_by_asc(follow_up::Column::DueOn)
        .order_by_asc(follow_up::Column::Id)
        .limit(limit as u64 + 1)
        .all(db)
        .await?;
    let page = Page::cut(found, limit, |row| format!("{}.{}", row.due_on, row.id));
    let shown = with_people(rows(db, scope, page.items).await?);
    Ok(shown.map(|items| Page { items, next: page.next }))
}

/// The rows, closed over the people whom they show.
fn with_people(rows: Vec<FollowUpRow>) -> Personal<Vec<FollowUpRow>> {
    let people: Vec<ResidentId> = rows.iter().map(|row| row.person.id).collect();
    Personal::new(rows, people)
}

/// The ids of the people who may be contacted.
fn active(scope: &Scope) -> Select<resident::Entity> {
    resident::Entity::find()
        .select_only()
        .column(resident::Column::Id)
        .filter(resident::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(resident::Column::Standing.eq(Standing::Active))
}

fn read_cursor(text: &str) -> Option<(NaiveDate, FollowUpId)> {
    let (day, id) = text.split_once('.')?;
    Some((day.parse().ok()?, FollowUpId(id.parse().ok()?)))
}

/// Joins people and classes: as many queries for one as for many. For work and for finders, which
/// close the rows over their people again.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn rows(
    db: &impl ConnectionTrait,
    scope: &Scope,
    found: Vec<follow_up::Model>,
) -> Result<Vec<FollowUpRow>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }

    let whole = Scope { resident_id: scope.resident_id, ..Scope::whole(scope.municipality_id) };
    let ids: Vec<ResidentId> = found.iter().map(|row| row.resident_id).collect();
    let people = residents::queries::found_by_ids(db, &whole, &ids).await?.for_work();
    let active: HashSet<ResidentId> = active(scope)
        .filter(resident::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();

    let classes = booking::Entity::find()
        .filter(booking::Column::Id.is_in(found.iter().map(|row| row.booking_id)))
        .all(db)
        .await?;
    let classes: HashMap<BookingId, BookingRow> =
        bookings::rows(db, classes).await?.into_iter().map(|row| (row.booking.id, row)).collect();

    found
        .into_iter()
        .map(|row| {
            let person = people.get(&row.resident_id).cloned().ok_or(Error::NotFound)?;
            let class = classes.get(&row.booking_id).cloned().ok_or(Error::NotFound)?;
            let active = active.contains(&row.resident_id);
            Ok(FollowUpRow { follow_up: row, person, active, class })
        })
        .collect()
}

/// The days of the classes that a follow-up covers, in their order.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn days_covered(db: &impl ConnectionTrait, id: FollowUpId) -> Result<Vec<NaiveDate>> {
    let found = follow_up_booking::Entity::find()
        .filter(follow_up_booking::Column::FollowUpId.eq(id))
        .order_by_asc(follow_up_booking::Column::AttendedOn)
        .all(db)
        .await?;
    Ok(found.into_iter().map(|row| row.attended_on).collect())
}

/// The classes that follow-ups cover, each with its day, in their order.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn covered(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[FollowUpId],
) -> Result<HashMap<FollowUpId, Vec<(NaiveDate, BookingRow)>>> {
    let links = follow_up_booking::Entity::find()
        .filter(follow_up_booking::Column::FollowUpId.is_in(ids.iter().copied()))
        .order_by_asc(follow_up_booking::Column::AttendedOn)
        .order_by_asc(follow_up_booking::Column::BookingId)
        .all(db)
        .await?;

    let found = booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::Id.is_in(links.iter().map(|link| link.booking_id)))
        .all(db)
        .await?;
    let rows: HashMap<BookingId, BookingRow> =
        bookings::rows(db, found).await?.into_iter().map(|row| (row.booking.id, row)).collect();

    let mut covered: HashMap<FollowUpId, Vec<(NaiveDate, BookingRow)>> = HashMap::new();
    for link in links {
        if let Some(row) = rows.get(&link.booking_id) {
            let of = covered.entry(link.follow_up_id).or_default();
            of.push((link.attended_on, row.clone()));
        }
    }
    Ok(covered)
}

/// The follow-ups that cover these bookings.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn by_bookings(
    db: &impl ConnectionTrait,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<HashMap<BookingId, follow_up::Model>> {
    let found = within(scope)
        .filter(follow_up::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(follow_up::Column::Id)
        .all(db)
        .await?;
    Ok(found.into_iter().map(|row| (row.booking_id, row)).collect())
}

/// Calls made for a follow-up, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn calls(
    db: &impl ConnectionTrait,
    follow_up: &follow_up::Model,
) -> Result<Vec<survey_call::Model>> {
    Ok(survey_call::Entity::find()
        .filter(survey_call::Column::FollowUpId.eq(follow_up.id))
        .order_by_desc(survey_call::Column::Id)
        .all(db)
        .await?)
}

/// What was told before and at the end of these classes, oldest class first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn class_answers(
    db: &impl ConnectionTrait,
    bookings: &[BookingId],
) -> Result<Vec<class_answers::Model>> {
    Ok(class_answers::Entity::find()
        .filter(class_answers::Column::BookingId.is_in(bookings.iter().copied()))
        .order_by_asc(class_answers::Column::BookingId)
        .order_by_asc(class_answers::Column::Id)
        .all(db)
        .await?)
}

/// The path that would be proposed to a person now, and the hearing it follows from.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn proposal(
    db: &impl ConnectionTrait,
    scope: &Scope,
    resident_id: ResidentId,
    now: DateTime<Utc>,
) -> Result<(Hearing, Proposed)> {
    let said = inquiries::queries::find_recent_hearing(db, scope, resident_id).await?;
    let map = said.and_then(|(_, said)| said.as_object().cloned()).unwrap_or_default();
    // What was stored under older questions must not stop anybody.
    let hearing = Hearing::parse(&map).unwrap_or_default();
    let proposed = paths::queries::propose(db, scope, resident_id, &hearing, now).await?;
    Ok((hearing, proposed))
}

/// The way that each of these people prefers.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn first_channels(
    db: &impl ConnectionTrait,
    residents: &[ResidentId],
) -> Result<HashMap<ResidentId, Channel>> {
    let found = contact_channel::Entity::find()
        .filter(contact_channel::Column::ResidentId.is_in(residents.iter().copied()))
        .order_by_desc(contact_channel::Column::Rank)
        .all(db)
        .await?;
    Ok(found.into_iter().map(|row| (row.resident_id, row.channel)).collect())
}

/// Whether the person of a follow-up may be contacted at all.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn is_active(db: &impl ConnectionTrait, row: &follow_up::Model) -> Result<bool> {
    let whole = Scope::whole(row.municipality_id);
    let person = residents::queries::get(db, &whole, row.resident_id).await?;
    Ok(person.standing == Standing::Active)
}

/// Whether somebody is still to decide about the path that the answers ask for. A path that was
/// agreed on after the answers is the decision, and there is none about a person who may not be
/// contacted any more.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn is_proposal_open(
    db: &impl ConnectionTrait,
    scope: &Scope,
    row: &follow_up::Model,
) -> Result<bool> {
    if row.replan != Replan::Open {
        return Ok(false);
    }
    if !is_active(db, row).await? {
        return Ok(false);
    }
    let accepted = paths::queries::accepted_at(db, scope, &[row.resident_id]).await?;
    let agreed = accepted.get(&row.resident_id).copied();
    Ok(agreed.zip(row.answered_at).is_none_or(|(agreed, answered)| agreed <= answered))
}

/// The path that the answers ask for, as long as somebody is to decide about it.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn open_proposal(
    db: &impl ConnectionTrait,
    scope: &Scope,
    row: &follow_up::Model,
    now: DateTime<Utc>,
) -> Result<Option<Proposed>> {
    if !is_proposal_open(db, scope, row).await? {
        return Ok(None);
    }
    // The path is made of all that is known of the person, whoever looks.
    let whole = Scope::whole(row.municipality_id);
    let (_, proposed) = proposal(db, &whole, row.resident_id, now).await?;
    Ok(Some(proposed))
}

/// Follow-ups whose answers ask for another path, oldest first; those of people who may be
/// contacted.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn open_proposals(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Personal<Vec<FollowUpRow>>> {
    let found = within(scope)
        .filter(follow_up::Column::Replan.eq(Replan::Open))
        .filter(follow_up::Column::ResidentId.in_subquery(active(scope).into_query()))
        .order_by_asc(follow_up::Column::AnsweredAt)
        .limit(MOST_PROPOSALS)
        .all(db)
        .await?;
    let ids: Vec<ResidentId> = found.iter().map(|row| row.resident_id).collect();
    let accepted = paths::queries::accepted_at(db, scope, &ids).await?;
    let open = found.into_iter().filter(|row| {
        let agreed = accepted.get(&row.resident_id).copied();
        agreed.zip(row.answered_at).is_none_or(|(agreed, answered)| agreed <= answered)
    });
    Ok(with_people(rows(db, scope, open.collect()).await?))
}
