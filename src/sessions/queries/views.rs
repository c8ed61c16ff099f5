//! Sessions as the doors show them.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use entity::routers::router::RouterKind;
use entity::routers::router_test::TestResult;
use entity::sessions::session::{Allocation, SessionKind, SessionState};
use entity::{ProgrammeId, RoomId, SessionId, SlotId, StaffId, VenueId};
use poem_openapi::Object;
use sea_orm::ConnectionTrait;

use super::{SessionRow, SlotRow, conflicts_of, get};
use crate::platform::japan::time::to_jst;
use crate::platform::{Lang, Result, Scope};
use crate::sessions::rules::SessionWarning;
use crate::{routers, staff};

/// A session in a list.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SessionItem {
    pub id: SessionId,
    /// In the language of the request.
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    /// Name of the venue.
    pub venue: String,
    pub venue_id: VenueId,
    pub capacity: i32,
    /// Seats or slots that can be booked now.
    pub free: i32,
    /// People waiting.
    pub waiting: i32,
    pub allocation: Allocation,
    pub state: SessionState,
    /// Shown to the public.
    pub is_public: bool,
    /// Minutes of a 1-on-1 slot; absent for sessions with seats.
    pub slot_minutes: Option<i32>,
}

impl SessionRow {
    /// As a list shows it.
    pub fn item(self, lang: Lang) -> SessionItem {
        SessionItem {
            title: self.title(lang).to_owned(),
            venue: self.place(lang).to_owned(),
            id: self.session.id,
            kind: self.session.kind,
            starts_at: to_jst(self.session.starts_at),
            ends_at: to_jst(self.session.ends_at),
            venue_id: self.session.venue_id,
            capacity: self.session.capacity,
            free: self.free,
            waiting: self.waiting,
            allocation: self.session.allocation,
            state: self.session.state,
            is_public: self.session.is_public,
            slot_minutes: self.session.slot_minutes,
        }
    }
}

/// A session as everybody may see it.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PublicSession {
    pub id: SessionId,
    pub title: String,
    pub kind: SessionKind,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub venue: String,
    pub address: Option<String>,
    /// How to get there.
    pub access: Option<String>,
    /// No steps from the street to the room.
    pub step_free: bool,
    pub bring: String,
    pub capacity: i32,
    pub free: i32,
    pub allocation: Allocation,
}

impl SessionRow {
    /// As everybody may see it.
    pub fn public(self, lang: Lang) -> PublicSession {
        PublicSession {
            title: self.title(lang).to_owned(),
            venue: self.place(lang).to_owned(),
            bring: self.bring(lang).to_owned(),
            id: self.session.id,
            kind: self.session.kind,
            starts_at: to_jst(self.session.starts_at),
            ends_at: to_jst(self.session.ends_at),
            address: self.venue.address,
            access: match lang {
                Lang::Ja => self.venue.access_ja,
                Lang::En => self.venue.access_en,
            },
            step_free: self.venue.step_free,
            capacity: self.session.capacity,
            free: self.free,
            allocation: self.session.allocation,
        }
    }
}

/// A 1-on-1 slot.
#[derive(Clone, Debug, Object)]
pub struct SlotItem {
    pub id: SlotId,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    pub staff_id: StaffId,
    pub staff_name: String,
    /// Nobody has it.
    pub free: bool,
}

impl From<SlotRow> for SlotItem {
    fn from(row: SlotRow) -> Self {
        Self {
            id: row.slot.id,
            starts_at: to_jst(row.slot.starts_at),
            ends_at: to_jst(row.slot.ends_at),
            staff_id: row.slot.staff_id,
            staff_name: row.staff_name,
            free: row.free,
        }
    }
}

/// Who works in a session.
#[derive(Clone, Debug, Object)]
pub struct SessionStaff {
    pub id: StaffId,
    pub name: String,
}

