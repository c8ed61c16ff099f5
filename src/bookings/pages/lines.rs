//! The people of a session as lines: seats, offers, waits.

use entity::bookings::booking::{Attendance, BookingState};
use entity::residents::resident::Mobility;
use entity::{ResidentId, SessionId, StaffId};

use crate::bookings::booking;
use crate::bookings::queries::{self, Seat, number_text};
use crate::bookings::rules::{self, RosterList};
use crate::platform::japan::dates;
use crate::platform::japan::time::{local_date, local_time};
use crate::platform::web::door::By;
use crate::platform::web::page::Page;
use crate::platform::{Lang, Result};
use crate::sessions::Roster;
use crate::sessions::queries::{SessionRow, span_words};
use crate::sessions::roster::{self, Guest};
use crate::{sessions, staff};

/// One person of a session.
pub(super) struct Line {
    /// Number on the roster, in the waiting list or among the offers, from 1.
    pub no: usize,
    pub booking: booking::Model,
    pub guest: Guest,
    /// Time and staff member of the slot, in words.
    pub slot: Option<String>,
    /// The booking number, for those only who may act for the person.
    pub number: Option<String>,
    /// Age in decades, as a wording key.
    age_key: Option<String>,
}

impl Line {
    pub fn kanji(&self) -> &str {
        self.guest.name.as_deref().unwrap_or_default()
    }

    pub fn age(&self, page: &Page) -> String {
        self.age_key.as_ref().map(|key| page.f(key, &[])).unwrap_or_default()
    }

    /// What to mind.
    pub fn needs(&self, page: &Page) -> Vec<String> {
        let mobility = match self.guest.mobility {
            Some(Mobility::Hard) => Some("roster.need.mobility"),
            Some(Mobility::CannotGoOut) => Some("roster.need.cannot_go_out"),
            Some(Mobility::Fine) | None => None,
        };
        [
            self.guest.hearing_hard.then_some("roster.need.hearing"),
            self.guest.vision_hard.then_some("roster.need.vision"),
            mobility,
        ]
        .into_iter()
        .flatten()
        .map(|key| page.t(key).to_owned())
        .collect()
    }

    pub fn device(&self, page: &Page) -> String {
        self.guest.device.map(|d| page.f(&format!("roster.device.{d}"), &[])).unwrap_or_default()
    }

    pub fn channel(&self, page: &Page) -> String {
        self.guest.channel.map(|c| page.f(&format!("roster.channel.{c}"), &[])).unwrap_or_default()
    }

    pub fn via(&self, page: &Page) -> String {
        page.f(&format!("roster.via.{}", self.booking.via), &[])
    }

    pub fn state(&self, page: &Page) -> String {
        page.f(&format!("state.{}", self.booking.state), &[])
    }

    pub fn is_offer(&self) -> bool {
        self.booking.state == BookingState::Offered
    }

    /// Whether the person is or was there.
    pub fn came(&self) -> bool {
        self.booking.attendance.is_some_and(Attendance::came)
    }

    /// 「出席 午後1時52分」.
    pub fn attendance(&self, page: &Page) -> Option<String> {
        let attendance = self.booking.attendance?;
        let word = page.f(&format!("attendance.{attendance}"), &[]);
        match self.booking.attendance_at {
            Some(at) if self.came() => Some(format!("{word} {}", time_words(page.ctx.lang, at))),
            _ => Some(word),
        }
    }

    /// The name of a kind of attendance.
    pub fn attendance_name(&self, page: &Page, attendance: &Attendance) -> String {
        page.f(&format!("attendance.{attendance}"), &[])
    }

    /// Until when an offer or a hold lasts.
    pub fn expires(&self, page: &Page) -> Option<String> {
        Some(moment_words(page.ctx.lang, self.booking.expires_at?))
    }
}

/// 「7月10日（水曜日）午後1時52分」, or in English.
pub(super) fn moment_words(lang: Lang, at: chrono::DateTime<chrono::Utc>) -> String {
    let date = local_date(at);
    match lang {
        Lang::Ja => format!("{}{}", dates::date_ja(date), time_words(lang, at)),
        Lang::En => format!("{}, {}", dates::date_en(date), time_words(lang, at)),
    }
}

