//! Offers of freed seats, and the end of holds and offers.

use chrono::NaiveDate;
use entity::bookings::booking::{self, BookingState, Via};
use entity::residents::resident::{self, Standing};
use entity::sessions::{session, slot};
use entity::{BookingId, SlotId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::{
    announce, end, let_go, queue_expiry, slot_of, span, store, take_seat, try_occupy, web_seats,
};
use crate::bookings::rules::{LAST_OFFER, kept_until, offer_end};
use crate::bookings::{Change, Expiry, queries};
use crate::places;
use crate::platform::outbox::{self, Done, Job};
use crate::platform::{App, Error, Result, Scope, Tx};
use crate::{residents, sessions};

/// Ends the holds and offers of a session that ran out.
pub(super) async fn expire_stale(tx: &Tx, session: &mut session::Model) -> Result<()> {
    let stale = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::State.is_in([BookingState::Held, BookingState::Offered]))
        .filter(booking::Column::ExpiresAt.lte(tx.now()))
        .order_by_asc(booking::Column::Id)
        .all(tx.db())
        .await?;

    for booking in stale {
        if booking.state == BookingState::Held {
            let_go(tx, session, booking).await?;
            continue;
        }
        let slot = slot_of(tx, &booking).await?;
        let booking = end(tx, session, booking, BookingState::Expired).await?;
        announce(tx, &booking, session, slot.as_ref(), Change::OfferExpired).await?;
    }
    Ok(())
}

/// Seats of bookings that were cancelled a moment ago: they are neither offered on nor given to
/// somebody who comes after those who wait, so that taking the cancelling back finds them.
pub(super) struct Kept(Vec<booking::Model>);

impl Kept {
    /// How many.
    pub(super) fn len(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX)
    }

    /// Whether this slot is among them.
    pub(super) fn has(&self, slot: SlotId) -> bool {
        self.0.iter().any(|booking| booking.slot_id == Some(slot))
    }

    /// The same without the seat of one booking.
    pub(super) fn without(mut self, id: BookingId) -> Self {
        self.0.retain(|booking| booking.id != id);
        self
    }
}

/// The seats of a session that are kept now.
pub(super) async fn kept(tx: &Tx, session: &session::Model) -> Result<Kept> {
    let kept = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::KeptUntil.gt(tx.now()))
        .all(tx.db())
        .await?;
    Ok(Kept(kept))
}

/// The seats that are kept from whoever asks now: none where nobody would be overtaken, and none in
/// the last hours, when a free seat is for whoever asks first.
pub(super) async fn kept_for_others(tx: &Tx, session: &session::Model) -> Result<Kept> {
    let kept = kept(tx, session).await?;
    if kept.0.is_empty() || tx.now() >= session.starts_at - LAST_OFFER {
        return Ok(Kept(Vec::new()));
    }
    let waiting = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::State.eq(BookingState::Waiting))
        .count(tx.db())
        .await?;
    Ok(if waiting > 0 { kept } else { Kept(Vec::new()) })
}

/// Queues the offer of the kept seats that nobody took by phone: to those who wait, as soon as the
/// first hour is over.
pub(super) async fn queue_kept(tx: &Tx, session: &session::Model) -> Result<()> {
    let Some(end) = kept_until(session.opened_at, tx.now()) else { return Ok(()) };
    let (municipality_id, session_id) = (session.municipality_id, session.id);
    let freed = sessions::Widened { municipality_id, session_id };
    let key = format!("kept:{session_id}:{}", end.timestamp());
    outbox::enqueue(tx, sessions::WIDENED, &freed, key, end).await
}

