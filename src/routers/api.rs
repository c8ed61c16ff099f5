//! The API of routers and trials.

use chrono::NaiveDate;
use entity::routers::router::{PlaceKind, Purpose, RouterKind, RouterState};
use entity::routers::router_test::TestResult;
use entity::routers::tv_push_trial::{self, TrialOutcome};
use entity::{RouterId, TvPushTrialId, VenueId, WardId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions::{self, Entry, NewTest, TrialEntry};
use super::queries::{self, RouterFilter, RouterRow};
use super::rules::old_since;
use crate::platform::Result;
use crate::platform::web::api::{ApiResult, Created, Editable, Seen, page_size};
use crate::platform::web::door::By;
use crate::routers::Network;

#[derive(Tags)]
enum Group {
    /// 地域BWA: routers, tests, TV push
    Routers,
}

/// All that is said of a router.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RouterBody {
    /// Number on its label; unique in the municipality.
    pub code: String,
    pub kind: RouterKind,
    pub state: RouterState,
    pub purpose: Purpose,
    /// Without it the venue's ward, or the only ward that you work for.
    pub ward_id: Option<i64>,
    pub place_kind: Option<PlaceKind>,
    /// Without it the name of the venue.
    #[oai(default)]
    pub place_name: String,
    pub venue_id: Option<i64>,
    /// 19 or 20 digits in any notation; only for `bwa`.
    pub sim: Option<String>,
    #[oai(default)]
    pub note: String,
}

/// A router.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct RouterItem {
    pub id: i64,
    pub code: String,
    pub kind: RouterKind,
    pub state: RouterState,
    pub purpose: Purpose,
    pub ward_id: Option<i64>,
    pub place_kind: Option<PlaceKind>,
    pub place_name: String,
    pub venue_id: Option<i64>,
    pub sim: Option<String>,
    pub note: String,
    /// Day of the last test.
    pub tested_on: Option<NaiveDate>,
    pub test_result: Option<TestResult>,
    pub revision: i32,
}

/// A page of routers.
#[derive(Object, Debug)]
pub struct RouterPage {
    pub items: Vec<RouterItem>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// The number of a new record.
#[derive(Object, Debug)]
pub struct RouterCreated {
    pub id: i64,
}

/// A test of a router.
#[derive(Object, Debug)]
pub struct RouterTestBody {
    pub tested_on: NaiveDate,
    pub result: TestResult,
    #[oai(default)]
    pub note: String,
}

/// A trial of TV push.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct TrialBody {
    pub ward_id: Option<i64>,
    pub place_name: String,
    pub starts_on: NaiveDate,
    /// Absent while it goes on.
    pub ends_on: Option<NaiveDate>,
    /// Absent: not counted.
    pub household_count: Option<i32>,
    pub outcome: TrialOutcome,
    #[oai(default)]
    pub findings: String,
}

/// A trial of TV push with its number.
#[derive(Object, Debug)]
pub struct TrialItem {
    pub id: i64,
    pub revision: i32,
    pub trial: TrialBody,
}

/// The trials, newest first.
#[derive(Object, Debug)]
pub struct TrialList {
    pub items: Vec<TrialItem>,
}

/// Routers and trials.
#[derive(Clone, Copy, Debug)]
pub struct RoutersApi;

#[OpenApi(tag = "Group::Routers")]
impl RoutersApi {
    /// Routers by label.
    #[oai(path = "/routers", method = "get", operation_id = "list_routers")]
    async fn list_routers(
        &self,
        by: By<Network>,
        kind: Query<Option<RouterKind>>,
        place_kind: Query<Option<PlaceKind>>,
        state: Query<Option<RouterState>>,
        ward_id: Query<Option<i64>>,
        /// Only those in use whose last test is six months old or that were never tested.
        due: Query<Option<bool>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<RouterPage> {
        let filter = RouterFilter {
            ward_id: ward_id.0.map(WardId),
            kind: kind.0,
            place_kind: place_kind.0,
            state: state.0,
            due_since: due.0.unwrap_or(false).then(|| old_since(by.ctx.today())),
        };
        let (db, size) = (by.db(), page_size(limit.0));
        let page = queries::list(db, &by.scope, &filter, size, after.0.as_deref()).await?.map(item);
        Ok(Json(RouterPage { items: page.items, next: page.next }))
    }

    /// One router.
    #[oai(path = "/routers/:router_id", method = "get", operation_id = "get_router")]
    async fn get_router(
        &self,
        by: By<Network>,
        router_id: Path<i64>,
    ) -> Result<Editable<RouterItem>> {
        let row = queries::get(by.db(), &by.scope, RouterId(router_id.0)).await?;
        Ok(Editable { revision: row.router.revision, body: item(row) })
    }

    /// Registers a router.
    #[oai(path = "/routers", method = "post", operation_id = "create_router")]
    async fn create_router(
        &self,
        by: By<Network>,
        body: Json<RouterBody>,
    ) -> Result<Created<RouterCreated>> {
        let entry = &body.0.into_command();
        let id = by
            .does("register_router", |tx, scope| async move {
                actions::register(&tx, scope, entry).await
            })
            .await?;
        Ok(Created { location: format!("/api/routers/{id}"), body: RouterCreated { id: id.0 } })
    }

    /// Changes a router: place, SIM, state.
    #[oai(path = "/routers/:router_id", method = "put", operation_id = "update_router")]
    async fn update_router(
        &self,
        by: By<Network>,
        router_id: Path<i64>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<RouterBody>,
    ) -> Result<Editable<RouterItem>> {
        let seen = seen.revision()?;
        let entry = &body.0.into_command();
        let id = RouterId(router_id.0);
        by.does("change_router", |tx, scope| async move {
            actions::change(&tx, scope, id, seen, entry).await.map(|_| ())
        })
        .await?;
        let row = queries::get(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: row.router.revision, body: item(row) })
    }

