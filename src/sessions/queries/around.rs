//! What is around a session to be: the reads behind [`rules::conflicts`].

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::places::{room, venue};
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::staff::assignment;
use entity::staff::role_grant;
use entity::{ProgrammeId, SessionId, StaffId, WardId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::closed_days;
use crate::platform::japan::FiscalYear;
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Result, Scope};
use crate::sessions::rules::{self, Before, Conflict, Duty, Member, Plan, Planned, Programme};
use crate::{places, programmes, staff};

/// A session as somebody wants it.
#[derive(Clone, Debug)]
pub(in crate::sessions) struct Wanted {
    /// None: it is still to be made.
    pub id: Option<SessionId>,
    pub programme_id: ProgrammeId,
    pub kind: SessionKind,
    pub allocation: Allocation,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub venue: venue::Model,
    pub room: Option<room::Model>,
    pub capacity: i32,
    pub has_slots: bool,
    pub is_public: bool,
    pub staff: Vec<StaffId>,
}

/// A session as it stands.
pub(in crate::sessions) async fn as_it_is(
    db: &impl ConnectionTrait,
    scope: &Scope,
    session: &session::Model,
) -> Result<Wanted> {
    let room = match session.room_id {
        Some(id) => Some(places::queries::get_room(db, scope, id).await?),
        None => None,
    };

    Ok(Wanted {
        id: Some(session.id),
        programme_id: session.programme_id,
        kind: session.kind,
        allocation: session.allocation,
        starts_at: session.starts_at,
        ends_at: session.ends_at,
        venue: places::queries::get_venue(db, scope, session.venue_id).await?,
        room,
        capacity: session.capacity,
        has_slots: session.slot_minutes.is_some(),
        is_public: session.is_public,
        staff: staff_of(db, session.id).await?,
    })
}

/// The plan for [`rules::conflicts`]. `before` is what the session is now; none for a new one.
/// `typed` says that a person wants it, not a data set.
pub(in crate::sessions) async fn plan(
    db: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    before: Option<&session::Model>,
    typed: bool,
) -> Result<Plan> {
    // Staff, plans and closed days are those of the town, whatever programme the planner reaches.
    let whole = &Scope::whole(scope.municipality_id);
    let day = local_date(wanted.starts_at);

    let then = match before {
        Some(session) => Some(Before {
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            venue_id: session.venue_id,
            has_room: session.room_id.is_some(),
            capacity: session.capacity,
            is_public: session.is_public,
            staff: staff_of(db, session.id).await?,
        }),
        None => None,
    };

    Ok(Plan {
        kind: wanted.kind,
        allocation: wanted.allocation,
        starts_at: wanted.starts_at,
        ends_at: wanted.ends_at,
        venue_id: wanted.venue.id,
        room: wanted.room.as_ref().map(|room| room.capacity),
        largest: wanted.venue.capacity,
        capacity: wanted.capacity,
        taken: before.map_or(0, |session| session.taken),
        has_slots: wanted.has_slots,
        is_public: wanted.is_public,
        staff: people(db, whole, wanted, day).await?,
        closed: closed_days(db, whole, wanted.venue.id).await?,
        programme: programme(db, whole, wanted).await?,
        planned: planned(db, whole, wanted, day).await?,
        elsewhere: 0,
        typed,
        before: then,
    })
}

/// What speaks against a session as it stands.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn conflicts_of(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<Vec<Conflict>> {
    let session = super::get(db, scope, id).await?.session;
    let wanted = as_it_is(db, scope, &session).await?;
    Ok(rules::conflicts(&plan(db, scope, &wanted, None, true).await?, now))
}

