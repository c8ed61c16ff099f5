//! The job that hands one mail to the mail server.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice;
use entity::places::municipality;
use entity::residents::contact_channel::Channel;
use entity::{BookingId, DeliveryId};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QuerySelect,
};
use serde_json::json;

use super::ladder::{bring, note_informed, open_next};
use crate::notices::dispatch::Dispatch;
use crate::notices::ical::{Mailbox, calendar};
use crate::notices::mail::{Mail, Mailer, SendError, SmtpSettings, compose};
use crate::notices::message::{office_name, printed_name};
use crate::notices::{SendMail, queries, rules};
use crate::places::queries as places;
use crate::platform::japan::time::local_date;
use crate::platform::outbox::{self, Job, MAX_ATTEMPTS};
use crate::platform::random::digest;
use crate::platform::text::EmailAddress;
use crate::platform::{App, Ctx, Error, Lang, Result, Scope, Tx};

/// For each step of the conversation with the server; the job's lease is renewed meanwhile.
const TIMEOUT: Duration = Duration::from_secs(8);
/// Days ahead from which a date is given with its year.
const FAR_AHEAD: i64 = 60;

/// Connections to each mail server, kept open between mails.
static MAILERS: LazyLock<Mutex<HashMap<String, Mailer>>> = LazyLock::new(Mutex::default);

/// What a job finds when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Hand it over.
    Send,
    /// Sent, told otherwise or dropped: nothing to do.
    Over,
    /// An earlier mail about the same booking may still be leaving the house.
    Wait,
}

/// Sends one mail; the handler of [`crate::notices::SEND_MAIL`].
///
/// Run twice, it sends twice at most when the first run died while the server had the mail;
/// both carry the same Message-ID, UID and SEQUENCE.
pub fn send_mail_job(app: App, job: Job) -> outbox::Done {
    Box::pin(async move { send(&app, &job).await })
}

async fn send(app: &App, job: &Job) -> Result<()> {
    let SendMail { municipality_id, delivery_id } = job.payload()?;
    let ctx = app.system_ctx(municipality_id, "send_mail");
    let turn = app
        .store()
        .write(&ctx, "start_mail", |tx| async move { take_turn(&tx, delivery_id).await })
        .await?;
    match turn {
        Turn::Over => return Ok(()),
        Turn::Wait => return Err(Error::internal("an earlier mail of the booking is under way")),
        Turn::Send => {}
    }

    let Some(url) = app.config().smtp_url.as_deref() else {
        return give_up(app, &ctx, delivery_id, "no mail server").await;
    };

    let scope = Scope::whole(municipality_id);
    let reader = app.store().reader();
    let items = queries::items_by_ids(reader, &scope, &[delivery_id]).await?;
    let item = items.for_work().pop().ok_or(Error::NotFound)?;
    let office = places::get_municipality(reader, municipality_id).await?;
    let Some(message) = write_mail(&item, &office, &app.config().base_url)
        .and_then(|mail| compose(&mail, item.notice.created_at).ok())
    else {
        return give_up(app, &ctx, delivery_id, "no message could be written").await;
    };

    match mailer(url)?.send(message).await {
        Ok(()) => finish(app, &ctx, delivery_id).await,
        Err(SendError::Permanent(code)) => give_up(app, &ctx, delivery_id, &code).await,
        // The last try but one: a dead job would leave the person without any notice.
        Err(SendError::Transient(code)) if job.attempts + 2 >= MAX_ATTEMPTS => {
            give_up(app, &ctx, delivery_id, &code).await
        }
        Err(SendError::Transient(code)) => Err(Error::internal(format_args!("mail: {code}"))),
    }
}

/// Marks the mail as on its way, so that nothing drops it while the server has it.
async fn take_turn(tx: &Tx, id: DeliveryId) -> Result<Turn> {
    let scope = Scope::whole(tx.ctx().municipality_id());
    let row = queries::lock_one(tx, &scope, id).await?;
    if row.state != DeliveryState::Waiting {
        tx.audit("delivery", id.0, json!({ "state": row.state }));
        return Ok(Turn::Over);
    }

    let notice = queries::get_notice(tx.db(), row.notice_id).await?;
    let others = mails_of(tx.db(), notice.booking_id).await?;
    let person = queries::people(tx.db(), &[notice.resident_id]).await?.remove(&notice.resident_id);
    let silent = person.as_ref().is_none_or(|person| !person.is_active());
    let to = person.and_then(|person| person.resident.email);
    // After the address was corrected, the true notice comes as a new one.
    let strayed = row.sent_to.is_some() && row.sent_to != to;
    if silent || strayed || others.iter().any(|other| other.notice_id > row.notice_id) {
        let attempts = row.attempts;
        bring(tx, row, DeliveryState::Dropped, attempts).await?;
        return Ok(Turn::Over);
    }

    let earlier = others.iter().any(|other| {
        other.notice_id < row.notice_id
            && other.channel == Channel::Email
            && other.state == DeliveryState::Waiting
    });
    if earlier {
        tx.audit("delivery", id.0, json!({ "waits_for_earlier": true }));
        return Ok(Turn::Wait);
    }

    let attempts = row.attempts + 1;
    let row = bring(tx, row, DeliveryState::Waiting, attempts).await?;
    let mut changed = delivery::ActiveModel::from(row);
    changed.sent_to = ActiveValue::Set(to);
    changed.update(tx.db()).await?;
    Ok(Turn::Send)
}