    /// Records that a router was tested.
    #[oai(path = "/routers/:router_id/tests", method = "post", operation_id = "record_router_test")]
    async fn record_router_test(
        &self,
        by: By<Network>,
        router_id: Path<i64>,
        body: Json<RouterTestBody>,
    ) -> Result<Created<RouterCreated>> {
        let RouterTestBody { tested_on, result, note } = body.0;
        let (id, test) = (RouterId(router_id.0), &NewTest { tested_on, result, note });
        let made = by
            .does("test_router", |tx, scope| async move {
                actions::record_test(&tx, scope, id, test).await
            })
            .await?;
        Ok(Created { location: format!("/api/routers/{id}"), body: RouterCreated { id: made.0 } })
    }

    /// The trials of TV push, newest first.
    #[oai(path = "/tv-push-trials", method = "get", operation_id = "list_tv_push_trials")]
    async fn list_tv_push_trials(&self, by: By<Network>) -> ApiResult<TrialList> {
        let found = queries::list_trials(by.db(), &by.scope).await?;
        Ok(Json(TrialList {
            items: found.into_iter().map(|(trial, _)| trial_item(trial)).collect(),
        }))
    }

    /// Writes down a trial of TV push.
    #[oai(path = "/tv-push-trials", method = "post", operation_id = "create_tv_push_trial")]
    async fn create_tv_push_trial(
        &self,
        by: By<Network>,
        body: Json<TrialBody>,
    ) -> Result<Created<RouterCreated>> {
        let entry = &body.0.into_command();
        let id = by
            .does("start_tv_push_trial", |tx, scope| async move {
                actions::start_trial(&tx, scope, entry).await
            })
            .await?;
        let location = format!("/api/tv-push-trials/{id}");
        Ok(Created { location, body: RouterCreated { id: id.0 } })
    }

    /// Changes a trial: its end, what came of it.
    #[oai(
        path = "/tv-push-trials/:trial_id",
        method = "put",
        operation_id = "update_tv_push_trial"
    )]
    async fn update_tv_push_trial(
        &self,
        by: By<Network>,
        trial_id: Path<i64>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<TrialBody>,
    ) -> Result<Editable<TrialItem>> {
        let seen = seen.revision()?;
        let entry = &body.0.into_command();
        let id = TvPushTrialId(trial_id.0);
        by.does("change_tv_push_trial", |tx, scope| async move {
            actions::change_trial(&tx, scope, id, seen, entry).await
        })
        .await?;
        let trial = queries::get_trial(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: trial.revision, body: trial_item(trial) })
    }
}

impl RouterBody {
    fn into_command(self) -> Entry {
        let Self {
            code,
            kind,
            state,
            purpose,
            ward_id,
            place_kind,
            place_name,
            venue_id,
            sim,
            note,
        } = self;
        Entry {
            code,
            kind,
            state,
            purpose,
            ward_id: ward_id.map(WardId),
            place_kind,
            place_name,
            venue_id: venue_id.map(VenueId),
            sim: sim.unwrap_or_default(),
            note,
        }
    }
}

impl TrialBody {
    fn into_command(self) -> TrialEntry {
        let Self { ward_id, place_name, starts_on, ends_on, household_count, outcome, findings } =
            self;
        TrialEntry {
            ward_id: ward_id.map(WardId),
            place_name,
            starts_on,
            ends_on,
            household_count,
            outcome,
            findings,
        }
    }
}

fn item(row: RouterRow) -> RouterItem {
    let RouterRow { router, ward: _, venue: _, last } = row;
    RouterItem {
        id: router.id.0,
        code: router.code,
        kind: router.kind,
        state: router.state,
        purpose: router.purpose,
        ward_id: router.ward_id.map(|id| id.0),
        place_kind: router.place_kind,
        place_name: router.place_name,
        venue_id: router.venue_id.map(|id| id.0),
        sim: router.sim,
        note: router.note,
        tested_on: last.as_ref().map(|test| test.tested_on),
        test_result: last.map(|test| test.result),
        revision: router.revision,
    }
}

fn trial_item(trial: tv_push_trial::Model) -> TrialItem {
    TrialItem {
        id: trial.id.0,
        revision: trial.revision,
        trial: TrialBody {
            ward_id: trial.ward_id.map(|id| id.0),
            place_name: trial.place_name,
            starts_on: trial.starts_on,
            ends_on: trial.ends_on,
            household_count: trial.household_count,
            outcome: trial.outcome,
            findings: trial.findings,
        },
    }
}
