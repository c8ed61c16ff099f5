//! A project's own sessions and who came: rows, and what they sum up to.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, FixedOffset, NaiveTime, Utc};
use entity::bookings::booking::{self, Attendance, BookingState};
use entity::places::venue;
use entity::sessions::session::{self, SessionState};
use entity::subsidies::{project, project_report, project_session};
use entity::{BookingId, ResidentId, SessionId};
use poem_openapi::Object;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::platform::japan::time::{instant, to_jst};
use crate::platform::{Lang, Result};
use crate::subsidies::rules::report::{self, Counted, People};

/// A session of a project and how many came.
#[derive(Clone, Debug)]
pub struct Linked {
    pub session: session::Model,
    pub venue: venue::Model,
    pub attendance_count: i64,
    /// Distinct people of this session.
    pub person_count: i64,
    /// It takes place and has begun; before that it counts nothing.
    pub counts: bool,
}

/// A session of a project.
#[derive(Clone, Debug, Object)]
pub struct LinkedSession {
    pub session_id: SessionId,
    pub title: String,
    pub starts_at: DateTime<FixedOffset>,
    pub venue: String,
    /// 延べ
    pub attendance_count: i64,
    /// 実, of this session.
    pub person_count: i64,
    /// It takes place and has begun; before that it counts nothing.
    pub counts: bool,
}

impl Linked {
    /// In one language.
    pub fn said_in(self, lang: Lang) -> LinkedSession {
        LinkedSession {
            session_id: self.session.id,
            title: lang.pick(&self.session.title_ja, &self.session.title_en).to_owned(),
            starts_at: to_jst(self.session.starts_at),
            venue: lang.pick(&self.venue.name_ja, &self.venue.name_en).to_owned(),
            attendance_count: self.attendance_count,
            person_count: self.person_count,
            counts: self.counts,
        }
    }
}

/// One attendance, without a name: a ward officer counts people and does not look them up.
#[derive(Clone, Debug)]
pub struct Attended {
    pub session_id: SessionId,
    pub booking_id: BookingId,
    /// The person's number within this project, by first attendance, from 1.
    pub person_no: usize,
    /// Which of the person's attendances this is, from 1.
    pub time_no: usize,
    pub attendance: Attendance,
    pub starts_at: DateTime<Utc>,
}

/// One attendance, without a name.
#[derive(Clone, Debug, Object)]
pub struct AttendanceItem {
    pub session_id: SessionId,
    /// The person's number within the project.
    pub person_no: i64,
    /// Which of the person's attendances it is.
    pub time_no: i64,
    pub attendance: Attendance,
}

impl From<Attended> for AttendanceItem {
    fn from(attended: Attended) -> Self {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Self {
            session_id: attended.session_id,
            person_no: number(attended.person_no),
            time_no: number(attended.time_no),
            attendance: attended.attendance,
        }
    }
}

/// The sessions of a project, first one first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn linked(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Linked>> {
    let sessions = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(project.municipality_id))
        .filter(session::Column::Id.in_subquery(session_ids(project)))
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;

    let venues: HashMap<_, _> = venue::Entity::find()
        .filter(venue::Column::Id.is_in(sessions.iter().map(|session| session.venue_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|venue| (venue.id, venue))
        .collect();

    let mut came: HashMap<SessionId, (i64, HashSet<ResidentId>)> = HashMap::new();
    for booking in attended(db, project, now).await? {
        let entry = came.entry(booking.session_id).or_default();
        entry.0 += 1;
        entry.1.insert(booking.resident_id);
    }

    Ok(sessions
        .into_iter()
        .filter_map(|session| {
            let venue = venues.get(&session.venue_id).cloned()?;
            let (attendance_count, people) = came.remove(&session.id).unwrap_or_default();
            let person_count = i64::try_from(people.len()).unwrap_or(i64::MAX);
            let counts = session.state == SessionState::Planned && session.starts_at <= now;
            Some(Linked { session, venue, attendance_count, person_count, counts })
        })
        .collect())
}

fn session_ids(project: &project::Model) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(project_session::Column::SessionId)
        .from(project_session::Entity)
        .and_where(project_session::Column::ProjectId.eq(project.id))
        .to_owned()
}

/// Attendances of sessions that take place and have begun.
async fn attended(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Vec<booking::Model>> {
    let held = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::Id.in_subquery(session_ids(project)))
        .and_where(session::Column::State.eq(SessionState::Planned))
        .and_where(session::Column::StartsAt.lte(now))
        .to_owned();

    Ok(booking::Entity::find()
        .filter(booking::Column::MunicipalityId.eq(project.municipality_id))
        .filter(booking::Column::SessionId.in_subquery(held))
        .filter(booking::Column::State.eq(BookingState::Confirmed))
        .filter(booking::Column::Attendance.is_in(Attendance::CAME))
        .order_by_asc(booking::Column::Id)
        .all(db)
        .await?)
}

