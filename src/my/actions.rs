//! The verbs of a resident: apply for a place, choose another day.

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState, Via};
use entity::residents::resident::Standing;
use entity::sessions::session;
use entity::{BookingId, ResidentId, SessionId, SlotId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rules::{Application, Who};
use crate::bookings::rules::Refusal;
use crate::bookings::{self, Wish};
use crate::platform::japan::BirthInput;
use crate::platform::text::search::fold;
use crate::platform::{Error, Result, Scope, Tx};
use crate::residents::actions::Learned;
use crate::residents::{self, Card, NewResident};
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

/// Applies for a place: finds the person or creates one, and books.
///
/// # Errors
/// The refusals of [`bookings::actions::book`]; `NotFound` when the session is not public.
pub async fn apply(tx: &Tx, scope: &Scope, application: &Application) -> Result<Applied> {
    let session = public_session(tx, scope, application.session_id).await?;
    let slot_id = match slot_at(tx, scope, &session, application.time).await {
        Err(_) if application.may_wait => None,
        found => found?,
    };
    let known = known_person(tx, scope, application).await?;
    let resident_id = match &known {
        Some(card) => card.resident.id,
        None => create(tx, scope, application).await?,
    };
    residents::actions::learn(tx, scope, resident_id, &learned(application)).await?;
    let wish = Wish {
        session_id: session.id,
        slot_id,
        resident_id,
        via: Via::Web,
        may_wait: application.may_wait,
    };
    let booking = bookings::actions::book(tx, scope, &wish).await?;
    tx.audit(
        "booking",
        booking.id.0,
        json!({
            "form": "public",
            "known_person": known.is_some(),
            "for_family": application.who == Who::Family,
        }),
    );
    let waits = booking.state == BookingState::Waiting;
    Ok(Applied { booking_id: booking.id, number: booking.number, waits })
}

/// Moves the person's booking to another public session, or to another time.
///
/// # Errors
/// The refusals of [`bookings::actions::move_to`]; `NotFound` when the session is not public.
pub async fn choose_other_day(
    tx: &Tx,
    own: &Scope,
    id: BookingId,
    session_id: SessionId,
    time: Option<DateTime<Utc>>,
) -> Result<booking::Model> {
    let whole = Scope::whole(own.municipality_id);
    let row = sessions::queries::get(tx.db(), &whole, session_id).await?;
    if !row.session.is_public {
        return Err(Error::NotFound);
    }
    // Not locked here: `move_to` locks both sessions in the order of their ids.
    let slot_id = slot_at(tx, &whole, &row.session, time).await?;
    bookings::actions::move_to(tx, own, id, session_id, slot_id).await
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

/// The person with exactly this phone number and reading, when nothing else that was typed
/// speaks against it. In doubt a new person is made: staff see possible duplicates, and a
/// duplicate does less harm than a letter to somebody else.
async fn known_person(tx: &Tx, scope: &Scope, application: &Application) -> Result<Option<Card>> {
    let digits = application.phone.digits();
    let reading = fold(application.kana.as_str());
    for found in residents::queries::find(tx.db(), scope, digits, 50).await? {
        if fold(&found.kana) != reading || !found.phones.iter().any(|phone| phone == digits) {
            continue;
        }
        let card = residents::queries::get_card(tx.db(), scope, found.id).await?;
        if is_same_person(&card, application) {
            return Ok(Some(card));
        }
    }
    Ok(None)
}

fn is_same_person(card: &Card, application: &Application) -> bool {
    let known = &card.resident;
    let agrees = |known: Option<&str>, typed: Option<&str>| match typed {
        Some(typed) => known.is_some_and(|known| fold(known) == fold(typed)),
        None => true,
    };
    let known_year = known.birth_on.map(|on| BirthInput::Date(on).year()).or(known.birth_year);
    let same_year = match (known_year, application.birth) {
        (Some(known), Some(typed)) => known == typed.year(),
        _ => true,
    };
    known.standing == Standing::Active
        && same_year
        && agrees(known.email.as_deref(), application.email.as_deref())
        && agrees(known.address.as_deref(), application.address.as_deref())
}

async fn create(tx: &Tx, scope: &Scope, application: &Application) -> Result<ResidentId> {
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
    Ok(residents::actions::create(tx, scope, &new).await?.id)
}

/// What helps to prepare. A new person has the ways to be reached already; those of a known one
/// stay as they are, because number and reading do not prove who booked.
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
