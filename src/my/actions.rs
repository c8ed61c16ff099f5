//! The verbs of a resident: apply for a place, choose another day.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState, Via};
use entity::sessions::session;
use entity::{BookingId, ResidentId, SessionId, SlotId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rules::{Application, Attendee};
use crate::bookings::rules::Refusal;
use crate::bookings::{self, Wish};
use crate::platform::japan::BirthInput;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::actions::Learned;
use crate::residents::{self, NewResident};
use crate::sessions;

/// An application was taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Applied {
    pub booking_id: BookingId,
    /// The booking number, without its hyphen.
    pub number: i32,
    /// Whether the person waits for a place.
    pub waits: bool,
}

/// Applies for a place, on a new record of what was typed. Nobody is looked for: whether and where
/// the person is known has no say in the answer, nor in how long it takes. Whose application it is
/// is found out afterwards ([`bookings::actions::join_known`]).
///
/// # Errors
/// Those of [`bookings::actions::book`] that only the session gives; `NotFound` when it is not
/// public.
pub async fn apply(tx: &Tx, scope: &Scope, application: &Application) -> Result<Applied> {
    let session = public_session(tx, scope, application.session_id).await?;
    let slot_id = match slot_at(tx, scope, &session, application.time).await {
        Err(_) if application.may_wait => None,
        found => found?,
    };

    let resident_id = register(tx, scope, application).await?;
    residents::actions::learn(tx, scope, resident_id, &learned(application)).await?;

    let wish = Wish {
        session_id: session.id,
        slot_id,
        resident_id,
        via: Via::Web,
        may_wait: application.may_wait,
    };
    let booking = bookings::actions::book(tx, scope, &wish).await?;
    bookings::actions::note_application(tx, &booking, &application.phone).await?;

    tx.audit(
        "booking",
        booking.id.0,
        json!({ "form": "public", "for_family": application.who == Attendee::Family }),
    );

    let waits = booking.state == BookingState::Waiting;
    Ok(Applied { booking_id: booking.id, number: booking.number, waits })
}

/// Moves a booking to another public session, or to another time. What was applied for on these
/// pages is moved as it was applied for: other bookings of the person whose it seems to be have no
/// say in it.
///
/// # Errors
/// The refusals of [`bookings::actions::move_to`]; `NotFound` when the session is not public.
pub async fn choose_other_day(
    tx: &Tx,
    whole: &Scope,
    id: BookingId,
    session_id: SessionId,
    time: Option<DateTime<Utc>>,
) -> Result<booking::Model> {
    let row = sessions::queries::get(tx.db(), whole, session_id).await?;
    if !row.session.is_public {
        return Err(Error::NotFound);
    }

    // Not locked here: `move_to` locks both sessions in the order of their ids.
    let slot_id = slot_at(tx, whole, &row.session, time).await?;
    bookings::actions::move_application(tx, whole, id, session_id, slot_id).await
}

async fn public_session(tx: &Tx, scope: &Scope, id: SessionId) -> Result<session::Model> {
    let session = sessions::queries::lock(tx, scope, id).await?;
    if session.is_public { Ok(session) } else { Err(Error::NotFound) }
}

/// A free slot at this time, whoever of the staff it is with.
async fn slot_at(
    tx: &Tx,
    scope: &Scope,
    session: &session::Model,
    time: Option<DateTime<Utc>>,
) -> Result<Option<SlotId>> {
    let Some(time) = time.filter(|_| session.slot_minutes.is_some()) else { return Ok(None) };
    let free = sessions::queries::free_slots(tx.db(), scope, session.id).await?;
    let found = free.iter().find(|(slot, ..)| slot.starts_at == time);
    match found {
        Some((slot, ..)) => Ok(Some(slot.id)),
        None => Err(Refusal::SlotTaken.into()),
    }
}

async fn register(tx: &Tx, scope: &Scope, application: &Application) -> Result<ResidentId> {
    let new = NewResident {
        kana: application.kana.clone(),
        name: application.name.clone(),
        phones: vec![application.phone.clone()],
        birth_on: match application.birth {
            Some(BirthInput::Date(on)) => Some(on),
            _ => None,
        },
        birth_year: match application.birth {
            Some(BirthInput::Year(year)) => Some(year),
            _ => None,
        },
        age_band: None,
        postal_code: application.postal_code.clone(),
        address: application.address.clone(),
        area_id: None,
        email: application.email.clone(),
        channels: vec![application.way],
    };
    residents::actions::register(tx, scope, &new).await
}

/// What helps to prepare; the ways to be reached stand in the record already.
fn learned(application: &Application) -> Learned {
    Learned {
        hearing: application.hearing,
        vision: application.vision,
        mobility: application.mobility,
        device: application.device,
        barriers: None,
        channels: None,
    }
}
