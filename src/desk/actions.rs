//! The verbs of a call. Each first saves what was said, in the same transaction.

use chrono::{DateTime, NaiveDate, Utc};
use entity::bookings::booking::{self, BookingState, Via};
use entity::inquiries::inquiry::{self, InquiryChannel, Outcome, Topic};
use entity::{BookingId, InquiryId, ResidentId, SessionId, SlotId, StaffId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::queries::is_held_by;
use super::rules::{self, Refusal, StepMark};
use crate::bookings::actions::Wish;
use crate::inquiries::actions::{Closing, Draft};
use crate::paths::actions::AcceptedStep;
use crate::platform::japan::PhoneNumber;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::NewResident;
use crate::{bookings, inquiries, paths, residents};

/// What the page holds of the call.
#[derive(Clone, Debug)]
pub struct Said {
    /// The call that the page shows; none on an empty desk.
    pub call: Option<InquiryId>,
    pub topic: Option<Topic>,
    /// The hearing map.
    pub hearing: Value,
    pub note: String,
}

impl Said {
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
async fn same_call(tx: &Tx, scope: &Scope, said: &Said) -> Result<Option<inquiry::Model>> {
    let draft = inquiries::queries::find_draft(tx.db(), scope, operator(tx)?).await?;
    if draft.as_ref().map(|draft| draft.id) != said.call {
        return Err(Refusal::NoSuchCall.into());
    }
    Ok(draft)
}

async fn store(
    tx: &Tx,
    scope: &Scope,
    said: &Said,
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
    if let Some(id) = resident_id {
        residents::actions::record_look(tx, &[id], "desk");
    }
    Ok(saved)
}

/// Saves what was said.
///
/// # Errors
/// `no_such_call` when the call on the page is not the open one.
pub async fn save(tx: &Tx, scope: &Scope, said: &Said) -> Result<inquiry::Model> {
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
    said: &Said,
    phone: Option<&PhoneNumber>,
) -> Result<inquiry::Model> {
    let draft = same_call(tx, scope, said).await?;
    let (person, before) = draft.map_or((None, None), |d| (d.resident_id, d.caller_phone));
    let phone = phone.map(PhoneNumber::written).or(before);
    store(tx, scope, said, person, phone).await
}

/// Puts a person to the call. A seat kept for somebody else is given back.
///
/// # Errors
/// As [`save`]; `NotFound` for a person outside the scope.
pub async fn identify(
    tx: &Tx,
    scope: &Scope,
    said: &Said,
    person: ResidentId,
    phone: Option<&PhoneNumber>,
) -> Result<inquiry::Model> {
    residents::queries::get(tx.db(), scope, person).await?;
    let draft = same_call(tx, scope, said).await?;
    let (former, before) = draft.map_or((None, None), |d| (d.resident_id, d.caller_phone));
    if let Some(former) = former.filter(|former| *former != person) {
        give_back(tx, scope, former, None).await?;
    }
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
    said: &Said,
    person: &NewResident,
) -> Result<ResidentId> {
    let created = residents::actions::create(tx, scope, person).await?;
    identify(tx, scope, said, created.id, person.phones.first()).await?;
    Ok(created.id)
}

/// Adds the caller's number to the person of the call.
///
/// # Errors
/// As [`save`]; `nobody_there`, `no_number`.
pub async fn add_number(tx: &Tx, scope: &Scope, said: &Said) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    let digits = draft.caller_phone.ok_or(Refusal::NoNumber)?;
    let phone = PhoneNumber::parse(&digits).map_err(|_| Refusal::NoNumber)?;
    residents::actions::add_phone(tx, scope, person, &phone).await
}

/// What the operator chose among the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Keep this seat while we talk.
    Seat(SessionId, Option<SlotId>),
    /// Wait for a seat in this session.
    Wait(SessionId),
    /// No day now.
    Later,
}

/// Keeps a seat for five minutes, puts the person on the waiting list, or gives the kept
/// seat back. A call keeps one seat at a time.
///
/// # Errors
/// As [`save`]; `nobody_there`; the refusals of `bookings`.
pub async fn choose(
    tx: &Tx,
    scope: &Scope,
    said: &Said,
    choice: Choice,
) -> Result<Option<BookingId>> {
    let draft = save(tx, scope, said).await?;
    let resident_id = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    let wish = |session_id, slot_id, may_wait| Wish {
        session_id,
        slot_id,
        resident_id,
        via: Via::Phone,
        may_wait,
    };
    match choice {
        Choice::Seat(session_id, slot_id) => {
            give_back(tx, scope, resident_id, Some((session_id, slot_id))).await?;
            let wish = wish(session_id, slot_id, false);
            Ok(Some(bookings::actions::hold(tx, scope, &wish).await?.id))
        }
        Choice::Wait(session_id) => {
            give_back(tx, scope, resident_id, None).await?;
            let wish = wish(session_id, None, true);
            Ok(Some(bookings::actions::book(tx, scope, &wish).await?.id))
        }
        Choice::Later => {
            give_back(tx, scope, resident_id, None).await?;
            Ok(None)
        }
    }
}

