//! Models, and practices in the wards.

use entity::{PracticeId, ProjectId};
use poem_openapi::OpenApi;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;

use super::Group;
use super::objects::{Made, TextBody};
use crate::platform::Result;
use crate::platform::web::api::{ApiResult, Created, IfMatch};
use crate::platform::web::door::By;
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::actions::{self, NewSpread, NewStep};
use crate::subsidies::queries::{self, PracticeItem};

/// Spread (横展開).
#[derive(Clone, Copy, Debug)]
pub struct PracticesApi;

#[OpenApi(tag = "Group::Subsidies")]
impl PracticesApi {
    /// Marks a verified project as a model.
    #[oai(path = "/projects/:id/model", method = "post", operation_id = "mark_model")]
    async fn mark_model(
        &self,
        by: By<Reviewing>,
        #[oai(name = "If-Match")] seen: IfMatch,
        id: Path<ProjectId>,
        body: Json<TextBody>,
    ) -> Result<Created<Made>> {
        let (id, summary) = (id.0, &body.0.body);
        let work = |tx, scope| async move {
            actions::mark_model(&tx, scope, id, seen.revision()?, summary).await
        };
        let made = by.does("mark_model", work).await?;
        Ok(Created { location: format!("/api/practices/{made}"), body: Made { id: made.0 } })
    }

    /// The practices, and how far each ward is.
    #[oai(path = "/practices", method = "get", operation_id = "list_practices")]
    async fn list_practices(&self, by: By<Reading>) -> ApiResult<Vec<PracticeItem>> {
        let found = queries::list_practices(by.db(), &by.scope).await?;
        Ok(Json(found.into_iter().map(PracticeItem::from).collect()))
    }

    /// One practice.
    #[oai(path = "/practices/:id", method = "get", operation_id = "get_practice")]
    async fn get_practice(&self, by: By<Reading>, id: Path<PracticeId>) -> ApiResult<PracticeItem> {
        Ok(Json(queries::get_practice(by.db(), &by.scope, id.0).await?.into()))
    }

    /// Records how a practice stands in a ward.
    #[oai(path = "/practices/:id/steps", method = "post", operation_id = "record_practice_step")]
    async fn record_practice_step(
        &self,
        by: By<Reading>,
        id: Path<PracticeId>,
        body: Json<NewStep>,
    ) -> ApiResult<PracticeItem> {
        let (id, new) = (id.0, &body.0);
        let work = |tx, scope| async move { actions::record_step(&tx, scope, id, new).await };
        by.does("record_practice_step", work).await?;
        Ok(Json(queries::get_practice(by.db(), &by.scope, id).await?.into()))
    }

    /// Takes a practice over as a new project of the own ward.
    #[oai(path = "/practices/:id/spread", method = "post", operation_id = "spread_practice")]
    async fn spread_practice(
        &self,
        by: By<Applying>,
        id: Path<PracticeId>,
        body: Json<NewSpread>,
    ) -> Result<Created<Made>> {
        let (id, new) = (id.0, &body.0);
        let work = |tx, scope| async move { actions::spread_to(&tx, scope, id, new).await };
        let made = by.does("spread_practice", work).await?;
        Ok(Created { location: format!("/api/projects/{made}"), body: Made { id: made.0 } })
    }
}
