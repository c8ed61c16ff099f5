//! Reads and row locks.

pub(super) mod around;
mod staffing;
mod views;
mod year;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::places::{area, venue};
use entity::sessions::seat::{self, BookingState, Via};
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::sessions::slot;
use entity::{ProgrammeId, SessionId, StaffId, VenueId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

pub use around::conflicts_of;
pub use staffing::{StaffChoice, Staffing, staff_choices, staffing};
pub use views::{
    PublicSession, SessionCreated, SessionDetail, SessionItem, SessionStaff, SlotItem, VenueLine,
    created, detail, venue_lines,
};
pub use year::{KindFigure, year_figures};

use super::rules::ClosedDay;
use crate::platform::db::{locked, reached};
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Lang, Page, Result, Scope, Tx};
use crate::{places, staff};

/// A session with its venue and its free seats.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub session: session::Model,
    pub venue: venue::Model,
    /// Seats or slots that can be booked now. A seat offered to somebody who waited is taken.
    pub free: i32,
    /// People waiting.
    pub waiting: i32,
    /// Seats that were booked on the web, among those taken.
    pub by_web: i32,
}

impl SessionRow {
    /// 「7月10日（水曜日）午後2時から4時まで」.
    pub fn when(&self, lang: Lang) -> String {
        lang.day_and_span(self.session.starts_at, self.session.ends_at)
    }

    /// 「7月10日（水曜日）」.
    pub fn day(&self, lang: Lang) -> String {
        lang.day(local_date(self.session.starts_at))
    }

    /// 「午後2時から4時まで」.
    pub fn time(&self, lang: Lang) -> String {
        lang.span(self.session.starts_at, self.session.ends_at)
    }

    /// Its title.
    pub fn title(&self, lang: Lang) -> &str {
        lang.pick(&self.session.title_ja, &self.session.title_en)
    }

    /// The name of its venue.
    pub fn place(&self, lang: Lang) -> &str {
        lang.pick(&self.venue.name_ja, &self.venue.name_en)
    }

    /// What to bring.
    pub fn bring(&self, lang: Lang) -> &str {
        lang.pick(&self.session.bring_ja, &self.session.bring_en)
    }
}

/// Which sessions a list shows.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    pub kind: Option<SessionKind>,
    /// Starts at or after this.
    pub from: Option<DateTime<Utc>>,
    /// Starts before this.
    pub to: Option<DateTime<Utc>>,
    /// Only planned ones with a free seat for whoever comes first, and a start in the future.
    pub open: bool,
    /// Only those shown to the public and not cancelled.
    pub public_only: bool,
    pub area_code: Option<String>,
    pub venue_id: Option<VenueId>,
}

fn within(scope: &Scope) -> Select<session::Entity> {
    session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(reached(scope, session::Column::ProgrammeId, session::Column::WardId))
}

/// Sessions by start, soonest first; `after` is the `next` of the page before. Three queries.
///
/// # Errors
/// `Invalid` when `after` is none of ours.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &SessionFilter,
    now: DateTime<Utc>,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<SessionRow>> {
    let mut select = filtered(within(scope), scope, filter, now);
    if let Some(after) = after {
        let (at, id) = read_cursor(after).ok_or(Error::invalid("after", "err.sessions.after"))?;
        let same_start =
            Condition::all().add(session::Column::StartsAt.eq(at)).add(session::Column::Id.gt(id));
        select =
            select.filter(Condition::any().add(session::Column::StartsAt.gt(at)).add(same_start));
    }

    let found = select
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .limit(limit as u64 + 1)
        .all(db)
        .await?;

    let page = Page::cut(found, limit, cursor);
    Ok(Page { items: rows(db, page.items).await?, next: page.next })
}

fn filtered(
    mut select: Select<session::Entity>,
    scope: &Scope,
    filter: &SessionFilter,
    now: DateTime<Utc>,
) -> Select<session::Entity> {
    use session::Column;

    if let Some(kind) = filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(from) = filter.from {
        select = select.filter(Column::StartsAt.gte(from));
    }
    if let Some(to) = filter.to {
        select = select.filter(Column::StartsAt.lt(to));
    }

    if let Some(id) = filter.venue_id {
        select = select.filter(Column::VenueId.eq(id));
    }
    if let Some(code) = &filter.area_code {
        select = select.filter(Column::VenueId.in_subquery(venues_of_area(scope, code)));
    }

    if filter.public_only {
        select = select
            .filter(Column::IsPublic.eq(true))
            .filter(Column::State.eq(SessionState::Planned));
    }

    if filter.open {
        select = select
            .filter(Column::State.eq(SessionState::Planned))
            .filter(Column::Allocation.eq(Allocation::FirstCome))
            .filter(Column::StartsAt.gt(now))
            .filter(
                Expr::col((session::Entity, Column::Taken))
                    .lt(Expr::col((session::Entity, Column::Capacity))),
            );
    }

    select
}

