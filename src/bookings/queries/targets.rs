//! Where a booking can be moved.

use chrono::{DateTime, Utc};
use entity::sessions::slot;
use entity::{SessionId, StaffId};
use sea_orm::ConnectionTrait;

use super::{BookingRow, of_resident};
use crate::platform::{Result, Scope};
use crate::sessions::{self, SessionFilter, SessionRow};

/// Sessions to choose from.
const SESSIONS: usize = 8;

/// A session to move to.
#[derive(Clone, Debug)]
pub struct MoveTarget {
    pub row: SessionRow,
    /// The free times of a consultation, each with its staff member.
    pub slots: Vec<(slot::Model, StaffId, String)>,
}

/// The next sessions of the same kind with a place, or with other times of the same session.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn move_targets(
    db: &impl ConnectionTrait,
    scope: &Scope,
    booked: &BookingRow,
    now: DateTime<Utc>,
) -> Result<Vec<MoveTarget>> {
    let filter = SessionFilter {
        kind: Some(booked.session.kind),
        from: Some(now),
        open: true,
        ..SessionFilter::default()
    };
    let found = sessions::queries::list(db, scope, &filter, now, SESSIONS, None).await?;

    // Where the person has a place already, there is no second one.
    let own: Vec<SessionId> = of_resident(db, scope, booked.booking.resident_id, true)
        .await?
        .into_iter()
        .map(|own| own.session.id)
        .filter(|own| *own != booked.session.id)
        .collect();

    let mut targets = Vec::new();
    for row in found.items.into_iter().filter(|row| !own.contains(&row.session.id)) {
        let id = row.session.id;
        if row.session.slot_minutes.is_some() {
            let slots = sessions::queries::free_slots(db, scope, id).await?;
            if !slots.is_empty() {
                targets.push(MoveTarget { row, slots });
            }
        } else if id != booked.session.id {
            // A session with seats has one time: moving within it changes nothing.
            targets.push(MoveTarget { row, slots: Vec::new() });
        }
    }
    Ok(targets)
}
