//! The API of paths.

use std::collections::HashMap;

use entity::paths::path_step::{OverrideReason, StepKind, StepState};
use entity::{PathStepId, ResidentId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use super::actions;
use super::queries::{self, AcceptedPath, PathProposal, PathView};
use super::rules::{AcceptedStep, MarkedState};
use crate::platform::web::api::{ApiResult, Editable, IfMatch, Seen};
use crate::platform::web::door::By;
use crate::platform::{Error, Lang, Personal, Result};
use crate::residents::{self, Desk};

/// Answers of a hearing by key. All keys are optional: `device`, `want`, `reasons`,
/// `interests`, `can_do`, `areas`, `times`, `hearing`, `vision`, `mobility`, `support`,
/// `channels`.
type Answers = HashMap<String, Value>;

/// Answers from which a path is proposed.
#[derive(Object, Debug)]
pub struct PathWish {
    /// Answers by key, as in the table of the documentation; absent is unknown, not no.
    pub hearing: Answers,
}

/// The steps on which operator and person agree.
#[derive(Object, Debug)]
pub struct PathAcceptance {
    /// The answers from which the path was proposed.
    pub hearing: Answers,
    /// One to six steps, in their order.
    pub steps: Vec<AcceptedStep>,
}

/// What the staff says of a step.
#[derive(Object, Debug)]
pub struct StepMark {
    pub state: MarkedState,
    pub reason: Option<OverrideReason>,
}

/// A step after it was marked.
#[derive(Object, Debug)]
pub struct MarkedStep {
    pub id: PathStepId,
    pub kind: StepKind,
    pub state: StepState,
}

/// Paths: hearing, proposal, progress.
#[derive(Clone, Copy, Debug)]
pub struct PathsApi;

#[OpenApi(tag = "Tags::Paths")]
impl PathsApi {
    /// Proposes a path with real sessions. Stores nothing.
    #[oai(path = "/residents/:id/path", method = "post", operation_id = "propose_path")]
    async fn propose_path(
        &self,
        by: By<Desk>,
        id: Path<ResidentId>,
        body: Json<PathWish>,
    ) -> ApiResult<PathProposal> {
        let (db, scope) = (by.db(), &by.scope);
        let hearing = queries::check_hearing(db, scope, &as_value(body.0.hearing)).await?;
        let found = queries::propose(db, scope, id.0, &hearing, by.ctx.now).await?;
        let found = by.saw(Personal::new(found, [id.0]), "propose_path").await?;
        Ok(Json(found.shown(by.ctx.lang)))
    }

    /// The current version of a person's path.
    #[oai(path = "/residents/:id/path", method = "get", operation_id = "get_path")]
    async fn get_path(&self, by: By<Desk>, id: Path<ResidentId>) -> Result<Editable<AcceptedPath>> {
        let (db, scope) = (by.db(), &by.scope);
        residents::queries::get(db, scope, id.0).await?;
        let view = by.saw(queries::current(db, scope, id.0).await?, "get_path").await?;
        editable(view, by.ctx.lang)
    }

    /// Stores the steps as the person's next path version. Finished steps stay in front. Who has a
    /// path already keeps it unless its version comes as `If-Match`.
    #[oai(path = "/residents/:id/path", method = "put", operation_id = "accept_path")]
    async fn accept_path(
        &self,
        by: By<Desk>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ResidentId>,
        body: Json<PathAcceptance>,
    ) -> Result<Editable<AcceptedPath>> {
        let (id, PathAcceptance { hearing, steps }) = (id.0, body.0);
        let (hearing, steps) = (&as_value(hearing), &steps);
        queries::check_hearing(by.db(), &by.scope, hearing).await?;

        by.does("accept_path", |tx, scope| async move {
            actions::replace(&tx, scope, id, seen.revision()?, hearing, steps).await
        })
        .await?;
        let view = queries::current(by.db(), &by.scope, id).await?.just_written();
        editable(view, by.ctx.lang)
    }

    /// Marks a step that has no booking as done or dropped. The revision is the path's version.
    #[oai(path = "/path-steps/:id/state", method = "put", operation_id = "mark_step")]
    async fn mark_step(
        &self,
        by: By<Desk>,
        #[oai(name = "If-Match")] seen: Seen,
        id: Path<PathStepId>,
        body: Json<StepMark>,
    ) -> ApiResult<MarkedStep> {
        let (id, seen, StepMark { state, reason }) = (id.0, seen.revision()?, body.0);
        let marked = by.does("mark_step", |tx, scope| async move {
            let step = actions::mark_step(&tx, scope, id, seen, state, reason).await?;
            Ok((step.id, step.kind, step.state))
        });
        let (id, kind, state) = marked.await?;
        Ok(Json(MarkedStep { id, kind, state }))
    }
}

#[derive(poem_openapi::Tags)]
enum Tags {
    /// 受講フロー
    Paths,
}

/// A map of answers as one value.
fn as_value(answers: Answers) -> Value {
    Value::Object(answers.into_iter().collect())
}

/// A path with its version, where the person has one.
fn editable(view: Option<PathView>, lang: Lang) -> Result<Editable<AcceptedPath>> {
    let body = view.ok_or(Error::NotFound)?.shown(lang);
    Ok(Editable { revision: body.version, body })
}
