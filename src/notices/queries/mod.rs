//! Reads and row locks.

mod delivery_row;
mod held;
mod person;
mod queue;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::bookings::booking;
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::places::room;
use entity::residents::contact_channel::Channel;
use entity::sessions::session;
use entity::surveys::follow_up;
use entity::{BookingId, DeliveryId, NoticeId, ResidentId, RoomId, SessionId, StaffId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use super::ical::{Mailbox, Method, calendar};
use super::message::{self, FormerPlace, Words};
use super::rules::Refusal;
use crate::bookings::queries::{self as bookings, BookingRow};
use crate::places::queries as places;
use crate::platform::db::{locked, reached};
use crate::platform::japan::time::local_date;
use crate::platform::text::EmailAddress;
use crate::platform::{Error, Lang, Page, Personal, Result, Scope, Tx, words};
use crate::staff::queries as staff;
use crate::surveys::queries::{self as surveys, FollowUpRow};

pub use super::dispatch::{Addressee, Dispatch};
pub use delivery_row::DeliveryRow;
pub use held::{HeldCount, HeldKind, held};
pub use person::people;
pub use queue::{Printed, Queue, printed, queue};

/// Which deliveries a list shows.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub channel: Option<Channel>,
    pub states: Vec<DeliveryState>,
    pub changed_since: Option<DateTime<Utc>>,
    pub timely: Option<Timely>,
    /// Only what is on paper and was not taken out of the pile.
    pub on_paper: bool,
}

/// Whether what a delivery is about still lies ahead: its session, or the answer to its questions.
#[derive(Clone, Copy, Debug)]
pub enum Timely {
    Ahead(DateTime<Utc>),
    Over(DateTime<Utc>),
}

impl Timely {
    /// What [`Dispatch::is_due`] asks of session and questions, before the rows are read: past
    /// sessions leave their open deliveries behind for good.
    fn condition(self, scope: &Scope) -> Condition {
        let (Self::Ahead(now) | Self::Over(now)) = self;
        let sessions = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
            .filter(session::Column::StartsAt.gt(now));
        let bookings = booking::Entity::find()
            .select_only()
            .column(booking::Column::Id)
            .filter(booking::Column::SessionId.in_subquery(sessions.into_query()));
        let asked = follow_up::Entity::find()
            .select_only()
            .column(follow_up::Column::BookingId)
            .filter(follow_up::Column::MunicipalityId.eq(scope.municipality_id))
            .filter(follow_up::Column::State.is_in(surveys::OPEN));

        let notices = || notice::Entity::find().select_only().column(notice::Column::Id);
        let telling = notices()
            .filter(notice::Column::Kind.ne(NoticeKind::Survey))
            .filter(notice::Column::BookingId.in_subquery(bookings.into_query()));
        let asking = notices()
            .filter(notice::Column::Kind.eq(NoticeKind::Survey))
            .filter(notice::Column::BookingId.in_subquery(asked.into_query()));
        let ahead = Condition::any()
            .add(delivery::Column::NoticeId.in_subquery(telling.into_query()))
            .add(delivery::Column::NoticeId.in_subquery(asking.into_query()));

        match self {
            Self::Ahead(_) => ahead,
            Self::Over(_) => ahead.not(),
        }
    }
}

fn within(scope: &Scope) -> Select<delivery::Entity> {
    let mut select =
        delivery::Entity::find().filter(delivery::Column::MunicipalityId.eq(scope.municipality_id));
    if let Some(resident_id) = scope.resident_id {
        let own = notice::Entity::find()
            .select_only()
            .column(notice::Column::Id)
            .filter(notice::Column::ResidentId.eq(resident_id));
        select = select.filter(delivery::Column::NoticeId.in_subquery(own.into_query()));
    }

    if scope.reach.is_some() {
        let sessions = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(reached(scope, session::Column::ProgrammeId, session::Column::WardId));
        let bookings = booking::Entity::find()
            .select_only()
            .column(booking::Column::Id)
            .filter(booking::Column::SessionId.in_subquery(sessions.into_query()));
        let notices = notice::Entity::find()
            .select_only()
            .column(notice::Column::Id)
            .filter(notice::Column::BookingId.in_subquery(bookings.into_query()));
        select = select.filter(delivery::Column::NoticeId.in_subquery(notices.into_query()));
    }
    select
}

