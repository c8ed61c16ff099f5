//! `/desk/paper`: the call sheet for the time in which nothing can be stored, on one A4.

use askama::Template;

use super::screen::{Ask, Chip, blank_asks, chips};
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
    lines: Vec<String>,
    bands: Vec<Chip>,
    asks: Vec<Ask>,
    outcomes: Vec<Chip>,
}

#[handler]
pub(super) async fn show(visit: Visit<residents::Desk>) -> Result<Response> {
    // The sheet is for the day on which the database fails: without the places it is a sheet still.
    let places = crate::places::queries::list_areas(visit.db(), &visit.scope).await;
    let places = places.unwrap_or_default();

    let page = visit.page;
    render(&Paper {
        lines: LINES.iter().map(|key| page.t(key).to_owned()).collect(),
        bands: chips(&page, "desk.age.", 5, ""),
        asks: blank_asks(&page, places),
        outcomes: chips(&page, "desk.outcome.", 6, ""),
        page,
    })
}
