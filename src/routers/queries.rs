//! Reads and row locks.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::places::{venue, ward};
use entity::routers::router::{self, PlaceKind, Purpose, RouterKind, RouterState};
use entity::routers::router_test::{self, TestResult};
use entity::routers::{bwa_milestone, router_change, tv_push_trial};
use entity::{MunicipalityId, RouterId, StaffId, TvPushTrialId, VenueId, WardId};
use poem_openapi::Object;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::rules::{Connectivity, Freshness, RouterLine, TrialEntry, freshness, old_since};
use crate::platform::db::{locked, reached_wards};
use crate::platform::japan::time::local_date;
use crate::platform::{Error, Page, Result, Scope, Tx};
use crate::staff;

/// A router.
#[derive(Clone, Debug, Object)]
#[oai(rename = "RouterItem", skip_serializing_if_is_none)]
pub struct RouterRow {
    pub id: RouterId,
    pub code: String,
    pub kind: RouterKind,
    pub state: RouterState,
    pub purpose: Purpose,
    pub ward_id: Option<WardId>,
    pub place_kind: Option<PlaceKind>,
    pub place_name: String,
    pub venue_id: Option<VenueId>,
    pub sim: Option<String>,
    pub note: String,
    /// Day of the last test.
    pub tested_on: Option<NaiveDate>,
    pub test_result: Option<TestResult>,
    pub revision: i32,
    /// The place for who reads English, as far as it has a name of its own there.
    #[oai(skip)]
    pub place_en: String,
    #[oai(skip)]
    pub ward: Option<ward::Model>,
}

impl RouterRow {
    fn new(
        router: router::Model,
        ward: Option<ward::Model>,
        venue: Option<&venue::Model>,
        last: Option<&router_test::Model>,
    ) -> Self {
        let of_venue = venue.filter(|venue| venue.name_ja == router.place_name);
        let place_en = of_venue.map_or(&router.place_name, |venue| &venue.name_en).clone();

        Self {
            id: router.id,
            code: router.code,
            kind: router.kind,
            state: router.state,
            purpose: router.purpose,
            ward_id: router.ward_id,
            place_kind: router.place_kind,
            place_name: router.place_name,
            venue_id: router.venue_id,
            sim: router.sim,
            note: router.note,
            tested_on: last.map(|test| test.tested_on),
            test_result: last.map(|test| test.result),
            revision: router.revision,
            place_en,
            ward,
        }
    }

    /// In use, and due for a test.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.state == RouterState::InUse && freshness(self.tested_on, today) != Freshness::Fresh
    }

    /// Given up for good.
    pub fn is_retired(&self) -> bool {
        self.state == RouterState::Retired
    }
}

/// A trial of TV push with its number.
#[derive(Clone, Debug, Object)]
#[oai(rename = "TrialItem")]
pub struct TrialRow {
    pub id: TvPushTrialId,
    pub revision: i32,
    pub trial: TrialEntry,
    #[oai(skip)]
    pub ward: Option<ward::Model>,
}

impl TrialRow {
    fn new(row: tv_push_trial::Model, ward: Option<ward::Model>) -> Self {
        let trial = TrialEntry {
            ward_id: row.ward_id,
            place_name: row.place_name,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            household_count: row.household_count,
            outcome: row.outcome,
            findings: row.findings,
        };
        Self { id: row.id, revision: row.revision, trial, ward }
    }
}

/// Which routers a list shows.
#[derive(Clone, Debug, Default)]
pub struct RouterFilter {
    pub ward_id: Option<WardId>,
    pub kind: Option<RouterKind>,
    pub place_kind: Option<PlaceKind>,
    pub state: Option<RouterState>,
    /// Only those in use that were not tested after this day.
    pub due_since: Option<NaiveDate>,
}

fn within(scope: &Scope) -> Select<router::Entity> {
    router::Entity::find()
        .filter(router::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(reached_wards(scope, router::Column::WardId))
}

fn filtered(mut select: Select<router::Entity>, filter: &RouterFilter) -> Select<router::Entity> {
    use router::Column;

    if let Some(id) = filter.ward_id {
        select = select.filter(Column::WardId.eq(id));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(Column::Kind.eq(kind));
    }
    if let Some(kind) = filter.place_kind {
        select = select.filter(Column::PlaceKind.eq(kind));
    }
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state));
    }
    if let Some(day) = filter.due_since {
        select = select
            .filter(Column::State.eq(RouterState::InUse))
            .filter(Expr::exists(tested_after(day)).not());
    }
    select
}