/// Deliveries by id, locked in that order until the transaction ends; ids outside the scope, and
/// what is held, are left out.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock(tx: &Tx, scope: &Scope, ids: &[DeliveryId]) -> Result<Vec<delivery::Model>> {
    let select = within(scope)
        .filter(delivery::Column::HeldAt.is_null())
        .filter(delivery::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(delivery::Column::Id);
    Ok(locked(select).all(tx.db()).await?)
}

/// One delivery, locked until the transaction ends.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn lock_one(tx: &Tx, scope: &Scope, id: DeliveryId) -> Result<delivery::Model> {
    lock(tx, scope, &[id]).await?.pop().ok_or(Error::NotFound)
}

/// A notice.
///
/// # Errors
/// `NotFound`.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get_notice(db: &impl ConnectionTrait, id: NoticeId) -> Result<notice::Model> {
    notice::Entity::find_by_id(id).one(db).await?.ok_or(Error::NotFound)
}

/// One delivery with its notice.
///
/// # Errors
/// `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn get(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: DeliveryId,
) -> Result<(delivery::Model, notice::Model)> {
    let found = within(scope).filter(delivery::Column::Id.eq(id)).one(db).await?;
    let row = found.ok_or(Error::NotFound)?;
    let notice = get_notice(db, row.notice_id).await?;
    Ok((row, notice))
}

/// Deliveries with their notices, oldest first, without what is held. `after` is the `next` of the
/// page before.
///
/// # Errors
/// `BadRequest` for an `after` that was never given out.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn list(
    db: &impl ConnectionTrait,
    scope: &Scope,
    filter: &DeliveryFilter,
    limit: usize,
    after: Option<&str>,
) -> Result<Page<(delivery::Model, notice::Model)>> {
    let mut condition = Condition::all().add(delivery::Column::HeldAt.is_null());
    if let Some(channel) = filter.channel {
        condition = condition.add(delivery::Column::Channel.eq(channel));
    }
    if !filter.states.is_empty() {
        condition = condition.add(delivery::Column::State.is_in(filter.states.iter().copied()));
    }
    if let Some(since) = filter.changed_since {
        condition = condition.add(delivery::Column::UpdatedAt.gte(since));
    }
    if let Some(timely) = filter.timely {
        condition = condition.add(timely.condition(scope));
    }
    if filter.on_paper {
        condition = condition
            .add(delivery::Column::PrintedTo.is_not_null())
            .add(delivery::Column::TakenOutAt.is_null());
    }
    if let Some(after) = after {
        let after: i64 = after.parse().map_err(|_| Error::BadRequest)?;
        condition = condition.add(delivery::Column::Id.gt(DeliveryId(after)));
    }

    let found = within(scope)
        .filter(condition)
        .order_by_asc(delivery::Column::Id)
        .limit(limit as u64 + 1)
        .all(db)
        .await?;

    let page = Page::cut(found, limit, |row| row.id.to_string());
    let notices = notices_of(db, &page.items).await?;
    let items = page
        .items
        .into_iter()
        .filter_map(|row| notices.get(&row.notice_id).cloned().map(|notice| (row, notice)))
        .collect();
    Ok(Page { items, next: page.next })
}

