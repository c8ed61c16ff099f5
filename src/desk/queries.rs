//! Reads: all that the screen shows, gathered from the rooms above.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::bookings::booking::{self, BookingState};
use entity::inquiries::inquiry::{self, Outcome};
use entity::places::area;
use entity::residents::timeline_entry;
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::sessions::slot;
use entity::surveys::follow_up;
use entity::{BookingId, ResidentId, SessionId, StaffId};
use sea_orm::ConnectionTrait;
use serde_json::{Map, Value};

use super::rules::{
    self, Answers, Choice, Edited, Hold, Picked, Seat, Sought, Ways, one_a_time, shown_steps,
    with_before,
};
use crate::bookings::queries::BookingRow;
use crate::paths::queries::{PathView, Proposed};
use crate::paths::rules::{Answer, Hearing};
use crate::platform::japan::PhoneNumber;
use crate::platform::japan::time::{instant, local_date};
use crate::platform::{Error, Personal, Result, Scope};
use crate::residents::rules::same::Traits;
use crate::residents::{Card, Found};
use crate::sessions::{SessionFilter, SessionRow};
use crate::surveys::queries::Progress;
use crate::surveys::rules::ASK_BEFORE_DAYS;
use crate::{bookings, inquiries, notices, paths, places, residents, sessions, surveys};

/// Places that have a digit.
pub const MOST_PLACES: usize = 9;
/// Lines of the person's history on the screen.
const TIMELINE: usize = 10;
/// Days that are offered at once.
pub const SEATS_SHOWN: usize = 5;
/// Sessions of one kind that can be leafed through.
const SESSIONS_READ: usize = 40;
/// Candidates that have a digit.
const MOST_CANDIDATES: usize = 9;

/// All that the screen shows of a call.
#[derive(Clone, Debug)]
pub struct Board {
    pub draft: Option<inquiry::Model>,
    /// What was said in this call.
    pub answers: Answers,
    /// The areas behind the digits of H5.
    pub places: Vec<area::Model>,
    pub caller: Option<Caller>,
    /// Calls ended today.
    pub today_count: u64,
    /// Promised calls that are still to be made.
    pub call_back_count: usize,
}

/// The person of the call.
#[derive(Clone, Debug)]
pub struct Caller {
    pub card: Card,
    /// Newest first.
    pub timeline: Vec<timeline_entry::Model>,
    /// When the person was heard last, and what was said then.
    pub before: Option<(DateTime<Utc>, Answers)>,
    /// Living bookings that have not ended, soonest first.
    pub bookings: Vec<BookingRow>,
    /// What was cancelled since the call began.
    pub cancelled: Vec<BookingRow>,
    /// The seat of the call, and how it stands.
    pub seat: Option<(BookingRow, Seat)>,
    /// Digits of the numbers that were added since the call began.
    pub added: Vec<String>,
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

    /// The number of the call, when it is not yet one of the person's.
    pub fn new_number(&self) -> Option<PhoneNumber> {
        let (call, caller) = (self.draft.as_ref()?, self.caller.as_ref()?);
        let number = PhoneNumber::parse(call.caller_phone.as_deref()?).ok()?;
        let mut known = caller.card.numbers.iter();
        known.all(|known| known.digits() != number.digits()).then_some(number)
    }
}

impl Caller {
    /// The seat that `staff_id` keeps for the person during this call.
    pub fn held(&self, staff_id: StaffId, now: DateTime<Utc>) -> Option<&BookingRow> {
        self.bookings.iter().find(|row| Hold::from(&row.booking).is_kept_by(staff_id, now))
    }

    /// The interview that is due, and can be made in this very call.
    pub fn interview(&self, today: NaiveDate) -> Option<&follow_up::Model> {
        let near = today + TimeDelta::days(ASK_BEFORE_DAYS);
        self.progress.next.as_ref().filter(|row| row.due_on <= near)
    }

    /// The seat that was read back and is nobody's any more.
    pub fn gone(&self) -> Option<&BookingRow> {
        self.seat.as_ref().filter(|(_, seat)| *seat == Seat::Gone).map(|(row, _)| row)
    }

    /// Bookings and waits that `staff_id` made since the call began.
    pub fn made_since(&self, began: DateTime<Utc>, staff_id: StaffId) -> Option<&BookingRow> {
        let mine = |booking: &booking::Model| {
            booking.booked_by == Some(staff_id) && booking.created_at >= began
        };
        self.bookings.iter().rev().find(|row| mine(&row.booking))
    }
}

