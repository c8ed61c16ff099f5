//! Letters, calls and mails: how people are told. Mails go to a real SMTP server on loopback.

use std::sync::{Arc, Mutex};

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty};
use calcard::{Entry, Parser};
use chrono::TimeDelta;
use entity::bookings::booking::{self, Via};
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::{self, NoticeKind};
use entity::platform::outbox;
use entity::residents::contact_channel::Channel;
use entity::residents::resident::{self, Standing};
use entity::sessions::session::{Allocation, SessionKind};
use entity::{BookingId, DeliveryId, ResidentId, SessionId};
use mail_parser::{MessageParser, MimeHeaders};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shirube::bookings::{self, Change, Changed, Wish};
use shirube::platform::Lang;
use shirube::platform::config::Config;
use shirube::platform::japan::PhoneNumber;
use shirube::platform::text::{Kana, PersonName};
use shirube::residents::{self, NewResident, timeline};
use shirube::{notices, sessions};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{TestApp, at};

const MAIL: &str = "hanako@example.jp";

/// A mail server. It keeps every message that it heard to the end.
#[derive(Clone)]
struct Sink {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    /// Answers to `RCPT` and to the end of a message.
    answers: Arc<Mutex<(String, String)>>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let answers = Arc::new(Mutex::new(("250 ok".to_owned(), "250 ok".to_owned())));
        let sink = Self { url, heard: Arc::default(), answers };
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = serving.clone();
                // A client that hangs up ends the conversation like one that says QUIT.
                tokio::spawn(async move { sink.converse(stream).await.unwrap_or_default() });
            }
        });
        sink
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test\r\n").await?;
        let mut message: Option<String> = None;
        while let Some(line) = lines.next_line().await? {
            let answer = match &mut message {
                Some(text) if line == "." => {
                    self.heard.lock().unwrap().push(std::mem::take(text));
                    message = None;
                    self.answers.lock().unwrap().1.clone()
                }
                Some(text) => {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push_str("\r\n");
                    continue;
                }
                None => match line.get(..4).unwrap_or_default() {
                    "RCPT" => self.answers.lock().unwrap().0.clone(),
                    "DATA" => {
                        message = Some(String::new());
                        "354 go on".to_owned()
                    }
                    "QUIT" => "221 bye".to_owned(),
                    _ => "250 ok".to_owned(),
                },
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    fn answer(&self, recipient: &str, message: &str) {
        *self.answers.lock().unwrap() = (recipient.to_owned(), message.to_owned());
    }

    fn mails(&self) -> Vec<Letter> {
        self.heard.lock().unwrap().iter().map(|raw| Letter::read(raw)).collect()
    }
}

/// A mail as the person's programs see it.
#[derive(Debug)]
struct Letter {
    headers: Vec<String>,
    message_id: String,
    subject: String,
    text: String,
    /// `method` of the MIME part, and the calendar in it.
    calendar: Option<(String, String)>,
}

impl Letter {
    fn read(raw: &str) -> Self {
        let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
        let part = mail.parts.iter().find(|part| {
            part.content_type().is_some_and(|kind| kind.c_subtype.as_deref() == Some("calendar"))
        });
        Self {
            headers: mail.headers_raw().map(|(name, _)| name.to_owned()).collect(),
            message_id: mail.message_id().unwrap().to_owned(),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n"),
            calendar: part.map(|part| {
                let method = part.content_type().unwrap().attribute("method").unwrap().to_owned();
                (method, String::from_utf8(part.contents().to_vec()).unwrap())
            }),
        }
    }

    fn calendar(&self) -> &str {
        &self.calendar.as_ref().expect("an invitation").1
    }
}

/// Reads a calendar with a parser that is not ours.
fn read(text: &str) -> ICalendar {
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else { panic!("no calendar in {text}") };
    assert_eq!(parser.entry(), Entry::Eof, "something after the calendar");
    calendar
}

/// Every value of a property in the only event.
fn values(calendar: &ICalendar, name: &ICalendarProperty) -> Vec<String> {
    let mut events = calendar
        .components
        .iter()
        .filter(|block| block.component_type == ICalendarComponentType::VEvent);
    let event = events.next().expect("an event");
    assert!(events.next().is_none(), "one event");
    let of_name = event.entries.iter().filter(|entry| entry.name == *name);
    of_name
        .map(|entry| match &entry.values[0] {
            calcard::icalendar::ICalendarValue::Integer(number) => number.to_string(),
            value => value.as_text().unwrap_or_default().to_owned(),
        })
        .collect()
}

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
    let new = NewResident {
        kana: Kana::parse(who.kana).unwrap(),
        name: who.name.map(|name| PersonName::parse(name).unwrap()),
        phones: who.phone.map(|phone| PhoneNumber::parse(phone).unwrap()).into_iter().collect(),
        birth_on: None,
        birth_year: None,
        age_band: None,
        postal_code: who.address.map(|_| "1020074".to_owned()),
        address: who.address.map(str::to_owned),
        area_id: None,
        email: who.email.map(str::to_owned),
        channels: who.channels.to_vec(),
    };
    let (new, scope) = (&new, &t.scope());
    t.app
        .store()
        .write(&t.ctx_system(), "create_resident", |tx| async move {
            Ok(residents::actions::create(&tx, scope, new).await?.id)
        })
        .await
        .unwrap()
}

