//! The verbs: save the draft, close, record at once, mark a promised call as made.

use chrono::{DateTime, NaiveDate, Utc};
use entity::bookings::booking::BookingState;
use entity::inquiries::inquiry::{self, InquiryChannel, InquiryState, Outcome, Topic};
use entity::residents::timeline_entry::TimelineKind;
use entity::{BookingId, InquiryId, ResidentId, StaffId};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::queries::{find_draft, hours_of, within};
use super::rules::{self, LONGEST_NOTE, Refusal};
use crate::bookings;
use crate::paths::queries::read_hearing;
use crate::platform::db::locked;
use crate::platform::japan::PhoneNumber;
use crate::platform::text::free_text;
use crate::platform::{Error, FieldError, Result, Scope, Tx};
use crate::residents::{self, timeline};

/// What is known of a conversation so far.
#[derive(Clone, Debug)]
pub struct Draft {
    pub channel: InquiryChannel,
    pub resident_id: Option<ResidentId>,
    /// National digits.
    pub caller_phone: Option<String>,
    pub topic: Option<Topic>,
    /// Answers by key, checked.
    pub hearing: serde_json::Value,
    pub note: String,
}

/// How a conversation ended.
#[derive(Clone, Debug)]
pub struct Closing {
    pub outcome: Outcome,
    /// When somebody calls back; for [`Outcome::CallBack`] the next open day if it is not said.
    pub call_back_at: Option<DateTime<Utc>>,
    /// What was booked; [`Outcome::Booked`] needs it.
    pub booking_id: Option<BookingId>,
}

/// Saves the operator's draft: creates it, or overwrites what was saved before.
///
/// # Errors
/// `Forbidden` without a staff member, `NotFound` for a person outside the scope, `Invalid` for
/// an unknown answer, a phone number that is none, or a note of more than 2000 characters.
pub async fn save_draft(tx: &Tx, scope: &Scope, draft: &Draft) -> Result<inquiry::Model> {
    let known = find_own_draft(tx, scope).await?;
    write_draft(tx, scope, draft, known).await
}

/// As [`save_draft`], for somebody who has seen the draft at `revision` (none: there was none).
///
/// # Errors
/// `Stale` when it was saved or closed elsewhere meanwhile; else as [`save_draft`].
pub async fn save_draft_at(
    tx: &Tx,
    scope: &Scope,
    revision: Option<i32>,
    draft: &Draft,
) -> Result<inquiry::Model> {
    let known = find_own_draft(tx, scope).await?;
    if known.as_ref().map(|known| known.revision) != revision {
        return Err(Error::Stale);
    }
    write_draft(tx, scope, draft, known).await
}

async fn find_own_draft(tx: &Tx, scope: &Scope) -> Result<Option<inquiry::Model>> {
    find_draft(tx.db(), scope, operator(tx)?).await
}

fn operator(tx: &Tx) -> Result<StaffId> {
    tx.ctx().staff_id().ok_or(Error::Forbidden)
}

async fn write_draft(
    tx: &Tx,
    scope: &Scope,
    draft: &Draft,
    known: Option<inquiry::Model>,
) -> Result<inquiry::Model> {
    let said = checked(tx, scope, draft).await?;

    let saved = match known {
        None => {
            let row = inquiry::ActiveModel {
                started_at: ActiveValue::Set(tx.now()),
                state: ActiveValue::Set(InquiryState::Draft),
                ..new_row(tx, scope, said)?
            };
            row.insert(tx.db()).await?
        }
        Some(known) => {
            inquiry::Entity::update_many()
                .set(inquiry::ActiveModel {
                    channel: ActiveValue::Set(said.channel),
                    resident_id: ActiveValue::Set(said.resident_id),
                    caller_phone: ActiveValue::Set(said.caller_phone),
                    topic: ActiveValue::Set(said.topic),
                    hearing: ActiveValue::Set(said.hearing),
                    note: ActiveValue::Set(said.note),
                    revision: ActiveValue::Set(known.revision + 1),
                    updated_at: ActiveValue::Set(tx.now()),
                    ..Default::default()
                })
                .filter(inquiry::Column::Id.eq(known.id))
                .exec(tx.db())
                .await?;
            get(tx, scope, known.id).await?
        }
    };

    let answered: Vec<&String> =
        saved.hearing.as_object().map(|map| map.keys().collect()).unwrap_or_default();
    let detail = json!({ "state": saved.state, "answered": answered });
    tx.audit("inquiry", saved.id.0, detail);
    Ok(saved)
}