/// Gathers the screen of `staff_id`; a bounded number of queries. `mail` tells whether there is a
/// mail server.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn board(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    mail: bool,
    now: DateTime<Utc>,
) -> Result<Personal<Board>> {
    let draft = inquiries::queries::find_draft(db, scope, staff_id).await?;
    let mut places = places::queries::list_areas(db, scope).await?;
    places.truncate(MOST_PLACES);
    let midnight = instant(local_date(now), NaiveTime::MIN);
    let call_backs = inquiries::queries::list_call_backs(db, scope).await?;
    let answers = draft.as_ref().map(answers_in).unwrap_or_default();

    let caller = match draft.as_ref().and_then(|draft| Some((draft, draft.resident_id?))) {
        Some((call, id)) => {
            let mut caller = caller(db, scope, id, &answers, &call_backs, mail, now).await?;
            since(db, scope, call, staff_id, now, &mut caller).await?;
            Some(caller)
        }
        None => None,
    };

    let seen = caller.as_ref().map(|caller| caller.card.resident.id);
    let board = Board {
        answers,
        places,
        caller,
        today_count: inquiries::queries::count_since(db, scope, midnight).await?,
        call_back_count: call_backs.len(),
        draft,
    };
    Ok(Personal::new(board, seen))
}

/// The same for a post, which is no look of its own: the write that saves what was said records one
/// at the person of the call (`desk::actions`).
#[tracing::instrument(skip_all, level = "debug")]
pub async fn board_in_call(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    mail: bool,
    now: DateTime<Utc>,
) -> Result<Board> {
    Ok(board(db, scope, staff_id, mail, now).await?.for_work())
}

/// What happened since the call began: the seat that is kept, what was cancelled, what was added.
async fn since(
    db: &impl ConnectionTrait,
    scope: &Scope,
    call: &inquiry::Model,
    staff_id: StaffId,
    now: DateTime<Utc>,
    caller: &mut Caller,
) -> Result<()> {
    if let Some(id) = call.booking_id {
        let row = bookings::queries::get_row(db, scope, id).await?.for_work();
        let seat = Seat::of(Hold::from(&row.booking), staff_id, now);
        caller.seat = Some((row, seat));
    }

    caller.cancelled.retain(|row| row.booking.updated_at >= call.started_at);
    let rows = residents::queries::number_rows(db, caller.card.resident.id).await?;
    let added = rows.into_iter().filter(|row| row.added_at >= Some(call.started_at));
    caller.added = added.map(|row| row.digits).collect();
    Ok(())
}

fn answers_in(inquiry: &inquiry::Model) -> Answers {
    Answers {
        topic: inquiry.topic,
        hearing: inquiry.hearing.as_object().cloned().unwrap_or_default(),
    }
}

async fn caller(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
    answers: &Answers,
    call_backs: &[inquiry::Model],
    mail: bool,
    now: DateTime<Utc>,
) -> Result<Caller> {
    // All of it is of one person, and [`board`] closes the whole again.
    let card = residents::queries::get_card(db, scope, id).await?.for_work();
    let timeline = residents::timeline::page(db, scope, id, TIMELINE, None).await?.for_work().items;
    let path = paths::queries::current(db, scope, id).await?.for_work();
    let before =
        inquiries::queries::find_recent_hearing(db, scope, id).await?.map(|(at, hearing)| {
            (at, Answers { topic: None, hearing: hearing.as_object().cloned().unwrap_or_default() })
        });

    let mut bookings = bookings::queries::of_resident(db, scope, id, false).await?;
    // What is over can be neither cancelled nor counted as a seat to come; the history tells it.
    bookings.retain(|row| row.span().1 > now);
    bookings.reverse();
    let (bookings, mut cancelled): (Vec<_>, Vec<_>) =
        bookings.into_iter().partition(|row| row.booking.state.is_living());
    cancelled.retain(|row| row.booking.state == BookingState::Cancelled);

    let known = match &before {
        Some((_, said)) => with_before(&answers.hearing, &said.hearing),
        None => answers.hearing.clone(),
    };
    // What was stored under older questions must not stop a call.
    let hearing = Hearing::parse(&known).unwrap_or_default();
    let said = Hearing::parse(&answers.hearing).unwrap_or_default();

    let contact = notices::queries::Addressee {
        resident: card.resident.clone(),
        numbers: card.numbers.clone(),
        channels: card.channels.clone(),
    };
    let reach = contact.is_active().then(|| contact.reach(mail));

    Ok(Caller {
        ways: Ways::new(&said, &contact.channels, reach),
        proposed: paths::queries::propose(db, scope, id, &hearing, now).await?,
        path,
        progress: surveys::queries::progress(db, scope, id).await?,
        promises: call_backs.iter().filter(|call| call.resident_id == Some(id)).cloned().collect(),
        card,
        timeline,
        before,
        bookings,
        cancelled,
        seat: None,
        added: Vec::new(),
        known,
    })
}