fn venues_of_area(scope: &Scope, code: &str) -> SelectStatement {
    let areas = Query::select()
        .column(area::Column::Id)
        .from(area::Entity)
        .and_where(area::Column::MunicipalityId.eq(scope.municipality_id))
        .and_where(area::Column::Code.eq(code))
        .take();
    Query::select()
        .column(venue::Column::Id)
        .from(venue::Entity)
        .and_where(venue::Column::AreaId.in_subquery(areas))
        .take()
}

/// Where the next page starts: microseconds of the start, and the id.
fn cursor(session: &session::Model) -> String {
    format!("{}.{}", session.starts_at.timestamp_micros(), session.id)
}

fn read_cursor(text: &str) -> Option<(DateTime<Utc>, SessionId)> {
    let (micros, id) = text.split_once('.')?;
    let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    // Beyond the calendar of the databases there are no sessions of ours.
    let sane = at.timestamp().abs() < 100_000_000_000;
    sane.then_some(())?;
    Some((at, SessionId(id.parse().ok()?)))
}

/// Joins venues and queues to sessions: two queries, however many sessions.
async fn rows(db: &impl ConnectionTrait, found: Vec<session::Model>) -> Result<Vec<SessionRow>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }

    let venues: HashMap<VenueId, venue::Model> = venue::Entity::find()
        .filter(venue::Column::Id.is_in(found.iter().map(|session| session.venue_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|venue| (venue.id, venue))
        .collect();

    let waits = seat::Column::State.eq(BookingState::Waiting);
    let by_web = Condition::all()
        .add(seat::Column::Via.eq(Via::Web))
        .add(seat::Column::State.is_in(BookingState::SEATED));
    let counted: Vec<(SessionId, BookingState, i64)> = seat::Entity::find()
        .select_only()
        .column(seat::Column::SessionId)
        .column(seat::Column::State)
        .column_as(seat::Column::Id.count(), "people")
        .filter(seat::Column::SessionId.is_in(found.iter().map(|session| session.id)))
        .filter(Condition::any().add(waits).add(by_web))
        .group_by(seat::Column::SessionId)
        .group_by(seat::Column::State)
        .into_tuple()
        .all(db)
        .await?;

    let people = |id: SessionId, waiting: bool| {
        let of = counted.iter().filter(|(session, state, _)| {
            *session == id && (*state == BookingState::Waiting) == waiting
        });
        i32::try_from(of.map(|(_, _, people)| people).sum::<i64>()).unwrap_or(i32::MAX)
    };

    found
        .into_iter()
        .map(|session| {
            let venue = venues.get(&session.venue_id).cloned().ok_or(Error::NotFound)?;
            let (waiting, by_web) = (people(session.id, true), people(session.id, false));
            let planned = session.state == SessionState::Planned;
            let free = if planned { session.capacity - session.taken } else { 0 };
            Ok(SessionRow { free, waiting, by_web, venue, session })
        })
        .collect()
}

/// A session.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(db: &impl ConnectionTrait, scope: &Scope, id: SessionId) -> Result<SessionRow> {
    let found = within(scope).filter(session::Column::Id.eq(id)).one(db).await?;
    let session = found.ok_or(Error::NotFound)?;
    rows(db, vec![session]).await?.pop().ok_or(Error::NotFound)
}

/// A session by its code.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_code(
    db: &impl ConnectionTrait,
    scope: &Scope,
    code: &str,
) -> Result<Option<session::Model>> {
    Ok(within(scope).filter(session::Column::Code.eq(code)).one(db).await?)
}

