//! The ladder of one notice: rungs are opened one after the other.

use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::residents::contact_channel::Channel;
use entity::residents::timeline_entry::TimelineKind;
use entity::{DeliveryId, FollowUpId};
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::bookings::queries as bookings;
use crate::notices::{SEND_MAIL, SendMail, queries, rules};
use crate::platform::{Error, Result, Scope, Tx, outbox};
use crate::residents::timeline;
use crate::surveys;

/// Opens the next rung of a notice; none when every way was taken. The way is chosen by what is
/// known of the person now: an address may have come since.
pub(super) async fn open_next(
    tx: &Tx,
    notice: &notice::Model,
    mail: bool,
) -> Result<Option<DeliveryId>> {
    let person = queries::people(tx.db(), &[notice.resident_id])
        .await?
        .remove(&notice.resident_id)
        .ok_or(Error::NotFound)?;
    let taken = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.eq(notice.id))
        .all(tx.db())
        .await?;

    let mut reach = person.reach(mail);
    if matches!(notice.kind, NoticeKind::SessionCancelled | NoticeKind::SessionMoved) {
        let scope = Scope::whole(notice.municipality_id);
        let row = bookings::get_row(tx.db(), &scope, notice.booking_id).await?.for_work();
        // The earlier of both days: nobody shall come to the old one in vain.
        let day = notice.former_starts_at.unwrap_or(row.span().0).min(row.span().0);
        reach.letter_in_time = rules::letter_in_time(tx.now(), day);
    }

    let ways = rules::ladder(&person.channels, reach, notice.kind);
    let next = ways.into_iter().find(|way| taken.iter().all(|row| row.channel != *way));
    let Some(channel) = next else { return Ok(None) };

    if (notice.kind, channel) == (NoticeKind::Survey, Channel::Phone) {
        // On the phone the questions are asked at once: that list has the call.
        let scope = Scope::whole(notice.municipality_id);
        if let Some(follow_up) = follow_up_of(tx, notice).await? {
            surveys::actions::to_phone(tx, &scope, follow_up).await?;
        }
        return Ok(None);
    }

    open(tx, notice, &taken, channel).await.map(Some)
}

/// Opens the letter of a notice that went by mail alone, if the person can be written to.
pub(super) async fn open_letter(tx: &Tx, notice: &notice::Model) -> Result<bool> {
    let person = queries::people(tx.db(), &[notice.resident_id])
        .await?
        .remove(&notice.resident_id)
        .ok_or(Error::NotFound)?;
    let taken = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.eq(notice.id))
        .all(tx.db())
        .await?;

    let by_mail = !taken.is_empty() && taken.iter().all(|row| row.channel == Channel::Email);
    if !by_mail || !person.reach(false).letter {
        return Ok(false);
    }

    open(tx, notice, &taken, Channel::Letter).await?;
    Ok(true)
}

async fn open(
    tx: &Tx,
    notice: &notice::Model,
    taken: &[delivery::Model],
    channel: Channel,
) -> Result<DeliveryId> {
    let rank = taken.iter().map(|row| row.rank + 1).max().unwrap_or(0);
    let opened = delivery::ActiveModel {
        municipality_id: ActiveValue::Set(notice.municipality_id),
        notice_id: ActiveValue::Set(notice.id),
        channel: ActiveValue::Set(channel),
        rank: ActiveValue::Set(rank),
        state: ActiveValue::Set(DeliveryState::Waiting),
        attempts: ActiveValue::Set(0),
        revision: ActiveValue::Set(1),
        created_at: ActiveValue::Set(tx.now()),
        updated_at: ActiveValue::Set(tx.now()),
        ..Default::default()
    }
    .insert(tx.db())
    .await?;

    if channel == Channel::Email {
        let job = SendMail { municipality_id: notice.municipality_id, delivery_id: opened.id };
        outbox::enqueue(tx, SEND_MAIL, &job, format!("send_mail:{}", opened.id), tx.now()).await?;
    }
    tx.audit("delivery", opened.id.0, json!({ "opened": channel, "notice": notice.id }));
    Ok(opened.id)
}

/// Brings a delivery into a state. The caller holds its lock.
pub(super) async fn bring(
    tx: &Tx,
    row: delivery::Model,
    state: DeliveryState,
    attempts: i32,
) -> Result<delivery::Model> {
    tx.audit(
        "delivery",
        row.id.0,
        json!({ "channel": row.channel, "from": row.state, "to": state, "attempts": attempts }),
    );

    let revision = row.revision + 1;
    let by = tx.ctx().staff_id().or(row.staff_id);
    let mut changed = delivery::ActiveModel::from(row);
    changed.state = ActiveValue::Set(state);
    changed.attempts = ActiveValue::Set(attempts);
    changed.staff_id = ActiveValue::Set(by);
    changed.revision = ActiveValue::Set(revision);
    changed.updated_at = ActiveValue::Set(tx.now());
    Ok(changed.update(tx.db()).await?)
}

/// Puts on the person's timeline that the person was informed.
pub(super) async fn note_informed(tx: &Tx, notice: &notice::Model, channel: Channel) -> Result<()> {
    let wording = match channel {
        Channel::Letter => "timeline.notice.letter",
        Channel::Phone => "timeline.notice.phone",
        Channel::Email | Channel::Sms | Channel::Line => "timeline.notice.email",
    };

    let scope = Scope::whole(notice.municipality_id);
    let row = bookings::get_row(tx.db(), &scope, notice.booking_id).await?.for_work();
    if notice.kind == NoticeKind::Survey
        && let Some(follow_up) = follow_up_of(tx, notice).await?
    {
        surveys::actions::mark_reached(tx, &scope, follow_up).await?;
        let wording = match channel {
            Channel::Letter => "timeline.survey.letter",
            _ => "timeline.survey.email",
        };
        let kind = TimelineKind::Survey;
        timeline::note(tx, notice.resident_id, kind, wording, json!({}), follow_up.0).await?;
        return Ok(());
    }

    let params = json!({
        "starts_at": row.span().0,
        "title_ja": row.session.title_ja, "title_en": row.session.title_en,
    });
    timeline::note(tx, notice.resident_id, TimelineKind::Notice, wording, params, notice.id.0)
        .await?;
    Ok(())
}

/// The follow-up whose questions a notice brings.
async fn follow_up_of(tx: &Tx, notice: &notice::Model) -> Result<Option<FollowUpId>> {
    let scope = Scope::whole(notice.municipality_id);
    let found = surveys::queries::by_bookings(tx.db(), &scope, &[notice.booking_id]).await?;
    Ok(found.get(&notice.booking_id).map(|row| row.id))
}
