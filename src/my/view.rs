//! Sessions, bookings and steps as these pages say them.

use chrono::{DateTime, Utc};
use entity::bookings::booking::BookingState;
use entity::paths::path_step::{StepKind, StepState};
use entity::places::venue;
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::sessions::slot;
use entity::{SessionId, VenueId};

use crate::bookings::BookingRow;
use crate::bookings::rules::{Share, web_seats};
use crate::paths::queries::StepView;
use crate::platform::Lang;
use crate::platform::japan::time::local_date;
use crate::sessions::SessionRow;

/// Days ahead from which on a day is said with its year.
const YEAR_SAID_AFTER: i64 = 60;

/// A day and a time in words.
#[derive(Clone, Debug)]
pub struct When {
    /// 「7月10日（水曜日）」; more than 60 days ahead with its year.
    pub day: String,
    /// 「令和6年（2024年）」; empty where the day carries the year: far ahead, and in English.
    pub year: String,
    /// 「午後2時から4時まで」
    pub time: String,
}

impl When {
    /// From `start` to `end`, as it is said at `now`.
    pub fn new(lang: Lang, start: DateTime<Utc>, end: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let date = local_date(start);
        let (day, long, time) = (lang.day(date), lang.long_day(date), lang.span(start, end));
        if (date - local_date(now)).num_days() > YEAR_SAID_AFTER {
            return Self { day: long, year: String::new(), time };
        }
        let year = long.strip_suffix(day.as_str()).unwrap_or_default().to_owned();
        Self { day, year, time }
    }
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionView {
    pub id: SessionId,
    pub kind: SessionKind,
    pub title: String,
    pub when: When,
    pub venue_id: VenueId,
    pub place: String,
    pub address: String,
    pub access: String,
    pub step_free: bool,
    pub bring: String,
    /// The venue has a line to the internet that was tried and works.
    pub online: bool,
    /// Places that can be had on these pages now.
    pub free: i32,
    /// Places that can be had by phone, when none can on these pages.
    pub by_phone: i32,
    /// Planned, given to whoever comes first, and not begun.
    pub open: bool,
    pub cancelled: bool,
    pub drawn: bool,
    /// Has 1-on-1 times of which one is chosen.
    pub timed: bool,
}

impl SessionView {
    /// As `lang` says it.
    pub fn new(lang: Lang, row: &SessionRow, now: DateTime<Utc>) -> Self {
        let session = &row.session;
        let when = When::new(lang, session.starts_at, session.ends_at, now);
        let (capacity, taken, opened_at) = (session.capacity, session.taken, session.opened_at);
        let share = Share { capacity, taken, by_web: row.by_web, opened_at };
        let free = web_seats(&share, now).min(row.free);
        let by_phone = if free == 0 { row.free } else { 0 };
        Self { free, by_phone, ..Self::place_and_time(lang, session, &row.venue, when, now) }
    }

    /// Of a booking: its own time, nothing about seats.
    pub fn of_booking(lang: Lang, row: &BookingRow, now: DateTime<Utc>) -> Self {
        let (start, end) = row.span();
        let when = When::new(lang, start, end, now);
        Self::place_and_time(lang, &row.session, &row.venue, when, now)
    }

    fn place_and_time(
        lang: Lang,
        session: &session::Model,
        venue: &venue::Model,
        when: When,
        now: DateTime<Utc>,
    ) -> Self {
        let (access_ja, access_en) = (venue.access_ja.as_deref(), venue.access_en.as_deref());
        let cancelled = session.state == SessionState::Cancelled;
        let drawn = session.allocation == Allocation::Draw;

        Self {
            id: session.id,
            kind: session.kind,
            title: lang.pick(&session.title_ja, &session.title_en).to_owned(),
            when,
            venue_id: venue.id,
            place: lang.pick(&venue.name_ja, &venue.name_en).to_owned(),
            address: venue.address.clone().unwrap_or_default(),
            access: lang
                .pick(access_ja.unwrap_or_default(), access_en.unwrap_or_default())
                .to_owned(),
            step_free: venue.step_free,
            bring: lang.pick(&session.bring_ja, &session.bring_en).to_owned(),
            online: false,
            free: 0,
            by_phone: 0,
            open: !cancelled && !drawn && session.starts_at > now,
            cancelled,
            drawn,
            timed: session.slot_minutes.is_some(),
        }
    }

