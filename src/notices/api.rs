//! Notices in the API.

use entity::notices::delivery::DeliveryState;
use entity::residents::contact_channel::Channel;
use entity::{BookingId, DeliveryId};
use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};

use super::actions;
use super::queries::{self, DeliveryFilter, DeliveryRow};
use super::rules::Outcome;
use crate::platform::Result;
use crate::platform::web::api::{Editable, IfMatch, page_size};
use crate::platform::web::door::By;
use crate::residents::Desk;

/// The operations of notices.
#[derive(Clone, Copy, Debug)]
pub struct NoticesApi;

#[derive(Tags)]
enum Tag {
    /// Letters, calls and mails: how people are told.
    Notices,
}

/// A page of deliveries, oldest first.
#[derive(Object, Debug)]
pub struct DeliveryPage {
    pub items: Vec<DeliveryRow>,
    /// Give it as `after` for the next page; null on the last.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// The outcome of a delivery.
#[derive(Object, Debug)]
pub struct RecordDelivery {
    pub outcome: Outcome,
    /// The revision that the writer saw; `If-Match` says the same.
    pub revision: Option<i32>,
}

/// A calendar file.
#[derive(Debug)]
pub struct Calendar(pub String);

impl Payload for Calendar {
    const CONTENT_TYPE: &'static str = "text/calendar";

    fn schema_ref() -> MetaSchemaRef {
        String::schema_ref()
    }
}

impl ApiResponse for Calendar {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The invitation (METHOD:PUBLISH)",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: Self::CONTENT_TYPE,
                    schema: Self::schema_ref(),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(_: &mut Registry) {}
}

impl IntoResponse for Calendar {
    fn into_response(self) -> Response {
        let file = "attachment; filename=\"booking.ics\"";
        let mut response = Response::builder()
            .content_type("text/calendar; charset=utf-8; method=PUBLISH")
            .body(self.0);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(file));
        response
    }
}

#[OpenApi(tag = "Tag::Notices")]
impl NoticesApi {
    /// The invitation of a booking as a calendar file.
    #[oai(path = "/bookings/:id/invite", method = "get", operation_id = "get_invite")]
    async fn get_invite(&self, by: By<Desk>, id: Path<BookingId>) -> Result<Calendar> {
        let invite = queries::invite_to(by.db(), &by.scope, id.0, by.ctx.lang).await?;
        by.saw(invite.map(Calendar), "get_invite").await
    }

    /// Deliveries: letters to print, calls to make, mails sent.
    #[oai(path = "/deliveries", method = "get", operation_id = "list_deliveries")]
    async fn list_deliveries(
        &self,
        by: By<Desk>,
        channel: Query<Option<Channel>>,
        state: Query<Option<DeliveryState>>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> Result<Json<DeliveryPage>> {
        let filter = DeliveryFilter {
            channel: channel.0,
            states: state.0.into_iter().collect(),
            ..DeliveryFilter::default()
        };
        let (db, size) = (by.db(), page_size(limit.0));
        let page = queries::list(db, &by.scope, &filter, size, after.as_deref()).await?;
        let page = page.map(DeliveryRow::from);
        Ok(Json(DeliveryPage { items: page.items, next: page.next }))
    }

    /// Records that a letter was printed, posted or taken out of the pile, or how a call ended.
    #[oai(path = "/deliveries/:id/outcome", method = "post", operation_id = "record_delivery")]
    async fn record_delivery(
        &self,
        by: By<Desk>,
        id: Path<DeliveryId>,
        #[oai(name = "If-Match")] if_match: IfMatch,
        body: Json<RecordDelivery>,
    ) -> Result<Editable<DeliveryRow>> {
        let RecordDelivery { outcome, revision } = body.0;
        let (id, revision) = (id.0, if_match.revision()?.or(revision));
        let mail = by.app.config().smtp_url.is_some();
        let work = |tx, scope| async move {
            let made = actions::record_outcome(&tx, scope, id, outcome, revision, mail).await;
            made.map(|row| row.id)
        };
        by.does("record_delivery", work).await?;
        let row = DeliveryRow::from(queries::get(by.db(), &by.scope, id).await?);
        Ok(Editable { revision: row.revision, body: row })
    }
}