/// All deliveries about a booking.
pub(super) async fn mails_of(
    db: &impl ConnectionTrait,
    booking_id: BookingId,
) -> Result<Vec<delivery::Model>> {
    let notices: Vec<entity::NoticeId> = notice::Entity::find()
        .select_only()
        .column(notice::Column::Id)
        .filter(notice::Column::BookingId.eq(booking_id))
        .into_tuple()
        .all(db)
        .await?;
    Ok(delivery::Entity::find().filter(delivery::Column::NoticeId.is_in(notices)).all(db).await?)
}

async fn finish(app: &App, ctx: &Ctx, id: DeliveryId) -> Result<()> {
    let work = |tx: Tx| async move {
        let scope = Scope::whole(tx.ctx().municipality_id());
        let row = queries::lock_one(&tx, &scope, id).await?;
        if row.state != DeliveryState::Waiting {
            tx.audit("delivery", id.0, json!({ "state": row.state }));
            return Ok(());
        }
        let notice = queries::get_notice(tx.db(), row.notice_id).await?;
        let attempts = row.attempts;
        bring(&tx, row, DeliveryState::Sent, attempts).await?;
        note_informed(&tx, &notice, Channel::Email).await
    };
    app.store().write(ctx, "send_mail", work).await
}

/// The mail will not arrive: the next way opens. `reason` is a code, never an address.
async fn give_up(app: &App, ctx: &Ctx, id: DeliveryId, reason: &str) -> Result<()> {
    let mail = app.config().smtp_url.is_some();
    let work = |tx: Tx| async move {
        let scope = Scope::whole(tx.ctx().municipality_id());
        let row = queries::lock_one(&tx, &scope, id).await?;
        tx.audit("delivery", id.0, json!({ "state": row.state, "reason": reason }));
        if row.state != DeliveryState::Waiting {
            return Ok(());
        }

        let notice = queries::get_notice(tx.db(), row.notice_id).await?;
        let attempts = row.attempts;
        bring(&tx, row, DeliveryState::Failed, attempts).await?;
        open_next(&tx, &notice, mail).await?;
        Ok(())
    };

    app.store().write(ctx, "give_up_mail", work).await
}

fn write_mail(item: &Dispatch, office: &municipality::Model, base_url: &str) -> Option<Mail> {
    let (notice, resident) = (&item.notice, &item.person.resident);
    let days_ahead = local_date(item.row.span().0) - local_date(notice.created_at);
    let words = item.words(office, Lang::Ja, days_ahead.num_days() > FAR_AHEAD);
    let from = sender(office)?;
    let to = Mailbox {
        name: printed_name(resident).to_owned(),
        address: EmailAddress::parse(item.delivery.sent_to.as_deref()?).ok()?,
    };

    let method = rules::method(notice.kind, notice.calendar_sequence);
    let calendar = match method {
        Some(method) => {
            let (organizer, attendee) = (Some(from.clone()), Some(to.clone()));
            let event =
                words.event(notice.calendar_sequence, notice.created_at, organizer, attendee);
            Some((method, calendar(method, &[event]).ok()?))
        }
        None => None,
    };

    Some(Mail {
        message_id: message_id(item, &from, "notice")?,
        reply_to: None,
        subject: words.subject(),
        text: words.mail_text(printed_name(resident), item.link(base_url).as_deref()),
        from,
        to,
        calendar,
    })
}

/// The office as the one who writes.
pub(super) fn sender(office: &municipality::Model) -> Option<Mailbox> {
    let address = EmailAddress::parse(&office.email).ok()?;
    Some(Mailbox { name: office_name(office, Lang::Ja), address })
}

/// The same for every try, different for every delivery and what it is about, and it tells nothing
/// of the person.
pub(super) fn message_id(item: &Dispatch, from: &Mailbox, about: &str) -> Option<String> {
    let (_, host) = from.address.as_str().rsplit_once('@')?;
    let (uid, id) = (&item.row.booking.calendar_uid, item.delivery.id.to_string());
    let name = digest(&[uid.as_bytes(), id.as_bytes(), about.as_bytes()]);
    Some(format!("{}@{host}", &name[..24]))
}

pub(super) fn mailer(url: &str) -> Result<Mailer> {
    let mut mailers = MAILERS.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(mailer) = mailers.get(url) {
        return Ok(mailer.clone());
    }
    let settings = SmtpSettings { url: url.to_owned(), timeout: TIMEOUT };
    let mailer = Mailer::new(&settings).map_err(Error::internal)?;
    mailers.insert(url.to_owned(), mailer.clone());
    Ok(mailer)
}
