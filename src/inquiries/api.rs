//! The API of inquiries.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::{BookingId, InquiryId, ResidentId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions::{self, Closing, Draft};
use super::queries::{self, LogRow};
use crate::paths::queries::check_hearing;
use crate::platform::japan::time::{micros, to_jst};
use crate::platform::web::api::{ApiResult, Created, page_size};
use crate::platform::web::door::By;
use crate::platform::{Error, Result};
use crate::residents::Desk;

/// An inquiry that is recorded at once, from paper, the counter or another system.
#[derive(Object, Debug)]
pub struct NewInquiry {
    pub channel: InquiryChannel,
    pub resident_id: Option<ResidentId>,
    /// In any notation.
    pub caller_phone: Option<String>,
    pub topic: Option<Topic>,
    /// Answers by key; absent is unknown, not no.
    #[oai(default)]
    pub hearing: HashMap<String, Any<serde_json::Value>>,
    #[oai(default)]
    pub note: String,
    pub outcome: Outcome,
    /// What was booked: the outcome `booked` needs a booking of the person. Without this it is the
    /// latest that was made since `started_at`.
    pub booking_id: Option<BookingId>,
    /// When it began; now, if it is not said.
    pub started_at: Option<DateTime<FixedOffset>>,
    /// The instant of a promised call, in opening hours.
    pub call_back_at: Option<DateTime<FixedOffset>>,
    /// The day of a promised call; without either, `call_back` is the next open day.
    pub call_back_on: Option<NaiveDate>,
}

/// The number of a recorded inquiry.
#[derive(Object, Debug)]
pub struct RecordedInquiry {
    pub id: InquiryId,
}

/// A page of inquiries.
#[derive(Object, Debug)]
pub struct InquiryPage {
    pub items: Vec<InquiryItem>,
    #[oai(nullable)]
    pub next: Option<String>,
}

/// A closed inquiry.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct InquiryItem {
    pub id: InquiryId,
    pub channel: InquiryChannel,
    pub resident_id: Option<ResidentId>,
    pub resident_kana: Option<String>,
    pub caller_phone: Option<String>,
    pub topic: Option<Topic>,
    pub hearing: HashMap<String, Any<serde_json::Value>>,
    pub note: String,
    pub outcome: Option<Outcome>,
    /// What the conversation left.
    pub booking_id: Option<BookingId>,
    /// Who answered.
    pub operator: String,
    pub started_at: DateTime<FixedOffset>,
    pub ended_at: Option<DateTime<FixedOffset>>,
    pub call_back_at: Option<DateTime<FixedOffset>>,
    pub called_back_at: Option<DateTime<FixedOffset>>,
}

#[derive(Tags)]
enum Group {
    /// 問い合わせ
    Inquiries,
}

/// Inquiries and promised calls.
#[derive(Clone, Copy, Debug)]
pub struct InquiriesApi;

#[OpenApi(tag = "Group::Inquiries")]
impl InquiriesApi {
    /// Records an inquiry; it stands on the person's timeline.
    #[oai(path = "/inquiries", method = "post", operation_id = "record_inquiry")]
    async fn record_inquiry(
        &self,
        by: By<Desk>,
        body: Json<NewInquiry>,
    ) -> Result<Created<RecordedInquiry>> {
        let instant = |at: DateTime<FixedOffset>| micros(at.with_timezone(&Utc));
        let NewInquiry {
            channel,
            resident_id,
            caller_phone,
            topic,
            hearing,
            note,
            outcome,
            booking_id,
            started_at,
            call_back_at,
            call_back_on,
        } = body.0;

        let hearing = hearing.into_iter().map(|(key, value)| (key, value.0)).collect();
        let hearing = serde_json::Value::Object(hearing);
        check_hearing(by.db(), &by.scope, &hearing).await?;

        let draft = &Draft { channel, resident_id, caller_phone, topic, hearing, note };
        let started_at = started_at.map_or(by.ctx.now, instant);
        let call_back_at = call_back_at.map(instant);
        let closing = &Closing { outcome, call_back_at, booking_id };
        let work = |tx, scope| async move {
            actions::record_told(&tx, scope, draft, started_at, closing, call_back_on).await
        };
        let id = by.does("record_inquiry", work).await?;
        Ok(Created { location: format!("/api/inquiries/{id}"), body: RecordedInquiry { id } })
    }

