//! `/sessions/{id}/roster`: the roster on A4 landscape.

use askama::Template;
use entity::SessionId;
use poem::web::Path;
use poem::{Response, handler};

use super::lines::Board;
use crate::bookings::queries::RosterLine;
use crate::platform::Result;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::Visit;
use crate::platform::web::page::{Page, render};
use crate::sessions::Roster;

/// Lines that fit on a sheet.
const LINES: usize = 13;

#[derive(Template)]
#[template(path = "bookings/pages/paper.html")]
struct PaperPage {
    page: Page,
    board: Board,
}

impl PaperPage {
    /// The day with its year.
    fn day(&self) -> String {
        self.page.ctx.lang.long_day(local_date(self.board.row.session.starts_at))
    }

    /// Sheets with their numbers; one, even when nobody is booked.
    fn sheets(&self) -> Vec<(usize, &[RosterLine])> {
        if self.board.seats.is_empty() {
            return vec![(1, &[])];
        }
        self.board.seats.chunks(LINES).enumerate().map(|(at, lines)| (at + 1, lines)).collect()
    }

    fn sheet_count(&self) -> usize {
        self.board.seats.len().div_ceil(LINES).max(1)
    }

    fn foot(&self, sheet: &usize) -> String {
        let (lang, now) = (self.page.ctx.lang, self.page.ctx.now);
        let (day, clock) = (lang.long_day(local_date(now)), lang.clock(local_time(now)));
        self.page.f(
            "paper.foot",
            &[
                ("sheet", &sheet.to_string()),
                ("sheets", &self.sheet_count().to_string()),
                ("revision", &self.board.row.session.revision.to_string()),
                ("who", &self.page.staff_name),
                ("when", &format!("{day} {clock}")),
            ],
        )
    }
}

#[handler]
pub(super) async fn show(visit: Visit<Roster>, Path(id): Path<SessionId>) -> Result<Response> {
    let board = Board::load(&visit, id, "printed_roster").await?;
    render(&PaperPage { page: visit.page, board })
}
