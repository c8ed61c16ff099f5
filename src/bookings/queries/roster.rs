//! The people of a session, line by line.

use chrono::{DateTime, FixedOffset, Utc};
use entity::bookings::booking::{Attendance, BookingState, Via};
use entity::residents::resident::AgeBand;
use entity::sessions::{session, slot};
use entity::{BookingId, ResidentId, SlotId};
use poem_openapi::Object;
use sea_orm::ConnectionTrait;

use super::{Seat, number_text, of_session};
use crate::bookings::rules::row_numbers;
use crate::platform::japan::time::{local_date, to_jst};
use crate::platform::{Personal, Result, Scope};
use crate::sessions::roster::{Guest, guests};

/// A line of a roster.
#[derive(Clone, Debug, Object)]
#[oai(rename = "RosterItem", skip_serializing_if_is_none)]
pub struct RosterLine {
    pub id: BookingId,
    /// The line on the roster, as on screen and paper: seats, offers and those who wait are each
    /// numbered by themselves, from 1.
    pub row: i32,
    /// Only for those who may act for the person.
    pub number: Option<String>,
    pub state: BookingState,
    pub via: Via,
    pub resident_id: ResidentId,
    #[oai(flatten)]
    pub guest: Guest,
    pub slot_id: Option<SlotId>,
    /// Start of the slot, or of the session.
    pub starts_at: DateTime<FixedOffset>,
    pub attendance: Option<Attendance>,
    // What only the pages show.
    #[oai(skip)]
    pub slot: Option<slot::Model>,
    /// Age in decades on the day of the session.
    #[oai(skip)]
    pub age: Option<AgeBand>,
    #[oai(skip)]
    pub attendance_at: Option<DateTime<Utc>>,
    /// When a hold or an offer ends.
    #[oai(skip)]
    pub expires_at: Option<DateTime<Utc>>,
}

impl RosterLine {
    /// Whether the person is or was there.
    pub fn came(&self) -> bool {
        self.attendance.is_some_and(Attendance::came)
    }

    /// Whether an answer to an offer is waited for.
    pub fn is_offer(&self) -> bool {
        self.state == BookingState::Offered
    }
}

/// The roster of a session, with booking numbers only for those who `may_act` for its people. Four
/// queries.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn roster(
    db: &impl ConnectionTrait,
    scope: &Scope,
    session: &session::Model,
    may_act: bool,
) -> Result<Personal<Vec<RosterLine>>> {
    // Closed again below, with what is known of the people.
    let found = of_session(db, scope, session.id).await?.for_work();
    let people: Vec<ResidentId> = found.iter().map(|(booking, _)| booking.resident_id).collect();
    let mut known = guests(db, scope, &people).await?;

    let rows = row_numbers(found.iter().map(|(booking, _)| booking.state));
    let on = local_date(session.starts_at);
    let line = |((booking, slot), row): (Seat, i32)| {
        let guest = known.remove(&booking.resident_id).unwrap_or_default();
        RosterLine {
            id: booking.id,
            row,
            number: may_act.then(|| number_text(booking.number)),
            state: booking.state,
            via: booking.via,
            resident_id: booking.resident_id,
            age: guest.decade(on),
            guest,
            slot_id: booking.slot_id,
            starts_at: to_jst(slot.as_ref().map_or(session.starts_at, |slot| slot.starts_at)),
            attendance: booking.attendance,
            slot,
            attendance_at: booking.attendance_at,
            expires_at: booking.expires_at,
        }
    };
    let lines = found.into_iter().zip(rows).map(line).collect();
    Ok(Personal::new(lines, people))
}