/// The draft in the form in which it is stored.
async fn checked(tx: &Tx, scope: &Scope, draft: &Draft) -> Result<Draft> {
    let hearing = read_hearing(&draft.hearing)?;

    let mut faults = Vec::new();
    let note = free_text(&draft.note, LONGEST_NOTE).unwrap_or_else(|error| {
        let values = vec![("max", LONGEST_NOTE.to_string())];
        faults.push(FieldError { field: "note".to_owned(), wording: error.key(), values });
        String::new()
    });

    let phone = draft.caller_phone.as_deref().map(PhoneNumber::parse).transpose();
    let caller_phone = phone.unwrap_or_else(|error| {
        faults.push(FieldError::new("caller_phone", error.key()));
        None
    });

    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if let Some(id) = draft.resident_id {
        residents::queries::get(tx.db(), scope, id).await?;
    }

    Ok(Draft {
        hearing: serde_json::to_value(&hearing)?,
        note,
        caller_phone: caller_phone.map(|number| number.written()),
        ..draft.clone()
    })
}

fn new_row(tx: &Tx, scope: &Scope, said: Draft) -> Result<inquiry::ActiveModel> {
    Ok(inquiry::ActiveModel {
        id: ActiveValue::NotSet,
        municipality_id: ActiveValue::Set(scope.municipality_id),
        resident_id: ActiveValue::Set(said.resident_id),
        caller_phone: ActiveValue::Set(said.caller_phone),
        channel: ActiveValue::Set(said.channel),
        operator_id: ActiveValue::Set(operator(tx)?),
        state: ActiveValue::NotSet,
        started_at: ActiveValue::NotSet,
        ended_at: ActiveValue::Set(None),
        topic: ActiveValue::Set(said.topic),
        hearing: ActiveValue::Set(said.hearing),
        note: ActiveValue::Set(said.note),
        outcome: ActiveValue::Set(None),
        call_back_at: ActiveValue::Set(None),
        called_back_at: ActiveValue::Set(None),
        booking_id: ActiveValue::Set(None),
        revision: ActiveValue::Set(1),
        updated_at: ActiveValue::Set(tx.now()),
    })
}

async fn get(tx: &Tx, scope: &Scope, id: InquiryId) -> Result<inquiry::Model> {
    locked(within(scope).filter(inquiry::Column::Id.eq(id)))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)
}

/// Notes the booking that the draft is about: the seat that is kept and read back; none when it is
/// given back.
///
/// # Errors
/// Those of the database.
pub async fn set_booking(tx: &Tx, id: InquiryId, booking_id: Option<BookingId>) -> Result<()> {
    inquiry::Entity::update_many()
        .set(inquiry::ActiveModel {
            booking_id: ActiveValue::Set(booking_id),
            ..Default::default()
        })
        .filter(inquiry::Column::Id.eq(id))
        .exec(tx.db())
        .await?;
    tx.audit("inquiry", id.0, json!({ "booking": booking_id }));
    Ok(())
}

/// The person's latest living booking that was made since an instant, by this staff member or by
/// whoever; a seat that is only kept is none yet.
///
/// # Errors
/// Those of the database.
pub async fn booked_since(
    tx: &Tx,
    scope: &Scope,
    person: ResidentId,
    since: DateTime<Utc>,
    by: Option<StaffId>,
) -> Result<Option<BookingId>> {
    let living = bookings::queries::of_resident(tx.db(), scope, person, true).await?;
    let made = living.iter().map(|row| &row.booking).filter(|booking| {
        booking.created_at >= since
            && booking.state != BookingState::Held
            && (by.is_none() || booking.booked_by == by)
    });
    Ok(made.map(|booking| booking.id).max())
}

