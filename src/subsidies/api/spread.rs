//! Models, and practices in the wards.

use chrono::NaiveDate;
use entity::programmes::programme_result::PeopleUnit;
use entity::subsidies::practice_step::SpreadState;
use entity::{PracticeId, ProjectId, SubsidyRoundId, WardId};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Group;
use super::objects::{Made, TextBody};
use crate::platform::Result;
use crate::platform::web::api::{ApiResult, Created, IfMatch};
use crate::platform::web::door::By;
use crate::subsidies::access::{Applying, Reading, Reviewing};
use crate::subsidies::actions::{self, NewStep};
use crate::subsidies::queries;

/// How a practice stands in a ward.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
struct WardStep {
    ward_id: i64,
    state: SpreadState,
    fiscal_year: i32,
    on_date: Option<NaiveDate>,
    reason: String,
}

/// A practice with the last step of each ward.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
struct PracticeItem {
    id: i64,
    name: String,
    summary: String,
    project_id: Option<i64>,
    session_count: Option<i32>,
    people_count: Option<i32>,
    people_unit: Option<PeopleUnit>,
    /// The figure is approximate, as printed in `words`.
    approx: bool,
    words: String,
    source: Option<String>,
    wards: Vec<WardStep>,
}

/// A step to record.
#[derive(Object, Debug)]
struct NewStepBody {
    ward_id: i64,
    state: SpreadState,
    on_date: NaiveDate,
    reason: String,
}

/// A practice to take over.
#[derive(Object, Debug)]
struct SpreadBody {
    round_id: i64,
    ward_id: i64,
    kept: String,
    changed: String,
}

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
        id: Path<i64>,
        body: Json<TextBody>,
    ) -> Result<Created<Made>> {
        let (id, summary) = (ProjectId(id.0), &body.0.body);
        let made = by
            .does("mark_model", |tx, scope| async move {
                actions::mark_model(&tx, scope, id, seen.revision()?, summary).await
            })
            .await?;
        Ok(Created { location: format!("/api/practices/{made}"), body: Made { id: made.0 } })
    }

    /// The practices, and how far each ward is.
    #[oai(path = "/practices", method = "get", operation_id = "list_practices")]
    async fn list_practices(&self, by: By<Reading>) -> ApiResult<Vec<PracticeItem>> {
        let found = queries::list_practices(by.db(), &by.scope).await?;
        Ok(Json(found.into_iter().map(practice_item).collect()))
    }

    /// One practice.
    #[oai(path = "/practices/:id", method = "get", operation_id = "get_practice")]
    async fn get_practice(&self, by: By<Reading>, id: Path<i64>) -> ApiResult<PracticeItem> {
        let row = queries::get_practice(by.db(), &by.scope, PracticeId(id.0)).await?;
        Ok(Json(practice_item(row)))
    }

    /// Records how a practice stands in a ward.
    #[oai(path = "/practices/:id/steps", method = "post", operation_id = "record_practice_step")]
    async fn record_practice_step(
        &self,
        by: By<Reading>,
        id: Path<i64>,
        body: Json<NewStepBody>,
    ) -> ApiResult<PracticeItem> {
        let id = PracticeId(id.0);
        let NewStepBody { ward_id, state, on_date, reason } = body.0;
        let new = &NewStep { practice_id: id, ward_id: WardId(ward_id), state, on_date, reason };
        by.does("record_practice_step", |tx, scope| async move {
            actions::record_step(&tx, scope, new).await
        })
        .await?;
        let row = queries::get_practice(by.db(), &by.scope, id).await?;
        Ok(Json(practice_item(row)))
    }

    /// Takes a practice over as a new project of the own ward.
    #[oai(path = "/practices/:id/spread", method = "post", operation_id = "spread_practice")]
    async fn spread_practice(
        &self,
        by: By<Applying>,
        id: Path<i64>,
        body: Json<SpreadBody>,
    ) -> Result<Created<Made>> {
        let (id, body) = (PracticeId(id.0), &body.0);
        let made = by
            .does("spread_practice", |tx, scope| async move {
                let (round, ward) = (SubsidyRoundId(body.round_id), WardId(body.ward_id));
                actions::spread_to(&tx, scope, id, round, ward, &body.kept, &body.changed).await
            })
            .await?;
        Ok(Created { location: format!("/api/projects/{made}"), body: Made { id: made.0 } })
    }
}

fn practice_item(row: queries::PracticeRow) -> PracticeItem {
    let mut wards: Vec<WardStep> = row
        .last
        .into_values()
        .map(|step| WardStep {
            ward_id: step.ward_id.0,
            state: step.state,
            fiscal_year: step.fiscal_year,
            on_date: step.on_date,
            reason: step.reason,
        })
        .collect();
    wards.sort_by_key(|step| step.ward_id);

    let practice = row.practice;
    PracticeItem {
        id: practice.id.0,
        name: practice.name,
        summary: practice.summary,
        project_id: practice.project_id.map(|id| id.0),
        session_count: practice.session_count,
        people_count: practice.people_count,
        people_unit: practice.people_unit,
        approx: practice.approx,
        words: practice.words,
        source: practice.source,
        wards,
    }
}