    /// One inquiry.
    #[oai(path = "/inquiries/:id", method = "get", operation_id = "get_inquiry")]
    async fn get_inquiry(&self, by: By<Desk>, id: Path<InquiryId>) -> ApiResult<InquiryItem> {
        item(&by, id.0, "get_inquiry").await
    }

    /// Closed inquiries, newest first.
    #[oai(path = "/inquiries", method = "get", operation_id = "list_inquiries")]
    async fn list_inquiries(
        &self,
        by: By<Desk>,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<InquiryPage> {
        let (limit, after) = (page_size(limit.0), after.0.as_deref());
        let found = queries::list(by.db(), &by.scope, limit, after).await?;
        let items = items(&by, found.items, "list_inquiries").await?;
        Ok(Json(InquiryPage { items, next: found.next }))
    }

    /// Promised calls that were not made yet, soonest first.
    #[oai(path = "/call-backs", method = "get", operation_id = "list_call_backs")]
    async fn list_call_backs(&self, by: By<Desk>) -> ApiResult<InquiryPage> {
        let found = queries::list_call_backs(by.db(), &by.scope).await?;
        let items = items(&by, found, "list_call_backs").await?;
        Ok(Json(InquiryPage { items, next: None }))
    }

    /// The promised call was made.
    #[oai(path = "/inquiries/:id/call-back", method = "post", operation_id = "complete_call_back")]
    async fn complete_call_back(
        &self,
        by: By<Desk>,
        id: Path<InquiryId>,
    ) -> ApiResult<InquiryItem> {
        let id = id.0;
        let work = |tx, scope| async move { actions::mark_called_back(&tx, scope, id).await };
        by.does("complete_call_back", work).await?;
        item(&by, id, "complete_call_back").await
    }
}

/// One inquiry with the name of the person, who is shown by it.
async fn item(by: &By<Desk>, id: InquiryId, on: &'static str) -> ApiResult<InquiryItem> {
    let found = queries::get(by.db(), &by.scope, id).await?;
    let items = items(by, vec![found], on).await?;
    Ok(Json(items.into_iter().next().ok_or(Error::NotFound)?))
}

/// Inquiries with the names of the people, who are shown by it.
async fn items(
    by: &By<Desk>,
    inquiries: Vec<inquiry::Model>,
    on: &'static str,
) -> Result<Vec<InquiryItem>> {
    let rows = queries::log_rows(by.db(), &by.scope, inquiries).await?;
    Ok(by.saw(rows, on).await?.into_iter().map(InquiryItem::from).collect())
}

impl From<LogRow> for InquiryItem {
    fn from(row: LogRow) -> Self {
        let LogRow { inquiry, resident, operator } = row;
        let answers = inquiry.hearing.as_object().cloned().unwrap_or_default();
        Self {
            id: inquiry.id,
            channel: inquiry.channel,
            resident_id: inquiry.resident_id,
            resident_kana: resident.map(|found| found.kana),
            caller_phone: inquiry.caller_phone,
            topic: inquiry.topic,
            hearing: answers.into_iter().map(|(key, value)| (key, Any(value))).collect(),
            note: inquiry.note,
            outcome: inquiry.outcome,
            booking_id: inquiry.booking_id,
            operator,
            started_at: to_jst(inquiry.started_at),
            ended_at: inquiry.ended_at.map(to_jst),
            call_back_at: inquiry.call_back_at.map(to_jst),
            called_back_at: inquiry.called_back_at.map(to_jst),
        }
    }
}