/// People for what was typed, booking numbers included.
async fn candidates(
    db: &impl ConnectionTrait,
    scope: &Scope,
    sought: &Sought,
    typed: &str,
) -> Result<Personal<Vec<Found>>> {
    match sought {
        Sought::Nothing | Sought::Withheld => return Ok(Personal::new(Vec::new(), [])),
        Sought::Booking(number) => {
            let booking = bookings::queries::find_by_number(db, scope, *number).await?;
            if let Some(booking) = booking {
                return by_ids(db, scope, &[booking.resident_id]).await;
            }
        }
        Sought::Phone(_) | Sought::Text => {}
    }

    residents::queries::find(db, scope, typed, MOST_CANDIDATES as u64).await
}

/// Who is meant by what was typed, while the call is with `in_call_with`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn meant(
    db: &impl ConnectionTrait,
    scope: &Scope,
    sought: &Sought,
    typed: &str,
    in_call_with: Option<ResidentId>,
) -> Result<Picked> {
    // Only ids leave; whom the screen shows of them is read by `by_ids`.
    let found = candidates(db, scope, sought, typed).await?.for_work();
    let phone = if let Sought::Phone(phone) = sought { Some(phone) } else { None };

    let mut others = match phone {
        Some(phone) => residents::queries::reached_by_others(db, scope, phone).await?,
        None => Vec::new(),
    };
    // Another extension of one house is another desk: the operator asks.
    others.extend(found.iter().filter(|f| rings_elsewhere(&f.numbers, phone)).map(|f| f.id));

    let people = found.iter().map(|person| (person.id, person.phones.as_slice()));
    Ok(rules::pick(sought, people, &others, in_call_with))
}

/// Whether one of the numbers is this one but for its extension.
fn rings_elsewhere(numbers: &[PhoneNumber], phone: Option<&PhoneNumber>) -> bool {
    let Some((digits, Some(extension))) = phone.map(|p| (p.digits(), p.extension())) else {
        return false;
    };
    let differs = |known: &str| known != extension;
    numbers.iter().any(|n| n.digits() == digits && n.extension().is_some_and(differs))
}

/// These people, in this order.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[ResidentId],
) -> Result<Personal<Vec<Found>>> {
    let found = residents::queries::found_by_ids(db, scope, ids).await?;
    Ok(found.map(|mut found| ids.iter().filter_map(|id| found.remove(id)).collect()))
}

/// A person with whom a call is to begin.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn candidate(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: ResidentId,
) -> Result<Personal<Found>> {
    // Opened only to see whether there is anybody.
    let mut found = residents::queries::found_by_ids(db, scope, &[id]).await?.for_work();
    let person = found.remove(&id).ok_or(Error::NotFound)?;
    Ok(Personal::new(person, [id]))
}

/// Whoever is known and may be a person who is to be registered, the likest first.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn alike(
    db: &impl ConnectionTrait,
    scope: &Scope,
    told: &Traits,
) -> Result<Personal<Vec<Found>>> {
    let known = residents::queries::possible_duplicates(db, scope, told).await?;
    let likest = known.into_iter().map(|(person, _)| person).take(MOST_CANDIDATES);
    let likest: Vec<Found> = likest.collect();
    let ids: Vec<ResidentId> = likest.iter().map(|found| found.id).collect();
    Ok(Personal::new(likest, ids))
}

/// What a call left that has ended.
#[derive(Clone, Debug)]
pub struct EndedCall {
    pub outcome: Option<Outcome>,
    pub call_back_on: Option<NaiveDate>,
    pub booking: Option<BookingRow>,
}

/// What this operator's last call left; of a booking only `id`, and only what the call made: the
/// address of the screen tells no other. Nothing for somebody who has ended none.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn ended_call(
    db: &impl ConnectionTrait,
    scope: &Scope,
    staff_id: StaffId,
    id: BookingId,
) -> Result<Personal<Option<EndedCall>>> {
    let Some(call) = inquiries::queries::find_last_closed(db, scope, staff_id).await? else {
        return Ok(Personal::new(None, []));
    };

    let living = match call.resident_id {
        Some(person) => bookings::queries::of_resident(db, scope, person, true).await?,
        None => Vec::new(),
    };
    let booking = living.into_iter().find(|row| {
        row.booking.id == id
            && row.booking.booked_by == Some(staff_id)
            && row.booking.updated_at >= call.started_at
    });

    let seen = booking.as_ref().map(|row| row.booking.resident_id);
    let call_back_on = call.call_back_at.map(local_date);
    Ok(Personal::new(Some(EndedCall { outcome: call.outcome, call_back_on, booking }), seen))
}