/// 「午後1時52分」, or in English.
pub(super) fn time_words(lang: Lang, at: chrono::DateTime<chrono::Utc>) -> String {
    match lang {
        Lang::Ja => dates::time_ja(local_time(at)),
        Lang::En => dates::time_en(local_time(at)),
    }
}

/// A session in words.
pub(super) struct Heading {
    pub title: String,
    pub day: String,
    pub time: String,
    pub place: String,
    pub bring: String,
}

impl Heading {
    pub fn of(row: &SessionRow, lang: Lang) -> Self {
        Self {
            title: row.title(lang).to_owned(),
            day: row.day(lang),
            time: row.time(lang),
            place: row.place(lang).to_owned(),
            bring: lang.pick(&row.session.bring_ja, &row.session.bring_en).to_owned(),
        }
    }
}

/// A session with its people and its staff.
pub(super) struct Board {
    pub row: SessionRow,
    pub head: Heading,
    /// Names, with 「・」 between.
    pub staff: String,
    /// Somebody of them has left and has to be replaced.
    pub gone: bool,
    /// Who has a seat, in the order of the roster.
    pub seats: Vec<Line>,
    /// Holds and offers.
    pub pending: Vec<Line>,
    pub waiting: Vec<Line>,
    /// Whether the actor may act for these people, and so sees their booking numbers.
    pub may_act: bool,
}

impl Board {
    fn add(&mut self, line: Line) {
        match rules::roster_list(line.booking.state) {
            RosterList::Seats => self.seats.push(line),
            RosterList::Pending => self.pending.push(line),
            RosterList::Waiting => self.waiting.push(line),
        }
    }

    /// How many came.
    pub fn came_count(&self) -> usize {
        self.seats.iter().filter(|line| line.came()).count()
    }

    /// 「12人中 9人 出席」.
    pub fn count_words(&self, page: &Page) -> String {
        let (all, came) = (self.seats.len().to_string(), self.came_count().to_string());
        page.f("attend.count", &[("all", &all), ("came", &came)])
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
}

/// Reads a session with its people: a bounded number of queries. The look is recorded.
///
/// # Errors
/// `NotFound`, also outside the scope.
pub(super) async fn load(by: &By<Roster>, id: SessionId, why: &'static str) -> Result<Board> {
    let (db, scope, ctx) = (by.db(), &by.scope, &by.ctx);
    let row = sessions::queries::get(db, scope, id).await?;
    let found = by.saw(queries::of_session(db, scope, id).await?, why).await?;
    let ids: Vec<ResidentId> = found.iter().map(|(booking, _)| booking.resident_id).collect();
    let mut guests = roster::guests(db, scope, &ids).await?;

    let assigned = staff::queries::assigned_to(db, &[id]).await?.remove(&id).unwrap_or_default();
    let people: Vec<StaffId> = assigned.iter().map(|(id, _)| *id).collect();
    let left = staff::queries::left(db, &people).await?;

    let on = local_date(row.session.starts_at);
    let mut board = Board {
        gone: row.session.ends_at > ctx.now && !left.is_empty(),
        head: Heading::of(&row, ctx.lang),
        staff: names(&assigned),
        may_act: roster::may_act(ctx, &row.session),
        row,
        seats: Vec::new(),
        pending: Vec::new(),
        waiting: Vec::new(),
    };

    let numbers = rules::row_numbers(found.iter().map(|(booking, _)| booking.state));
    for (seat, no) in found.into_iter().zip(numbers) {
        let Some(guest) = guests.remove(&seat.0.resident_id) else { continue };
        let line = Line {
            no,
            age_key: guest.decade(on).map(|band| format!("roster.age.{band}")),
            slot: slot_words(ctx.lang, &seat, &assigned),
            number: board.may_act.then(|| number_text(seat.0.number)),
            guest,
            booking: seat.0,
        };
        board.add(line);
    }
    Ok(board)
}

/// Time and staff member of a slot.
fn slot_words(lang: Lang, (_, slot): &Seat, assigned: &[(StaffId, String)]) -> Option<String> {
    let slot = slot.as_ref()?;
    let time = span_words(lang, slot.starts_at, slot.ends_at);
    Some(match assigned.iter().find(|(id, _)| *id == slot.staff_id) {
        Some((_, name)) => format!("{time} {name}"),
        None => time,
    })
}

/// Names in one line.
pub(super) fn names(assigned: &[(StaffId, String)]) -> String {
    assigned.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("・")
}