fn tested_after(day: NaiveDate) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(router_test::Entity)
        .and_where(
            Expr::col((router_test::Entity, router_test::Column::RouterId))
                .equals((router::Entity, router::Column::Id)),
        )
        .and_where(Expr::col((router_test::Entity, router_test::Column::TestedOn)).gt(day))
        .take()
}

/// Routers by label; `after` is the `next` of the page before. Four queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &RouterFilter,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<RouterRow>> {
    let mut select = filtered(within(scope), filter);
    if let Some(after) = after {
        select = select.filter(router::Column::Code.gt(after));
    }
    let found = select.order_by_asc(router::Column::Code).limit(limit as u64 + 1).all(db).await?;
    let page = Page::cut(found, limit, |router| router.code.clone());
    Ok(Page { items: rows(db, page.items).await?, next: page.next })
}

/// All routers of a filter, by label: for the table that leaves the house.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_all(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &RouterFilter,
) -> Result<Vec<RouterRow>> {
    let select = filtered(within(scope), filter).order_by_asc(router::Column::Code);
    rows(db, select.all(db).await?).await
}

/// Joins wards, venues and last tests: three queries, however many routers.
async fn rows(db: &impl ConnectionTrait, found: Vec<router::Model>) -> Result<Vec<RouterRow>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }

    let wards = wards_of(db, found[0].municipality_id).await?;
    let venues: HashMap<VenueId, venue::Model> = venue::Entity::find()
        .filter(venue::Column::Id.is_in(found.iter().filter_map(|router| router.venue_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|venue| (venue.id, venue))
        .collect();

    let ids: Vec<RouterId> = found.iter().map(|router| router.id).collect();
    let last = last_tests(db, &ids).await?;
    let row = |router: router::Model| {
        let ward = router.ward_id.and_then(|id| wards.get(&id).cloned());
        let venue = router.venue_id.and_then(|id| venues.get(&id));
        let last = last.get(&router.id);
        RouterRow::new(router, ward, venue, last)
    };
    Ok(found.into_iter().map(row).collect())
}

async fn wards_of(
    db: &impl ConnectionTrait,
    municipality_id: MunicipalityId,
) -> Result<HashMap<WardId, ward::Model>> {
    let wards = ward::Entity::find()
        .filter(ward::Column::MunicipalityId.eq(municipality_id))
        .all(db)
        .await?;
    Ok(wards.into_iter().map(|ward| (ward.id, ward)).collect())
}

async fn last_tests(
    db: &impl ConnectionTrait,
    ids: &[RouterId],
) -> Result<HashMap<RouterId, router_test::Model>> {
    let tests = router_test::Entity::find()
        .filter(router_test::Column::RouterId.is_in(ids.iter().copied()))
        .order_by_asc(router_test::Column::TestedOn)
        .order_by_asc(router_test::Column::Id)
        .all(db)
        .await?;
    Ok(tests.into_iter().map(|test| (test.router_id, test)).collect())
}

/// A router.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(db: &impl ConnectionTrait, scope: &Scope, id: RouterId) -> Result<RouterRow> {
    let found = within(scope).filter(router::Column::Id.eq(id)).one(db).await?;
    rows(db, vec![found.ok_or(Error::NotFound)?]).await?.pop().ok_or(Error::NotFound)
}

/// A router, locked until the transaction ends.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, id: RouterId) -> Result<router::Model> {
    locked(within(scope).filter(router::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// One line of a router's history.
#[derive(Clone, Debug)]
pub enum Past {
    Tested(router_test::Model),
    Changed(router_change::Model),
}

impl Past {
    /// Who did it.
    pub fn by(&self) -> Option<StaffId> {
        match self {
            Self::Tested(test) => test.tested_by,
            Self::Changed(change) => change.changed_by,
        }
    }

    /// On which day in Japan.
    pub fn on(&self) -> NaiveDate {
        match self {
            Self::Tested(test) => test.tested_on,
            Self::Changed(change) => local_date(change.changed_at),
        }
    }
}

/// A router's changes and tests, newest first, with the name of who did each.
///
/// # Errors
/// `NotFound` when the router is none of the scope's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn history(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: RouterId,
) -> Result<Vec<(Past, String)>> {
    get(db, scope, id).await?;
    let changes = router_change::Entity::find()
        .filter(router_change::Column::RouterId.eq(id))
        .all(db)
        .await?;
    let tests =
        router_test::Entity::find().filter(router_test::Column::RouterId.eq(id)).all(db).await?;

    // Of the same instant the test is the later one: what is tested is there.
    let mut past: Vec<(_, Past)> = tests
        .into_iter()
        .map(|test| (test.created_at, Past::Tested(test)))
        .chain(changes.into_iter().map(|change| (change.changed_at, Past::Changed(change))))
        .collect();
    past.sort_by_key(|(at, _)| std::cmp::Reverse(*at));

    let ids: Vec<StaffId> = past.iter().filter_map(|(_, past)| past.by()).collect();
    let names = staff::queries::names(db, &ids).await?;
    let name = |past: &Past| past.by().and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    Ok(past.into_iter().map(|(_, past)| (past.clone(), name(&past))).collect())
}

/// How many routers are in use, by kind of place, and how many of these are due for a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub by_place: Vec<(PlaceKind, i64)>,
    pub due: u64,
}

