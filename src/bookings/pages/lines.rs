//! A session with its people, as its pages show it.

use entity::SessionId;

use crate::bookings::queries::{self, RosterLine};
use crate::bookings::rules::{RosterList, roster_list};
use crate::platform::japan::time::local_time;
use crate::platform::web::door::By;
use crate::platform::web::page::Page;
use crate::platform::{Ctx, Result};
use crate::sessions::queries::{SessionRow, Staffing};
use crate::sessions::session::{Allocation, SessionState};
use crate::sessions::{self, Roster, roster};

/// A session in words.
pub(super) struct Heading {
    pub title: String,
    pub day: String,
    pub time: String,
    pub place: String,
    pub bring: String,
    /// How it stands: class and wording key.
    pub state: (&'static str, &'static str),
}

impl Heading {
    pub fn of(row: &SessionRow, ctx: &Ctx) -> Self {
        Self {
            title: row.title(ctx.lang).to_owned(),
            day: row.day(ctx.lang),
            time: row.time(ctx.lang),
            place: row.place(ctx.lang).to_owned(),
            bring: row.bring(ctx.lang).to_owned(),
            state: state(row, ctx),
        }
    }
}

fn state(row: &SessionRow, ctx: &Ctx) -> (&'static str, &'static str) {
    let session = &row.session;
    if session.state == SessionState::Cancelled {
        ("status-off", "sessions.state.cancelled")
    } else if session.ends_at <= ctx.now {
        ("status-off", "sessions.state.over")
    } else if session.starts_at <= ctx.now {
        ("status-now", "sessions.state.running")
    } else if !session.is_public {
        ("status-off", "sessions.state.hidden")
    } else if session.allocation == Allocation::Draw {
        ("status-now", "sessions.state.draw")
    } else if row.free == 0 {
        ("status-wait", "sessions.state.full")
    } else {
        ("status-ok", "sessions.state.open")
    }
}

/// A session with its people and its staff.
pub(super) struct Board {
    pub row: SessionRow,
    pub head: Heading,
    pub staff: Staffing,
    /// Who has a seat, in the order of the roster.
    pub seats: Vec<RosterLine>,
    /// Holds and offers.
    pub pending: Vec<RosterLine>,
    pub waiting: Vec<RosterLine>,
    /// Whether the actor may act for these people, and so sees their booking numbers.
    pub may_act: bool,
}

impl Board {
    /// Reads a session with its people: a bounded number of queries. The look is recorded.
    ///
    /// # Errors
    /// `NotFound`, also outside the scope.
    pub async fn load(by: &By<Roster>, id: SessionId, why: &'static str) -> Result<Self> {
        let (db, scope, ctx) = (by.db(), &by.scope, &by.ctx);
        let row = sessions::queries::get(db, scope, id).await?;
        let may_act = roster::may_act(ctx, &row.session);
        let lines = by.saw(queries::roster(db, scope, &row.session, may_act).await?, why).await?;
        let mut staff =
            sessions::queries::staffing(db, std::slice::from_ref(&row), ctx.now).await?;

        let mut board = Self {
            head: Heading::of(&row, ctx),
            staff: staff.remove(&id).unwrap_or_default(),
            row,
            seats: Vec::new(),
            pending: Vec::new(),
            waiting: Vec::new(),
            may_act,
        };
        for line in lines {
            match roster_list(line.state) {
                RosterList::Seats => board.seats.push(line),
                RosterList::Pending => board.pending.push(line),
                RosterList::Waiting => board.waiting.push(line),
            }
        }
        Ok(board)
    }

    /// 「12人中 9人 出席」.
    pub fn count_words(&self, page: &Page) -> String {
        let came = self.seats.iter().filter(|line| line.came()).count().to_string();
        page.f("attend.count", &[("all", &self.seats.len().to_string()), ("came", &came)])
    }

    /// 「12人のうち 9人（あと3人）」.
    pub fn seats_words(&self, page: &Page) -> String {
        let session = &self.row.session;
        let (taken, capacity) = (session.taken.to_string(), session.capacity.to_string());
        let free = self.row.free.to_string();
        page.f(
            "session.seats.words",
            &[("taken", &taken), ("capacity", &capacity), ("free", &free)],
        )
    }

    /// Time and staff member of a line's slot.
    pub fn slot(&self, page: &Page, line: &RosterLine) -> Option<String> {
        let slot = line.slot.as_ref()?;
        let time = page.ctx.lang.span(slot.starts_at, slot.ends_at);
        Some(match self.staff.name_of(slot.staff_id) {
            Some(name) => format!("{time} {name}"),
            None => time,
        })
    }

    /// 「出席 午後1時52分」.
    pub fn attendance(&self, page: &Page, line: &RosterLine) -> Option<String> {
        let word = page.word("attendance", line.attendance?);
        Some(match line.attendance_at {
            Some(at) if line.came() => format!("{word} {}", page.ctx.lang.clock(local_time(at))),
            _ => word,
        })
    }
}