async fn class(t: &TestApp, title: &str, seats: i32) -> SessionId {
    class_on(t, title, seats, 10).await
}

/// A class on a day of July, at two o'clock in the room of the city office.
async fn class_on(t: &TestApp, title: &str, seats: i32, day: u32) -> SessionId {
    let new = sessions::actions::NewSession {
        programme_id: t.place.classes,
        kind: SessionKind::ClassBasic,
        title_ja: title.into(),
        title_en: "Smartphone class".into(),
        bring_ja: "スマートフォンと充電器".into(),
        bring_en: "Your smartphone and its charger".into(),
        venue_id: t.place.city_office,
        room_id: Some(t.place.city_office_room),
        starts_at: at(2024, 7, day, 14, 0),
        ends_at: at(2024, 7, day, 16, 0),
        capacity: seats,
        allocation: Allocation::FirstCome,
        is_public: true,
        slot_minutes: None,
        staff: Vec::new(),
        code: None,
    };
    let (new, scope) = (&new, &t.scope());
    t.app
        .store()
        .write(&t.ctx_system(), "create_session", |tx| async move {
            Ok(sessions::actions::create(&tx, scope, new).await?.id)
        })
        .await
        .unwrap()
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

async fn book(t: &TestApp, session_id: SessionId, resident_id: ResidentId) -> booking::Model {
    let wish = Wish { session_id, slot_id: None, resident_id, via: Via::Phone, may_wait: true };
    act!(t, book, &wish)
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
    let lines =
        timeline::page(t.app.store().reader(), &t.scope(), id, 50, None).await.unwrap().items;
    lines
        .iter()
        .filter(|line| line.wording.starts_with("timeline.notice"))
        .map(|line| timeline::sentence(line, Lang::Ja))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_move_and_cancellation_are_one_event_with_rising_sequences() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let (first, second) =
        (class(&t, "スマホ講習会", 5).await, class_on(&t, "スマホ講習会", 5, 17).await);
    let booking = book(&t, first, hanako).await;
    t.run_jobs().await;
    act!(t, move_to, booking.id, second, None);
    t.run_jobs().await;
    act!(t, cancel, booking.id);
    t.run_jobs().await;

    let mails = sink.mails();
    let told: Vec<(&str, String, String, String, String)> = mails
        .iter()
        .map(|mail| {
            let (method, text) = mail.calendar.as_ref().unwrap();
            let calendar = read(text);
            let one = |name| values(&calendar, &name).join("|");
            let line = text.lines().find(|line| line.starts_with("METHOD:")).unwrap();
            let status = text.lines().find(|line| line.starts_with("STATUS:")).unwrap();
            (
                method.as_str(),
                line.to_owned(),
                status.to_owned(),
                one(ICalendarProperty::Uid),
                one(ICalendarProperty::Sequence),
            )
        })
        .collect();
    let row = |method: &'static str, status: &str, sequence: &str| {
        (
            method,
            format!("METHOD:{method}"),
            format!("STATUS:{status}"),
            booking.calendar_uid.clone(),
            sequence.to_owned(),
        )
    };
    assert_eq!(
        told,
        [
            row("REQUEST", "CONFIRMED", "0"),
            row("REQUEST", "CONFIRMED", "1"),
            row("CANCEL", "CANCELLED", "2")
        ]
    );
    assert!(mails[0].calendar().contains("DTSTART;TZID=Asia/Tokyo:20240710T140000"));
    assert!(mails[1].calendar().contains("DTSTART;TZID=Asia/Tokyo:20240717T140000"));
    assert!(mails[1].text.contains("7月17日（水曜日）"), "{}", mails[1].text);
    assert_eq!(
        ways(&t, booking.id).await,
        [
            (Channel::Email, DeliveryState::Sent),
            (Channel::Email, DeliveryState::Sent),
            (Channel::Email, DeliveryState::Sent)
        ]
    );
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_says_everything_in_plain_words_and_stands_on_the_timeline() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "スマホ講習会（基礎編）", 5).await, hanako).await;
    t.run_jobs().await;
    let mails = sink.mails();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(
        mail.subject,
        "【千代田区】スマホ講習会（基礎編）のお申し込みを受け付けました（7月10日（水曜日））"
    );
    for part in [
        "しるべ 花子 さま",
        "日にち：7月10日（水曜日）",
        "時間：午後2時から4時まで",
        "場所：千代田区役所 会議室",
        "持ちもの：スマートフォンと充電器",
        "お金：かかりません",
        &format!("受付番号：{}", bookings::queries::number_text(booking.number)),
        "電話 03-0000-0100",
        "このメールに返信しても届きます。",
    ] {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    assert_eq!(
        informed(&t, hanako).await,
        ["7月10日（水曜日）午後2時の「スマホ講習会（基礎編）」について、メールを送りました"]
    );
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_typed_adds_no_line_to_a_mail_or_a_calendar() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let evil = "花子\r\nBcc: other@example.jp\r\n\r\nATTENDEE:mailto:other@example.jp";
    let change = resident::ActiveModel { name: Set(Some(evil.to_owned())), ..Default::default() };
    change_resident(&t, hanako, change).await;
    let class = class(&t, "講習会", 5).await;
    let (place, ctx) = (t.place.city_office, t.ctx_system());
    t.app
        .store()
        .write(&ctx, "change_for_test", |tx| async move {
            let title = Set("講習会\r\nUID:other\r\nBEGIN:VALARM".to_owned());
            let session = entity::sessions::session::ActiveModel {
                id: Set(class),
                title_ja: title,
                ..Default::default()
            };
            session.update(tx.db()).await?;
            let venue = entity::places::venue::ActiveModel {
                id: Set(place),
                name_ja: Set("区役所\nEND:VCALENDAR\nX-OTHER:1".to_owned()),
                ..Default::default()
            };
            venue.update(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();
    book(&t, class, hanako).await;
    t.run_jobs().await;
    let mails = sink.mails();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert!(
        !mail.headers.iter().any(|name| name.eq_ignore_ascii_case("bcc")),
        "{:?}",
        mail.headers
    );
    assert!(mail.subject.contains("UID:other"), "{}", mail.subject);
    let calendar = read(mail.calendar());
    assert_eq!(values(&calendar, &ICalendarProperty::Uid).len(), 1);
    assert_eq!(values(&calendar, &ICalendarProperty::Attendee).len(), 1);
    let unfolded = mail.calendar().replace("\r\n ", "");
    let starts: Vec<&str> =
        unfolded.split("\r\n").filter(|line| line.starts_with("X-OTHER")).collect();
    assert!(starts.is_empty(), "{unfolded}");
    assert_eq!(unfolded.matches("\r\nBEGIN:VALARM").count(), 2);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_refused_for_good_opens_the_call() {
    let sink = Sink::start().await;
    sink.answer("550 hanako@example.jp is unknown", "250 ok");
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    assert_eq!(
        ways(&t, booking.id).await,
        [(Channel::Email, DeliveryState::Failed), (Channel::Phone, DeliveryState::Waiting)]
    );
    assert!(informed(&t, hanako).await.is_empty());
    let page = t.operator().await.get("/post").await.expect(200);
    assert!(page.text.contains("届かなかったメール"), "{}", page.text);
    assert!(page.text.contains("シルベハナコ さま"), "{}", page.text);
    assert!(page.text.contains("03-0000-0001"), "{}", page.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_tried_again_is_known_by_its_message_id() {
    let sink = Sink::start().await;
    // The server has the mail, and says that it has not.
    sink.answer("250 ok", "451 try hanako later");
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    assert_eq!(ways(&t, booking.id).await, [(Channel::Email, DeliveryState::Waiting)]);
    sink.answer("250 ok", "250 ok");
    t.advance(TimeDelta::seconds(31));
    t.run_jobs().await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].message_id, mails[1].message_id);
    assert_eq!(mails[0].calendar, mails[1].calendar);
    assert_eq!(ways(&t, booking.id).await, [(Channel::Email, DeliveryState::Sent)]);
    assert_eq!(notices_of(&t, booking.id).await.len(), 1);
    let errors: Vec<_> = outbox::Entity::find()
        .filter(outbox::Column::LastError.is_not_null())
        .all(t.app.store().reader())
        .await
        .unwrap();
    assert!(errors.iter().all(|job| !job.last_error.as_deref().unwrap_or("").contains("hanako")));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_stays_away_opens_the_call_before_the_job_dies() {
    let sink = Sink::start().await;
    sink.answer("451 not now", "250 ok");
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    for _ in 0..12 {
        t.run_jobs().await;
        t.advance(TimeDelta::hours(7));
    }
    let found = deliveries(&t, booking.id).await;
    assert_eq!(
        found.iter().map(|row| (row.channel, row.state, row.attempts)).collect::<Vec<_>>(),
        [(Channel::Email, DeliveryState::Failed, 9), (Channel::Phone, DeliveryState::Waiting, 0)]
    );
    assert!(shirube::platform::outbox::dead(t.app.store()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_told_twice_is_one_notice_and_one_mail() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    let changed = Changed {
        municipality_id: t.place.chiyoda,
        booking_id: booking.id,
        change: Change::Confirmed,
        sequence: 0,
    };
    let (one, other) = tokio::join!(
        notices::actions::tell(&t.app, &changed),
        notices::actions::tell(&t.app, &changed)
    );
    one.unwrap();
    other.unwrap();
    t.run_jobs().await;
    assert_eq!(notices_of(&t, booking.id).await.len(), 1);
    assert_eq!(sink.mails().len(), 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_notice_drops_the_letter_that_was_not_posted_yet() {
    let t = TestApp::start().await;
    let who = Who { channels: &[Channel::Letter], ..HANAKO };
    let hanako = person(&t, who).await;
    let (first, second) = (class(&t, "講習会", 5).await, class_on(&t, "講習会", 5, 17).await);
    let booking = book(&t, first, hanako).await;
    t.run_jobs().await;
    act!(t, move_to, booking.id, second, None);
    t.run_jobs().await;
    assert_eq!(
        ways(&t, booking.id).await,
        [(Channel::Letter, DeliveryState::Dropped), (Channel::Letter, DeliveryState::Waiting)]
    );
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_overtaken_is_written_down_but_not_told() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    act!(t, cancel, booking.id);
    t.run_jobs().await;
    let kinds: Vec<_> = notices_of(&t, booking.id).await.into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [NoticeKind::Confirmed, NoticeKind::Cancelled]);
    assert_eq!(ways(&t, booking.id).await, [(Channel::Phone, DeliveryState::Waiting)]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_while_an_earlier_one_about_the_booking_is_under_way() {
    let sink = Sink::start().await;
    sink.answer("451 not now", "250 ok");
    let t = with_mail(&sink).await;
    let hanako = person(&t, HANAKO).await;
    let (first, second) = (class(&t, "講習会", 5).await, class_on(&t, "講習会", 5, 17).await);
    let booking = book(&t, first, hanako).await;
    t.run_jobs().await;
    act!(t, move_to, booking.id, second, None);
    sink.answer("250 ok", "250 ok");
    t.run_jobs().await;
    // The first may have left the house, for all that its worker knows.
    assert_eq!(
        ways(&t, booking.id).await,
        [(Channel::Email, DeliveryState::Waiting), (Channel::Email, DeliveryState::Waiting)]
    );
    assert!(sink.mails().is_empty());
    for _ in 0..3 {
        t.advance(TimeDelta::minutes(2));
        t.run_jobs().await;
    }
    assert_eq!(
        ways(&t, booking.id).await,
        [(Channel::Email, DeliveryState::Dropped), (Channel::Email, DeliveryState::Sent)]
    );
    let mails = sink.mails();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(values(&read(mail.calendar()), &ICalendarProperty::Sequence), ["1"]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_died_gets_no_mail_no_call_and_no_letter_that_was_queued_before() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let operator = t.operator().await;
    let class = class(&t, "講習会", 9).await;
    let by_mail = person(&t, HANAKO).await;
    let by_letter =
        person(&t, Who { kana: "みちのたろう", channels: &[Channel::Letter], ..HANAKO }).await;
    let by_phone =
        person(&t, Who { kana: "しるしさちこ", channels: &[Channel::Phone], ..HANAKO }).await;
    let mailed = book(&t, class, by_mail).await;
    let lettered = book(&t, class, by_letter).await;
    let phoned = book(&t, class, by_phone).await;
    dies(&t, by_mail).await;
    t.run_jobs().await;
    dies(&t, by_letter).await;
    dies(&t, by_phone).await;

    assert!(sink.mails().is_empty());
    assert_eq!(ways(&t, mailed.id).await, [(Channel::Email, DeliveryState::Dropped)]);
    let page = operator.get("/post").await.expect(200);
    assert!(page.text.contains("送る手紙はありません"), "{}", page.text);
    assert!(page.text.contains("かける電話はありません"), "{}", page.text);
    let letter = deliveries(&t, lettered.id).await[0].id.to_string();
    operator.post_form("/post/print", &[("ids", &letter)]).await.expect(303);
    assert_eq!(ways(&t, lettered.id).await, [(Channel::Letter, DeliveryState::Dropped)]);
    let page = operator.get(&format!("/post/letters?ids={letter}")).await.expect(200);
    assert!(!page.text.contains("<article"), "{}", page.text);
    let call = deliveries(&t, phoned.id).await[0].id;
    operator
        .post_form(&format!("/post/calls/{call}"), &[("outcome", "told"), ("revision", "1")])
        .await
        .expect(303);
    assert_eq!(ways(&t, phoned.id).await, [(Channel::Phone, DeliveryState::Dropped)]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_letter_of_somebody_who_died_is_to_be_taken_out() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    let id = deliveries(&t, booking.id).await[0].id.to_string();
    operator.post_form("/post/print", &[("ids", &id)]).await.expect(303);
    dies(&t, hanako).await;
    let page = operator.get("/post").await.expect(200);
    assert!(page.text.contains("封筒に入れないでください"), "{}", page.text);
    assert!(page.text.contains(&bookings::queries::number_text(booking.number)), "{}", page.text);
    operator.post_form("/post/posted", &[("ids", &id)]).await.expect(303);
    assert_eq!(ways(&t, booking.id).await, [(Channel::Letter, DeliveryState::Dropped)]);
    assert!(informed(&t, hanako).await.is_empty());
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_one_page_a_person_and_only_posted_ones_count_as_told() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let class = class(&t, "スマホ講習会（基礎編）", 5).await;
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let kana_only =
        person(&t, Who { kana: "みちのたろう", name: None, phone: None, email: None, ..HANAKO })
            .await;
    let booking = book(&t, class, hanako).await;
    book(&t, class, kana_only).await;
    t.run_jobs().await;

    let page = operator.get("/post").await.expect(200);
    assert!(page.text.contains("まだ印刷していません"), "{}", page.text);
    assert!(page.text.contains("2通"), "{}", page.text);
    let all = all_ids(&page.text);
    let fields: Vec<(&str, &str)> = all.iter().map(|id| ("ids", id.as_str())).collect();
    let printed = operator.post_form("/post/print", &fields).await.expect(303);
    assert!(informed(&t, hanako).await.is_empty(), "printed is not told");

    let letters = operator.get(printed.location()).await.expect(200).text;
    assert_eq!(letters.matches("<article class=\"sheet letter\"").count(), 2);
    for part in [
        "〒102-0074<br>千代田区試験町0-0-1<br>しるべ荘101号室",
        "<span class=\"letter-to\">しるべ 花子 様</span>",
        "<span class=\"letter-to\">ミチノタロウ 様</span>",
        "令和6年（2024年）7月1日（月曜日）",
        "千代田区 スマホ相談担当<br>〒100-0000<br>試験町0-0-1",
        &bookings::queries::number_text(booking.number),
        "スマホ講習会（基礎編）のご案内",
        "令和6年（2024年）7月10日（水曜日）",
        "午後2時から4時まで",
        "千代田区役所 会議室",
        "駅から歩いて行けます。",
        "入口から部屋まで段差がありません。",
        "スマートフォンと充電器",
        "かかりません",
        "来られなくなったときは、お電話ください。",
        "<strong class=\"letter-tel num\">電話 03-0000-0100</strong>",
        "<path d=\"M4 4h7v1h-7z",
    ] {
        assert!(letters.contains(part), "{part} in {letters}");
    }

    for _ in 0..2 {
        operator.post_form("/post/posted", &fields).await.expect(303);
    }
    assert_eq!(
        informed(&t, hanako).await,
        ["7月10日（水曜日）午後2時の「スマホ講習会（基礎編）」について、手紙を送りました"]
    );
    assert_eq!(deliveries(&t, booking.id).await[0].staff_id, Some(t.place.operator));
    let again = operator.get(printed.location()).await.expect(200).text;
    assert!(!again.contains("<article"), "posted letters are not printed again");
    t.finish().await;
}

/// Values of the hidden fields `ids`.
fn all_ids(page: &str) -> Vec<String> {
    let mut ids: Vec<String> = page
        .split("name=\"ids\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_call_without_answer_opens_the_letter() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let hanako = person(&t, Who { channels: &[Channel::Phone], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    for (outcome, want) in [
        ("no_answer", DeliveryState::NoAnswer),
        ("voicemail", DeliveryState::NoAnswer),
        ("no_answer", DeliveryState::Failed),
    ] {
        let page = operator.get("/post").await.expect(200);
        let call = deliveries(&t, booking.id).await[0].id;
        let revision = page.field("revision");
        let fields = [("outcome", outcome), ("revision", revision.as_str())];
        operator.post_form(&format!("/post/calls/{call}"), &fields).await.expect(303);
        // The same button pressed on an old page changes nothing.
        operator.post_form(&format!("/post/calls/{call}"), &fields).await.expect(409);
        assert_eq!(deliveries(&t, booking.id).await[0].state, want, "{outcome}");
    }
    assert_eq!(
        ways(&t, booking.id).await,
        [(Channel::Phone, DeliveryState::Failed), (Channel::Letter, DeliveryState::Waiting)]
    );
    assert!(informed(&t, hanako).await.is_empty());
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_another_way_the_call_stays_on_the_list() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let who = Who { channels: &[Channel::Phone], address: None, email: None, ..HANAKO };
    let booking = book(&t, class(&t, "講習会", 5).await, person(&t, who).await).await;
    t.run_jobs().await;
    let call = deliveries(&t, booking.id).await[0].id;
    for _ in 0..4 {
        operator
            .post_form(&format!("/post/calls/{call}"), &[("outcome", "no_answer")])
            .await
            .expect(303);
    }
    assert_eq!(ways(&t, booking.id).await, [(Channel::Phone, DeliveryState::NoAnswer)]);
    let page = operator.get("/post").await.expect(200);
    assert!(page.text.contains("4回かけました"), "{}", page.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freed_seat_is_told_by_phone_first_with_its_deadline_and_its_reading() {
    let sink = Sink::start().await;
    let t = with_mail(&sink).await;
    let operator = t.operator().await;
    let class = class(&t, "講習会", 1).await;
    let other = person(&t, Who { kana: "みちのたろう", ..HANAKO }).await;
    let hanako = person(&t, HANAKO).await;
    let seat = book(&t, class, other).await;
    let waiting = book(&t, class, hanako).await;
    t.run_jobs().await;
    act!(t, cancel, seat.id);
    t.run_jobs().await;
    assert_eq!(
        ways(&t, waiting.id).await,
        [(Channel::Email, DeliveryState::Sent), (Channel::Phone, DeliveryState::Waiting)]
    );
    assert!(sink.mails().iter().any(|mail| mail.calendar.is_none()), "who waits is not invited");
    let page = operator.get("/post").await.expect(200);
    for part in
        ["シルベハナコ さま", "お返事は7月2日", "席が空きました", "しちがつ とおか、すいようび"]
    {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let call = deliveries(&t, waiting.id).await[1].id;
    operator.post_form(&format!("/post/calls/{call}"), &[("outcome", "told")]).await.expect(303);
    let told = informed(&t, hanako).await;
    assert!(told.iter().any(|line| line.contains("電話で伝えました")), "{told:?}");
    let english = operator.get("/post?lang=en").await.expect(200);
    assert!(english.text.contains("Letters and calls"), "{}", english.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_lists_and_records_deliveries_and_refuses_stale_ones() {
    let t = TestApp::start().await;
    let (operator, stranger) = (t.operator().await, t.stranger().await);
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let booking = book(&t, class(&t, "講習会", 5).await, hanako).await;
    t.run_jobs().await;
    let found =
        operator.get("/api/deliveries?channel=letter&state=waiting").await.expect(200).json();
    let item = &found["items"][0];
    assert_eq!(item["booking_id"], booking.id.0);
    assert_eq!(item["kind"], "confirmed");
    assert_eq!(found["next"], serde_json::Value::Null);
    let path = format!("/api/deliveries/{}/outcome", item["id"]);
    let body = |outcome: &str, revision: i32| serde_json::json!({ "outcome": outcome, "revision": revision });
    stranger.post_json(&path, &body("printed", 1)).await.expect(404);
    assert!(
        stranger.get("/api/deliveries").await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    t.auditor().await.get("/api/deliveries").await.expect(403);
    t.anonymous().get("/api/deliveries").await.expect(401);
    let refused = operator.post_json(&path, &body("posted", 1)).await.expect(409).json();
    assert_eq!(refused["code"], "delivery_not_printed");
    let refused = operator.post_json(&path, &body("told", 1)).await.expect(409).json();
    assert_eq!(refused["code"], "delivery_other_way");
    let printed = operator.post_json(&path, &body("printed", 1)).await.expect(200);
    assert_eq!(printed.header("etag"), "\"2\"");
    assert_eq!(printed.json()["state"], "printed");
    let stale = operator.post_json(&path, &body("posted", 1)).await.expect(409).json();
    assert_eq!(stale["code"], "stale");
    let posted = operator.with_header("if-match", "\"2\"");
    let posted = posted.post_json(&path, &serde_json::json!({ "outcome": "posted" })).await;
    assert_eq!(posted.expect(200).json()["state"], "posted");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_classes_only_sees_no_letters_of_other_programmes() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let class = class(&t, "体験会", 5).await;
    let (events, ctx) = (t.place.events, t.ctx_system());
    t.app
        .store()
        .write(&ctx, "change_for_test", |tx| async move {
            let session = entity::sessions::session::ActiveModel {
                id: Set(class),
                programme_id: Set(events),
                ..Default::default()
            };
            session.update(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let booking = book(&t, class, hanako).await;
    t.run_jobs().await;
    let id = deliveries(&t, booking.id).await[0].id;
    assert!(coordinator.get("/post").await.expect(200).text.contains("送る手紙はありません"));
    coordinator.post_form("/post/print", &[("ids", &id.to_string())]).await.expect(303);
    assert_eq!(ways(&t, booking.id).await, [(Channel::Letter, DeliveryState::Waiting)]);
    let row = delivery_of(&t, id).await;
    assert_eq!((row.revision, row.attempts), (1, 0));
    t.finish().await;
}

async fn delivery_of(t: &TestApp, id: DeliveryId) -> delivery::Model {
    delivery::Entity::find_by_id(id).one(t.app.store().reader()).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_to_download_names_nobody_and_only_a_seat_has_one() {
    let t = TestApp::start().await;
    let (operator, stranger) = (t.operator().await, t.stranger().await);
    let class = class(&t, "スマホ講習会", 1).await;
    let seat = book(&t, class, person(&t, HANAKO).await).await;
    let waiting = book(&t, class, person(&t, Who { kana: "みちのたろう", ..HANAKO }).await).await;
    let path = format!("/api/bookings/{}/invite", seat.id);
    let invite = operator.get(&path).await.expect(200);
    assert!(invite.header("content-type").starts_with("text/calendar"), "{:?}", invite.headers);
    assert!(invite.header("content-disposition").is_ascii());
    let calendar = read(&invite.text);
    assert!(invite.text.contains("METHOD:PUBLISH\r\n"));
    assert_eq!(values(&calendar, &ICalendarProperty::Uid), [seat.calendar_uid.as_str()]);
    assert!(values(&calendar, &ICalendarProperty::Attendee).is_empty());
    for personal in ["花子", "シルベ", "hanako", "0001"] {
        assert!(!invite.text.contains(personal), "{}", invite.text);
    }
    let refused = operator.get(&format!("/api/bookings/{}/invite", waiting.id)).await.expect(409);
    assert_eq!(refused.json()["code"], "no_invite");
    stranger.get(&path).await.expect(404);
    t.finish().await;
}