/// A session, locked until the transaction ends: the queue at which all its bookings stand.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: SessionId) -> Result<session::Model> {
    locked(within(scope).filter(session::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// A slot with its staff member.
#[derive(Clone, Debug)]
pub struct SlotRow {
    pub slot: slot::Model,
    pub staff_name: String,
    /// Nobody has it.
    pub free: bool,
}

/// The slots of a session, by start and staff member. Four queries.
///
/// # Errors
/// `NotFound` when the session is none of the scope's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn slots(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
) -> Result<Vec<SlotRow>> {
    let session = within(scope).filter(session::Column::Id.eq(id)).one(db).await?;
    let session = session.ok_or(Error::NotFound)?;

    let found = slot::Entity::find()
        .filter(slot::Column::SessionId.eq(session.id))
        .order_by_asc(slot::Column::StartsAt)
        .order_by_asc(slot::Column::StaffId)
        .all(db)
        .await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }

    let taken: Vec<entity::SlotId> = seat::Entity::find()
        .select_only()
        .column(seat::Column::SlotId)
        .filter(seat::Column::SessionId.eq(session.id))
        .filter(seat::Column::SlotId.is_not_null())
        .filter(seat::Column::State.is_in(BookingState::SEATED))
        .into_tuple()
        .all(db)
        .await?;

    let mut ids: Vec<StaffId> = found.iter().map(|slot| slot.staff_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = staff::queries::names(db, &ids).await?;

    let open = session.state == SessionState::Planned;
    let row = |slot: slot::Model| SlotRow {
        staff_name: names.get(&slot.staff_id).cloned().unwrap_or_default(),
        free: open && !taken.contains(&slot.id),
        slot,
    };
    Ok(found.into_iter().map(row).collect())
}

/// Slots of a session that nobody has, with the staff member of each, by start.
///
/// # Errors
/// `NotFound` when the session is none of the scope's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn free_slots(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
) -> Result<Vec<(slot::Model, StaffId, String)>> {
    let all = slots(db, scope, id).await?;
    let free = all.into_iter().filter(|row| row.free);
    Ok(free.map(|row| (row.slot.clone(), row.slot.staff_id, row.staff_name)).collect())
}

/// The slots to come of these sessions that nobody has, with the staff member of each, by start. At
/// most three queries, however many sessions; which sessions are seen is for the caller to know.
///
/// # Errors
/// Those of the database.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn free_slots_of(
    db: &impl ConnectionTrait,
    sessions: &[SessionId],
    now: DateTime<Utc>,
) -> Result<Vec<(slot::Model, String)>> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }

    let taken = seat::Entity::find()
        .select_only()
        .column(seat::Column::SlotId)
        .filter(seat::Column::SessionId.is_in(sessions.iter().copied()))
        .filter(seat::Column::SlotId.is_not_null())
        .filter(seat::Column::State.is_in(BookingState::SEATED));

    let free = slot::Entity::find()
        .filter(slot::Column::SessionId.is_in(sessions.iter().copied()))
        .filter(slot::Column::StartsAt.gt(now))
        .filter(slot::Column::Id.not_in_subquery(taken.into_query()))
        .order_by_asc(slot::Column::StartsAt)
        .order_by_asc(slot::Column::StaffId)
        .all(db)
        .await?;

    let mut ids: Vec<StaffId> = free.iter().map(|slot| slot.staff_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = staff::queries::names(db, &ids).await?;

    let named = |slot: slot::Model| {
        let name = names.get(&slot.staff_id).cloned().unwrap_or_default();
        (slot, name)
    };
    Ok(free.into_iter().map(named).collect())
}

/// The days on which a venue is closed, with those of the whole municipality.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn closed_days(
    db: &impl ConnectionTrait,
    scope: &Scope,
    venue_id: VenueId,
) -> Result<Vec<ClosedDay>> {
    let all = places::queries::list_closures(db, scope).await?;
    let here = all.into_iter().filter(|day| day.venue_id.is_none_or(|id| id == venue_id));
    let day = |day: places::closure::Model| ClosedDay {
        on: day.on_date,
        reason_ja: day.reason_ja,
        reason_en: day.reason_en,
    };
    Ok(here.map(day).collect())
}

/// How many sessions of a kind a programme has between two instants, those cancelled left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub programme_id: ProgrammeId,
    pub kind: SessionKind,
    pub count: i64,
}

/// Counts sessions that end within `from..to`, by programme and kind. One query.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn tally(
    db: &impl ConnectionTrait,
    scope: &Scope,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Tally>> {
    let found: Vec<(ProgrammeId, SessionKind, i64)> = within(scope)
        .select_only()
        .column(session::Column::ProgrammeId)
        .column(session::Column::Kind)
        .column_as(session::Column::Id.count(), "sessions")
        .filter(session::Column::State.eq(SessionState::Planned))
        .filter(session::Column::EndsAt.gt(from))
        .filter(session::Column::EndsAt.lte(to))
        .group_by(session::Column::ProgrammeId)
        .group_by(session::Column::Kind)
        .into_tuple()
        .all(db)
        .await?;

    Ok(found
        .into_iter()
        .map(|(programme_id, kind, count)| Tally { programme_id, kind, count })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_cursors_are_read() {
        for (text, want) in [
            ("1720587600000000.12", Some((1_720_587_600, 12))),
            ("1720587600000000", None),
            ("x.12", None),
            ("1720587600000000.x", None),
            ("9223372036854775807.1", None),
            ("", None),
        ] {
            let got = read_cursor(text).map(|(at, id)| (at.timestamp(), id.0));
            assert_eq!(got, want, "{text}");
        }
    }
}
