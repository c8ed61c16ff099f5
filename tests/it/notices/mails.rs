//! Mails and invitations.

use calcard::icalendar::ICalendarProperty;
use chrono::TimeDelta;
use entity::notices::delivery::DeliveryState;
use entity::platform::outbox;
use entity::residents::contact_channel::Channel;
use entity::residents::resident;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use shirube::bookings::{self, Change, Changed};
use shirube::notices;

use super::sink::{Sink, read, values};
use super::*;

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
        "【千代田区】「スマホ講習会（基礎編）」のお申し込みを受け付けました（7月10日（水曜日））"
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

    // What the server said names somebody; it is not kept.
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
        former_starts_at: None,
        former: None,
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
    assert!(invite.text.contains("持ちもの"), "{}", invite.text);

    let english = operator.with_header("accept-language", "en").get(&path).await.expect(200);
    assert!(!english.text.contains("持ちもの"), "{}", english.text);
    assert_eq!(values(&read(&english.text), &ICalendarProperty::Uid), [seat.calendar_uid.as_str()]);

    let refused = operator.get(&format!("/api/bookings/{}/invite", waiting.id)).await.expect(409);
    assert_eq!(refused.json()["code"], "no_invite");
    stranger.get(&path).await.expect(404);
    t.finish().await;
}
