//! `/desk/paper`: the call sheet for the time in which nothing can be stored, on one A4.

use askama::Template;

use super::screen::{Ask, blank_asks};
use super::*;
use crate::platform::web::page::render;

/// What is written down before the questions.
const LINES: [&str; 6] = [
    "desk.paper.when",
    "desk.paper.who",
    "desk.paper.phone",
    "desk.paper.kana",
    "desk.paper.name",
    "desk.paper.address",
];

#[derive(Template)]
#[template(path = "desk/pages/paper.html")]
struct Paper {
    page: Page,
    asks: Vec<Ask>,
}

#[handler]
pub(super) async fn show(visit: Visit<residents::Desk>) -> Result<Response> {
    // The sheet is for the day on which the database fails: without the places it is a sheet still.
    let places = crate::places::queries::list_areas(visit.db(), &visit.scope).await;
    let asks = blank_asks(&visit.page, places.unwrap_or_default());
    render(&Paper { asks, page: visit.page })
}