/// Who is assigned to a session.
pub(in crate::sessions) async fn staff_of(
    db: &impl ConnectionTrait,
    id: SessionId,
) -> Result<Vec<StaffId>> {
    let found = staff::queries::assigned_to(db, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(found.into_iter().map(|(id, _)| id).collect())
}

/// The staff with their roles and with what else they do on that day. Whoever does not work in the
/// municipality is left out: that is refused elsewhere.
async fn people(
    db: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    day: NaiveDate,
) -> Result<Vec<Member>> {
    if wanted.staff.is_empty() {
        return Ok(Vec::new());
    }

    let members = staff::queries::list_members(db, scope).await?;
    let grants = staff::queries::list_roles(db, scope, None).await?;
    let mut duties = duties(db, scope, wanted, day).await?;

    let fits = |id: StaffId| {
        grants.iter().any(|grant| {
            grant.staff_id == id
                && reaches(grant, wanted.programme_id, wanted.venue.ward_id)
                && rules::gives(wanted.kind).contains(&grant.role)
                && staff::rules::grant_holds(grant.from_on, grant.until_on, day)
        })
    };

    let chosen = members.into_iter().filter(|member| wanted.staff.contains(&member.id));
    Ok(chosen
        .map(|member| Member {
            id: member.id,
            gone: member.disabled_at.is_some(),
            fits: fits(member.id),
            duties: duties.remove(&member.id).unwrap_or_default(),
            name: member.name,
        })
        .collect())
}

fn reaches(grant: &role_grant::Model, programme: ProgrammeId, ward: Option<WardId>) -> bool {
    grant.programme_id.is_none_or(|id| id == programme)
        && (grant.ward_id.is_none() || grant.ward_id == ward)
}

/// What these people do on the day besides this session, in whatever municipality.
async fn duties(
    db: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    day: NaiveDate,
) -> Result<HashMap<StaffId, Vec<Duty>>> {
    let (from, to) = (instant(day, NaiveTime::MIN), instant(next(day), NaiveTime::MIN));
    let mut rows = staff::queries::assigned_between(db, &wanted.staff, from, to).await?;
    rows.retain(|row| row.session_id.is_none() || row.session_id != wanted.id);

    let sessions: HashMap<SessionId, session::Model> = session::Entity::find()
        .filter(session::Column::Id.is_in(rows.iter().filter_map(|row| row.session_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|session| (session.id, session))
        .collect();

    let mut found: HashMap<StaffId, Vec<Duty>> = HashMap::new();
    for row in rows {
        let assignment::Model { staff_id, session_id, starts_at, ends_at, .. } = row;
        let session = session_id.and_then(|id| sessions.get(&id));
        let own = session.filter(|session| session.municipality_id == scope.municipality_id);
        let title = own.map(|session| (session.title_ja.clone(), session.title_en.clone()));
        let venue_id = session.map(|session| session.venue_id);
        found.entry(staff_id).or_default().push(Duty { venue_id, title, starts_at, ends_at });
    }
    Ok(found)
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

async fn programme(db: &impl ConnectionTrait, scope: &Scope, wanted: &Wanted) -> Result<Programme> {
    let mut known = programmes::queries::planners(db, scope, wanted.kind).await?;

    let mut holders = session::Entity::find()
        .select_only()
        .column(session::Column::ProgrammeId)
        .distinct()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(session::Column::Kind.eq(wanted.kind))
        .filter(session::Column::State.eq(SessionState::Planned));
    if let Some(id) = wanted.id {
        holders = holders.filter(session::Column::Id.ne(id));
    }
    known.extend(holders.into_tuple::<ProgrammeId>().all(db).await?);

    let all = programmes::queries::list_programmes(db, scope).await?;
    let named = all.into_iter().find(|row| row.id == wanted.programme_id);
    let (name_ja, name_en) = named.map(|row| (row.name_ja, row.name_en)).unwrap_or_default();
    Ok(Programme {
        name_ja,
        name_en,
        own: known.contains(&wanted.programme_id),
        others: known.iter().any(|id| *id != wanted.programme_id),
    })
}

async fn planned(
    db: &impl ConnectionTrait,
    scope: &Scope,
    wanted: &Wanted,
    day: NaiveDate,
) -> Result<Option<Planned>> {
    let year = FiscalYear::of(day);
    let plans = programmes::queries::list_plans(db, scope, year).await?;
    let own = |plan: &&entity::programmes::programme_plan::Model| {
        plan.kind == wanted.kind && plan.programme_id == wanted.programme_id
    };
    let Some(plan) = plans.iter().find(own) else { return Ok(None) };

    let mut dated = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(session::Column::ProgrammeId.eq(wanted.programme_id))
        .filter(session::Column::Kind.eq(wanted.kind))
        .filter(session::Column::State.eq(SessionState::Planned))
        .filter(session::Column::StartsAt.gte(instant(year.start(), NaiveTime::MIN)))
        .filter(session::Column::StartsAt.lt(instant(next(year.end()), NaiveTime::MIN)));
    if let Some(id) = wanted.id {
        dated = dated.filter(session::Column::Id.ne(id));
    }

    let dated = i64::try_from(dated.count(db).await?).unwrap_or(i64::MAX);
    Ok(Some(Planned { planned: plan.planned_count, dated }))
}