async fn staff_of(db: &impl ConnectionTrait, id: SessionId) -> Result<Vec<SessionStaff>> {
    let found = staff::queries::assigned_to(db, &[id]).await?.remove(&id).unwrap_or_default();
    Ok(found.into_iter().map(|(id, name)| SessionStaff { id, name }).collect())
}

/// One line of a venue to the internet: Wi-Fi or BWA.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct VenueLine {
    pub kind: RouterKind,
    /// Day of the last test; absent before the first.
    pub tested_on: Option<NaiveDate>,
    pub test_result: Option<TestResult>,
}

/// The lines of a venue, Wi-Fi first; none when nothing is registered there.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn venue_lines(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: VenueId,
) -> Result<Vec<VenueLine>> {
    let known = routers::connectivity(db, scope, &[id]).await?;
    let lines = known.get(&id).into_iter().flat_map(|venue| venue.lines());
    Ok(lines
        .map(|line| VenueLine {
            kind: line.kind,
            tested_on: line.last.map(|(on, _)| on),
            test_result: line.last.map(|(_, result)| result),
        })
        .collect())
}

/// A session with all that can be edited.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct SessionDetail {
    pub id: SessionId,
    pub code: String,
    pub programme_id: ProgrammeId,
    pub kind: SessionKind,
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    pub starts_at: DateTime<FixedOffset>,
    pub ends_at: DateTime<FixedOffset>,
    /// Name of the venue, in the language of the request.
    pub venue: String,
    pub venue_id: VenueId,
    pub room_id: Option<RoomId>,
    pub capacity: i32,
    pub free: i32,
    pub waiting: i32,
    pub allocation: Allocation,
    pub state: SessionState,
    pub is_public: bool,
    pub slot_minutes: Option<i32>,
    pub staff: Vec<SessionStaff>,
    /// How the venue is connected.
    pub connectivity: Vec<VenueLine>,
    pub revision: i32,
}

/// A session with its staff and the lines of its venue.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn detail(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
    lang: Lang,
) -> Result<SessionDetail> {
    let row = get(db, scope, id).await?;
    let staff = staff_of(db, id).await?;
    let connectivity = venue_lines(db, scope, row.session.venue_id).await?;

    let venue = row.place(lang).to_owned();
    let SessionRow { session, venue: _, free, waiting, by_web: _ } = row;
    Ok(SessionDetail {
        id: session.id,
        code: session.code,
        programme_id: session.programme_id,
        kind: session.kind,
        title_ja: session.title_ja,
        title_en: session.title_en,
        bring_ja: session.bring_ja,
        bring_en: session.bring_en,
        starts_at: to_jst(session.starts_at),
        ends_at: to_jst(session.ends_at),
        venue,
        venue_id: session.venue_id,
        room_id: session.room_id,
        capacity: session.capacity,
        free,
        waiting,
        allocation: session.allocation,
        state: session.state,
        is_public: session.is_public,
        slot_minutes: session.slot_minutes,
        staff,
        connectivity,
        revision: session.revision,
    })
}

/// A new session.
#[derive(Clone, Debug, Object)]
pub struct SessionCreated {
    pub id: SessionId,
    pub capacity: i32,
    /// Name of the venue.
    pub venue: String,
    pub staff: Vec<SessionStaff>,
    /// What speaks against it and was confirmed.
    pub conflicts: Vec<SessionWarning>,
}

/// A session that has just been made, with what speaks against it.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn created(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: SessionId,
    now: DateTime<Utc>,
    lang: Lang,
) -> Result<SessionCreated> {
    let row = get(db, scope, id).await?;
    let found = conflicts_of(db, scope, id, now).await?;
    Ok(SessionCreated {
        id,
        capacity: row.session.capacity,
        venue: row.place(lang).to_owned(),
        staff: staff_of(db, id).await?,
        conflicts: found.iter().map(|conflict| conflict.warning(lang)).collect(),
    })
}
