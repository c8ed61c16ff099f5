//! Reads: all that the screen shows, gathered from the rooms above.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState};
use entity::inquiries::inquiry;
use entity::places::area;
use entity::residents::timeline_entry;
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::sessions::slot;
use entity::{ResidentId, StaffId};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::rules::{Answers, Edited, Ways, shown_steps, with_before};
use crate::bookings::queries::BookingRow;
use crate::paths::queries::{PathView, Proposed};
use crate::paths::rules::{Answer, Hearing};
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Result, Scope};
use crate::residents::{Card, Found};
use crate::sessions::{SessionFilter, SessionRow};
use crate::surveys::queries::Progress;
use crate::{bookings, inquiries, notices, paths, places, residents, sessions, surveys};

/// Places that have a digit.
const MOST_PLACES: usize = 9;
/// Lines of the person's history on the screen.
const TIMELINE: usize = 10;
/// Days that are offered at once.
pub const SEATS_SHOWN: usize = 5;
/// Sessions of one kind that can be leafed through.
const SESSIONS_READ: usize = 40;
/// Candidates that have a digit.
pub const MOST_CANDIDATES: usize = 9;

/// All that the screen shows of a call.
#[derive(Clone, Debug)]
pub struct Board {
    pub draft: Option<inquiry::Model>,
    /// What was said in this call.
    pub answers: Answers,
    /// The areas behind the digits of H5.
    pub places: Vec<area::Model>,
    pub person: Option<Person>,
    /// Calls ended today.
    pub today_count: u64,
    /// Promised calls that are still to be made.
    pub call_back_count: usize,
}

/// The person of the call.
#[derive(Clone, Debug)]
pub struct Person {
    pub card: Card,
    /// Newest first.
    pub timeline: Vec<timeline_entry::Model>,
    /// When the person was heard last, and what was said then.
    pub before: Option<(DateTime<Utc>, Answers)>,
    /// Living bookings that have not ended, soonest first.
    pub bookings: Vec<BookingRow>,
    /// How the person is told of a booking.
    pub ways: Ways,
    /// Calls promised to the person.
    pub promises: Vec<inquiry::Model>,
    pub path: Option<PathView>,
    /// How far the person has come.
    pub progress: Progress,
    /// What is known of the person, now and before.
    pub known: Map<String, Value>,
    pub proposed: Proposed,
}

impl Board {
    /// The codes behind the digits of H5.
    pub fn place_codes(&self) -> Vec<String> {
        self.places.iter().map(|area| area.code.clone()).collect()
    }
}

impl Person {
    /// The seat that `staff_id` keeps for the person during this call.
    pub fn held(&self, staff_id: StaffId) -> Option<&BookingRow> {
        self.bookings.iter().find(|row| is_held_by(&row.booking, staff_id))
    }

    /// Bookings and waits that `staff_id` made since the call began.
    pub fn made_since(&self, began: DateTime<Utc>, staff_id: StaffId) -> Option<&BookingRow> {
        let mine = |booking: &booking::Model| {
            booking.booked_by == Some(staff_id) && booking.created_at >= began
        };
        self.bookings.iter().rev().find(|row| mine(&row.booking))
    }
}

/// Whether a booking is a seat kept by this staff member during a call.
pub fn is_held_by(booking: &booking::Model, staff_id: StaffId) -> bool {
    booking.state == BookingState::Held && booking.booked_by == Some(staff_id)
}

/// Gathers the screen of `staff_id`; a bounded number of queries. `mail` tells whether there is a
/// mail server.
pub async fn board(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    mail: bool,
    now: DateTime<Utc>,
) -> Result<Board> {
    let draft = inquiries::queries::find_draft(db, scope, staff_id).await?;
    let mut places = places::queries::list_areas(db, scope).await?;
    places.truncate(MOST_PLACES);
    let midnight = instant(local_date(now), chrono::NaiveTime::MIN);
    let call_backs = inquiries::queries::list_call_backs(db, scope).await?;
    let answers = draft.as_ref().map(answers_in).unwrap_or_default();
    let person = match draft.as_ref().and_then(|draft| draft.resident_id) {
        Some(id) => Some(person(db, scope, id, &answers, &call_backs, mail, now).await?),
        None => None,
    };
    Ok(Board {
        answers,
        places,
        person,
        today_count: inquiries::queries::count_since(db, scope, midnight).await?,
        call_back_count: call_backs.len(),
        draft,
    })
}

fn answers_in(inquiry: &inquiry::Model) -> Answers {
    Answers {
        topic: inquiry.topic,
        hearing: inquiry.hearing.as_object().cloned().unwrap_or_default(),
    }
}

async fn person(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
    answers: &Answers,
    call_backs: &[inquiry::Model],
    mail: bool,
    now: DateTime<Utc>,
) -> Result<Person> {
    let card = residents::queries::get_card(db, scope, id).await?;
    let timeline = residents::timeline::page(db, scope, id, TIMELINE, None).await?.items;
    let before =
        inquiries::queries::find_recent_hearing(db, scope, id).await?.map(|(at, hearing)| {
            (at, Answers { topic: None, hearing: hearing.as_object().cloned().unwrap_or_default() })
        });
    let mut bookings = bookings::queries::of_resident(db, scope, id, true).await?;
    // What is over can be neither cancelled nor counted as a seat to come; the history tells it.
    bookings.retain(|row| row.span().1 > now);
    bookings.reverse();
    let known = match &before {
        Some((_, said)) => with_before(&answers.hearing, &said.hearing),
        None => answers.hearing.clone(),
    };
    // What was stored under older questions must not stop a call.
    let hearing = Hearing::parse(&known).unwrap_or_default();
    let said = Hearing::parse(&answers.hearing).unwrap_or_default();
    let contact = notices::queries::Person {
        resident: card.resident.clone(),
        numbers: card.numbers.clone(),
        channels: card.channels.clone(),
    };
    let reach = contact.is_active().then(|| contact.reach(mail));
    Ok(Person {
        ways: Ways::new(&said, &contact.channels, reach),
        proposed: paths::queries::propose(db, scope, id, &hearing, now).await?,
        path: paths::queries::current(db, scope, id).await?,
        progress: surveys::queries::progress(db, scope, id).await?,
        promises: call_backs.iter().filter(|call| call.resident_id == Some(id)).cloned().collect(),
        card,
        timeline,
        before,
        bookings,
        known,
    })
}

