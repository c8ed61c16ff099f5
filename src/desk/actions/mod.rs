//! The verbs of a call. Each first saves what was said, in the same transaction.

mod same;

use chrono::NaiveDate;
use entity::bookings::booking::{self, BookingState, Via};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::residents::resident_phone::PhoneOwner;
use entity::{BookingId, InquiryId, ResidentId, StaffId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rules::{self, Choice, Hold, Refusal, Seat, StepMark};
use crate::bookings::actions::Wish;
use crate::inquiries::actions::{Closing, Draft};
use crate::paths::actions::AcceptedStep;
use crate::platform::japan::PhoneNumber;
use crate::platform::{Error, Personal, Result, Scope, Tx};
use crate::residents::NewResident;
use crate::{bookings, inquiries, paths, residents};

pub use same::{Finding, settle_question};

/// What the page holds of the call.
#[derive(Clone, Debug)]
pub struct CallSoFar {
    /// The call that the page shows; none on an empty desk.
    pub call: Option<InquiryId>,
    pub topic: Option<Topic>,
    /// The hearing map.
    pub hearing: Value,
    pub note: String,
}

impl CallSoFar {
    /// Whether there is no call and nothing that would begin one.
    pub fn is_nothing(&self) -> bool {
        let heard = self.hearing.as_object().is_some_and(|map| !map.is_empty());
        self.call.is_none() && self.topic.is_none() && !heard && self.note.is_empty()
    }
}

fn operator(tx: &Tx) -> Result<StaffId> {
    tx.ctx().staff_id().ok_or(Error::Forbidden)
}

/// The draft, if it is still the call that the page shows.
async fn same_call(tx: &Tx, scope: &Scope, said: &CallSoFar) -> Result<Option<inquiry::Model>> {
    open_call(tx, scope, said.call).await
}

async fn open_call(
    tx: &Tx,
    scope: &Scope,
    call: Option<InquiryId>,
) -> Result<Option<inquiry::Model>> {
    let draft = inquiries::queries::find_draft(tx.db(), scope, operator(tx)?).await?;
    if draft.as_ref().map(|draft| draft.id) != call {
        return Err(Refusal::NoSuchCall.into());
    }
    Ok(draft)
}

async fn store(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    resident_id: Option<ResidentId>,
    caller_phone: Option<String>,
) -> Result<inquiry::Model> {
    let draft = Draft {
        channel: InquiryChannel::Phone,
        resident_id,
        caller_phone,
        topic: said.topic,
        hearing: said.hearing.clone(),
        note: said.note.clone(),
    };

    let saved = inquiries::actions::save_draft(tx, scope, &draft).await?;
    // Whoever saves a call has its person on the screen.
    Personal::new((), resident_id).shown_in(tx, "desk");
    keep_seat(tx, scope, &saved).await?;
    Ok(saved)
}

/// Whatever is saved is a sign that the talk goes on: the seat stays kept. One that is gone is told
/// by the screen, and stops nothing else.
async fn keep_seat(tx: &Tx, scope: &Scope, call: &inquiry::Model) -> Result<()> {
    let Some(id) = call.booking_id else { return Ok(()) };
    match bookings::actions::renew(tx, scope, id).await {
        Ok(_) | Err(Error::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The screen of a call still stands open: its seat stays kept.
///
/// # Errors
/// `no_such_call` when the call on the page is not the open one; `seat_gone` when the seat that was
/// read back is gone.
pub async fn stay(tx: &Tx, scope: &Scope, call: Option<InquiryId>) -> Result<()> {
    let draft = open_call(tx, scope, call).await?;
    let Some(call) = draft.filter(|call| call.booking_id.is_some()) else { return Ok(()) };
    keep_seat(tx, scope, &call).await?;
    match seat_of(tx, scope, &call).await? {
        Some((_, Seat::Gone)) => Err(Refusal::SeatGone.into()),
        _ => Ok(()),
    }
}

/// The booking of the call, and how it stands.
async fn seat_of(
    tx: &Tx,
    scope: &Scope,
    call: &inquiry::Model,
) -> Result<Option<(booking::Model, Seat)>> {
    let Some(id) = call.booking_id else { return Ok(None) };
    let booking = bookings::queries::get(tx.db(), scope, id).await?;
    let seat = Seat::of(Hold::from(&booking), operator(tx)?, tx.now());
    Ok(Some((booking, seat)))
}

/// Saves what was said.
///
/// # Errors
/// `no_such_call` when the call on the page is not the open one.
pub async fn save(tx: &Tx, scope: &Scope, said: &CallSoFar) -> Result<inquiry::Model> {
    let draft = same_call(tx, scope, said).await?;
    let (person, phone) = draft.map_or((None, None), |d| (d.resident_id, d.caller_phone));
    store(tx, scope, said, person, phone).await
}

/// Keeps the number that the caller has; it begins the call when there is none.
///
/// # Errors
/// As [`save`].
pub async fn note_number(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    phone: Option<&PhoneNumber>,
) -> Result<inquiry::Model> {
    let draft = same_call(tx, scope, said).await?;
    let (person, before) = draft.map_or((None, None), |d| (d.resident_id, d.caller_phone));
    let phone = phone.map(PhoneNumber::written).or(before);
    store(tx, scope, said, person, phone).await
}

/// Puts a person to the call.
///
/// # Errors
/// As [`save`]; `NotFound` for a person outside the scope; `seat_kept` while a seat is kept for
/// somebody else.
pub async fn identify(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    person: ResidentId,
    phone: Option<&PhoneNumber>,
) -> Result<inquiry::Model> {
    residents::queries::get(tx.db(), scope, person).await?;
    let draft = same_call(tx, scope, said).await?;

    if let Some(call) = &draft
        && let Some(former) = call.resident_id.filter(|former| *former != person)
    {
        if !kept_for(tx, scope, former).await?.is_empty() {
            return Err(Refusal::SeatKept.into());
        }
        if call.booking_id.is_some() {
            inquiries::actions::set_booking(tx, call.id, None).await?;
        }
    }

    let before = draft.and_then(|draft| draft.caller_phone);
    let phone = phone.map(PhoneNumber::written).or(before);
    store(tx, scope, said, Some(person), phone).await
}

/// Creates the caller and puts the new person to the call.
///
/// # Errors
/// As [`save`] and [`residents::actions::create`].
pub async fn welcome(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    person: &NewResident,
) -> Result<ResidentId> {
    let created = residents::actions::create(tx, scope, person).await?;
    identify(tx, scope, said, created.id, person.phones.first()).await?;
    Ok(created.id)
}

/// Adds the caller's number to the person of the call, with the word whose it is.
///
/// # Errors
/// As [`save`]; `nobody_there`, `no_number`.
pub async fn add_number(tx: &Tx, scope: &Scope, said: &CallSoFar, whose: PhoneOwner) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    let digits = draft.caller_phone.ok_or(Refusal::NoNumber)?;
    let phone = PhoneNumber::parse(&digits).map_err(|_| Refusal::NoNumber)?;
    residents::actions::add_phone(tx, scope, person, &phone, whose).await
}

/// Takes a number back that was added to the person in this call; any other stays.
///
/// # Errors
/// As [`save`]; `nobody_there`; `no_number` when it was not added in this call.
pub async fn take_back_number(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    digits: &str,
) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    let rows = residents::queries::number_rows(tx.db(), person).await?;
    let since = draft.started_at;
    let added = rows.iter().find(|row| row.digits == digits && row.added_at >= Some(since));
    added.ok_or(Refusal::NoNumber)?;
    let phone = PhoneNumber::parse(digits).map_err(|_| Refusal::NoNumber)?;
    residents::actions::remove_phone(tx, scope, person, &phone).await
}

/// Keeps a seat while the call goes on, puts the person on the waiting list, or gives the kept
/// seat back. A call keeps one seat at a time; `instead` says that the operator was asked and gives
/// up the one before.
///
/// # Errors
/// As [`save`]; `nobody_there`; `seat_kept` when the kept seat would be given up unasked; the
/// refusals of `bookings`.
pub async fn choose(
    tx: &Tx,
    scope: &Scope,
    said: &CallSoFar,
    choice: Choice,
    instead: bool,
) -> Result<Option<BookingId>> {
    let draft = save(tx, scope, said).await?;
    let resident_id = draft.resident_id.ok_or(Refusal::NobodyThere)?;

    for kept in kept_for(tx, scope, resident_id).await? {
        if !choice.gives_up(kept.session_id, kept.slot_id) {
            continue;
        }
        if !instead {
            return Err(Refusal::SeatKept.into());
        }
        bookings::actions::release(tx, scope, kept.id).await?;
    }

    let wish = |session_id, slot_id, may_wait| Wish {
        session_id,
        slot_id,
        resident_id,
        via: Via::Phone,
        may_wait,
    };

    let (kept, chosen) = match choice {
        Choice::Seat(session_id, slot_id) => {
            let wish = wish(session_id, slot_id, false);
            let kept = bookings::actions::hold(tx, scope, &wish).await?.id;
            (Some(kept), Some(kept))
        }
        Choice::Wait(session_id) => {
            let wish = wish(session_id, None, true);
            (None, Some(bookings::actions::book(tx, scope, &wish).await?.id))
        }
        Choice::Later => (None, None),
    };

    if draft.booking_id != kept {
        inquiries::actions::set_booking(tx, draft.id, kept).await?;
    }
    Ok(chosen)
}

/// The seats that this operator keeps for the person.
async fn kept_for(tx: &Tx, scope: &Scope, person: ResidentId) -> Result<Vec<booking::Model>> {
    let staff_id = operator(tx)?;
    let living = bookings::queries::of_resident(tx.db(), scope, person, true).await?;
    let held = living.into_iter().map(|row| row.booking);
    let kept = |booking: &booking::Model| Hold::from(booking).is_kept_by(staff_id, tx.now());
    Ok(held.filter(kept).collect())
}

/// Cancels a booking of the person of the call; a seat that is only kept is given back, which
/// nobody needs to be told.
///
/// # Errors
/// As [`save`]; `NotFound` for somebody else's booking; the refusals of `bookings`.
pub async fn cancel(tx: &Tx, scope: &Scope, said: &CallSoFar, id: BookingId) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    let booking = bookings::queries::get(tx.db(), scope, id).await?;
    if booking.resident_id != person {
        return Err(Error::NotFound);
    }

    match booking.state {
        BookingState::Held => bookings::actions::release(tx, scope, id).await?,
        _ => bookings::actions::cancel(tx, scope, id).await?,
    };
    if draft.booking_id == Some(id) {
        inquiries::actions::set_booking(tx, draft.id, None).await?;
    }
    Ok(())
}

/// Gives a cancelled booking of the person of the call back.
///
/// # Errors
/// As [`cancel`].
pub async fn give_back(tx: &Tx, scope: &Scope, said: &CallSoFar, id: BookingId) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    if bookings::queries::get(tx.db(), scope, id).await?.resident_id != person {
        return Err(Error::NotFound);
    }
    bookings::actions::give_back(tx, scope, id).await?;
    Ok(())
}