async fn notices_of(
    db: &impl ConnectionTrait,
    deliveries: &[delivery::Model],
) -> Result<HashMap<NoticeId, notice::Model>> {
    if deliveries.is_empty() {
        return Ok(HashMap::new());
    }
    let found = notice::Entity::find()
        .filter(notice::Column::Id.is_in(deliveries.iter().map(|row| row.notice_id)))
        .all(db)
        .await?;
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

/// Deliveries by id, within the scope, with all that they need.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn items_by_ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[DeliveryId],
) -> Result<Personal<Vec<Dispatch>>> {
    let found = within(scope)
        .filter(delivery::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(delivery::Column::Id)
        .all(db)
        .await?;
    let notices = notices_of(db, &found).await?;
    let pairs = found
        .into_iter()
        .filter_map(|row| notices.get(&row.notice_id).cloned().map(|notice| (row, notice)))
        .collect();
    items(db, scope, pairs).await
}

/// Joins bookings, people, rooms and advisors: a fixed number of queries, however many rows.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn items(
    db: &impl ConnectionTrait,
    scope: &Scope,
    pairs: Vec<(delivery::Model, notice::Model)>,
) -> Result<Personal<Vec<Dispatch>>> {
    if pairs.is_empty() {
        return Ok(Personal::new(Vec::new(), []));
    }

    let found = booking::Entity::find()
        .filter(booking::Column::Id.is_in(pairs.iter().map(|(_, notice)| notice.booking_id)))
        .all(db)
        .await?;
    let rows: HashMap<_, _> =
        bookings::rows(db, found).await?.into_iter().map(|row| (row.booking.id, row)).collect();

    let residents: Vec<ResidentId> = pairs.iter().map(|(_, notice)| notice.resident_id).collect();
    let people = people(db, &residents).await?;
    let rooms: HashMap<_, _> =
        places::list_rooms(db, scope).await?.into_iter().map(|room| (room.id, room)).collect();
    let asking = pairs
        .iter()
        .filter(|(_, notice)| notice.kind == NoticeKind::Survey)
        .map(|(_, notice)| notice.booking_id);
    let surveys = follow_ups(db, scope, &asking.collect::<Vec<_>>()).await?;
    let formers = formers(db, scope, &pairs, &rooms).await?;

    let advisors: Vec<StaffId> =
        rows.values().filter_map(|row| row.slot.as_ref().map(|slot| slot.staff_id)).collect();
    let advisors = match advisors.is_empty() {
        true => HashMap::new(),
        false => staff::names(db, &advisors).await?,
    };

    let found: Result<Vec<Dispatch>> = pairs
        .into_iter()
        .map(|(delivery, notice)| {
            let row = rows.get(&notice.booking_id).cloned().ok_or(Error::NotFound)?;
            let person = people.get(&notice.resident_id).cloned().ok_or(Error::NotFound)?;
            let room = row.session.room_id.and_then(|id| rooms.get(&id).cloned());
            let advisor = row.slot.as_ref().and_then(|slot| advisors.get(&slot.staff_id).cloned());
            let survey = surveys.get(&notice.booking_id).cloned();
            let survey = survey.filter(|_| notice.kind == NoticeKind::Survey);
            let former = formers.get(&notice.id).cloned();
            Ok(Dispatch { delivery, notice, row, person, room, advisor, survey, former })
        })
        .collect();
    Ok(Personal::new(found?, residents))
}

/// What the moved bookings were before, by notice.
async fn formers(
    db: &impl ConnectionTrait,
    scope: &Scope,
    pairs: &[(delivery::Model, notice::Model)],
    rooms: &HashMap<RoomId, room::Model>,
) -> Result<HashMap<NoticeId, FormerPlace>> {
    let ids: Vec<SessionId> =
        pairs.iter().filter_map(|(_, notice)| notice.former_session_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }

    let sessions = session::Entity::find()
        .filter(session::Column::MunicipalityId.eq(scope.municipality_id))
        .filter(session::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let sessions: HashMap<_, _> = sessions.into_iter().map(|row| (row.id, row)).collect();
    let venues = places::list_venues(db, scope).await?;
    let venues: HashMap<_, _> = venues.into_iter().map(|venue| (venue.id, venue)).collect();

    let former = |notice: &notice::Model| {
        let session = sessions.get(&notice.former_session_id?)?;
        let venue = venues.get(&notice.former_venue_id?)?;
        let room = notice.former_room_id.and_then(|id| rooms.get(&id));
        Some(FormerPlace {
            title_ja: session.title_ja.clone(),
            title_en: session.title_en.clone(),
            place_ja: message::place_name(Lang::Ja, venue, room),
            place_en: message::place_name(Lang::En, venue, room),
            starts_at: notice.former_from_at?,
            ends_at: notice.former_until_at?,
        })
    };
    let found = pairs.iter().filter_map(|(_, notice)| Some((notice.id, former(notice)?)));
    Ok(found.collect())
}

async fn follow_ups(
    db: &impl ConnectionTrait,
    scope: &Scope,
    bookings: &[BookingId],
) -> Result<HashMap<BookingId, FollowUpRow>> {
    if bookings.is_empty() {
        return Ok(HashMap::new());
    }
    let found = surveys::by_bookings(db, scope, bookings).await?;
    let rows = surveys::rows(db, scope, found.into_values().collect()).await?;
    Ok(rows.into_iter().map(|row| (row.follow_up.booking_id, row)).collect())
}

/// By which way the last notice of a booking goes, and when it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWay {
    pub channel: Channel,
    /// None while it is still to be sent or told.
    pub done_at: Option<DateTime<Utc>>,
}