/// Gives back what this operator keeps for the person, except the seat named.
async fn give_back(
    tx: &Tx,
    scope: &Scope,
    person: ResidentId,
    except: Option<(SessionId, Option<SlotId>)>,
) -> Result<()> {
    for kept in held_for(tx, scope, person).await? {
        if except != Some((kept.session_id, kept.slot_id)) {
            bookings::actions::release(tx, scope, kept.id).await?;
        }
    }
    Ok(())
}

async fn held_for(tx: &Tx, scope: &Scope, person: ResidentId) -> Result<Vec<booking::Model>> {
    let staff_id = operator(tx)?;
    let living = bookings::queries::of_resident(tx.db(), scope, person, true).await?;
    let held = living.into_iter().map(|row| row.booking);
    Ok(held.filter(|booking| is_held_by(booking, staff_id)).collect())
}

/// Cancels a booking of the person of the call.
///
/// # Errors
/// As [`save`]; `NotFound` for somebody else's booking; the refusals of `bookings`.
pub async fn cancel(tx: &Tx, scope: &Scope, said: &Said, id: BookingId) -> Result<()> {
    let draft = save(tx, scope, said).await?;
    let person = draft.resident_id.ok_or(Refusal::NobodyThere)?;
    if bookings::queries::get(tx.db(), scope, id).await?.resident_id != person {
        return Err(Error::NotFound);
    }
    bookings::actions::cancel(tx, scope, id).await?;
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
/// As [`save`]; `too_late` when the seat was not confirmed within its five minutes;
/// `Invalid` for a day to call back that has passed.
pub async fn finish(tx: &Tx, scope: &Scope, said: &Said, ending: &Ending) -> Result<Done> {
    if said.call.is_none() && said.topic.is_none() && said.note.is_empty() {
        return Err(Refusal::NoSuchCall.into());
    }
    let draft = save(tx, scope, said).await?;
    let booking_id = match draft.resident_id {
        Some(person) => booked(tx, scope, person, draft.started_at).await?,
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
        let has_path = paths::queries::current(tx.db(), scope, person).await?.is_some();
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
    inquiries::actions::close(tx, scope, draft.id, &Closing { outcome, call_back_at }).await?;
    Ok(Done { booking_id })
}

fn dropped_json(mark: &StepMark) -> Value {
    json!({ "kind": mark.kind, "part": mark.part, "why": mark.why })
}

/// Confirms the kept seat; otherwise names a wait that was entered in this call.
async fn booked(
    tx: &Tx,
    scope: &Scope,
    person: ResidentId,
    began: DateTime<Utc>,
) -> Result<Option<BookingId>> {
    if let Some(kept) = held_for(tx, scope, person).await?.first() {
        return Ok(Some(bookings::actions::confirm(tx, scope, kept.id).await?.id));
    }
    let staff_id = operator(tx)?;
    let living = bookings::queries::of_resident(tx.db(), scope, person, true).await?;
    let made = living.iter().map(|row| &row.booking).find(|booking| {
        booking.booked_by == Some(staff_id)
            && booking.created_at >= began
            && booking.state != BookingState::Held
    });
    Ok(made.map(|booking| booking.id))
}

/// Leaves the call for a new one: it is closed as it is, and a kept seat is given back.
///
/// # Errors
/// As [`save`].
pub async fn leave(tx: &Tx, scope: &Scope, said: &Said) -> Result<()> {
    if said.call.is_none() {
        return match same_call(tx, scope, said).await? {
            None => Ok(()),
            Some(_) => Err(Refusal::NoSuchCall.into()),
        };
    }
    let draft = save(tx, scope, said).await?;
    if let Some(person) = draft.resident_id {
        give_back(tx, scope, person, None).await?;
    }
    let closing = Closing { outcome: Outcome::Other, call_back_at: None };
    inquiries::actions::close(tx, scope, draft.id, &closing).await?;
    Ok(())
}