/// Offers free seats to those who wait, in their order. Who is elsewhere at that time, or may
/// not be contacted, keeps the place in the list and is passed over; so do those on the web while
/// the free seats are kept for the phone.
pub(super) async fn promote(tx: &Tx, session: &mut session::Model) -> Result<()> {
    let free = session.capacity - session.taken;
    if free <= 0 || session.state != session::SessionState::Planned {
        return Ok(());
    }

    let waiting = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::State.eq(BookingState::Waiting))
        .order_by_asc(booking::Column::QueuedAt)
        .order_by_asc(booking::Column::Id)
        .find_also_related(resident::Entity)
        .all(tx.db())
        .await?;
    if waiting.is_empty() || tx.now() >= session.starts_at - LAST_OFFER {
        return Ok(());
    }

    let kept = kept(tx, session).await?;
    let mut slots = free_slots(tx, session).await?;
    slots.retain(|slot| !kept.has(slot.id));

    let whole = Scope::whole(session.municipality_id);
    let municipality = places::queries::get_municipality(tx.db(), session.municipality_id).await?;
    let hours = places::opening_hours(&municipality)?;
    let closed: Vec<NaiveDate> = places::queries::list_closures(tx.db(), &whole)
        .await?
        .into_iter()
        .filter(|closure| closure.venue_id.is_none())
        .map(|closure| closure.on_date)
        .collect();

    let mut left = free - kept.len();
    let mut left_for_web = web_seats(tx, session).await?;
    for (booking, person) in waiting {
        if left <= 0 {
            break;
        }

        let reachable = person.is_some_and(|person| person.standing == Standing::Active);
        let by_web = booking.via == Via::Web;
        if !reachable || (by_web && left_for_web == 0) {
            continue;
        }

        let slot = match first_place(tx, session, &booking, &mut slots).await? {
            FirstPlace::Session => None,
            FirstPlace::Slot(slot) => Some(slot),
            FirstPlace::Nowhere => continue,
        };
        let has_phone = residents::queries::has_phone(tx.db(), booking.resident_id).await?;
        let expires_at = offer_end(tx.now(), session.starts_at, has_phone, &hours, &closed);

        let mut changed = booking::ActiveModel::from(booking);
        changed.state = ActiveValue::Set(BookingState::Offered);
        changed.slot_id = ActiveValue::Set(slot.as_ref().map(|slot| slot.id));
        changed.expires_at = ActiveValue::Set(expires_at);
        let booking = store(tx, changed).await?;

        take_seat(tx, session).await?;
        queue_expiry(tx, &booking).await?;
        announce(tx, &booking, session, slot.as_ref(), Change::Offered).await?;
        left -= 1;
        left_for_web -= i32::from(by_web);
    }
    Ok(())
}

/// The first place that fits somebody who waits.
enum FirstPlace {
    /// A seat: the person is there for the whole session.
    Session,
    Slot(slot::Model),
    /// The person is elsewhere, or every slot is taken.
    Nowhere,
}

/// Takes the person's time for the first place that fits; a slot leaves `slots`. Another booking of
/// the same person may have come a moment ago, and does not stop the others.
async fn first_place(
    tx: &Tx,
    session: &session::Model,
    booking: &booking::Model,
    slots: &mut Vec<slot::Model>,
) -> Result<FirstPlace> {
    if session.slot_minutes.is_none() {
        let has_time = try_occupy(tx, booking, span(session, None)).await?;
        return Ok(if has_time { FirstPlace::Session } else { FirstPlace::Nowhere });
    }

    for at in 0..slots.len() {
        if try_occupy(tx, booking, (slots[at].starts_at, slots[at].ends_at)).await? {
            return Ok(FirstPlace::Slot(slots.remove(at)));
        }
    }
    Ok(FirstPlace::Nowhere)
}

/// The slots of a session that nobody has, soonest first.
async fn free_slots(tx: &Tx, session: &session::Model) -> Result<Vec<slot::Model>> {
    if session.slot_minutes.is_none() {
        return Ok(Vec::new());
    }

    let taken: Vec<_> = booking::Entity::find()
        .filter(booking::Column::SessionId.eq(session.id))
        .filter(booking::Column::State.is_in(BookingState::SEATED))
        .all(tx.db())
        .await?
        .into_iter()
        .filter_map(|booking| booking.slot_id)
        .collect();

    Ok(slot::Entity::find()
        .filter(slot::Column::SessionId.eq(session.id))
        .filter(slot::Column::Id.is_not_in(taken))
        .order_by_asc(slot::Column::StartsAt)
        .order_by_asc(slot::Column::Id)
        .all(tx.db())
        .await?)
}

/// Outbox job: a hold or an offer runs out, unless it was answered meanwhile.
pub fn expire_job(app: App, job: Job) -> Done {
    Box::pin(async move {
        let expiry: Expiry = job.payload()?;
        let ctx = app.system_ctx(expiry.municipality_id, &format!("job-{}", job.id));
        let scope = Scope::whole(expiry.municipality_id);
        let (expiry, scope) = (&expiry, &scope);

        app.store()
            .write(&ctx, "expire_booking", |tx| async move {
                let booking = match queries::get(tx.db(), scope, expiry.booking_id).await {
                    Ok(booking) => booking,
                    Err(Error::NotFound) => return Ok(()),
                    Err(error) => return Err(error),
                };
                super::lock_session(&tx, scope, booking.session_id).await?;
                Ok(())
            })
            .await?;
        Ok(())
    })
}

/// Outbox job: a session got more seats; those who wait are asked, in their order.
pub fn offer_new_seats_job(app: App, job: Job) -> Done {
    Box::pin(async move {
        let widened: sessions::Widened = job.payload()?;
        let ctx = app.system_ctx(widened.municipality_id, &format!("job-{}", job.id));
        let scope = &Scope::whole(widened.municipality_id);
        app.store()
            .write(&ctx, "offer_new_seats", |tx| async move {
                super::lock_session(&tx, scope, widened.session_id).await.map(drop)
            })
            .await?;
        Ok(())
    })
}