impl LastWay {
    /// For the person: it comes, or when it came.
    pub fn sentence(self, lang: Lang) -> String {
        let way = match self.channel {
            Channel::Letter => "letter",
            Channel::Email => "mail",
            Channel::Phone | Channel::Sms | Channel::Line => "phone",
        };
        match self.done_at {
            Some(at) => {
                let when = lang.moment(at);
                words::fill(lang, &format!("my.again.{way}.sent"), &[("when", &when)])
            }
            None => words::text(lang, &format!("my.again.{way}.coming")).to_owned(),
        }
    }
}

/// The last way of the last notice about a booking that was not dropped.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn last_way(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: BookingId,
) -> Result<Option<LastWay>> {
    let notices = notice::Entity::find()
        .select_only()
        .column(notice::Column::Id)
        .filter(notice::Column::BookingId.eq(id));
    let last = within(scope)
        .filter(delivery::Column::NoticeId.in_subquery(notices.into_query()))
        .filter(delivery::Column::State.is_not_in([DeliveryState::Dropped, DeliveryState::Failed]))
        .order_by_desc(delivery::Column::Id)
        .one(db)
        .await?;
    Ok(last.map(|row| {
        let done =
            matches!(row.state, DeliveryState::Posted | DeliveryState::Told | DeliveryState::Sent);
        LastWay { channel: row.channel, done_at: done.then_some(row.updated_at) }
    }))
}

/// The invitation of a booking by its number, as [`invite`] writes it.
///
/// # Errors
/// Those of [`invite`]; `NotFound`, also outside the scope.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn invite_to(
    db: &impl ConnectionTrait,
    scope: &Scope,
    id: BookingId,
    lang: Lang,
) -> Result<Personal<String>> {
    // Closed again below: whoever is refused an invitation was shown nobody.
    let row = bookings::get_row(db, scope, id).await?.for_work();
    let text = invite(db, &row, lang).await?;
    Ok(Personal::new(text, [row.booking.resident_id]))
}

/// The invitation of a booking as a calendar file for download (METHOD:PUBLISH, nobody invited),
/// in the language of whoever asks for it.
///
/// # Errors
/// `no_invite` for a booking without a seat.
#[tracing::instrument(skip_all, level = "debug")]
pub async fn invite(db: &impl ConnectionTrait, row: &BookingRow, lang: Lang) -> Result<String> {
    if row.booking.state != booking::BookingState::Confirmed {
        return Err(Refusal::NoInvite.into());
    }
    let scope = Scope::whole(row.booking.municipality_id);
    let office = places::get_municipality(db, row.booking.municipality_id).await?;
    let room = match row.session.room_id {
        Some(id) => Some(places::get_room(db, &scope, id).await?),
        None => None,
    };

    let words = Words {
        lang,
        kind: NoticeKind::Confirmed,
        row,
        room: room.as_ref(),
        office: &office,
        advisor: None,
        survey: None,
        left: None,
        former: None,
        written_on: local_date(row.booking.updated_at),
        long: false,
    };

    let organizer = EmailAddress::parse(&office.email)
        .ok()
        .map(|address| Mailbox { name: message::office_name(&office, lang), address });
    let event = words.event(row.booking.calendar_sequence, row.booking.updated_at, organizer, None);
    calendar(Method::Publish, &[event]).map_err(Error::internal)
}