/// People for what was typed, booking numbers included.
pub async fn candidates(
    db: &impl ConnectionTrait,
    scope: &Scope,
    asked: &super::rules::Asked,
    typed: &str,
) -> Result<Vec<Found>> {
    use super::rules::Asked;
    match asked {
        Asked::Nothing | Asked::Withheld => return Ok(Vec::new()),
        Asked::Booking(number) => {
            let booking = bookings::queries::find_by_number(db, scope, *number).await?;
            if let Some(booking) = booking {
                return by_ids(db, scope, &[booking.resident_id]).await;
            }
        }
        Asked::Phone(_) | Asked::Text => {}
    }
    residents::queries::find(db, scope, typed, MOST_CANDIDATES as u64).await
}

/// These people, in this order.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<Vec<Found>> {
    let mut found = residents::queries::found_by_ids(db, scope, ids).await?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// A day that can be offered: a session, or one slot of it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub row: SessionRow,
    pub slot: Option<(slot::Model, String)>,
}

/// Days to offer for one kind of step.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    pub shown: Vec<Offer>,
    /// There are more after these.
    pub more: bool,
    /// The next session that is full but takes people who wait.
    pub full: Option<SessionRow>,
}

/// The days for a step: first those that the path names, then all others of the kind.
/// `skip` leaves out those that were seen already.
async fn offers(
    db: &impl ConnectionTrait,
    scope: &Scope,
    kind: SessionKind,
    named: &[SessionRow],
    skip: usize,
    now: DateTime<Utc>,
) -> Result<Offers> {
    let filter = SessionFilter { kind: Some(kind), from: Some(now), ..Default::default() };
    let all = sessions::queries::list(db, scope, &filter, now, SESSIONS_READ, None).await?.items;
    let takes_people = |row: &&SessionRow| {
        row.session.state == SessionState::Planned
            && row.session.allocation == Allocation::FirstCome
            && row.session.starts_at > now
    };
    let others = all.iter().filter(takes_people).filter(|row| row.free > 0);
    let others = others.filter(|row| named.iter().all(|known| known.session.id != row.session.id));
    let mut found: Vec<Offer> = Vec::new();
    let wanted = skip + SEATS_SHOWN + 1;
    for row in named.iter().chain(others) {
        if found.len() >= wanted {
            break;
        }
        if row.session.slot_minutes.is_none() {
            found.push(Offer { row: row.clone(), slot: None });
            continue;
        }
        let slots = sessions::queries::free_slots(db, scope, row.session.id).await?;
        let mut at = None;
        for (slot, _, name) in slots {
            // One row a time: which of several free staff members it is matters little.
            if at == Some(slot.starts_at) || slot.starts_at <= now {
                continue;
            }
            at = Some(slot.starts_at);
            found.push(Offer { row: row.clone(), slot: Some((slot, name)) });
        }
    }
    let more = found.len() > skip + SEATS_SHOWN;
    Ok(Offers {
        shown: found.into_iter().skip(skip).take(SEATS_SHOWN).collect(),
        more,
        full: all.iter().filter(takes_people).find(|row| row.free <= 0).cloned(),
    })
}

/// The step whose days are offered, counted from 0, with the days.
///
/// `chosen` is the step that the operator asked for; otherwise it is the first that takes a
/// seat and for which the person has none yet, apart from a seat kept in this call.
///
/// # Errors
/// Those of the database.
pub async fn offers_for(
    db: &impl ConnectionTrait,
    scope: &Scope,
    board: &Board,
    edited: Option<&Edited>,
    chosen: Option<usize>,
    skip: usize,
    now: DateTime<Utc>,
) -> Result<Option<(usize, Offers)>> {
    let Some(person) = &board.person else { return Ok(None) };
    let steps = shown_steps(edited, &person.proposed.proposal);
    let kinds: Vec<Option<SessionKind>> =
        steps.iter().map(|step| SessionKind::from_text(step.mark.kind.word())).collect();
    let has_seat = |kind: SessionKind| {
        let settled = |row: &&BookingRow| row.booking.state != BookingState::Held;
        person.bookings.iter().filter(settled).any(|row| row.session.kind == kind)
    };
    let in_person = |at: usize| steps.get(at).is_some_and(|step| !step.by_phone);
    let first = || {
        kinds
            .iter()
            .enumerate()
            .position(|(at, kind)| kind.is_some_and(|kind| in_person(at) && !has_seat(kind)))
    };
    let Some(at) = chosen.filter(|at| *at < steps.len()).or_else(first) else { return Ok(None) };
    let Some(kind) = kinds[at] else { return Ok(Some((at, Offers::default()))) };
    let named = steps[at].at.and_then(|at| person.proposed.sessions.get(at));
    let named = named.map(Vec::as_slice).unwrap_or_default();
    Ok(Some((at, offers(db, scope, kind, named, skip, now).await?)))
}
