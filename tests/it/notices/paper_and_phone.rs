//! Letters and calls.

use entity::DeliveryId;
use entity::notices::delivery::{self, DeliveryState};
use entity::notices::notice::NoticeKind;
use entity::residents::contact_channel::Channel;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait};
use shirube::bookings;

use super::sink::Sink;
use super::*;

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
        "<span>〒102-0074</span><span>千代田区試験町0-0-1</span><span>しるべ荘101号室</span>",
        "name-15\"><span>しるべ 花子 様</span>",
        "<p class=\"letter-name\">ミチノタロウ 様</p>",
        "<p>令和6年（2024年）7月1日</p>",
        "<p>千代田区 スマホ相談担当</p><p>〒100-0000</p><p>試験町0-0-1</p>",
        &bookings::queries::number_text(booking.number),
        "「スマホ講習会（基礎編）」のご案内",
        "ぜんぶで4ページ、紙は2枚です",
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
    t.advance(shirube::bookings::rules::KEEP);
    t.run_jobs().await;

    assert_eq!(
        ways(&t, waiting.id).await,
        [(Channel::Email, DeliveryState::Sent), (Channel::Phone, DeliveryState::Waiting)]
    );
    assert!(sink.mails().iter().any(|mail| mail.calendar.is_none()), "who waits is not invited");

    let page = operator.get("/post").await.expect(200);
    for part in
        ["シルベハナコ さま", "お返事は7月3日", "席が空きました", "しちがつ とおか、すいようび"]
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
async fn a_session_cancelled_or_moved_shortly_before_is_told_by_phone() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let by_letter = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let soon = class_on(&t, "講習会", 5, 5).await;
    let later = class_on(&t, "講習会", 5, 25).await;
    let moved = class_on(&t, "講習会", 5, 4).await;

    let mut booked = Vec::new();
    for session in [soon, later, moved] {
        booked.push(book(&t, session, by_letter).await.id);
    }
    t.run_jobs().await;

    act!(t, cancel_session, soon);
    act!(t, cancel_session, later);
    // The new day is far, but a letter would come after the old one.
    let to = &new_time(&t, 30);
    act!(t, move_session, moved, to, None);
    t.run_jobs().await;

    let mut last = Vec::new();
    for id in booked {
        last.push(ways(&t, id).await.pop().unwrap());
    }

    let page = operator.get("/post").await.expect(200);
    let fifth = page.text.find("7月5日").unwrap();
    let new_day = page.text.find("7月30日").unwrap();
    assert!(new_day < fifth, "what was to be on the 4th comes first: {}", page.text);

    let open = |channel| (channel, DeliveryState::Waiting);
    assert_eq!(last, [open(Channel::Phone), open(Channel::Letter), open(Channel::Phone)]);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_elsewhere_at_the_new_time_reads_the_day_that_was_promised() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let hanako = person(&t, Who { channels: &[Channel::Letter], ..HANAKO }).await;
    let moved = class_on(&t, "講習会", 5, 24).await;
    let other = class_on(&t, "べつの会", 5, 26).await;
    let seat = book(&t, moved, hanako).await;
    let held_by = person(&t, Who { kana: "みちのたろう", ..HANAKO }).await;
    book(&t, other, hanako).await;
    book(&t, other, held_by).await;
    let wish = &a_wish(moved, held_by).value();
    let held = act!(t, hold, wish);
    t.run_jobs().await;

    let to = &two_hours("2024-07-26 14:30", t.place.city_office);
    act!(t, move_session, moved, to, None);
    t.run_jobs().await;

    assert!(notices_of(&t, held.id).await.is_empty(), "nobody was told of the hold");
    let letter = deliveries(&t, seat.id).await.pop().unwrap();
    assert_eq!(letter.channel, Channel::Letter);

    let ids = [("ids", &*letter.id.to_string())];
    let printed = operator.post_form("/post/print", &ids).await.expect(303);
    let printed = operator.get(printed.location()).await.expect(200);
    for part in ["7月24日（水曜日）午後2時", "7月26日（金曜日）午後2時30分", "ほかのお申し込み"]
    {
        assert!(printed.text.contains(part), "{part} in {}", printed.text);
    }
    assert!(!printed.text.contains("中止"), "{}", printed.text);

    let lines = operator.get(&format!("/people/{hanako}")).await.expect(200);
    assert!(lines.text.contains("もとの日時は、7月24日"), "{}", lines.text);
    t.finish().await;
}

fn new_time(t: &TestApp, day: u32) -> sessions::NewTime {
    let room_id = Some(t.place.city_office_room);
    sessions::NewTime { room_id, ..two_hours(at(2024, 7, day, 14, 0), t.place.city_office) }
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
