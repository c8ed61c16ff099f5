//! The API of inquiries.

use std::collections::{BTreeMap, HashMap};

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
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::Desk;

/// An inquiry that is recorded at once, from paper, the counter or another system.
#[derive(Object, Debug)]
pub struct NewInquiry {
    pub channel: InquiryChannel,
    pub resident_id: Option<i64>,
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
    pub booking_id: Option<i64>,
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
    pub id: i64,
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
    pub id: i64,
    pub channel: InquiryChannel,
    pub resident_id: Option<i64>,
    pub resident_kana: Option<String>,
    pub caller_phone: Option<String>,
    pub topic: Option<Topic>,
    pub hearing: HashMap<String, Any<serde_json::Value>>,
    pub note: String,
    pub outcome: Option<Outcome>,
    /// What the conversation left.
    pub booking_id: Option<i64>,
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
        let told = &read(body.0, by.ctx.now);
        check_hearing(by.db(), &by.scope, &told.draft.hearing).await?;
        let work = |tx, scope| async move { record(&tx, scope, told).await };
        let id = by.does("record_inquiry", work).await?;
        let location = format!("/api/inquiries/{id}");
        Ok(Created { location, body: RecordedInquiry { id: id.0 } })
    }

    /// One inquiry.
    #[oai(path = "/inquiries/:id", method = "get", operation_id = "get_inquiry")]
    async fn get_inquiry(&self, by: By<Desk>, id: Path<i64>) -> ApiResult<InquiryItem> {
        let found = queries::get(by.db(), &by.scope, InquiryId(id.0)).await?;
        let items = items(&by, vec![found], "get_inquiry").await?;
        Ok(Json(items.into_iter().next().ok_or(Error::NotFound)?))
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
    async fn complete_call_back(&self, by: By<Desk>, id: Path<i64>) -> ApiResult<InquiryItem> {
        let id = InquiryId(id.0);
        let work = |tx, scope| async move { actions::mark_called_back(&tx, scope, id).await };
        by.does("complete_call_back", work).await?;
        let found = queries::get(by.db(), &by.scope, id).await?;
        let items = items(&by, vec![found], "complete_call_back").await?;
        Ok(Json(items.into_iter().next().ok_or(Error::NotFound)?))
    }
}

/// What was sent.
struct Told {
    draft: Draft,
    outcome: Outcome,
    booking_id: Option<BookingId>,
    started_at: DateTime<Utc>,
    call_back_at: Option<DateTime<Utc>>,
    call_back_on: Option<NaiveDate>,
}

fn read(body: NewInquiry, now: DateTime<Utc>) -> Told {
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
    } = body;
    let hearing = hearing.into_iter().map(|(key, value)| (key, value.0)).collect();
    let instant = |at: DateTime<FixedOffset>| micros(at.with_timezone(&Utc));

    Told {
        draft: Draft {
            channel,
            resident_id: resident_id.map(ResidentId),
            caller_phone,
            topic,
            hearing: serde_json::Value::Object(hearing),
            note,
        },
        outcome,
        booking_id: booking_id.map(BookingId),
        started_at: started_at.map_or(now, instant),
        call_back_at: call_back_at.map(instant),
        call_back_on,
    }
}

/// Records what was sent, with the booking and the call that it leaves.
async fn record(tx: &Tx, scope: &Scope, told: &Told) -> Result<InquiryId> {
    let at = told.started_at;
    let call_back_at = match (told.call_back_at, told.call_back_on) {
        (None, Some(day)) => Some(actions::promise_on(tx, scope, Some(day)).await?),
        (at, _) => at,
    };
    let booking_id = match (told.booking_id, told.draft.resident_id, told.outcome) {
        (None, Some(person), Outcome::Booked) => {
            actions::booked_since(tx, scope, person, at, None).await?
        }
        (said, _, _) => said,
    };
    let closing = Closing { outcome: told.outcome, call_back_at, booking_id };
    Ok(actions::record(tx, scope, &told.draft, at, &closing).await?.id)
}

/// Inquiries with the names of the people, who are shown by it.
async fn items(
    by: &By<Desk>,
    inquiries: Vec<inquiry::Model>,
    on: &'static str,
) -> Result<Vec<InquiryItem>> {
    let rows = queries::log_rows(by.db(), &by.scope, inquiries).await?;
    Ok(by.saw(rows, on).await?.into_iter().map(item).collect())
}

fn item(row: LogRow) -> InquiryItem {
    let LogRow { inquiry, resident, operator } = row;
    let hearing: BTreeMap<String, serde_json::Value> =
        serde_json::from_value(inquiry.hearing).unwrap_or_default();
    InquiryItem {
        id: inquiry.id.0,
        channel: inquiry.channel,
        resident_id: inquiry.resident_id.map(|id| id.0),
        resident_kana: resident.map(|found| found.kana),
        caller_phone: inquiry.caller_phone,
        topic: inquiry.topic,
        hearing: hearing.into_iter().map(|(key, value)| (key, Any(value))).collect(),
        note: inquiry.note,
        outcome: inquiry.outcome,
        booking_id: inquiry.booking_id.map(|id| id.0),
        operator,
        started_at: to_jst(inquiry.started_at),
        ended_at: inquiry.ended_at.map(to_jst),
        call_back_at: inquiry.call_back_at.map(to_jst),
        called_back_at: inquiry.called_back_at.map(to_jst),
    }
}