/// What the project's sessions sum up to now; cancelled ones, and those to come, are none.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn counted(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Counted> {
    let sessions = linked(db, project, now).await?;
    let people: HashSet<ResidentId> =
        attended(db, project, now).await?.into_iter().map(|booking| booking.resident_id).collect();
    let held = sessions.iter().filter(|row| row.counts).count();
    Ok(Counted {
        sessions: i64::try_from(held).unwrap_or(i64::MAX),
        attendances: sessions.iter().map(|row| row.attendance_count).sum(),
        persons: i64::try_from(people.len()).unwrap_or(i64::MAX),
    })
}

/// The figures of people of a project, counted and by hand.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn people(
    db: &impl ConnectionTrait,
    project: &project::Model,
    report: Option<&project_report::Model>,
    now: DateTime<Utc>,
) -> Result<People> {
    let live = counted(db, project, now).await?;
    let frozen = report.and_then(frozen);
    Ok(People {
        live,
        frozen,
        counted: report::standing(project.state, live, frozen),
        by_hand: report.map(by_hand).unwrap_or_default(),
    })
}

fn frozen(report: &project_report::Model) -> Option<Counted> {
    Some(Counted {
        sessions: report.counted_sessions?.into(),
        attendances: report.counted_attendances?.into(),
        persons: report.counted_persons?.into(),
    })
}

fn by_hand(report: &project_report::Model) -> Counted {
    let of = |count: Option<i32>| count.map_or(0, i64::from);
    Counted {
        sessions: of(report.session_count),
        attendances: of(report.attendance_count),
        persons: of(report.person_count),
    }
}

/// Every attendance behind the sums, in the order of the sessions.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn attendances(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Vec<Attended>> {
    let starts: HashMap<SessionId, DateTime<Utc>> = linked(db, project, now)
        .await?
        .into_iter()
        .map(|row| (row.session.id, row.session.starts_at))
        .collect();

    let mut bookings: Vec<(DateTime<Utc>, booking::Model)> = attended(db, project, now)
        .await?
        .into_iter()
        .filter_map(|booking| Some((*starts.get(&booking.session_id)?, booking)))
        .collect();
    bookings.sort_by_key(|(starts_at, booking)| (*starts_at, booking.session_id, booking.id));

    let mut numbers: HashMap<ResidentId, (usize, usize)> = HashMap::new();
    Ok(bookings
        .into_iter()
        .filter_map(|(starts_at, booking)| {
            let next = numbers.len() + 1;
            let (person_no, time_no) = numbers.entry(booking.resident_id).or_insert((next, 0));
            *time_no += 1;
            Some(Attended {
                session_id: booking.session_id,
                booking_id: booking.id,
                person_no: *person_no,
                time_no: *time_no,
                attendance: booking.attendance?,
                starts_at,
            })
        })
        .collect())
}

/// The attendances whose follow-ups are the project's.
pub(super) async fn attended_bookings(
    db: &impl ConnectionTrait,
    project: &project::Model,
    now: DateTime<Utc>,
) -> Result<Vec<BookingId>> {
    Ok(attended(db, project, now).await?.into_iter().map(|booking| booking.id).collect())
}

/// Sessions of the project's ward and days that belong to no project yet, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn free_sessions(
    db: &impl ConnectionTrait,
    project: &project::Model,
) -> Result<Vec<session::Model>> {
    let taken = Query::select()
        .column(project_session::Column::SessionId)
        .from(project_session::Entity)
        .to_owned();

    let [starts_on, ends_on] = super::days(db, project).await?;
    let mut select = session::Entity::find();
    if let Some(starts_on) = starts_on {
        select = select.filter(session::Column::StartsAt.gte(instant(starts_on, NaiveTime::MIN)));
    }
    if let Some(next) = ends_on.and_then(|ends_on| ends_on.succ_opt()) {
        select = select.filter(session::Column::StartsAt.lt(instant(next, NaiveTime::MIN)));
    }

    Ok(select
        .filter(session::Column::MunicipalityId.eq(project.municipality_id))
        .filter(session::Column::WardId.eq(project.ward_id))
        .filter(session::Column::State.eq(SessionState::Planned))
        .filter(session::Column::Id.not_in_subquery(taken))
        .order_by_desc(session::Column::StartsAt)
        .limit(100)
        .all(db)
        .await?)
}
