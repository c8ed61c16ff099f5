//! `/sessions/{id}/roster`: the roster on A4 landscape.

use askama::Template;
use entity::SessionId;
use poem::web::Path;
use poem::{Response, handler};

use super::lines::{Board, Line, load, time_words};
use crate::platform::japan::dates;
use crate::platform::japan::time::local_date;
use crate::platform::web::door::Visit;
use crate::platform::web::page::{Page, render};
use crate::platform::{Lang, Result};
use crate::sessions::Roster;

/// Lines that fit on a sheet.
const LINES: usize = 13;

#[derive(Template)]
#[template(path = "bookings/pages/paper.html")]
struct PaperPage {
    page: Page,
    board: Board,
    /// The day with its year.
    day: String,
    printed: String,
    sheet_count: usize,
}

impl PaperPage {
    /// Sheets with their numbers; one, even when nobody is booked.
    fn sheets(&self) -> Vec<(usize, &[Line])> {
        if self.board.seats.is_empty() {
            return vec![(1, &[])];
        }
        self.board.seats.chunks(LINES).enumerate().map(|(at, lines)| (at + 1, lines)).collect()
    }

    fn is_last(&self, sheet: &usize) -> bool {
        *sheet == self.sheet_count
    }

    fn foot(&self, sheet: &usize) -> String {
        self.page.f(
            "paper.foot",
            &[
                ("sheet", &sheet.to_string()),
                ("sheets", &self.sheet_count.to_string()),
                ("revision", &self.board.row.session.revision.to_string()),
                ("who", &self.page.staff_name),
                ("when", &self.printed),
            ],
        )
    }
}

#[handler]
pub(super) async fn show(visit: Visit<Roster>, Path(id): Path<i64>) -> Result<Response> {
    let board = load(&visit, SessionId(id), "printed_roster").await?;
    let page = visit.page;
    let (lang, now) = (page.ctx.lang, page.ctx.now);
    let long = |at| match lang {
        Lang::Ja => dates::date_long_ja(local_date(at)),
        Lang::En => dates::date_en(local_date(at)),
    };
    let template = PaperPage {
        day: long(board.row.session.starts_at),
        printed: format!("{} {}", long(now), time_words(lang, now)),
        sheet_count: board.seats.len().div_ceil(LINES).max(1),
        board,
        page,
    };
    render(&template)
}
