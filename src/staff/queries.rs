//! Reads.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::platform::audit;
use entity::programmes::programme;
use entity::staff::role_grant::{self, Role};
use entity::staff::{assignment, staff_member, work};
use entity::{AuditId, MunicipalityId, ProgrammeId, RoleGrantId, SessionId, StaffId, WardId};
use poem_openapi::Object;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use super::rules::grant_holds;
use crate::platform::text::name_order::sort_key;
use crate::platform::{Error, Lang, Page, Result, Scope, words};

/// A role that was given.
#[derive(Clone, Debug, Object)]
#[oai(rename = "RoleItem", skip_serializing_if_is_none)]
pub struct RoleRow {
    pub id: RoleGrantId,
    pub role: Role,
    /// Only in this programme; absent: in all.
    pub programme_id: Option<ProgrammeId>,
    /// Only in this ward; absent: in all.
    pub ward_id: Option<WardId>,
    pub from_on: NaiveDate,
    /// Last day; absent: without end.
    pub until_on: Option<NaiveDate>,
}

impl From<role_grant::Model> for RoleRow {
    fn from(row: role_grant::Model) -> Self {
        let role_grant::Model { id, role, programme_id, ward_id, from_on, until_on, .. } = row;
        Self { id, role, programme_id, ward_id, from_on, until_on }
    }
}

impl RoleRow {
    /// Whether it holds on this day.
    pub fn holds(&self, today: NaiveDate) -> bool {
        grant_holds(self.from_on, self.until_on, today)
    }

    /// Whether it ended before this day.
    pub fn has_ended(&self, today: NaiveDate) -> bool {
        self.until_on.is_some_and(|until| until < today)
    }

    /// From when to when, in words.
    pub fn time(&self, lang: Lang) -> String {
        let day = |on: NaiveDate| on.format(lang.pick("%Y年%-m月%-d日", "%-d %B %Y")).to_string();
        let from = day(self.from_on);
        match self.until_on.map(day) {
            Some(until) => {
                words::fill(lang, "admin.time.span", &[("from", &from), ("until", &until)])
            }
            None => words::fill(lang, "admin.time.open", &[("from", &from)]),
        }
    }
}

/// A staff member.
#[derive(Clone, Debug, Object)]
#[oai(rename = "StaffItem")]
pub struct MemberRow {
    pub id: StaffId,
    pub login: String,
    pub name: String,
    pub kana: String,
    /// Whether the account is closed.
    pub disabled: bool,
    /// The roles in this municipality, ended ones too.
    pub roles: Vec<RoleRow>,
}

/// The staff of a municipality in kana order, those who left excepted: whom it employs, and
/// who has a role in it.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_staff(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<staff_member::Model>> {
    let mut all = list_members(db, scope).await?;
    all.retain(|member| member.disabled_at.is_none());
    Ok(all)
}

/// As [`list_staff`], with those who left.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_members(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<staff_member::Model>> {
    let mut all = members_of(scope.municipality_id).all(db).await?;
    all.sort_by_cached_key(|member| (sort_key(&member.kana), member.id));
    Ok(all)
}

/// The members of [`list_members`] with their roles.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_with_roles(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<MemberRow>> {
    let mut roles: HashMap<StaffId, Vec<RoleRow>> = HashMap::new();
    for grant in list_roles(db, scope, None).await? {
        roles.entry(grant.staff_id).or_default().push(grant.into());
    }

    let row = |member: staff_member::Model| MemberRow {
        id: member.id,
        disabled: member.disabled_at.is_some(),
        roles: roles.remove(&member.id).unwrap_or_default(),
        login: member.login,
        name: member.name,
        kana: member.kana,
    };
    Ok(list_members(db, scope).await?.into_iter().map(row).collect())
}

/// Those of [`list_with_roles`] behind the one with the number `after`, so many.
///
/// # Errors
/// `BadRequest` for an `after` that is nobody's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn page_with_roles(
    db: &impl ConnectionTrait,
    scope: &Scope,
    limit: usize,
    after: Option<StaffId>,
) -> Result<Page<MemberRow>> {
    let members = list_with_roles(db, scope).await?;
    let start = match after {
        Some(id) => {
            let at = members.iter().position(|member| member.id == id);
            at.ok_or(Error::BadRequest)? + 1
        }
        None => 0,
    };
    let rest = members.into_iter().skip(start).take(limit + 1).collect();
    Ok(Page::cut(rest, limit, |member: &MemberRow| member.id.to_string()))
}

