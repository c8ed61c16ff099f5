//! A mail address was corrected: the old one is told to forget what came, the person hears anew.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use entity::residents::timeline_entry::TimelineKind;
use entity::{BookingId, NoticeId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::send::{mailer, mails_of, message_id, sender};
use super::tell::{again, drop_overtaken, earlier_notices, last_true};
use crate::bookings::{self, booking::BookingState};
use crate::notices::dispatch::Dispatch;
use crate::notices::ical::{Mailbox, Method, calendar};
use crate::notices::mail::{Mail, SendError, compose};
use crate::notices::queries;
use crate::notices::{RECALL_MAIL, RecallMail, rules};
use crate::places::queries as places;
use crate::platform::outbox::{self, Job};
use crate::platform::text::EmailAddress;
use crate::platform::{App, Error, Lang, Result, Scope, Tx, words};
use crate::residents::{self, timeline};
use crate::surveys;

/// How long it is kept to which address a mail went.
const ADDRESSES_KEPT_FOR: TimeDelta = TimeDelta::days(180);

/// A mail that went to an address that is no longer the person's.
type Strayed = (delivery::Model, notice::Model);

/// Follows a mail address that was corrected or taken away. For every booking that lies ahead, and
/// every interview that is open, whoever stands behind the old address is told to forget it, and the
/// person is told what holds, by the own ways as they are now. Running it twice does it once.
///
/// # Errors
/// Only those of the database.
pub async fn follow_address(app: &App, moved: &residents::Moved) -> Result<()> {
    let ctx = app.system_ctx(moved.municipality_id, "notices");
    let mail = app.config().smtp_url.is_some();

    app.store()
        .write(&ctx, "follow_address", |tx| async move {
            let scope = Scope::whole(moved.municipality_id);
            let person = residents::queries::get(tx.db(), &scope, moved.resident_id).await?;
            let mut of_bookings: BTreeMap<BookingId, Vec<Strayed>> = BTreeMap::new();
            for strayed in strayed(&tx, &person).await? {
                of_bookings.entry(strayed.1.booking_id).or_default().push(strayed);
            }

            for (booking_id, strayed) in of_bookings {
                correct(&tx, &scope, booking_id, strayed, mail).await?;
            }
            tx.audit("resident", person.id.0, json!({ "followed": "email" }));
            Ok(())
        })
        .await?;
    Ok(())
}

async fn strayed(tx: &Tx, person: &residents::resident::Model) -> Result<Vec<Strayed>> {
    let notices = notice::Entity::find()
        .filter(notice::Column::ResidentId.eq(person.id))
        .all(tx.db())
        .await?;

    let mut query = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(notices.iter().map(|notice| notice.id)))
        .filter(delivery::Column::Channel.eq(Channel::Email))
        .filter(delivery::Column::SentTo.is_not_null())
        .filter(delivery::Column::RecalledAt.is_null())
        .order_by_asc(delivery::Column::Id);
    if let Some(email) = &person.email {
        query = query.filter(delivery::Column::SentTo.ne(email));
    }

    let of_id: HashMap<NoticeId, notice::Model> =
        notices.into_iter().map(|notice| (notice.id, notice)).collect();
    let rows = query.all(tx.db()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let notice = of_id.get(&row.notice_id)?.clone();
            Some((row, notice))
        })
        .collect())
}

async fn correct(
    tx: &Tx,
    scope: &Scope,
    booking_id: BookingId,
    strayed: Vec<Strayed>,
    mail: bool,
) -> Result<()> {
    let row = bookings::queries::get_row(tx.db(), scope, booking_id).await?.for_work();
    let follow_up = match strayed.iter().any(|(_, notice)| notice.kind == NoticeKind::Survey) {
        true => surveys::queries::by_bookings(tx.db(), scope, &[booking_id]).await?,
        false => Default::default(),
    };
    let asks = follow_up
        .get(&booking_id)
        .filter(|follow_up| surveys::queries::OPEN.contains(&follow_up.state));

    if let Some(follow_up) = asks {
        surveys::actions::renew_link(tx, scope, follow_up.id).await?;
    } else if row.session.starts_at <= tx.now() {
        // Over: there is nothing to forget and nothing to tell.
        return Ok(());
    }

    let earlier = earlier_notices(tx, booking_id).await?;
    let mut booking = row.booking;
    let last = last_true(&earlier, &booking).cloned();
    // A change whose notice is still to be written brings its own version.
    if last.is_some() && asks.is_none() && booking.state == BookingState::Confirmed {
        booking = bookings::actions::renew_invitation(tx, scope, booking_id).await?;
    }

    recall(tx, &strayed, booking.calendar_sequence).await?;
    match last {
        Some(last) => {
            let last = match booking.state {
                BookingState::Confirmed => {
                    notice::Model { calendar_sequence: booking.calendar_sequence, ..last }
                }
                _ => last,
            };
            again(tx, &booking, &earlier, &last, mail).await
        }
        None => drop_overtaken(tx, earlier.iter().map(|row| row.id)).await,
    }
}