/// The path as the page shows it at the end of the call.
#[derive(Clone, Debug)]
pub struct PathAgreed {
    /// What is known of the person: the hearing map from which the path was made.
    pub known: Value,
    pub steps: Vec<AcceptedStep>,
    pub edited: bool,
    /// What the operator left out, with the reasons.
    pub dropped: Vec<StepMark>,
}

/// How the call ends.
#[derive(Clone, Debug)]
pub struct Ending {
    /// None: what usually follows from the call.
    pub outcome: Option<Outcome>,
    /// A day in Japan on which we call back.
    pub call_back_on: Option<NaiveDate>,
    /// None when the call has no person.
    pub path: Option<PathAgreed>,
}

/// What a finished call left behind.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Done {
    pub booking_id: Option<BookingId>,
}

/// Ends the call, all or nothing: saves what was said, confirms the kept seat, keeps the
/// path, closes the inquiry.
///
/// # Errors
/// As [`save`]; `seat_gone` when the seat that was read back is gone; `nothing_booked` when the
/// result says otherwise; `Invalid` for a day to call back that has passed.
pub async fn finish(tx: &Tx, scope: &Scope, said: &CallSoFar, ending: &Ending) -> Result<Done> {
    if said.call.is_none() && said.topic.is_none() && said.note.is_empty() {
        return Err(Refusal::NoSuchCall.into());
    }

    let draft = save(tx, scope, said).await?;
    let booking_id = match draft.resident_id {
        Some(person) => booked(tx, scope, person, &draft).await?,
        None => None,
    };

    let promised = ending.call_back_on.is_some();
    let outcome = ending
        .outcome
        .unwrap_or_else(|| rules::usual_outcome(booking_id.is_some(), promised, said.topic));

    if let (Some(person), Some(path)) = (draft.resident_id, &ending.path)
        && !path.steps.is_empty()
    {
        let heard = said.hearing.as_object().is_some_and(|map| !map.is_empty());
        let has_path = paths::queries::current(tx.db(), scope, person).await?.for_work().is_some();
        if rules::keeps_path(outcome, path.edited, heard, booking_id.is_some(), has_path) {
            let id = paths::actions::accept(tx, scope, person, &path.known, &path.steps).await?;
            let dropped: Vec<Value> = path.dropped.iter().map(dropped_json).collect();
            tx.audit("path", id.0, json!({ "dropped": dropped }));
        }
    }

    let call_back_at = match ending.call_back_on {
        Some(day) => Some(inquiries::actions::promise_on(tx, scope, Some(day)).await?),
        None => None,
    };
    let closing = Closing { outcome, call_back_at, booking_id };
    inquiries::actions::close(tx, scope, draft.id, &closing).await?;
    Ok(Done { booking_id })
}

