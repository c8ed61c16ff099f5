//! The API of inquiries.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use entity::inquiries::inquiry::{InquiryChannel, Outcome, Topic};
use entity::{BookingId, InquiryId, ResidentId};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Any;
use poem_openapi::{Object, OpenApi, Tags};

use super::actions::{self, Closing, Draft};
use super::queries::{self, LogRow};
use crate::paths::queries::check_hearing;
use crate::platform::actor::DESK;
use crate::platform::japan::time::{micros, to_jst};
use crate::platform::web::api::{ApiResult, Created, page_size};
use crate::platform::web::form::Intent;
use crate::platform::{App, Ctx, Page, Result, Scope};
use crate::residents;

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
        ctx: Ctx,
        app: App,
        intent: Intent,
        body: Json<NewInquiry>,
    ) -> Result<Created<RecordedInquiry>> {
        let scope = &ctx.scope(DESK)?;
        let told = read(body.0, ctx.now);
        check_hearing(app.store().reader(), scope, &told.draft.hearing).await?;
        let told = &told;
        let id = app
            .store()
            .write_once(&ctx, "record_inquiry", intent.0.as_ref(), |tx| async move {
                let call_back_at = match (told.call_back_at, told.call_back_on) {
                    (None, Some(day)) => Some(actions::promise_on(&tx, scope, Some(day)).await?),
                    (at, _) => at,
                };
                let at = told.started_at;
                let booking_id = match (told.booking_id, told.draft.resident_id, told.outcome) {
                    (None, Some(person), Outcome::Booked) => {
                        actions::booked_since(&tx, scope, person, at, None).await?
                    }
                    (said, _, _) => said,
                };
                let closing = Closing { outcome: told.outcome, call_back_at, booking_id };
                let made = actions::record(&tx, scope, &told.draft, at, &closing).await?;
                Ok(made.id)
            })
            .await?;
        let location = format!("/api/inquiries/{id}");
        Ok(Created { location, body: RecordedInquiry { id: id.0 } })
    }

    /// One inquiry.
    #[oai(path = "/inquiries/:id", method = "get", operation_id = "get_inquiry")]
    async fn get_inquiry(&self, ctx: Ctx, app: App, id: Path<i64>) -> ApiResult<InquiryItem> {
        let scope = ctx.scope(DESK)?;
        let found = queries::get(app.store().reader(), &scope, InquiryId(id.0)).await?;
        let rows = shown(&app, &ctx, &scope, vec![found], "get_inquiry").await?;
        let item = rows.into_iter().next().map(item);
        Ok(Json(item.ok_or(crate::platform::Error::NotFound)?))
    }

    /// Closed inquiries, newest first.
    #[oai(path = "/inquiries", method = "get", operation_id = "list_inquiries")]
    async fn list_inquiries(
        &self,
        ctx: Ctx,
        app: App,
        limit: Query<Option<u32>>,
        after: Query<Option<String>>,
    ) -> ApiResult<InquiryPage> {
        let scope = ctx.scope(DESK)?;
        let limit = page_size(limit.0);
        let Page { items, next } =
            queries::list(app.store().reader(), &scope, limit, after.0.as_deref()).await?;
        let rows = shown(&app, &ctx, &scope, items, "list_inquiries").await?;
        Ok(Json(InquiryPage { items: rows.into_iter().map(item).collect(), next }))
    }

    /// Promised calls that were not made yet, soonest first.
    #[oai(path = "/call-backs", method = "get", operation_id = "list_call_backs")]
    async fn list_call_backs(&self, ctx: Ctx, app: App) -> ApiResult<InquiryPage> {
        let scope = ctx.scope(DESK)?;
        let found = queries::list_call_backs(app.store().reader(), &scope).await?;
        let rows = shown(&app, &ctx, &scope, found, "list_call_backs").await?;
        Ok(Json(InquiryPage { items: rows.into_iter().map(item).collect(), next: None }))
    }

    /// The promised call was made.
    #[oai(path = "/inquiries/:id/call-back", method = "post", operation_id = "complete_call_back")]
    async fn complete_call_back(
        &self,
        ctx: Ctx,
        app: App,
        id: Path<i64>,
    ) -> ApiResult<InquiryItem> {
        let scope = &ctx.scope(DESK)?;
        let id = InquiryId(id.0);
        app.store()
            .write(&ctx, "complete_call_back", |tx| async move {
                actions::mark_called_back(&tx, scope, id).await
            })
            .await?;
        let found = queries::get(app.store().reader(), scope, id).await?;
        let rows = shown(&app, &ctx, scope, vec![found], "complete_call_back").await?;
        let item = rows.into_iter().next().map(item);
        Ok(Json(item.ok_or(crate::platform::Error::NotFound)?))
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

/// Joins the names, and records that somebody looked at these people.
pub(super) async fn shown(
    app: &App,
    ctx: &Ctx,
    scope: &Scope,
    inquiries: Vec<super::inquiry::Model>,
    why: &'static str,
) -> Result<Vec<LogRow>> {
    let rows = queries::log_rows(app.store().reader(), scope, inquiries).await?;
    let mut people: Vec<ResidentId> =
        rows.iter().filter_map(|row| row.resident.as_ref().map(|found| found.id)).collect();
    people.sort_unstable();
    people.dedup();
    residents::record_look(app, ctx, &people, why).await?;
    Ok(rows)
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
