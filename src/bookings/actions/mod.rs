//! The verbs. Each locks its session first: there all its bookings stand in one queue.

mod application;
mod attend;
mod book;
mod burst;
mod change;
mod give_back;
mod offer;
mod own_record;
mod standing;
mod whole_session;

pub use application::{
    attach, drop_doubles, join_known, move_application, note_application, settle,
};
pub use attend::{record_attendance, walk_in};
pub use book::{Wish, book, confirm, hold, release, renew};
pub use burst::{cancel_burst, forget_origins, vouch_for};
pub use change::{cancel, move_to, renew_invitation};
pub use give_back::{give_back, give_back_application};
pub use offer::{expire_job, offer_new_seats_job};
pub use standing::follow_standing;
pub use whole_session::{SessionMoved, cancel_session, move_session};

use chrono::{DateTime, Utc};
use entity::bookings::booking::{self, BookingState, TakenBy, Via};
use entity::bookings::resident_busy;
use entity::residents::timeline_entry::TimelineKind;
use entity::sessions::{session, slot};
use entity::{BookingId, SessionId, SlotId};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use serde_json::json;

use super::queries::number_text;
use super::rules::{self, Refusal, Seats, Share};
use super::{CHANGED, Change, Changed, EXPIRE, Expiry, Former};
use crate::places;
use crate::platform::{Error, Result, Scope, Tx, cells, outbox};
use crate::residents::timeline;
use crate::sessions::{self, WIDENED, Widened};
use burst::{note_origin, vouch};

/// What the rules need to know of a session.
fn seats(session: &session::Model) -> Seats {
    Seats {
        state: session.state,
        allocation: session.allocation,
        starts_at: session.starts_at,
        capacity: session.capacity,
        taken: session.taken,
        kept: 0,
        has_slots: session.slot_minutes.is_some(),
    }
}

/// As [`seats`], for somebody on the web: in the first hour a share of them is kept.
async fn seats_for_web(tx: &Tx, session: &session::Model) -> Result<Seats> {
    let kept = session.capacity - session.taken - web_seats(tx, session).await?;
    Ok(Seats { kept: Ord::max(kept, 0), ..seats(session) })
}

/// Free seats that the web may take now.
async fn web_seats(tx: &Tx, session: &session::Model) -> Result<i32> {
    let by_web = match rules::kept_until(session.opened_at, tx.now()) {
        Some(_) => seated_by_web(tx, session.id).await?,
        None => 0,
    };
    let (capacity, taken, opened_at) = (session.capacity, session.taken, session.opened_at);
    Ok(rules::web_seats(&Share { capacity, taken, by_web, opened_at }, tx.now()))
}

async fn seated_by_web(tx: &Tx, id: SessionId) -> Result<i32> {
    let count = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(id))
        .filter(booking::Column::Via.eq(Via::Web))
        .filter(booking::Column::State.is_in(BookingState::SEATED))
        .count(tx.db())
        .await?;
    Ok(i32::try_from(count).unwrap_or(i32::MAX))
}

/// The session with this id, locked, with what ran out in it cleared away and its free seats
/// offered to those who wait: nobody who asks now overtakes them.
async fn lock_session(tx: &Tx, scope: &Scope, id: SessionId) -> Result<session::Model> {
    let mut session = crate::sessions::queries::lock(tx, scope, id).await?;
    offer::expire_stale(tx, &mut session).await?;
    offer::promote(tx, &mut session).await?;
    Ok(session)
}

/// Takes one more seat; the condition and the CHECK of the table agree.
async fn take_seat(tx: &Tx, session: &mut session::Model) -> Result<()> {
    let done = session::Entity::update_many()
        .col_expr(session::Column::Taken, Expr::col(session::Column::Taken).add(1))
        .filter(session::Column::Id.eq(session.id))
        .filter(Expr::col(session::Column::Taken).lt(Expr::col(session::Column::Capacity)))
        .exec(tx.db())
        .await?;
    if done.rows_affected == 0 {
        return Err(Refusal::Full.into());
    }
    session.taken += 1;
    Ok(())
}