fn dropped_json(mark: &StepMark) -> Value {
    json!({ "kind": mark.kind, "part": mark.part, "why": mark.why })
}

/// Confirms the kept seat; otherwise names what was booked in this call. What was read back and is
/// gone ends no call: the number that the caller wrote down opens no door.
async fn booked(
    tx: &Tx,
    scope: &Scope,
    person: ResidentId,
    call: &inquiry::Model,
) -> Result<Option<BookingId>> {
    let kept = match seat_of(tx, scope, call).await? {
        Some((booking, Seat::Kept)) => Some(booking.id),
        Some((booking, Seat::Booked)) => return Ok(Some(booking.id)),
        Some((_, Seat::Gone)) => return Err(Refusal::SeatGone.into()),
        None => kept_for(tx, scope, person).await?.first().map(|kept| kept.id),
    };

    match kept {
        Some(id) => Ok(Some(bookings::actions::confirm(tx, scope, id).await?.id)),
        None => {
            let (since, by) = (call.started_at, Some(operator(tx)?));
            inquiries::actions::booked_since(tx, scope, person, since, by).await
        }
    }
}

/// Leaves the call for a new one: it is closed as it is. A kept seat is given back where the operator
/// was asked (`sure`).
///
/// # Errors
/// As [`save`]; `seat_kept` while a seat is kept and nobody was asked.
pub async fn leave(tx: &Tx, scope: &Scope, said: &CallSoFar, sure: bool) -> Result<()> {
    if said.call.is_none() {
        return match same_call(tx, scope, said).await? {
            None => Ok(()),
            Some(_) => Err(Refusal::NoSuchCall.into()),
        };
    }

    let draft = save(tx, scope, said).await?;
    if let Some(person) = draft.resident_id {
        for kept in kept_for(tx, scope, person).await? {
            if !sure {
                return Err(Refusal::SeatKept.into());
            }
            bookings::actions::release(tx, scope, kept.id).await?;
        }
    }

    let closing = Closing { outcome: Outcome::Other, call_back_at: None, booking_id: None };
    inquiries::actions::close(tx, scope, draft.id, &closing).await?;
    Ok(())
}
