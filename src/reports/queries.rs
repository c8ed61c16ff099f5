//! Reads: the rows behind a table, and the table.

use std::collections::HashMap;

use chrono::{DateTime, NaiveTime, Utc};
use entity::bookings::booking::{self, Attendance, BookingState};
use entity::places::{municipality, venue, ward};
use entity::sessions::session::{self, SessionState};
use entity::{ProgrammeId, ResidentId, SessionId, VenueId, WardId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};

use super::printed::{self, Finding, Printed};
use super::rules::{Counts, Group, Held, Visit, count, years};
use crate::platform::db::reached;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Error, Lang, Result, Scope};
use crate::{places, programmes};

/// What a table is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitteeFilter {
    pub from: FiscalYear,
    pub to: FiscalYear,
    /// None: every programme of the scope.
    pub programme_id: Option<ProgrammeId>,
    /// None: every ward of the scope.
    pub ward_id: Option<WardId>,
}

/// One year of one group.
#[derive(Clone, Debug)]
pub struct YearRow {
    pub year: FiscalYear,
    /// Counted from our rows; none when there are no sessions of ours.
    pub live: Option<Counts>,
    /// As papers print it.
    pub printed: Vec<Printed>,
}

/// The years of one group, newest first.
#[derive(Clone, Debug)]
pub struct GroupTable {
    pub group: Group,
    pub years: Vec<YearRow>,
    /// All live years together; none when there is no live year.
    pub total: Option<Counts>,
    pub findings: Vec<Finding>,
}

/// The whole table.
#[derive(Clone, Debug)]
pub struct Report {
    pub groups: Vec<GroupTable>,
    /// All groups and live years together.
    pub total: Counts,
    /// Whose figures these are.
    pub municipality: municipality::Model,
    pub venues: HashMap<VenueId, venue::Model>,
    /// When it was counted.
    pub at: DateTime<Utc>,
}

fn held_within(
    scope: &Scope,
    filter: &CommitteeFilter,
    now: DateTime<Utc>,
) -> Select<session::Entity> {
    use session::Column;

    let start = instant(filter.from.start(), NaiveTime::MIN);
    let last = filter.to.end();
    let end = instant(last.succ_opt().unwrap_or(last), NaiveTime::MIN);

    let mut select = session::Entity::find()
        .filter(Column::MunicipalityId.eq(scope.municipality_id))
        .filter(Column::State.eq(SessionState::Planned))
        .filter(Column::StartsAt.gte(start))
        .filter(Column::StartsAt.lt(end))
        .filter(Column::EndsAt.lte(now))
        .filter(reached(scope, Column::ProgrammeId, Column::WardId));

    if let Some(id) = filter.programme_id {
        select = select.filter(Column::ProgrammeId.eq(id));
    }
    if let Some(id) = filter.ward_id {
        select = select.filter(Column::WardId.eq(id));
    }
    select
}

fn held_of(session: &session::Model) -> Held {
    Held {
        id: session.id,
        year: FiscalYear::of(local_date(session.starts_at)),
        group: Group::of(session.kind),
        venue_id: session.venue_id,
    }
}

/// The sessions that were held, by start, and who took part. Two queries.
async fn load(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    now: DateTime<Utc>,
) -> Result<(Vec<session::Model>, Vec<Visit>)> {
    let sessions = held_within(scope, filter, now)
        .order_by_asc(session::Column::StartsAt)
        .order_by_asc(session::Column::Id)
        .all(db)
        .await?;

    let ids =
        held_within(scope, filter, now).select_only().column(session::Column::Id).into_query();
    let visits: Vec<(SessionId, ResidentId)> = booking::Entity::find()
        .select_only()
        .column(booking::Column::SessionId)
        .column(booking::Column::ResidentId)
        .filter(booking::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(booking::Column::State.eq(BookingState::Confirmed))
        .filter(booking::Column::Attendance.is_in(Attendance::CAME))
        .filter(booking::Column::SessionId.in_subquery(ids))
        .into_tuple()
        .all(db)
        .await?;

    let visits = visits
        .into_iter()
        .map(|(session_id, resident_id)| Visit { session_id, resident_id })
        .collect();
    Ok((sessions, visits))
}

/// Programme and ward must be within the scope.
async fn check(db: &impl ConnectionTrait, scope: &Scope, filter: &CommitteeFilter) -> Result<()> {
    if let Some(id) = filter.programme_id {
        let known = programmes::queries::list_programmes(db, scope).await?;
        if !known.iter().any(|programme| programme.id == id) {
            return Err(Error::NotFound);
        }
    }
    if let Some(id) = filter.ward_id {
        let known = wards(db, scope).await?;
        if !known.iter().any(|ward| ward.id == id) {
            return Err(Error::NotFound);
        }
    }
    Ok(())
}

/// The wards of the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn wards(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<ward::Model>> {
    let mut all = places::queries::list_wards(db, scope).await?;
    all.retain(|ward| scope.reaches_ward(Some(ward.id)));
    Ok(all)
}