/// A staff member who is employed, or has or had a role, in the municipality.
///
/// # Errors
/// `NotFound`, also outside the municipality.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_staff(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: StaffId,
) -> Result<staff_member::Model> {
    members_of(scope.municipality_id)
        .filter(staff_member::Column::Id.eq(id))
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

fn members_of(municipality_id: MunicipalityId) -> Select<staff_member::Entity> {
    let with_role = Query::select()
        .column(role_grant::Column::StaffId)
        .from(role_grant::Entity)
        .and_where(role_grant::Column::MunicipalityId.eq(municipality_id))
        .to_owned();
    staff_member::Entity::find().filter(
        Condition::any()
            .add(staff_member::Column::MunicipalityId.eq(municipality_id))
            .add(staff_member::Column::Id.in_subquery(with_role)),
    )
}

/// The staff member behind a login name in its normal form, in whatever municipality: for the
/// login itself and the command line.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn find_by_login(
    db: &impl ConnectionTrait,
    login: &str,
) -> Result<Option<staff_member::Model>> {
    Ok(staff_member::Entity::find().filter(staff_member::Column::Login.eq(login)).one(db).await?)
}

/// Names by id.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn names(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<HashMap<StaffId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(StaffId, String)> = staff_member::Entity::find()
        .select_only()
        .column(staff_member::Column::Id)
        .column(staff_member::Column::Name)
        .filter(staff_member::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Those of these people whose account is closed.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn left(db: &impl ConnectionTrait, ids: &[StaffId]) -> Result<HashSet<StaffId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<StaffId> = staff_member::Entity::find()
        .select_only()
        .column(staff_member::Column::Id)
        .filter(staff_member::Column::Id.is_in(ids.iter().copied()))
        .filter(staff_member::Column::DisabledAt.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Who is assigned to each session, in the order of assignment.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn assigned_to(
    db: &impl ConnectionTrait,
    sessions: &[SessionId],
) -> Result<HashMap<SessionId, Vec<(StaffId, String)>>> {
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }

    let rows = assignment::Entity::find()
        .filter(assignment::Column::SessionId.is_in(sessions.iter().copied()))
        .order_by_asc(assignment::Column::Id)
        .all(db)
        .await?;
    let ids: Vec<StaffId> = rows.iter().map(|row| row.staff_id).collect();
    let names = names(db, &ids).await?;

    let mut found: HashMap<SessionId, Vec<(StaffId, String)>> = HashMap::new();
    for row in rows {
        let Some(session_id) = row.session_id else { continue };
        let name = names.get(&row.staff_id).cloned().unwrap_or_default();
        found.entry(session_id).or_default().push((row.staff_id, name));
    }
    Ok(found)
}

/// Where these people work between two instants, in whatever municipality, soonest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn assigned_between(
    db: &impl ConnectionTrait,
    staff: &[StaffId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<assignment::Model>> {
    if staff.is_empty() {
        return Ok(Vec::new());
    }
    Ok(assignment::Entity::find()
        .filter(assignment::Column::StaffId.is_in(staff.iter().copied()))
        .filter(assignment::Column::StartsAt.lt(to))
        .filter(assignment::Column::EndsAt.gt(from))
        .order_by_asc(assignment::Column::StartsAt)
        .order_by_asc(assignment::Column::Id)
        .all(db)
        .await?)
}

/// A session that is still to come and names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    pub session_id: SessionId,
    pub title_ja: String,
    pub title_en: String,
    pub starts_at: DateTime<Utc>,
}

/// The sessions in which a person is still to work, soonest first, those of other municipalities
/// left out.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn sessions_ahead(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<Vec<Ahead>> {
    let rows = assignment::Entity::find()
        .filter(assignment::Column::StaffId.eq(staff_id))
        .filter(assignment::Column::EndsAt.gt(now))
        .filter(assignment::Column::SessionId.is_not_null())
        .all(db)
        .await?;

    let mut found = work::Entity::find()
        .filter(work::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(work::Column::Id.is_in(rows.iter().filter_map(|row| row.session_id)))
        .all(db)
        .await?;
    found.sort_by_key(|session| (session.starts_at, session.id));

    let ahead = |session: work::Model| Ahead {
        session_id: session.id,
        title_ja: session.title_ja,
        title_en: session.title_en,
        starts_at: session.starts_at,
    };
    Ok(found.into_iter().map(ahead).collect())
}

/// The roles given in the municipality, of one person or of all, oldest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_roles(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: Option<StaffId>,
) -> Result<Vec<role_grant::Model>> {
    let mut select = role_grant::Entity::find()
        .filter(role_grant::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(role_grant::Column::Id);
    if let Some(id) = staff_id {
        select = select.filter(role_grant::Column::StaffId.eq(id));
    }
    Ok(select.all(db).await?)
}

/// The programmes in which a role can be given.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_programmes(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<programme::Model>> {
    Ok(programme::Entity::find()
        .filter(programme::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(programme::Column::Id)
        .all(db)
        .await?)
}

/// Which lines of the audit log a list shows.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Kind of record, such as `booking`.
    pub subject: Option<String>,
    pub subject_id: Option<i64>,
    /// Who, such as `staff:12`.
    pub actor: Option<String>,
}