/// Queues one recall for each address, of the last invitation that went there, or of the last mail.
async fn recall(tx: &Tx, strayed: &[Strayed], sequence: i32) -> Result<()> {
    let mut of_addresses: BTreeMap<&str, &Strayed> = BTreeMap::new();
    for one in strayed {
        let (row, notice) = one;
        let Some(address) = row.sent_to.as_deref() else { continue };
        let before = of_addresses.get(address).map(|(_, notice)| invites(notice));
        if before != Some(true) || invites(notice) {
            of_addresses.insert(address, one);
        }
    }

    for (row, notice) in of_addresses.into_values() {
        let (municipality_id, delivery_id) = (row.municipality_id, row.id);
        let job = RecallMail { municipality_id, delivery_id, sequence };
        outbox::enqueue(tx, RECALL_MAIL, &job, format!("recall_mail:{}", row.id), tx.now()).await?;
        let kind = TimelineKind::Notice;
        let (line, params) = ("timeline.mail_recalled", json!({}));
        timeline::note(tx, notice.resident_id, kind, line, params, notice.id.0).await?;
    }

    delivery::Entity::update_many()
        .col_expr(delivery::Column::RecalledAt, Expr::value(tx.now()))
        .filter(delivery::Column::Id.is_in(strayed.iter().map(|(row, _)| row.id)))
        .exec(tx.db())
        .await?;
    Ok(())
}

fn invites(notice: &notice::Model) -> bool {
    rules::method(notice.kind, notice.calendar_sequence) == Some(Method::Request)
}

/// Writes to an address that got a mail by mistake; the handler of [`RECALL_MAIL`].
pub fn recall_mail_job(app: App, job: Job) -> outbox::Done {
    Box::pin(async move { send(&app, &job).await })
}

async fn send(app: &App, job: &Job) -> Result<()> {
    let RecallMail { municipality_id, delivery_id, sequence } = job.payload()?;
    // Without a mail server, no mail went anywhere.
    let Some(url) = app.config().smtp_url.as_deref() else { return Ok(()) };

    let reader = app.store().reader();
    let scope = Scope::whole(municipality_id);
    let items = queries::items_by_ids(reader, &scope, &[delivery_id]).await?;
    let item = items.for_work().pop().ok_or(Error::NotFound)?;
    // The recall must not arrive before what it calls back.
    let under_way = mails_of(reader, item.notice.booking_id).await?.iter().any(|row| {
        row.sent_to == item.delivery.sent_to
            && row.attempts > 0
            && row.state == DeliveryState::Waiting
    });
    if under_way {
        return Err(Error::internal("a mail to the old address is under way"));
    }

    let office = places::get_municipality(reader, municipality_id).await?;
    let recalled_at = item.delivery.recalled_at.ok_or(Error::internal("not recalled"))?;
    let mail = write_mail(&item, &office, (sequence, recalled_at))
        .ok_or(Error::internal("no recall could be written"))?;
    let message = compose(&mail, recalled_at).map_err(Error::internal)?;

    let outcome = match mailer(url)?.send(message).await {
        Ok(()) => "sent".to_owned(),
        // Nobody is there who could have read the first one.
        Err(SendError::Permanent(code)) => code,
        Err(SendError::Transient(code)) => {
            return Err(Error::internal(format_args!("mail: {code}")));
        }
    };

    let (ctx, outcome) = (app.system_ctx(municipality_id, "notices"), outcome.as_str());
    app.store()
        .write(&ctx, "recall_mail", |tx| async move {
            tx.audit("delivery", delivery_id.0, json!({ "recall": outcome }));
            Ok(())
        })
        .await
}

fn write_mail(
    item: &Dispatch,
    office: &municipality::Model,
    (sequence, recalled_at): (i32, DateTime<Utc>),
) -> Option<Mail> {
    let words = item.words(office, Lang::Ja, true);
    let from = sender(office)?;
    let address = EmailAddress::parse(item.delivery.sent_to.as_deref()?).ok()?;
    let to = Mailbox { name: String::new(), address };

    let calendar = match invites(&item.notice) {
        true => {
            let (organizer, attendee) = (Some(from.clone()), Some(to.clone()));
            let event = words.event(sequence, recalled_at, organizer, attendee);
            Some((Method::Cancel, calendar(Method::Cancel, &[event]).ok()?))
        }
        false => None,
    };

    Some(Mail {
        message_id: message_id(item, &from, "recall")?,
        reply_to: None,
        subject: words::text(Lang::Ja, "notice.recall.subject").to_owned(),
        text: words.recall_text(),
        from,
        to,
        calendar,
    })
}

/// Forgets to which addresses mails went that are long past.
pub async fn forget_addresses(tx: &Tx) -> Result<()> {
    delivery::Entity::update_many()
        .col_expr(delivery::Column::SentTo, Expr::value(Option::<String>::None))
        .col_expr(delivery::Column::RecalledAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(delivery::Column::SentTo.is_not_null())
        .filter(delivery::Column::UpdatedAt.lt(tx.now() - ADDRESSES_KEPT_FOR))
        .exec(tx.db())
        .await?;
    Ok(())
}