/// The committee table.
///
/// # Errors
/// `Invalid` for years in the wrong order or too many; `NotFound` for a programme or a ward outside
/// the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn committee(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    now: DateTime<Utc>,
) -> Result<Report> {
    let all_years = years(filter.from, filter.to).map_err(|error| Error::Invalid(vec![error]))?;
    check(db, scope, filter).await?;
    let (sessions, visits) = load(db, scope, filter, now).await?;
    let held: Vec<Held> = sessions.iter().map(held_of).collect();

    let municipality = places::queries::get_municipality(db, scope.municipality_id).await?;
    let printed = printed::results(&municipality.code)?;
    let printed = printed_within(db, scope, filter, printed).await?;
    let findings = printed::findings(&municipality.code)?;

    let groups = Group::ALL
        .into_iter()
        .map(|group| {
            let row = |year: FiscalYear| {
                let live = count(&held, &visits, |s| s.group == group && s.year == year);
                let own = printed.iter().filter(|row| row.group == group && row.year == year);
                YearRow {
                    year,
                    live: (live.sessions > 0).then_some(live),
                    printed: own.cloned().collect(),
                }
            };

            let empty = |row: &YearRow| row.live.is_none() && row.printed.is_empty();
            let years: Vec<YearRow> =
                all_years.iter().map(|year| row(*year)).filter(|row| !empty(row)).collect();
            let total = count(&held, &visits, |session| session.group == group);
            let shown = || years.iter().flat_map(|year| &year.printed);
            let said = findings
                .iter()
                .filter(|finding| finding.group == group && finding.belongs_to(shown()));

            GroupTable {
                group,
                findings: said.cloned().collect(),
                years,
                total: (total.sessions > 0).then_some(total),
            }
        })
        .filter(|table| !table.years.is_empty())
        .collect();

    let total = count(&held, &visits, |_| true);
    let venues = places::queries::list_venues(db, scope).await?;
    let venues = venues.into_iter().map(|venue| (venue.id, venue)).collect();
    Ok(Report { groups, total, municipality, venues, at: now })
}

/// The printed rows that a table may show.
async fn printed_within(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    rows: Vec<Printed>,
) -> Result<Vec<Printed>> {
    let programmes = programmes::queries::list_programmes(db, scope).await?;
    let wards = places::queries::list_wards(db, scope).await?;

    let reached = |row: &Printed| {
        let Some(programme) = programmes.iter().find(|own| own.code == row.programme) else {
            return scope.is_whole() && filter.programme_id.is_none();
        };

        let mut own = wards.iter().filter(|ward| row.wards.contains(&ward.code));
        filter.programme_id.is_none_or(|id| id == programme.id)
            && match row.wards.is_empty() {
                true => scope.reaches(programme.id, None),
                false => own.any(|ward| scope.reaches(programme.id, Some(ward.id))),
            }
    };

    let in_ward = |row: &Printed| {
        let ward = wards.iter().find(|ward| Some(ward.id) == filter.ward_id);
        ward.map_or(filter.ward_id.is_none(), |ward| row.wards.contains(&ward.code))
    };

    Ok(rows.into_iter().filter(|row| reached(row) && in_ward(row)).collect())
}