/// Gives back one seat.
async fn give_seat(tx: &Tx, session: &mut session::Model) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::Taken, Expr::col(session::Column::Taken).sub(1))
        .filter(session::Column::Id.eq(session.id))
        .exec(tx.db())
        .await?;
    session.taken -= 1;
    Ok(())
}

/// When the person is there: the slot, or the whole session.
fn span(session: &session::Model, slot: Option<&slot::Model>) -> (DateTime<Utc>, DateTime<Utc>) {
    slot.map_or((session.starts_at, session.ends_at), |slot| (slot.starts_at, slot.ends_at))
}

/// Takes the person's time for a booking.
async fn occupy(
    tx: &Tx,
    booking: &booking::Model,
    span: (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    if try_occupy(tx, booking, span).await? { Ok(()) } else { Err(Refusal::Overlap.into()) }
}

/// Takes the person's time for a booking, whole or not at all. Says whether it was free.
async fn try_occupy(
    tx: &Tx,
    booking: &booking::Model,
    (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<bool> {
    let cells = cells::of(starts_at, ends_at);
    let wanted = cells.len() as u64;
    let rows = cells.into_iter().map(|cell_at| resident_busy::ActiveModel {
        resident_id: ActiveValue::Set(booking.resident_id),
        cell_at: ActiveValue::Set(cell_at),
        booking_id: ActiveValue::Set(booking.id),
    });

    let mut taken =
        OnConflict::columns([resident_busy::Column::ResidentId, resident_busy::Column::CellAt]);
    let written = resident_busy::Entity::insert_many(rows)
        .on_conflict(taken.do_nothing().to_owned())
        .exec_without_returning(tx.db())
        .await?;

    if written < wanted {
        vacate(tx, booking.id).await?;
    }
    Ok(written == wanted)
}

/// Frees the person's time.
async fn vacate(tx: &Tx, booking_id: BookingId) -> Result<()> {
    resident_busy::Entity::delete_many()
        .filter(resident_busy::Column::BookingId.eq(booking_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// A session as it is before a change.
fn former(session: &session::Model, slot: Option<&slot::Model>) -> Former {
    let (starts_at, ends_at) = span(session, slot);
    Former {
        session_id: session.id,
        venue_id: session.venue_id,
        room_id: session.room_id,
        starts_at,
        ends_at,
    }
}

/// A slot of the session that nobody has.
async fn free_slot(tx: &Tx, session: &session::Model, id: SlotId) -> Result<slot::Model> {
    let slot = slot::Entity::find_by_id(id)
        .filter(slot::Column::SessionId.eq(session.id))
        .one(tx.db())
        .await?
        .ok_or(Error::NotFound)?;

    let holders = booking::Entity::find()
        .filter(booking::Column::SlotId.eq(id))
        .filter(booking::Column::State.is_in(BookingState::SEATED))
        .count(tx.db())
        .await?;
    if holders > 0 {
        return Err(Refusal::SlotTaken.into());
    }
    Ok(slot)
}

/// The slot of a booking, when it has one.
async fn slot_of(tx: &Tx, booking: &booking::Model) -> Result<Option<slot::Model>> {
    match booking.slot_id {
        Some(id) => Ok(slot::Entity::find_by_id(id).one(tx.db()).await?),
        None => Ok(None),
    }
}

/// Stores a changed booking with its next revision, and names it in the audit log.
async fn store(tx: &Tx, mut changed: booking::ActiveModel) -> Result<booking::Model> {
    let revision = changed.revision.take().unwrap_or_default();
    changed.revision = ActiveValue::Set(revision + 1);
    changed.updated_at = ActiveValue::Set(tx.now());
    let stored = changed.update(tx.db()).await?;
    audit(tx, &stored);
    Ok(stored)
}

fn audit(tx: &Tx, booking: &booking::Model) {
    let detail = json!({
        "state": booking.state, "session": booking.session_id, "slot": booking.slot_id,
        "resident": booking.resident_id, "attendance": booking.attendance,
    });
    tx.audit("booking", booking.id.0, detail);
}

/// Queues the end of a hold or an offer.
async fn queue_expiry(tx: &Tx, booking: &booking::Model) -> Result<()> {
    let Some(expires_at) = booking.expires_at else { return Ok(()) };
    let expiry = Expiry {
        municipality_id: booking.municipality_id,
        booking_id: booking.id,
        revision: booking.revision,
    };
    let key = format!("expire:{}:{}", booking.id, booking.revision);
    outbox::enqueue(tx, EXPIRE, &expiry, key, expires_at).await
}

/// Tells the rooms below, and the person's timeline, what happened.
async fn announce(
    tx: &Tx,
    booking: &booking::Model,
    session: &session::Model,
    slot: Option<&slot::Model>,
    change: Change,
) -> Result<()> {
    announce_moved(tx, booking, session, slot, change, None).await
}

/// As [`announce`], for what was to be at another time or place.
async fn announce_moved(
    tx: &Tx,
    booking: &booking::Model,
    session: &session::Model,
    slot: Option<&slot::Model>,
    change: Change,
    former: Option<Former>,
) -> Result<()> {
    // The person's own move has no time that the office must tell in time.
    let by_office = matches!(change, Change::SessionMoved | Change::SessionLeft);
    let former_starts_at = former.filter(|_| by_office).map(|former| former.starts_at);
    tell_below(tx, booking, change, former_starts_at, former).await?;

    let wording = match change {
        Change::Confirmed => "timeline.booked",
        Change::Waiting => "timeline.waiting",
        Change::Offered => "timeline.offered",
        Change::Moved if former.is_some() => "timeline.moved_from",
        Change::Moved => "timeline.moved",
        Change::Cancelled => "timeline.cancelled",
        Change::OfferExpired => "timeline.offer_expired",
        Change::SessionMoved if former.is_some() => "timeline.session_moved_from",
        Change::SessionMoved => "timeline.session_moved",
        Change::SessionLeft => "timeline.session_left",
        Change::SessionCancelled => "timeline.session_cancelled",
        // A record that was taken back moves the path, and is no event in the person's life.
        Change::Attended if booking.attendance.is_none() => return Ok(()),
        Change::Attended => "timeline.attended",
    };

    let kind = match change {
        Change::Attended => TimelineKind::Attendance,
        _ => TimelineKind::Booking,
    };
    let starts_at = match change {
        Change::SessionLeft => former_starts_at.unwrap_or(session.starts_at),
        _ => span(session, slot).0,
    };

    let mut more = json!({});
    if let Some(attendance) = booking.attendance {
        more["attendance_key"] = json!(format!("attendance.{attendance}"));
    }

    if let Some(former) = former {
        let whole = Scope::whole(booking.municipality_id);
        let was = match former.session_id == session.id {
            true => session.clone(),
            false => sessions::queries::get(tx.db(), &whole, former.session_id).await?.session,
        };
        let venue = places::queries::get_venue(tx.db(), &whole, former.venue_id).await?;
        more["former_starts_at"] = json!(former.starts_at);
        more["former_title_ja"] = json!(was.title_ja);
        more["former_title_en"] = json!(was.title_en);
        more["former_venue_ja"] = json!(venue.name_ja);
        more["former_venue_en"] = json!(venue.name_en);
    }

    write_line(tx, booking, session, kind, wording, starts_at, more).await
}

/// Tells the rooms below that a booking changed.
async fn tell_below(
    tx: &Tx,
    booking: &booking::Model,
    change: Change,
    former_starts_at: Option<DateTime<Utc>>,
    former: Option<Former>,
) -> Result<()> {
    let changed = Changed {
        municipality_id: booking.municipality_id,
        booking_id: booking.id,
        change,
        sequence: booking.calendar_sequence,
        former_starts_at,
        former,
    };

    let key = format!("changed:{}:{}", booking.id, booking.revision);
    outbox::enqueue(tx, CHANGED, &changed, key, tx.now()).await
}

/// Adds a line about a booking to the person's timeline; `more` are further values of the sentence.
async fn write_line(
    tx: &Tx,
    booking: &booking::Model,
    session: &session::Model,
    kind: TimelineKind,
    wording: &'static str,
    starts_at: DateTime<Utc>,
    more: serde_json::Value,
) -> Result<()> {
    let whole = Scope::whole(booking.municipality_id);
    let venue = places::queries::get_venue(tx.db(), &whole, session.venue_id).await?;
    let mut params = json!({
        "starts_at": starts_at,
        "title_ja": session.title_ja, "title_en": session.title_en,
        "venue_ja": venue.name_ja, "venue_en": venue.name_en,
        "number": number_text(booking.number),
    });

    if let (Some(params), Some(more)) = (params.as_object_mut(), more.as_object()) {
        params.extend(more.clone());
    }
    timeline::note(tx, booking.resident_id, kind, wording, params, booking.id.0).await?;
    Ok(())
}

/// Ends a living booking: seat and time are free again. Those who wait for the seat are asked by
/// the caller; where the person waits for another one, it may be theirs now.
async fn end(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
    state: BookingState,
) -> Result<booking::Model> {
    end_with(tx, session, booking, state, |_| {}).await
}

/// Takes a living booking from its person, in a way that [`give_back()`] can undo: its seat is not
/// offered on for [`rules::KEEP`]. `sequence` is that of the invitation afterwards.
async fn take(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
    by: TakenBy,
    sequence: i32,
) -> Result<booking::Model> {
    let from = rules::can_come_back(booking.state);
    let kept = from.is_some() && booking.state.has_seat();
    let kept_until = kept.then(|| tx.now() + rules::KEEP);

    let taken = end_with(tx, session, booking, BookingState::Cancelled, |changed| {
        changed.taken_from = ActiveValue::Set(from);
        changed.taken_by = ActiveValue::Set(from.map(|_| by));
        changed.kept_until = ActiveValue::Set(kept_until);
        changed.calendar_sequence = ActiveValue::Set(sequence);
    })
    .await?;

    if let Some(kept_until) = kept_until {
        let widened =
            Widened { municipality_id: taken.municipality_id, session_id: taken.session_id };
        let key = format!("kept:{}:{}", taken.id, taken.revision);
        outbox::enqueue(tx, WIDENED, &widened, key, kept_until).await?;
    }
    Ok(taken)
}

async fn end_with(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
    state: BookingState,
    more: impl FnOnce(&mut booking::ActiveModel),
) -> Result<booking::Model> {
    if booking.state.has_seat() {
        give_seat(tx, session).await?;
        vacate(tx, booking.id).await?;
        ask_elsewhere(tx, &booking).await?;
    }

    let mut changed = booking::ActiveModel::from(booking);
    changed.state = ActiveValue::Set(state);
    changed.expires_at = ActiveValue::Set(None);
    // Marked as here a little early, and then cancelled: only a seat has an attendance.
    changed.attendance = ActiveValue::Set(None);
    changed.attendance_at = ActiveValue::Set(None);
    if state == BookingState::Waiting {
        changed.slot_id = ActiveValue::Set(None);
    }
    more(&mut changed);
    store(tx, changed).await
}

/// Ends a hold that nobody confirmed: its person waits again, or has nothing.
async fn let_go(
    tx: &Tx,
    session: &mut session::Model,
    booking: booking::Model,
) -> Result<booking::Model> {
    let state = rules::after_hold(booking.queued_at, booking.expires_at);
    end(tx, session, booking, state).await
}

/// Where somebody who has time again waits for a seat, the free seats are offered anew.
async fn ask_elsewhere(tx: &Tx, freed: &booking::Model) -> Result<()> {
    let waits = booking::Entity::find()
        .filter(booking::Column::ResidentId.eq(freed.resident_id))
        .filter(booking::Column::State.eq(BookingState::Waiting))
        .filter(booking::Column::SessionId.ne(freed.session_id))
        .all(tx.db())
        .await?;
    for wait in waits {
        let asked = Widened { municipality_id: wait.municipality_id, session_id: wait.session_id };
        let key = format!("widened:{}:{}:{}", wait.session_id, freed.id, freed.revision);
        outbox::enqueue(tx, WIDENED, &asked, key, tx.now()).await?;
    }
    Ok(())
}