/// What was booked is the booking of the person who called.
async fn check_booking(
    tx: &Tx,
    scope: &Scope,
    resident_id: Option<ResidentId>,
    closing: &Closing,
) -> Result<()> {
    rules::can_end(closing.outcome, closing.booking_id.is_some())?;
    let Some(id) = closing.booking_id else { return Ok(()) };
    let of_person = match bookings::queries::get(tx.db(), scope, id).await {
        Ok(booking) => Some(booking.resident_id) == resident_id,
        Err(Error::NotFound) => false,
        Err(error) => return Err(error),
    };
    if of_person { Ok(()) } else { Err(Error::invalid("booking_id", "err.inquiry.booking")) }
}

/// Closes the operator's draft and puts it on the person's timeline; what the hearing told is
/// kept with the person.
///
/// # Errors
/// `NotFound` for somebody else's draft, `inquiry_closed` the second time, `nothing_booked` for
/// 「予約した」 without a booking, `Invalid` for somebody else's booking, and for a call promised for
/// a time that has passed or at which the call centre is closed.
pub async fn close(
    tx: &Tx,
    scope: &Scope,
    id: InquiryId,
    closing: &Closing,
) -> Result<inquiry::Model> {
    let draft = get(tx, scope, id).await?;
    if draft.operator_id != operator(tx)? {
        return Err(Error::NotFound);
    }
    if draft.state == InquiryState::Closed {
        return Err(Refusal::Closed.into());
    }

    check_booking(tx, scope, draft.resident_id, closing).await?;
    let call_back_at = promised(tx, scope, closing).await?;

    let closed = inquiry::Model {
        state: InquiryState::Closed,
        // A clock that was put back does not keep a call open.
        ended_at: Some(tx.now().max(draft.started_at)),
        outcome: Some(closing.outcome),
        call_back_at,
        booking_id: closing.booking_id,
        revision: draft.revision + 1,
        updated_at: tx.now(),
        ..draft
    };

    inquiry::Entity::update_many()
        .set(inquiry::ActiveModel {
            state: ActiveValue::Set(closed.state),
            ended_at: ActiveValue::Set(closed.ended_at),
            outcome: ActiveValue::Set(closed.outcome),
            call_back_at: ActiveValue::Set(closed.call_back_at),
            booking_id: ActiveValue::Set(closed.booking_id),
            revision: ActiveValue::Set(closed.revision),
            updated_at: ActiveValue::Set(closed.updated_at),
            ..Default::default()
        })
        .filter(inquiry::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    remember(tx, scope, &closed).await?;
    Ok(closed)
}

/// Records a whole inquiry at once (paper, counter, API).
///
/// # Errors
/// As [`save_draft`] and [`close`]; `Invalid` for a begin that has not come yet.
pub async fn record(
    tx: &Tx,
    scope: &Scope,
    draft: &Draft,
    started_at: DateTime<Utc>,
    closing: &Closing,
) -> Result<inquiry::Model> {
    if started_at > tx.now() {
        return Err(Error::invalid("started_at", "err.inquiry.future"));
    }

    let said = checked(tx, scope, draft).await?;
    check_booking(tx, scope, said.resident_id, closing).await?;
    let call_back_at = promised(tx, scope, closing).await?;

    let row = inquiry::ActiveModel {
        state: ActiveValue::Set(InquiryState::Closed),
        started_at: ActiveValue::Set(started_at),
        ended_at: ActiveValue::Set(Some(tx.now())),
        outcome: ActiveValue::Set(Some(closing.outcome)),
        call_back_at: ActiveValue::Set(call_back_at),
        booking_id: ActiveValue::Set(closing.booking_id),
        ..new_row(tx, scope, said)?
    };

    let closed = row.insert(tx.db()).await?;
    remember(tx, scope, &closed).await?;
    Ok(closed)
}

/// As [`record`], for what another system tells: a call may be promised for a day, and a booking that
/// it does not name is the latest that was made since the begin.
///
/// # Errors
/// As [`record`]; `Invalid` for a day that has passed or is more than a year ahead.
pub async fn record_told(
    tx: &Tx,
    scope: &Scope,
    draft: &Draft,
    started_at: DateTime<Utc>,
    closing: &Closing,
    call_back_on: Option<NaiveDate>,
) -> Result<InquiryId> {
    let call_back_at = match (closing.call_back_at, call_back_on) {
        (None, Some(day)) => Some(promise_on(tx, scope, Some(day)).await?),
        (at, _) => at,
    };
    let booking_id = match (closing.booking_id, draft.resident_id, closing.outcome) {
        (None, Some(person), Outcome::Booked) => {
            booked_since(tx, scope, person, started_at, None).await?
        }
        (named, _, _) => named,
    };
    let closing = &Closing { outcome: closing.outcome, call_back_at, booking_id };
    Ok(record(tx, scope, draft, started_at, closing).await?.id)
}

/// When the call is due that somebody promised, if somebody did.
async fn promised(tx: &Tx, scope: &Scope, closing: &Closing) -> Result<Option<DateTime<Utc>>> {
    match (closing.outcome, closing.call_back_at) {
        (Outcome::CallBack, None) => Ok(Some(promise_on(tx, scope, None).await?)),
        (_, None) => Ok(None),
        (_, Some(at)) => {
            let (hours, closed) = hours_of(tx.db(), scope).await?;
            rules::can_promise(at, tx.now(), &hours, &closed)
                .map_err(|reason| Error::invalid("call_back_at", reason.key()))?;
            Ok(Some(at))
        }
    }
}

/// When a call promised for a day (none: the next open one) is due.
///
/// # Errors
/// `Invalid` for a day that has passed or is more than a year ahead.
pub async fn promise_on(tx: &Tx, scope: &Scope, day: Option<NaiveDate>) -> Result<DateTime<Utc>> {
    let (hours, closed) = hours_of(tx.db(), scope).await?;
    rules::promise_on(day, tx.now(), &hours, &closed)
        .map_err(|reason| Error::invalid("call_back_on", reason.key()))
}

/// Keeps with the person what a closed inquiry told.
async fn remember(tx: &Tx, scope: &Scope, closed: &inquiry::Model) -> Result<()> {
    tx.audit(
        "inquiry",
        closed.id.0,
        json!({ "state": closed.state, "channel": closed.channel, "outcome": closed.outcome }),
    );

    let Some(resident_id) = closed.resident_id else { return Ok(()) };
    let hearing = read_hearing(&closed.hearing)?;
    if !hearing.is_empty() {
        let known = residents::queries::get(tx.db(), scope, resident_id).await?.device;
        let told = rules::learned(&hearing, known);
        residents::actions::learn(tx, scope, resident_id, &told).await?;
    }

    let topic = closed.topic.map_or("none", Topic::as_str);
    let outcome = closed.outcome.map_or("other", Outcome::as_str);
    let params = json!({
        "topic_key": format!("inquiry.topic.{topic}"),
        "outcome_key": format!("inquiry.outcome.{outcome}"),
        "note": closed.note,
    });
    let line = "timeline.inquiry";
    timeline::note(tx, resident_id, TimelineKind::Inquiry, line, params, closed.id.0).await?;
    Ok(())
}

/// The promised call was made. Saying so twice changes nothing the second time.
///
/// # Errors
/// `NotFound` when no call was promised, or outside the scope.
pub async fn mark_called_back(tx: &Tx, scope: &Scope, id: InquiryId) -> Result<()> {
    let inquiry = get(tx, scope, id).await?;
    if inquiry.call_back_at.is_none() || inquiry.state == InquiryState::Draft {
        return Err(Error::NotFound);
    }

    tx.audit("inquiry", id.0, json!({ "call_back": "made" }));
    if inquiry.called_back_at.is_some() {
        return Ok(());
    }

    inquiry::Entity::update_many()
        .set(inquiry::ActiveModel {
            called_back_at: ActiveValue::Set(Some(tx.now())),
            revision: ActiveValue::Set(inquiry.revision + 1),
            updated_at: ActiveValue::Set(tx.now()),
            ..Default::default()
        })
        .filter(inquiry::Column::Id.eq(id))
        .exec(tx.db())
        .await?;

    if let Some(resident_id) = inquiry.resident_id {
        let line = "timeline.called_back";
        timeline::note(tx, resident_id, TimelineKind::Inquiry, line, json!({}), id.0).await?;
    }
    Ok(())
}
