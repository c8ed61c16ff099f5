//! The call log and the promised calls.

use askama::Template;
use entity::InquiryId;
use entity::inquiries::inquiry;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;

use super::actions;
use super::queries::{self, LogRow};
use super::rules::Due;
use crate::platform::Result;
use crate::platform::web::door::Visit;
use crate::platform::web::form::Query;
use crate::platform::web::{Page, redirect, render};
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

#[derive(Template)]
#[template(path = "inquiries/pages/calls.html")]
struct CallsPage {
    page: Page,
    rows: Vec<LogRow>,
    /// Address of the older rows.
    older: Option<String>,
    is_first: bool,
}

#[derive(Deserialize, Default)]
struct LogQuery {
    #[serde(default)]
    after: Option<String>,
}

/// These inquiries with the people in them, who are shown by it.
async fn shown(
    visit: &Visit<Desk>,
    inquiries: Vec<inquiry::Model>,
    on: &'static str,
) -> Result<Vec<LogRow>> {
    let rows = queries::log_rows(visit.db(), &visit.scope, inquiries).await?;
    visit.saw(rows, on).await
}

#[handler]
async fn calls(visit: Visit<Desk>, Query(query): Query<LogQuery>) -> Result<Response> {
    let after = query.after.filter(|after| !after.is_empty());
    let found = queries::list(visit.db(), &visit.scope, ROWS, after.as_deref()).await?;
    let rows = shown(&visit, found.items, "calls").await?;
    let older = found.next.map(|next| format!("/calls?after={next}"));
    render(&CallsPage { page: visit.page, rows, older, is_first: after.is_none() })
}

#[derive(Template)]
#[template(path = "inquiries/pages/callbacks.html")]
struct CallBacksPage {
    page: Page,
    rows: Vec<LogRow>,
}

#[handler]
async fn call_backs(visit: Visit<Desk>) -> Result<Response> {
    let found = queries::list_call_backs(visit.db(), &visit.scope).await?;
    let rows = shown(&visit, found, "callbacks").await?;
    render(&CallBacksPage { page: visit.page, rows })
}

#[handler]
async fn complete(visit: Visit<Desk>, Path(id): Path<InquiryId>) -> Result<Response> {
    let work = |tx, scope| async move { actions::mark_called_back(&tx, scope, id).await };
    visit.does("complete_call_back", work).await?;
    Ok(redirect("/callbacks"))
}
