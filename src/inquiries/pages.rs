//! The call log and the promised calls.

use askama::Template;
use chrono::{DateTime, Utc};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::{InquiryId, ResidentId};
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use super::actions;
use super::queries::{self, LogRow};
use super::rules::{Due, due};
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time, to_jst};
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, redirect, render};
use crate::platform::{Lang, Result};
use crate::residents::Desk;

/// Rows of the log on one page.
const ROWS: usize = 50;

/// Mounts the pages.
pub fn pages(route: Route) -> Route {
    route
        .at("/calls", get(calls))
        .at("/callbacks", get(call_backs))
        .at("/callbacks/:id", post(complete))
}

/// One line of either table.
struct Line {
    id: InquiryId,
    at: String,
    at_iso: String,
    channel: &'static str,
    kana: String,
    name: String,
    /// None for a caller who is not known.
    person: Option<ResidentId>,
    phone: String,
    /// The number as it is dialled.
    dialled: String,
    topic: &'static str,
    outcome: &'static str,
    operator: String,
    note: String,
    /// When the promised call is due; empty without one.
    call_back: String,
    due: Option<Due>,
    is_made: bool,
}

impl Line {
    fn new(row: LogRow, lang: Lang, now: DateTime<Utc>) -> Self {
        let LogRow { inquiry, resident, operator } = row;
        let phone = inquiry
            .caller_phone
            .as_deref()
            .and_then(|written| PhoneNumber::parse(written).ok())
            .or_else(|| resident.as_ref()?.numbers.first().cloned());
        let open = inquiry.call_back_at.filter(|_| inquiry.called_back_at.is_none());

        Self {
            id: inquiry.id,
            at: short(inquiry.started_at, lang),
            at_iso: to_jst(inquiry.started_at).to_rfc3339(),
            channel: channel_key(inquiry.channel),
            kana: resident.as_ref().map(|found| found.kana.clone()).unwrap_or_default(),
            name: resident.as_ref().and_then(|found| found.name.clone()).unwrap_or_default(),
            person: resident.map(|found| found.id),
            phone: phone.as_ref().map(PhoneNumber::in_full).unwrap_or_default(),
            dialled: phone.map(|number| number.dialled()).unwrap_or_default(),
            topic: topic_key(inquiry.topic),
            outcome: outcome_key(inquiry.outcome),
            operator,
            note: inquiry.note,
            call_back: inquiry.call_back_at.map(|at| short(at, lang)).unwrap_or_default(),
            due: open.map(|at| due(at, now)),
            is_made: inquiry.called_back_at.is_some(),
        }
    }

    /// The person or the number, to tell one button from another.
    fn who(&self) -> &str {
        if self.kana.is_empty() { &self.phone } else { &self.kana }
    }

    /// Days by which the promised call is late, if it is.
    fn days_late(&self) -> Option<i64> {
        match self.due {
            Some(Due::Late(days)) => Some(days),
            _ => None,
        }
    }

    fn passed(&self) -> bool {
        self.due == Some(Due::Passed)
    }

    fn today(&self) -> bool {
        self.due == Some(Due::Today)
    }
}

fn topic_key(topic: Option<Topic>) -> &'static str {
    match topic {
        None => "inquiry.topic.none",
        Some(Topic::Apply) => "inquiry.topic.apply",
        Some(Topic::Consult) => "inquiry.topic.consult",
        Some(Topic::Change) => "inquiry.topic.change",
        Some(Topic::Ask) => "inquiry.topic.ask",
        Some(Topic::Family) => "inquiry.topic.family",
    }
}

fn channel_key(channel: InquiryChannel) -> &'static str {
    match channel {
        InquiryChannel::Phone => "inquiry.channel.phone",
        InquiryChannel::Counter => "inquiry.channel.counter",
        InquiryChannel::Fax => "inquiry.channel.fax",
        InquiryChannel::Letter => "inquiry.channel.letter",
        InquiryChannel::Email => "inquiry.channel.email",
        InquiryChannel::Web => "inquiry.channel.web",
    }
}

fn outcome_key(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Booked) => "inquiry.outcome.booked",
        Some(Outcome::Answered) => "inquiry.outcome.answered",
        Some(Outcome::CallBack) => "inquiry.outcome.call_back",
        Some(Outcome::Referred) => "inquiry.outcome.referred",
        Some(Outcome::Declined) => "inquiry.outcome.declined",
        Some(Outcome::Other) | None => "inquiry.outcome.other",
    }
}

/// 「7/10(水) 午後2時」.
fn short(at: DateTime<Utc>, lang: Lang) -> String {
    let (date, time) = (local_date(at), local_time(at));
    match lang {
        Lang::Ja => format!("{} {}", dates::date_short_ja(date), dates::time_ja(time)),
        Lang::En => format!("{}, {}", dates::date_short_en(date), dates::time_en(time)),
    }
}

#[derive(Template)]
#[template(path = "inquiries/pages/calls.html")]
struct CallsPage {
    page: Page,
    lines: Vec<Line>,
    /// Address of the older rows.
    older: Option<String>,
    is_first: bool,
}

#[derive(Deserialize, Default)]
struct LogQuery {
    #[serde(default)]
    after: Option<String>,
}

/// The lines of these inquiries; the people in them are shown by it.
async fn lines(
    visit: &Visit<Desk>,
    inquiries: Vec<inquiry::Model>,
    on: &'static str,
) -> Result<Vec<Line>> {
    let rows = queries::log_rows(visit.db(), &visit.scope, inquiries).await?;
    let rows = visit.saw(rows, on).await?.into_iter();
    Ok(rows.map(|row| Line::new(row, visit.ctx.lang, visit.ctx.now)).collect())
}

#[handler]
async fn calls(visit: Visit<Desk>, Query(query): Query<LogQuery>) -> Result<Response> {
    let after = query.after.filter(|after| !after.is_empty());
    let found = queries::list(visit.db(), &visit.scope, ROWS, after.as_deref()).await?;
    let lines = lines(&visit, found.items, "calls").await?;
    let older = found.next.map(|next| format!("/calls?after={next}"));
    render(&CallsPage { page: visit.page, lines, older, is_first: after.is_none() })
}

#[derive(Template)]
#[template(path = "inquiries/pages/callbacks.html")]
struct CallBacksPage {
    page: Page,
    lines: Vec<Line>,
}

#[handler]
async fn call_backs(visit: Visit<Desk>) -> Result<Response> {
    let found = queries::list_call_backs(visit.db(), &visit.scope).await?;
    let lines = lines(&visit, found, "callbacks").await?;
    render(&CallBacksPage { page: visit.page, lines })
}

#[handler]
async fn complete(visit: Visit<Desk>, Path(id): Path<i64>) -> Result<Response> {
    let id = InquiryId(id);
    let work = |tx, scope| async move { actions::mark_called_back(&tx, scope, id).await };
    visit.does("complete_call_back", work).await?;
    Ok(redirect("/callbacks"))
}
