//! Letters, calls and mails: how people are told. Mails go to a real SMTP server on loopback.

mod corrected;
mod letters;
mod mails;
mod paper_and_phone;
mod queue;
pub mod sink;
mod texts;

use entity::bookings::booking;
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, Standing};
use entity::sessions::session::SessionKind;
use entity::{BookingId, ResidentId, SessionId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shirube::bookings;
use shirube::platform::Lang;
use shirube::platform::config::Config;
use shirube::residents::timeline;
use shirube::sessions;

use crate::support::{TestApp, a_person, a_session, a_wish, at, two_hours};
use sink::Sink;

const MAIL: &str = "hanako@example.jp";

async fn with_mail(sink: &Sink) -> TestApp {
    TestApp::start_with(Config { smtp_url: Some(sink.url.clone()), ..Config::default() }).await
}

/// A person as the desk knows them.
#[derive(Clone, Copy)]
struct Who {
    kana: &'static str,
    name: Option<&'static str>,
    phone: Option<&'static str>,
    address: Option<&'static str>,
    email: Option<&'static str>,
    channels: &'static [Channel],
}

const HANAKO: Who = Who {
    kana: "しるべはなこ",
    name: Some("しるべ 花子"),
    phone: Some("03-0000-0001"),
    address: Some("千代田区試験町0-0-1　しるべ荘101号室"),
    email: Some(MAIL),
    channels: &[Channel::Email],
};

async fn person(t: &TestApp, who: Who) -> ResidentId {
    let mut new = a_person(who.kana).told_by(who.channels);
    if let Some(name) = who.name {
        new = new.name(name);
    }
    if let Some(phone) = who.phone {
        new = new.phone(phone);
    }
    if let Some(address) = who.address {
        new = new.address(address).postal_code("1020074");
    }
    if let Some(email) = who.email {
        new = new.email(email);
    }
    new.create(t).await
}

async fn class(t: &TestApp, title: &str, seats: i32) -> SessionId {
    class_on(t, title, seats, 10).await
}

/// A class on a day of July, at two o'clock in the room of the city office.
async fn class_on(t: &TestApp, title: &str, seats: i32, day: u32) -> SessionId {
    let new = a_session().titled(title, "Smartphone class").seats(seats);
    let new = new.bring("スマートフォンと充電器", "Your smartphone and its charger");
    new.room(t.place.city_office_room).at(at(2024, 7, day, 14, 0)).create(t).await
}

/// One verb of `bookings` in a transaction of its own.
macro_rules! act {
    ($t:expr, $verb:ident $(, $arg:expr)* $(,)?) => {{
        let scope = &$t.scope();
        $t.app.store().write(&$t.ctx_system(), stringify!($verb), |tx| async move {
            bookings::actions::$verb(&tx, scope $(, $arg)*).await
        }).await.unwrap()
    }};
}
use act;

async fn book(t: &TestApp, session_id: SessionId, resident_id: ResidentId) -> booking::Model {
    a_wish(session_id, resident_id).may_wait(true).book(t).await
}

/// The deliveries about a booking, in the order in which they were opened.
async fn deliveries(t: &TestApp, id: BookingId) -> Vec<delivery::Model> {
    let reader = t.app.store().reader();
    let notices = notices_of(t, id).await;
    delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(notices.iter().map(|row| row.id)))
        .order_by_asc(delivery::Column::Id)
        .all(reader)
        .await
        .unwrap()
}

async fn ways(t: &TestApp, id: BookingId) -> Vec<(Channel, DeliveryState)> {
    deliveries(t, id).await.into_iter().map(|row| (row.channel, row.state)).collect()
}

async fn notices_of(t: &TestApp, id: BookingId) -> Vec<notice::Model> {
    notice::Entity::find()
        .filter(notice::Column::BookingId.eq(id))
        .order_by_asc(notice::Column::Id)
        .all(t.app.store().reader())
        .await
        .unwrap()
}

async fn change_resident(t: &TestApp, id: ResidentId, change: resident::ActiveModel) {
    let (change, ctx) = (&change, t.ctx_system());
    t.app
        .store()
        .write(&ctx, "change_for_test", |tx| async move {
            resident::ActiveModel { id: Set(id), ..change.clone() }.update(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();
}

async fn dies(t: &TestApp, id: ResidentId) {
    let change = resident::ActiveModel { standing: Set(Standing::Deceased), ..Default::default() };
    change_resident(t, id, change).await;
}

/// Lines of the timeline that say that the person was informed.
async fn informed(t: &TestApp, id: ResidentId) -> Vec<String> {
    let lines = timeline::page(t.app.store().reader(), &t.scope(), id, 50, None).await.unwrap();
    lines
        .for_work()
        .items
        .iter()
        .filter(|line| line.wording.starts_with("timeline.notice"))
        .map(|line| timeline::sentence(line, Lang::Ja))
        .collect()
}
