//! A new session, with its room, its staff and its slots.

use chrono::{DateTime, Utc};
use entity::sessions::session::{self, Allocation, SessionKind, SessionState};
use entity::sessions::slot;
use entity::staff::assignment::Duty;
use entity::{ProgrammeId, RoomId, SessionId, StaffId, VenueId};
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait, QueryOrder, QuerySelect};
use serde_json::json;

use super::findings::{Findings, with_accepted};
use super::places::{self, Place};
use super::{Words, keep};
use crate::platform::error::FieldError;
use crate::platform::{Error, Result, Scope, Tx};
use crate::sessions::queries::around::Wanted;
use crate::sessions::{queries, rules};
use crate::{programmes, staff};

/// A session to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub programme_id: ProgrammeId,
    pub kind: SessionKind,
    /// Empty: the name of the kind.
    pub title_ja: String,
    pub title_en: String,
    pub bring_ja: String,
    pub bring_en: String,
    pub venue_id: VenueId,
    /// None: no room is kept, as on a walk.
    pub room_id: Option<RoomId>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Seats; of a consultation the slots are counted instead.
    pub capacity: i32,
    pub allocation: Allocation,
    /// Shown to the public.
    pub is_public: bool,
    /// Minutes of a slot; only for consultations, 30 when none is given.
    pub slot_minutes: Option<i32>,
    pub staff: Vec<StaffId>,
    /// Name of the row in the seeds; none: one is made.
    pub code: Option<String>,
}

impl NewSession {
    fn is_consultation(&self) -> bool {
        self.kind == SessionKind::Consultation
    }

    fn slot_minutes(&self) -> Option<i32> {
        self.is_consultation().then(|| self.slot_minutes.unwrap_or(rules::SLOT_MINUTES))
    }
}

/// Creates a session, takes its room and its staff, and cuts its slots. `confirm` is the yes to
/// what speaks against it, when it was asked before.
///
/// # Errors
/// `Invalid` with the fields to mend; `Refused` with `room_busy`, `staff_busy` or
/// `session_code_taken`; `Asked` when something speaks against it.
pub async fn create(
    tx: &Tx,
    scope: &Scope,
    new: &NewSession,
    confirm: Option<&str>,
) -> Result<session::Model> {
    let place = places::find(tx, scope, new.programme_id, new.venue_id, new.room_id).await?;
    let mut staff = new.staff.clone();
    staff.sort_unstable();
    staff.dedup();

    let mut errors = known(tx, scope, new, &staff).await?;
    let cuts = keep(cut(new, &staff), &mut errors).unwrap_or_default();
    let capacity = keep(capacity(new, &cuts), &mut errors).unwrap_or_default();

    let wanted = wanted(new, &place, capacity, &staff);
    let findings = Findings::of(tx, scope, &wanted, None, 0).await?;
    errors.append(&mut findings.wrong());

    let words = Words::read(&new.title_ja, &new.title_en, &new.bring_ja, &new.bring_en);
    let words = keep(words, &mut errors);
    let Some(words) = words.filter(|_| errors.is_empty()) else {
        return Err(Error::Invalid(errors));
    };

    let session = insert(tx, scope, new, &place, capacity, words.or_kind(new.kind)).await?;
    if let Some(room) = &place.room {
        places::take(tx, room.id, session.id, session.starts_at, session.ends_at).await?;
    }

    let duty = duty(new.kind);
    for id in &staff {
        staff::actions::assign(tx, *id, duty, Some(session.id), session.starts_at, session.ends_at)
            .await?;
    }
    insert_slots(tx, &session, &cuts).await?;

    // Asked last: what the cells refuse is refused without a question.
    let accepted = findings.settle(tx, confirm)?;
    let ids: Vec<i64> = staff.iter().map(|id| id.0).collect();
    let detail = json!({
        "kind": session.kind, "venue": session.venue_id, "staff": ids, "capacity": capacity,
        "starts_at": session.starts_at, "ends_at": session.ends_at,
    });
    tx.audit("session", session.id.0, with_accepted(detail, accepted));
    Ok(session)
}

fn wanted(new: &NewSession, place: &Place, capacity: i32, staff: &[StaffId]) -> Wanted {
    Wanted {
        id: None,
        programme_id: new.programme_id,
        kind: new.kind,
        allocation: new.allocation,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        venue: place.venue.clone(),
        room: place.room.clone(),
        capacity,
        has_slots: new.is_consultation(),
        is_public: new.is_public,
        staff: staff.to_vec(),
    }
}

/// What the staff of a kind of session does there.
pub(super) fn duty(kind: SessionKind) -> Duty {
    if kind == SessionKind::Consultation { Duty::Consult } else { Duty::Teach }
}

/// Programme and staff must be within reach.
async fn known(
    tx: &Tx,
    scope: &Scope,
    new: &NewSession,
    staff: &[StaffId],
) -> Result<Vec<FieldError>> {
    let mut errors = Vec::new();
    let programmes = programmes::queries::list_programmes(tx.db(), scope).await?;
    if !programmes.iter().any(|programme| programme.id == new.programme_id) {
        errors.push(FieldError::new("programme_id", "err.session.programme"));
    }
    errors.extend(known_staff(tx, scope, staff).await?);
    Ok(errors)
}

