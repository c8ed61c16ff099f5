//! The API of routers and trials.

use entity::routers::router::{PlaceKind, RouterKind, RouterState};
use entity::{RouterId, TvPushTrialId, WardId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions;
use super::queries::{self, RouterFilter, RouterRow, TrialRow};
use super::rules::{NewTest, RouterEntry, TrialEntry, old_since};
use crate::platform::Result;
use crate::platform::web::api::{ApiResult, Created, Editable, Seen, page_size};
use crate::platform::web::door::By;
use crate::routers::Network;

#[derive(Tags)]
enum Group {
    /// 地域BWA: routers, tests, TV push
    Routers,
}

/// A page of routers.
#[derive(Object, Debug)]
pub struct RouterPage {
    pub items: Vec<RouterRow>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// The number of a new record.
#[derive(Object, Debug)]
pub struct RouterCreated {
    pub id: i64,
}

/// The trials, newest first.
#[derive(Object, Debug)]
pub struct TrialList {
    pub items: Vec<TrialRow>,
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
        ward_id: Query<Option<WardId>>,
        /// Only those in use whose last test is six months old or that were never tested.
        due: Query<Option<bool>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<RouterPage> {
        let filter = RouterFilter {
            ward_id: ward_id.0,
            kind: kind.0,
            place_kind: place_kind.0,
            state: state.0,
            due_since: due.0.unwrap_or(false).then(|| old_since(by.ctx.today())),
        };
        let (db, size) = (by.db(), page_size(limit.0));
        let page = queries::list(db, &by.scope, &filter, size, after.0.as_deref()).await?;
        Ok(Json(RouterPage { items: page.items, next: page.next }))
    }

    /// One router.
    #[oai(path = "/routers/:router_id", method = "get", operation_id = "get_router")]
    async fn get_router(
        &self,
        by: By<Network>,
        router_id: Path<RouterId>,
    ) -> Result<Editable<RouterRow>> {
        let row = queries::get(by.db(), &by.scope, router_id.0).await?;
        Ok(Editable { revision: row.revision, body: row })
    }

    /// Registers a router.
    #[oai(path = "/routers", method = "post", operation_id = "create_router")]
    async fn create_router(
        &self,
        by: By<Network>,
        body: Json<RouterEntry>,
    ) -> Result<Created<RouterCreated>> {
        let entry = &body.0;
        let work = |tx, scope| async move { actions::register(&tx, scope, entry).await };
        let id = by.does("register_router", work).await?;
        Ok(Created { location: format!("/api/routers/{id}"), body: RouterCreated { id: id.0 } })
    }

    /// Changes a router: place, SIM, state.
    #[oai(path = "/routers/:router_id", method = "put", operation_id = "update_router")]
    async fn update_router(
        &self,
        by: By<Network>,
        router_id: Path<RouterId>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<RouterEntry>,
    ) -> Result<Editable<RouterRow>> {
        let (id, seen, entry) = (router_id.0, seen.revision()?, &body.0);
        let work = |tx, scope| async move { actions::change(&tx, scope, id, seen, entry).await };
        by.does("change_router", work).await?;
        let row = queries::get(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: row.revision, body: row })
    }

    /// Records that a router was tested.
    #[oai(path = "/routers/:router_id/tests", method = "post", operation_id = "record_router_test")]
    async fn record_router_test(
        &self,
        by: By<Network>,
        router_id: Path<RouterId>,
        body: Json<NewTest>,
    ) -> Result<Created<RouterCreated>> {
        let (id, test) = (router_id.0, &body.0);
        let work = |tx, scope| async move { actions::record_test(&tx, scope, id, test).await };
        let made = by.does("test_router", work).await?;
        Ok(Created { location: format!("/api/routers/{id}"), body: RouterCreated { id: made.0 } })
    }

    /// The trials of TV push, newest first.
    #[oai(path = "/tv-push-trials", method = "get", operation_id = "list_tv_push_trials")]
    async fn list_tv_push_trials(&self, by: By<Network>) -> ApiResult<TrialList> {
        Ok(Json(TrialList { items: queries::list_trials(by.db(), &by.scope).await? }))
    }

    /// Writes down a trial of TV push.
    #[oai(path = "/tv-push-trials", method = "post", operation_id = "create_tv_push_trial")]
    async fn create_tv_push_trial(
        &self,
        by: By<Network>,
        body: Json<TrialEntry>,
    ) -> Result<Created<RouterCreated>> {
        let entry = &body.0;
        let work = |tx, scope| async move { actions::start_trial(&tx, scope, entry).await };
        let id = by.does("start_tv_push_trial", work).await?;
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
        trial_id: Path<TvPushTrialId>,
        #[oai(name = "If-Match")] seen: Seen,
        body: Json<TrialEntry>,
    ) -> Result<Editable<TrialRow>> {
        let (id, seen, entry) = (trial_id.0, seen.revision()?, &body.0);
        let work =
            |tx, scope| async move { actions::change_trial(&tx, scope, id, seen, entry).await };
        by.does("change_tv_push_trial", work).await?;
        let row = queries::get_trial(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: row.revision, body: row })
    }
}