/// Lines of the audit log, newest first. Without a wish for logins the notes of their use,
/// one a minute and person, are left out.
///
/// # Errors
/// `BadRequest` for an `after` that no page gave.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_audit(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &AuditFilter,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<audit::Model>> {
    let mut select = audit::Entity::find()
        .filter(audit::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_desc(audit::Column::Id)
        .limit(limit as u64 + 1);

    match filter.subject.as_deref() {
        Some(subject) => select = select.filter(audit::Column::Subject.eq(subject)),
        None => select = select.filter(audit::Column::Action.ne("renew_login")),
    }
    if let Some(id) = filter.subject_id {
        select = select.filter(audit::Column::SubjectId.eq(id));
    }
    if let Some(actor) = &filter.actor {
        select = select.filter(audit::Column::Actor.eq(actor.as_str()));
    }

    if let Some(after) = after {
        let after: i64 = after.parse().map_err(|_| Error::BadRequest)?;
        select = select.filter(audit::Column::Id.lt(AuditId(after)));
    }

    Ok(Page::cut(select.all(db).await?, limit, |row| row.id.to_string()))
}

/// Subject of the lines that tell of a refusal; their number is that of whoever was refused.
pub const REFUSAL: &str = "refusal";
/// Subject of the lines that tell of many refusals at once.
pub const BURST: &str = "refusal_burst";

fn refusals(subject: &str, town: MunicipalityId) -> Select<audit::Entity> {
    audit::Entity::find()
        .filter(audit::Column::MunicipalityId.eq(town))
        .filter(audit::Column::Subject.eq(subject))
        .order_by_desc(audit::Column::Id)
}

/// When the `nth` refusal of somebody was, counted from the latest; none when there are fewer.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn nth_refusal(
    db: &impl ConnectionTrait,
    town: MunicipalityId,
    staff_id: StaffId,
    nth: u64,
) -> Result<Option<DateTime<Utc>>> {
    let of = refusals(REFUSAL, town).filter(audit::Column::SubjectId.eq(staff_id.0));
    Ok(of.offset(nth.saturating_sub(1)).limit(1).one(db).await?.map(|row| row.at))
}

/// When somebody was refused many times at once, the latest time.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn last_burst(
    db: &impl ConnectionTrait,
    town: MunicipalityId,
    staff_id: StaffId,
) -> Result<Option<DateTime<Utc>>> {
    let of = refusals(BURST, town).filter(audit::Column::SubjectId.eq(staff_id.0));
    Ok(of.one(db).await?.map(|row| row.at))
}

/// Who was refused many times at once since `since`: each once, with the latest time, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_bursts(
    db: &impl ConnectionTrait,
    scope: &Scope,
    since: DateTime<Utc>,
) -> Result<Vec<(staff_member::Model, DateTime<Utc>)>> {
    let lines =
        refusals(BURST, scope.municipality_id).filter(audit::Column::At.gte(since)).all(db).await?;

    let mut found: Vec<(StaffId, DateTime<Utc>)> = Vec::new();
    for line in lines {
        let Some(id) = line.subject_id.map(StaffId) else { continue };
        if found.iter().all(|(known, _)| *known != id) {
            found.push((id, line.at));
        }
    }

    let members = staff_member::Entity::find()
        .filter(staff_member::Column::Id.is_in(found.iter().map(|(id, _)| *id)))
        .all(db)
        .await?;
    let named = found
        .into_iter()
        .filter_map(|(id, at)| Some((members.iter().find(|member| member.id == id)?.clone(), at)));
    Ok(named.collect())
}