/// A day that somebody chose while another seat is kept.
#[derive(Clone, Debug)]
pub struct Wished {
    pub row: SessionRow,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// It is full: the choice is to wait for a seat.
    pub waits: bool,
}

/// The day behind a choice; nothing for 「あとで」 and for what is none of the scope's.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn wished(
    db: &impl ConnectionTrait,
    scope: &Scope,
    choice: Choice,
) -> Result<Option<Wished>> {
    let (id, slot, waits) = match choice {
        Choice::Seat(id, slot) => (id, slot, false),
        Choice::Wait(id) => (id, None, true),
        Choice::Later => return Ok(None),
    };

    let row = match sessions::queries::get(db, scope, id).await {
        Err(Error::NotFound) => return Ok(None),
        found => found?,
    };

    let (starts_at, ends_at) = match slot {
        None => (row.session.starts_at, row.session.ends_at),
        Some(slot) => {
            let slots = sessions::queries::slots(db, scope, id).await?;
            let Some(slot) = slots.into_iter().find(|row| row.slot.id == slot) else {
                return Ok(None);
            };
            (slot.slot.starts_at, slot.slot.ends_at)
        }
    };

    Ok(Some(Wished { row, starts_at, ends_at, waits }))
}

/// A day that can be offered: a session, or one slot of it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub row: SessionRow,
    pub slot: Option<(slot::Model, String)>,
    /// The slot is with somebody whom the person has met.
    pub met: bool,
}

impl Offer {
    /// What choosing it says.
    pub fn choice(&self) -> Choice {
        Choice::Seat(self.row.session.id, self.slot.as_ref().map(|(slot, _)| slot.id))
    }

    /// When it begins.
    pub fn starts_at(&self) -> DateTime<Utc> {
        self.slot.as_ref().map_or(self.row.session.starts_at, |(slot, _)| slot.starts_at)
    }
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

/// The days for a step: first those with the staff whom the person has met, then those that the
/// path names, then all others of the kind. `skip` leaves out those that were seen already.
async fn offers(
    db: &impl ConnectionTrait,
    scope: &Scope,
    kind: SessionKind,
    named: &[SessionRow],
    met: &[i64],
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
    let rows: Vec<&SessionRow> = named.iter().chain(others).collect();

    let with_slots = rows.iter().filter(|row| row.session.slot_minutes.is_some());
    let ids: Vec<SessionId> = with_slots.map(|row| row.session.id).collect();
    let free = sessions::queries::free_slots_of(db, &ids, now).await?;

    let mut found: Vec<Offer> = Vec::new();
    for row in rows {
        if row.session.slot_minutes.is_none() {
            found.push(Offer { row: row.clone(), slot: None, met: false });
            continue;
        }
        let slots = free.iter().filter(|(slot, _)| slot.session_id == row.session.id);
        found.extend(one_a_time(slots, met).into_iter().map(|((slot, name), met)| Offer {
            row: row.clone(),
            slot: Some((slot.clone(), name.clone())),
            met,
        }));
    }

    // Whoever has met somebody is offered that one first, however far ahead.
    found.sort_by_key(|offer| !offer.met);
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
#[tracing::instrument(skip_all, level = "debug")]
pub async fn offers_for(
    db: &impl ConnectionTrait,
    scope: &Scope,
    board: &Board,
    edited: Option<&Edited>,
    chosen: Option<usize>,
    skip: usize,
    now: DateTime<Utc>,
) -> Result<Option<(usize, Offers)>> {
    let Some(caller) = &board.caller else { return Ok(None) };
    let steps = shown_steps(edited, &caller.proposed.proposal);
    let kinds: Vec<Option<SessionKind>> =
        steps.iter().map(|step| SessionKind::from_text(step.mark.kind.word())).collect();

    let has_seat = |kind: SessionKind| {
        let settled = |row: &&BookingRow| row.booking.state != BookingState::Held;
        caller.bookings.iter().filter(settled).any(|row| row.session.kind == kind)
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

    let named = steps[at].at.and_then(|at| caller.proposed.sessions.get(at));
    let named = named.map(Vec::as_slice).unwrap_or_default();
    let met = &caller.proposed.met_staff;
    Ok(Some((at, offers(db, scope, kind, named, met, skip, now).await?)))
}
