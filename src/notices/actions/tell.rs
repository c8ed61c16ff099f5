//! From a change of a booking, or a follow-up whose day is near, to a notice.

use chrono::{DateTime, TimeDelta, Utc};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::residents::contact_channel::Channel;
use entity::{BookingId, NoticeId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::ladder::{open_letter, open_next};
use crate::bookings::{Changed, Former, booking, queries as bookings};
use crate::notices::rules;
use crate::platform::{App, Error, Result, Scope, Tx};
use crate::surveys::{self, Turned, follow_up};

/// How long after a notice the same is not written again.
const PAUSE: TimeDelta = TimeDelta::hours(24);

/// Writes the notice that a change of a booking calls for, and opens its first rung.
/// Runs from the outbox; running it twice writes one notice.
///
/// # Errors
/// `NotFound` when the booking is gone.
pub async fn tell(app: &App, changed: &Changed) -> Result<()> {
    let Some(kind) = rules::kind_of(changed.change) else { return Ok(()) };
    let ctx = app.system_ctx(changed.municipality_id, "notices");
    let mail = app.config().smtp_url.is_some();
    app.store()
        .write(&ctx, "write_notice", |tx| async move { write(&tx, changed, kind, mail).await })
        .await?;
    Ok(())
}

/// Writes the notice with the questions after three months, and opens its first rung. Runs from
/// the outbox; running it twice writes one notice.
///
/// # Errors
/// Only those of the database.
pub async fn ask_survey(app: &App, asked: &Turned) -> Result<()> {
    let ctx = app.system_ctx(asked.municipality_id, "notices");
    let mail = app.config().smtp_url.is_some();
    app.store()
        .write(&ctx, "write_notice", |tx| async move {
            let scope = Scope::whole(asked.municipality_id);
            match surveys::queries::get(tx.db(), &scope, asked.follow_up_id).await {
                Err(Error::NotFound) => Ok(()),
                found => write_survey(&tx, &found?, mail).await,
            }
        })
        .await?;
    Ok(())
}

async fn write_survey(tx: &Tx, row: &follow_up::Model, mail: bool) -> Result<()> {
    let scope = Scope::whole(row.municipality_id);
    let booking = bookings::lock(tx, &scope, row.booking_id).await?;
    let earlier = earlier_notices(tx, booking.id).await?;
    if earlier.iter().any(|notice| notice.kind == NoticeKind::Survey)
        || !surveys::queries::OPEN.contains(&row.state)
    {
        tx.audit("follow_up", row.id.0, json!({ "nothing_to_tell": true }));
        return Ok(());
    }

    let notice =
        insert(tx, &booking, NoticeKind::Survey, booking.calendar_sequence, Before::default())
            .await?;
    tx.audit("notice", notice.id.0, json!({ "kind": notice.kind, "follow_up": row.id }));
    open_next(tx, &notice, mail).await.map(drop)
}

/// Writes a letter with the sheet to a person who got only a mail and has not answered. Whoever
/// got a letter already, or has no address, is called when the time comes.
///
/// # Errors
/// Only those of the database.
pub async fn ask_survey_again(app: &App, asked: &Turned) -> Result<()> {
    let ctx = app.system_ctx(asked.municipality_id, "notices");
    app.store()
        .write(&ctx, "write_notice", |tx| async move {
            let scope = Scope::whole(asked.municipality_id);
            match surveys::queries::get(tx.db(), &scope, asked.follow_up_id).await {
                Err(Error::NotFound) => Ok(()),
                found => write_letter(&tx, &found?).await,
            }
        })
        .await?;
    Ok(())
}

async fn write_letter(tx: &Tx, row: &follow_up::Model) -> Result<()> {
    let scope = Scope::whole(row.municipality_id);
    let booking = bookings::lock(tx, &scope, row.booking_id).await?;
    let earlier = earlier_notices(tx, booking.id).await?;
    let asked = earlier.iter().rfind(|notice| notice.kind == NoticeKind::Survey);
    let open = row.state == follow_up::FollowUpState::Asked
        && surveys::queries::is_active(tx.db(), row).await?;
    if let Some(notice) = asked.filter(|_| open)
        && open_letter(tx, notice).await?
    {
        return Ok(());
    }
    tx.audit("follow_up", row.id.0, json!({ "no_letter": true }));
    Ok(())
}

/// What was before the change that a notice tells.
#[derive(Clone, Copy, Default)]
struct Before {
    /// When the session that the office moved was to begin.
    starts_at: Option<DateTime<Utc>>,
    former: Option<Former>,
}

impl Before {
    /// As an earlier notice knows it.
    fn of(notice: &notice::Model) -> Self {
        let former = || {
            Some(Former {
                session_id: notice.former_session_id?,
                venue_id: notice.former_venue_id?,
                room_id: notice.former_room_id,
                starts_at: notice.former_from_at?,
                ends_at: notice.former_until_at?,
            })
        };
        Self { starts_at: notice.former_starts_at, former: former() }
    }
}

async fn insert(
    tx: &Tx,
    booking: &booking::Model,
    kind: NoticeKind,
    sequence: i32,
    before: Before,
) -> Result<notice::Model> {
    let Before { starts_at, former } = before;
    let row = notice::ActiveModel {
        municipality_id: ActiveValue::Set(booking.municipality_id),
        resident_id: ActiveValue::Set(booking.resident_id),
        booking_id: ActiveValue::Set(booking.id),
        kind: ActiveValue::Set(kind),
        calendar_sequence: ActiveValue::Set(sequence),
        former_starts_at: ActiveValue::Set(starts_at),
        former_session_id: ActiveValue::Set(former.map(|former| former.session_id)),
        former_venue_id: ActiveValue::Set(former.map(|former| former.venue_id)),
        former_room_id: ActiveValue::Set(former.and_then(|former| former.room_id)),
        former_from_at: ActiveValue::Set(former.map(|former| former.starts_at)),
        former_until_at: ActiveValue::Set(former.map(|former| former.ends_at)),
        created_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    };

    Ok(row.insert(tx.db()).await?)
}

async fn write(tx: &Tx, changed: &Changed, kind: NoticeKind, mail: bool) -> Result<()> {
    let scope = Scope::whole(changed.municipality_id);
    // The lock makes two workers with the same event, or with two events, take turns.
    let booking = bookings::lock(tx, &scope, changed.booking_id).await?;
    go_along(tx, &booking).await?;
    let earlier = earlier_notices(tx, booking.id).await?;

    let same = |row: &&notice::Model| row.kind == kind && row.calendar_sequence == changed.sequence;
    if let Some(written) = earlier.iter().find(same) {
        tx.audit("notice", written.id.0, json!({ "kind": kind, "written_before": true }));
        return Ok(());
    }
    if !rules::worth_telling(changed.change, changed.sequence, !earlier.is_empty()) {
        tx.audit("booking", booking.id.0, json!({ "kind": kind, "nothing_to_tell": true }));
        return Ok(());
    }

    let before = Before { starts_at: changed.former_starts_at, former: changed.former };
    let notice = insert(tx, &booking, kind, changed.sequence, before).await?;
    let current =
        rules::still_true(kind, changed.sequence, booking.state, booking.calendar_sequence);
    tx.audit(
        "notice",
        notice.id.0,
        json!({ "kind": kind, "booking": booking.id, "current": current }),
    );

    if current {
        drop_overtaken(tx, earlier.iter().map(|row| row.id)).await?;
        open_next(tx, &notice, mail).await?;
    }
    Ok(())
}

/// The notices of a booking are those of the person on whose record it stands.
async fn go_along(tx: &Tx, booking: &booking::Model) -> Result<()> {
    notice::Entity::update_many()
        .col_expr(notice::Column::ResidentId, Expr::value(booking.resident_id))
        .filter(notice::Column::BookingId.eq(booking.id))
        .filter(notice::Column::ResidentId.ne(booking.resident_id))
        .exec(tx.db())
        .await?;
    Ok(())
}

/// Tells the person on whose record a booking now stands about it, by the person's own ways;
/// what was still on its way to somebody else is dropped. Nothing true to tell is no mistake.
///
/// # Errors
/// `NotFound` outside the scope.
pub async fn tell_owner(tx: &Tx, scope: &Scope, id: BookingId, mail: bool) -> Result<()> {
    let booking = bookings::lock(tx, scope, id).await?;
    go_along(tx, &booking).await?;
    let earlier = earlier_notices(tx, booking.id).await?;
    match last_true(&earlier, &booking) {
        Some(last) => again(tx, &booking, &earlier, last, mail).await,
        None => drop_overtaken(tx, earlier.iter().map(|row| row.id)).await,
    }
}

pub(super) fn last_true<'a>(
    earlier: &'a [notice::Model],
    booking: &booking::Model,
) -> Option<&'a notice::Model> {
    earlier.iter().rev().find(|row| {
        let sequence = row.calendar_sequence;
        rules::still_true(row.kind, sequence, booking.state, booking.calendar_sequence)
    })
}

