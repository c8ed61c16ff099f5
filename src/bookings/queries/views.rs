//! Bookings as the doors show them.

use chrono::{DateTime, FixedOffset};
use entity::bookings::booking::{self, Attendance, BookingState, Via};
use entity::{BookingId, ResidentId, SessionId, SlotId};
use poem_openapi::Object;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};

use super::{BookingRow, in_reach, number_text};
use crate::platform::japan::time::to_jst;
use crate::platform::{Lang, Result, Scope};

/// What became of a booking.
#[derive(Clone, Debug, Object, Serialize, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub struct BookingAnswer {
    pub id: BookingId,
    /// Spoken four and four digits, `4821-3754`.
    pub number: String,
    pub state: BookingState,
    pub session_id: SessionId,
    pub slot_id: Option<SlotId>,
    pub resident_id: ResidentId,
    /// When a hold or an offer ends.
    pub expires_at: Option<DateTime<FixedOffset>>,
    pub attendance: Option<Attendance>,
}

impl From<booking::Model> for BookingAnswer {
    fn from(booking: booking::Model) -> Self {
        Self {
            id: booking.id,
            number: number_text(booking.number),
            state: booking.state,
            session_id: booking.session_id,
            slot_id: booking.slot_id,
            resident_id: booking.resident_id,
            expires_at: booking.expires_at.map(to_jst),
            attendance: booking.attendance,
        }
    }
}

/// A booking with its session.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct BookingDetail {
    pub id: BookingId,
    pub number: String,
    pub state: BookingState,
    pub via: Via,
    pub resident_id: ResidentId,
    pub session_id: SessionId,
    pub slot_id: Option<SlotId>,
    /// Title of the session, in the language of the request.
    pub title: String,
    pub venue: String,
    /// When the person should come: the slot, or the whole session.
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub expires_at: Option<DateTime<FixedOffset>>,
    pub attendance: Option<Attendance>,
    pub revision: i32,
}

impl BookingRow {
    /// With what is said of its session.
    pub fn detail(self, lang: Lang) -> BookingDetail {
        let (starts_at, ends_at) = self.span();
        BookingDetail {
            id: self.booking.id,
            number: self.number(),
            state: self.booking.state,
            via: self.booking.via,
            resident_id: self.booking.resident_id,
            session_id: self.session.id,
            slot_id: self.booking.slot_id,
            title: lang.pick(&self.session.title_ja, &self.session.title_en).to_owned(),
            venue: lang.pick(&self.venue.name_ja, &self.venue.name_en).to_owned(),
            starts_at: to_jst(starts_at),
            ends_at: to_jst(ends_at),
            expires_at: self.booking.expires_at.map(to_jst),
            attendance: self.booking.attendance,
            revision: self.booking.revision,
        }
    }
}

/// What was recorded. The booking number is not told: whoever records who came may not act for
/// the person.
#[derive(Clone, Debug, Object, Serialize, Deserialize)]
#[oai(skip_serializing_if_is_none)]
pub struct AttendanceAnswer {
    pub id: BookingId,
    pub session_id: SessionId,
    pub slot_id: Option<SlotId>,
    pub resident_id: ResidentId,
    pub attendance: Option<Attendance>,
}

impl From<booking::Model> for AttendanceAnswer {
    fn from(booking: booking::Model) -> Self {
        Self {
            id: booking.id,
            session_id: booking.session_id,
            slot_id: booking.slot_id,
            resident_id: booking.resident_id,
            attendance: booking.attendance,
        }
    }
}

/// A booking of somebody who is elsewhere at the new time.
#[derive(Clone, Debug, Object, Serialize, Deserialize)]
pub struct MoveConflict {
    pub booking_id: BookingId,
    pub number: String,
    pub resident_id: ResidentId,
    /// It was taken back, and the person is told.
    pub state: BookingState,
}

/// The bookings that a moved session lost, in this order.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn move_conflicts(
    db: &impl ConnectionTrait,
    scope: &Scope,
    lost: &[BookingId],
) -> Result<Vec<MoveConflict>> {
    let mut found = in_reach(db, scope, lost).await?;
    found.sort_by_key(|booking| lost.iter().position(|id| *id == booking.id));
    let conflict = |booking: booking::Model| MoveConflict {
        booking_id: booking.id,
        number: number_text(booking.number),
        resident_id: booking.resident_id,
        state: booking.state,
    };
    Ok(found.into_iter().map(conflict).collect())
}
