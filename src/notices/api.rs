//! Notices in the API.

use chrono::{DateTime, FixedOffset};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::residents::contact_channel::Channel;
use entity::{BookingId, DeliveryId};
use poem::http::{HeaderValue, header};
use poem::{IntoResponse, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, Payload};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, Tags};

use super::queries::DeliveryFilter;
use super::{actions, queries, rules};
use crate::platform::Result;
use crate::platform::japan::time::to_jst;
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

/// One way that one notice takes.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct Delivery {
    pub id: i64,
    pub notice_id: i64,
    pub booking_id: i64,
    pub resident_id: i64,
    /// What the notice says.
    pub kind: NoticeKind,
    pub channel: Channel,
    pub state: DeliveryState,
    /// Rung of the person's ladder, from 0.
    pub rank: i32,
    /// Calls made, mails tried, prints.
    pub attempts: i32,
    /// Who printed, posted or called last.
    pub staff_id: Option<i64>,
    pub revision: i32,
    pub created_at: DateTime<FixedOffset>,
    pub updated_at: DateTime<FixedOffset>,
}

impl Delivery {
    fn new(row: delivery::Model, notice: &notice::Model) -> Self {
        Self {
            id: row.id.0,
            notice_id: notice.id.0,
            booking_id: notice.booking_id.0,
            resident_id: notice.resident_id.0,
            kind: notice.kind,
            channel: row.channel,
            state: row.state,
            rank: row.rank,
            attempts: row.attempts,
            staff_id: row.staff_id.map(|id| id.0),
            revision: row.revision,
            created_at: to_jst(row.created_at),
            updated_at: to_jst(row.updated_at),
        }
    }
}

/// A page of deliveries, oldest first.
#[derive(Object, Debug)]
pub struct DeliveryPage {
    pub items: Vec<Delivery>,
    /// Give it as `after` for the next page; null on the last.
    #[oai(nullable)]
    pub next: Option<String>,
}

/// What was done about a letter or a call.
#[derive(Enum, Clone, Copy, Debug)]
#[oai(rename = "DeliveryOutcome", rename_all = "snake_case")]
pub enum Outcome {
    Printed,
    Posted,
    /// A printed letter was taken out of the pile: it must not be posted.
    TakenOut,
    Told,
    NoAnswer,
    Voicemail,
}

impl From<Outcome> for rules::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Printed => Self::Printed,
            Outcome::Posted => Self::Posted,
            Outcome::TakenOut => Self::TakenOut,
            Outcome::Told => Self::Told,
            Outcome::NoAnswer => Self::NoAnswer,
            Outcome::Voicemail => Self::Voicemail,
        }
    }
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
    async fn get_invite(&self, by: By<Desk>, id: Path<i64>) -> Result<Calendar> {
        let id = BookingId(id.0);
        let invite = queries::invite_to(by.db(), &by.scope, id, by.ctx.lang).await?;
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
        let page = page.map(|(row, notice)| Delivery::new(row, &notice));
        Ok(Json(DeliveryPage { items: page.items, next: page.next }))
    }

    /// Records that a letter was printed, posted or taken out of the pile, or how a call ended.
    #[oai(path = "/deliveries/:id/outcome", method = "post", operation_id = "record_delivery")]
    async fn record_delivery(
        &self,
        by: By<Desk>,
        id: Path<i64>,
        #[oai(name = "If-Match")] if_match: IfMatch,
        body: Json<RecordDelivery>,
    ) -> Result<Editable<Delivery>> {
        let RecordDelivery { outcome, revision } = body.0;
        let (id, outcome) = (DeliveryId(id.0), rules::Outcome::from(outcome));
        let revision = if_match.revision()?.or(revision);
        let mail = by.app.config().smtp_url.is_some();
        by.does("record_delivery", |tx, scope| async move {
            let made = actions::record_outcome(&tx, scope, id, outcome, revision, mail).await;
            made.map(|row| row.id)
        })
        .await?;
        let (row, notice) = queries::get(by.db(), &by.scope, id).await?;
        Ok(Editable { revision: row.revision, body: Delivery::new(row, &notice) })
    }
}