/// Sends the last true notice of a booking once more, by the person's first way. While the last
/// one is still under way, or for a day after it was written, nothing new is written: it will come.
/// So will the first one, while the job that writes it has not run.
///
/// # Errors
/// `NotFound` outside the scope, and when there is nothing true to send.
pub async fn send_again(tx: &Tx, scope: &Scope, id: BookingId, mail: bool) -> Result<()> {
    let booking = bookings::lock(tx, scope, id).await?;
    let earlier = earlier_notices(tx, booking.id).await?;
    let Some(last) = last_true(&earlier, &booking) else {
        tx.audit("booking", booking.id.0, json!({ "asked_again": "not_written_yet" }));
        return if booking.state.is_living() { Ok(()) } else { Err(Error::NotFound) };
    };
    if tx.now() - last.created_at < PAUSE {
        tx.audit("notice", last.id.0, json!({ "asked_again": "too_soon" }));
        return Ok(());
    }
    again(tx, &booking, &earlier, last, mail).await
}

pub(super) async fn again(
    tx: &Tx,
    booking: &booking::Model,
    earlier: &[notice::Model],
    last: &notice::Model,
    mail: bool,
) -> Result<()> {
    let before = Before::of(last);
    let notice = insert(tx, booking, last.kind, last.calendar_sequence, before).await?;
    tx.audit("notice", notice.id.0, json!({ "asked_again": "sent", "booking": booking.id }));
    drop_overtaken(tx, earlier.iter().map(|row| row.id)).await?;
    open_next(tx, &notice, mail).await?;
    Ok(())
}

pub(super) async fn earlier_notices(tx: &Tx, booking_id: BookingId) -> Result<Vec<notice::Model>> {
    Ok(notice::Entity::find()
        .filter(notice::Column::BookingId.eq(booking_id))
        .order_by_asc(notice::Column::Id)
        .all(tx.db())
        .await?)
}

/// Drops what was not delivered yet. A mail that is being handed over may have left: it ends by
/// itself, and the next mail waits for it.
pub(super) async fn drop_overtaken(tx: &Tx, notices: impl Iterator<Item = NoticeId>) -> Result<()> {
    let on_its_way = Condition::all()
        .add(delivery::Column::Channel.eq(Channel::Email))
        .add(delivery::Column::Attempts.gt(0));

    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(DeliveryState::Dropped))
        .col_expr(delivery::Column::Revision, Expr::col(delivery::Column::Revision).add(1))
        .col_expr(delivery::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(delivery::Column::NoticeId.is_in(notices))
        .filter(delivery::Column::State.is_in([
            DeliveryState::Waiting,
            DeliveryState::NoAnswer,
            DeliveryState::Printed,
        ]))
        .filter(on_its_way.not())
        .exec(tx.db())
        .await?;
    Ok(())
}