    /// Whether all places are taken.
    pub fn full(&self) -> bool {
        self.free <= 0
    }
}

/// A time of a consultation.
#[derive(Clone, Debug)]
pub struct TimeView {
    /// Start, seconds since 1970: the value of the choice.
    pub value: i64,
    pub words: String,
}

impl TimeView {
    /// As `lang` says it.
    pub fn new(lang: Lang, slot: &slot::Model) -> Self {
        Self { value: slot.starts_at.timestamp(), words: lang.span(slot.starts_at, slot.ends_at) }
    }
}

/// Key of the sentence for a booking's state, and the class of its sign.
pub fn state_words(state: BookingState) -> (&'static str, &'static str) {
    match state {
        BookingState::Held | BookingState::Confirmed => ("my.state.confirmed", "status-ok"),
        BookingState::Waiting => ("my.state.waiting", "status-wait"),
        BookingState::Offered => ("my.state.offered", "status-now"),
        BookingState::Cancelled => ("my.state.cancelled", "status-off"),
        BookingState::Expired => ("my.state.expired", "status-off"),
    }
}

/// A step of the own path.
#[derive(Clone, Debug)]
pub struct Sign {
    /// Wording key.
    pub kind: String,
    /// `done`, `now` or `later`: names class and wording.
    pub standing: &'static str,
    pub when: Option<When>,
    pub place: String,
    pub why: String,
    /// Where a day for it can be chosen.
    pub link: Option<String>,
    pub missed: bool,
}

/// The steps that are not dropped: finished, the next one, and those to come.
pub fn signs(steps: Vec<StepView>, lang: Lang, now: DateTime<Utc>) -> Vec<Sign> {
    let mut next_found = false;
    steps
        .into_iter()
        .filter(|view| view.step.state != StepState::Dropped)
        .map(|view| {
            let done = view.step.state == StepState::Done;
            let standing = match (done, next_found) {
                (true, _) => "done",
                (false, false) => {
                    next_found = true;
                    "now"
                }
                (false, true) => "later",
            };
            sign(view, standing, lang, now)
        })
        .collect()
}

fn sign(view: StepView, standing: &'static str, lang: Lang, now: DateTime<Utc>) -> Sign {
    let StepView { step, booking } = view;
    let booked = matches!(step.state, StepState::Booked | StepState::Done);
    let session = booking.filter(|_| booked).map(|row| SessionView::of_booking(lang, &row, now));
    let kind = match (step.kind, step.by_phone) {
        (StepKind::Consultation, true) => "path.by_phone".to_owned(),
        (kind, _) => format!("kind.{kind}"),
    };
    // Practice at home, calls and the survey have no day to choose.
    let bookable = SessionKind::from_text(step.kind.as_str()).is_some() && !step.by_phone;
    let open = standing == "now" && session.is_none() && bookable;

    Sign {
        kind,
        standing,
        place: session.as_ref().map_or(String::new(), |session| session.place.clone()),
        when: session.map(|session| session.when),
        why: lang.pick(&step.reason_ja, &step.reason_en).to_owned(),
        link: open.then(|| format!("/events?kind={}", step.kind)),
        missed: step.state == StepState::Missed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::japan::time::instant;

    #[test]
    fn a_day_far_ahead_is_said_with_its_year_once() {
        let at = |day: &str| {
            let noon = chrono::NaiveTime::from_hms_opt(12, 0, 0).expect("noon");
            instant(day.parse().expect("a day"), noon)
        };
        let now = at("2024-07-01");
        for (day, lang, words, year) in [
            ("2024-08-30", Lang::Ja, "8月30日（金曜日）", "令和6年（2024年）"),
            ("2024-08-31", Lang::Ja, "令和6年（2024年）8月31日（土曜日）", ""),
            ("2025-01-15", Lang::Ja, "令和7年（2025年）1月15日（水曜日）", ""),
            ("2024-07-10", Lang::En, "Wednesday 10 July 2024", ""),
        ] {
            let when = When::new(lang, at(day), at(day) + chrono::TimeDelta::hours(1), now);
            assert_eq!((when.day.as_str(), when.year.as_str()), (words, year), "{day}");
        }
    }
}