/// Staff who do not work in the municipality cannot be named. Who has left is told by name when
/// the duty is given.
pub(super) async fn known_staff(
    tx: &Tx,
    scope: &Scope,
    staff: &[StaffId],
) -> Result<Option<FieldError>> {
    if staff.is_empty() {
        return Ok(None);
    }
    let members = staff::queries::list_members(tx.db(), scope).await?;
    let unknown = staff.iter().any(|id| !members.iter().any(|member| member.id == *id));
    Ok(unknown.then(|| FieldError::new("staff", "err.session.staff")))
}

fn cut(new: &NewSession, staff: &[StaffId]) -> Result<Vec<rules::Cut>, Vec<FieldError>> {
    let wrong = |field, wording| Err(vec![FieldError::new(field, wording)]);
    let Some(minutes) = new.slot_minutes() else {
        return match new.slot_minutes {
            Some(_) => wrong("slot_minutes", "err.session.slot.kind"),
            None => Ok(Vec::new()),
        };
    };

    rules::check_slot_minutes(minutes).map_err(|error| vec![error])?;
    if staff.is_empty() {
        return wrong("staff", "err.session.slot.staff");
    }

    // The time has its own errors; cutting a wrong one would only add noise.
    if rules::check_time(new.starts_at, new.ends_at).is_err() {
        return Ok(Vec::new());
    }

    let cuts = rules::cut_slots(new.starts_at, new.ends_at, minutes, staff);
    if cuts.is_empty() { wrong("slot_minutes", "err.session.slot.none") } else { Ok(cuts) }
}

fn capacity(new: &NewSession, cuts: &[rules::Cut]) -> Result<i32, Vec<FieldError>> {
    let wrong = |wording| vec![FieldError::new("capacity", wording)];
    if new.is_consultation() {
        // Those who wait for their slot need no seat in the room.
        return rules::check_capacity(cuts.len() as i64).map_err(wrong);
    }
    rules::check_capacity(i64::from(new.capacity)).map_err(wrong)
}

async fn insert(
    tx: &Tx,
    scope: &Scope,
    new: &NewSession,
    place: &Place,
    capacity: i32,
    words: Words,
) -> Result<session::Model> {
    let code = match &new.code {
        Some(code)
            if queries::find_by_code(tx.db(), &Scope::whole(scope.municipality_id), code)
                .await?
                .is_some() =>
        {
            return Err(rules::Refusal::CodeTaken.into());
        }
        Some(code) => code.clone(),
        None => rules::code(new.kind, new.starts_at, last_id(tx).await? + 1),
    };

    let row = session::ActiveModel {
        municipality_id: ActiveValue::Set(scope.municipality_id),
        programme_id: ActiveValue::Set(new.programme_id),
        ward_id: ActiveValue::Set(place.venue.ward_id),
        venue_id: ActiveValue::Set(place.venue.id),
        room_id: ActiveValue::Set(place.room.as_ref().map(|room| room.id)),
        code: ActiveValue::Set(code),
        kind: ActiveValue::Set(new.kind),
        title_ja: ActiveValue::Set(words.title_ja),
        title_en: ActiveValue::Set(words.title_en),
        bring_ja: ActiveValue::Set(words.bring_ja),
        bring_en: ActiveValue::Set(words.bring_en),
        starts_at: ActiveValue::Set(new.starts_at),
        ends_at: ActiveValue::Set(new.ends_at),
        capacity: ActiveValue::Set(capacity),
        taken: ActiveValue::Set(0),
        allocation: ActiveValue::Set(new.allocation),
        state: ActiveValue::Set(SessionState::Planned),
        is_public: ActiveValue::Set(new.is_public),
        opened_at: ActiveValue::Set(new.is_public.then(|| tx.now())),
        slot_minutes: ActiveValue::Set(new.slot_minutes()),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    Ok(row.insert(tx.db()).await?)
}

/// The greatest id so far.
async fn last_id(tx: &Tx) -> Result<i64> {
    let last: Option<SessionId> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .order_by_desc(session::Column::Id)
        .into_tuple()
        .one(tx.db())
        .await?;
    Ok(last.map_or(0, |id| id.0))
}

pub(super) async fn insert_slots(
    tx: &Tx,
    session: &session::Model,
    cuts: &[rules::Cut],
) -> Result<()> {
    if cuts.is_empty() {
        return Ok(());
    }

    let rows = cuts.iter().map(|cut| slot::ActiveModel {
        municipality_id: ActiveValue::Set(session.municipality_id),
        session_id: ActiveValue::Set(session.id),
        staff_id: ActiveValue::Set(cut.staff_id),
        starts_at: ActiveValue::Set(cut.starts_at),
        ends_at: ActiveValue::Set(cut.ends_at),
        ..Default::default()
    });
    slot::Entity::insert_many(rows).exec_without_returning(tx.db()).await?;
    Ok(())
}