/// The figures over the list. Two queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn figures(
    db: &impl ConnectionTrait,
    scope: &Scope,
    today: NaiveDate,
) -> Result<Figures> {
    use sea_orm::PaginatorTrait;

    let found: Vec<(Option<PlaceKind>, i64)> = within(scope)
        .select_only()
        .column(router::Column::PlaceKind)
        .column_as(router::Column::Id.count(), "routers")
        .filter(router::Column::State.eq(RouterState::InUse))
        .group_by(router::Column::PlaceKind)
        .into_tuple()
        .all(db)
        .await?;

    let of = |kind: PlaceKind| found.iter().find(|(own, _)| *own == Some(kind)).map_or(0, |f| f.1);
    let due = RouterFilter { due_since: Some(old_since(today)), ..RouterFilter::default() };
    Ok(Figures {
        by_place: PlaceKind::ALL.iter().map(|kind| (*kind, of(*kind))).collect(),
        due: filtered(within(scope), &due).count(db).await?,
    })
}

/// How venues are connected. Who may see a session may see this of its venue, whatever the ward
/// of the router. Two queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn connectivity(
    db: &impl ConnectionTrait,
    scope: &Scope,
    venues: &[VenueId],
) -> Result<HashMap<VenueId, Connectivity>> {
    let found = router::Entity::find()
        .filter(router::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(router::Column::VenueId.is_in(venues.iter().copied()))
        .filter(router::Column::State.eq(RouterState::InUse))
        .all(db)
        .await?;

    let ids: Vec<RouterId> = found.iter().map(|router| router.id).collect();
    let last = if ids.is_empty() { HashMap::new() } else { last_tests(db, &ids).await? };
    let mut known: HashMap<VenueId, Connectivity> = HashMap::new();
    for router in found {
        let Some(venue_id) = router.venue_id else { continue };
        let last = last.get(&router.id).map(|test| (test.tested_on, test.result));
        known.entry(venue_id).or_default().add(RouterLine { kind: router.kind, last });
    }
    Ok(known)
}

fn trials_within(scope: &Scope) -> Select<tv_push_trial::Entity> {
    tv_push_trial::Entity::find()
        .filter(tv_push_trial::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(reached_wards(scope, tv_push_trial::Column::WardId))
}

/// The trials of TV push, newest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_trials(db: &impl ConnectionTrait, scope: &Scope) -> Result<Vec<TrialRow>> {
    let wards = wards_of(db, scope.municipality_id).await?;
    let found = trials_within(scope)
        .order_by_desc(tv_push_trial::Column::StartsOn)
        .order_by_desc(tv_push_trial::Column::Id)
        .all(db)
        .await?;

    let row = |trial: tv_push_trial::Model| {
        let ward = trial.ward_id.and_then(|id| wards.get(&id).cloned());
        TrialRow::new(trial, ward)
    };
    Ok(found.into_iter().map(row).collect())
}

/// A trial, without the name of its ward.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_trial(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: TvPushTrialId,
) -> Result<TrialRow> {
    let found = trials_within(scope).filter(tv_push_trial::Column::Id.eq(id)).one(db).await?;
    Ok(TrialRow::new(found.ok_or(Error::NotFound)?, None))
}

/// A trial, locked until the transaction ends.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock_trial(tx: &Tx, scope: &Scope, id: TvPushTrialId) -> Result<tv_push_trial::Model> {
    locked(trials_within(scope).filter(tv_push_trial::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// What the public papers say of the city's BWA, in the order of time.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list_milestones(
    db: &impl ConnectionTrait,
    scope: &Scope,
) -> Result<Vec<bwa_milestone::Model>> {
    Ok(bwa_milestone::Entity::find()
        .filter(bwa_milestone::Column::MunicipalityId.eq(scope.municipality_id))
        .order_by_asc(bwa_milestone::Column::Rank)
        .all(db)
        .await?)
}