/// One session behind a figure.
#[derive(Clone, Debug)]
pub struct BehindRow {
    pub session: session::Model,
    pub visits: usize,
}

/// One person behind a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonRow {
    pub id: ResidentId,
    /// In how many of the sessions.
    pub visits: usize,
}

/// The rows behind the figures of a group (none: of all groups).
#[derive(Clone, Debug)]
pub struct Behind {
    pub counts: Counts,
    pub sessions: Vec<BehindRow>,
    /// Who came most often first.
    pub people: Vec<PersonRow>,
    pub venues: HashMap<VenueId, venue::Model>,
    pub printed: Vec<Printed>,
}

/// The rows behind a figure of [`committee`], by the same reading.
///
/// # Errors
/// As [`committee`].
#[tracing::instrument(skip_all, level = "debug")]
pub async fn behind(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &CommitteeFilter,
    group: Option<Group>,
    now: DateTime<Utc>,
) -> Result<Behind> {
    let all_years = years(filter.from, filter.to).map_err(|error| Error::Invalid(vec![error]))?;
    check(db, scope, filter).await?;
    let (sessions, visits) = load(db, scope, filter, now).await?;
    let held: Vec<Held> = sessions.iter().map(held_of).collect();
    let own = |kind| group.is_none_or(|group| Group::of(kind) == group);
    let counts = count(&held, &visits, |held| group.is_none_or(|group| held.group == group));

    let mut by_session: HashMap<SessionId, usize> = HashMap::new();
    let kept: Vec<session::Model> =
        sessions.into_iter().filter(|session| own(session.kind)).collect();
    for session in &kept {
        by_session.insert(session.id, 0);
    }

    let mut by_person: HashMap<ResidentId, usize> = HashMap::new();
    for visit in &visits {
        if let Some(count) = by_session.get_mut(&visit.session_id) {
            *count += 1;
            *by_person.entry(visit.resident_id).or_default() += 1;
        }
    }
    let mut people: Vec<PersonRow> =
        by_person.into_iter().map(|(id, visits)| PersonRow { id, visits }).collect();
    people.sort_by_key(|row| (std::cmp::Reverse(row.visits), row.id));

    let code = places::queries::get_municipality(db, scope.municipality_id).await?.code;
    let mut printed = printed_within(db, scope, filter, printed::results(&code)?).await?;
    printed.retain(|row| {
        group.is_none_or(|group| group == row.group) && all_years.contains(&row.year)
    });
    let venues = places::queries::list_venues(db, scope).await?;

    Ok(Behind {
        counts,
        sessions: kept
            .into_iter()
            .map(|session| BehindRow {
                visits: by_session.get(&session.id).copied().unwrap_or_default(),
                session,
            })
            .collect(),
        people,
        venues: venues.into_iter().map(|venue| (venue.id, venue)).collect(),
        printed,
    })
}

/// The fiscal years that a table may be asked for: from the first with a row or a printed figure to
/// the present one.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn known_years(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Vec<FiscalYear>> {
    let first = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(session::Column::StartsAt)
        .one(db)
        .await?
        .map(|session| FiscalYear::of(local_date(session.starts_at)));

    let code = places::queries::get_municipality(db, scope.municipality_id).await?.code;
    let printed = printed::results(&code)?.into_iter().map(|row| row.year).min();

    let today = FiscalYear::of(local_date(now));
    // The first session of all may be one that is still to come.
    let first = first.into_iter().chain(printed).min().unwrap_or(today).min(today);
    Ok((first.year()..=today.year()).filter_map(FiscalYear::new).collect())
}

impl Report {
    /// The names of the places of a figure, in the order of the desk.
    pub fn places(&self, counts: &Counts, lang: Lang) -> Vec<&str> {
        let mut venues: Vec<&venue::Model> =
            counts.venues.iter().filter_map(|id| self.venues.get(id)).collect();
        venues.sort_by_key(|venue| (venue.rank, venue.id));
        venues.into_iter().map(|venue| lang.pick(&venue.name_ja, &venue.name_en)).collect()
    }
}
