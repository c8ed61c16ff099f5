//! Letters on paper: whole or not printed, and out of the pile when something overtakes them.

use entity::notices::delivery::DeliveryState;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::*;
use crate::support::Client;

const BY_LETTER: Who = Who { channels: &[Channel::Letter], ..HANAKO };
const STOP: &str = "封筒に入れないでください";

/// A booking whose letter is on paper.
async fn printed(t: &TestApp, desk: &Client, who: Who, day: u32) -> (ResidentId, BookingId) {
    let id = person(t, who).await;
    let booking = book(t, class_on(t, "講習会", 5, day).await, id).await;
    t.run_jobs().await;
    print(desk, &[letter(t, booking.id).await]).await;
    (id, booking.id)
}

/// The id of the last letter about a booking.
async fn letter(t: &TestApp, id: BookingId) -> String {
    deliveries(t, id).await.last().unwrap().id.to_string()
}

async fn print(desk: &Client, ids: &[String]) {
    let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("ids", id.as_str())).collect();
    desk.post_form("/post/print", &fields).await.expect(303);
}

async fn last(t: &TestApp, id: BookingId) -> DeliveryState {
    deliveries(t, id).await.last().unwrap().state
}

fn moved_house(address: &str) -> resident::ActiveModel {
    resident::ActiveModel { address: Set(Some(address.to_owned())), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_an_old_address_is_named_and_not_posted() {
    let t = TestApp::start().await;
    let desk = t.operator().await;
    let (hanako, booking) = printed(&t, &desk, BY_LETTER, 10).await;
    let id = letter(&t, booking).await;
    assert!(!desk.get("/post").await.expect(200).text.contains(STOP));
    change_resident(&t, hanako, moved_house("千代田区新町0-0-9")).await;

    desk.post_form("/post/posted", &[("ids", &id)]).await.expect(303);
    assert_eq!(last(&t, booking).await, DeliveryState::Printed, "it is not marked as posted");
    assert!(informed(&t, hanako).await.is_empty());
    let page = desk.get("/post").await.expect(200).text;
    for part in [STOP, "しるべ 花子 様", "お名前か住所が変わりました", "抜き取りました"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    let preview = desk.get(&format!("/post/letters?ids={id}")).await.expect(200).text;
    assert!(!preview.contains("<article") && preview.contains("1通は、印刷したあとで変わった"));
    let row = &deliveries(&t, booking).await[0];
    let path = format!("/api/deliveries/{id}/outcome");
    let body = json!({ "outcome": "posted", "revision": row.revision });
    let refused = desk.post_json(&path, &body).await.expect(409).json();
    assert_eq!(refused["code"], "delivery_overtaken");

    // Out of the pile, it waits to be printed with the new address.
    desk.post_form("/post/taken", &[("ids", &id)]).await.expect(303);
    assert_eq!(last(&t, booking).await, DeliveryState::Waiting);
    assert!(!desk.get("/post").await.expect(200).text.contains(STOP));
    print(&desk, std::slice::from_ref(&id)).await;
    let preview = desk.get(&format!("/post/letters?ids={id}")).await.expect(200).text;
    assert!(preview.contains("千代田区新町0-0-9"), "{preview}");
    desk.post_form("/post/posted", &[("ids", &id)]).await.expect(303);
    assert_eq!(last(&t, booking).await, DeliveryState::Posted);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_printed_letter_that_was_overtaken_is_named_before_posting() {
    let t = TestApp::start().await;
    let desk = t.operator().await;
    let who = |kana, name| Who { kana, name: Some(name), ..BY_LETTER };
    let moved = printed(&t, &desk, who("しるべもも", "しるべ 桃"), 10).await;
    let cancelled = printed(&t, &desk, who("しるべうめ", "しるべ 梅"), 11).await;
    let died = printed(&t, &desk, who("しるべまつ", "しるべ 松"), 12).await;
    let house = printed(&t, &desk, who("しるべたけ", "しるべ 竹"), 23).await;
    let named = printed(&t, &desk, who("しるべきく", "しるべ 菊"), 16).await;
    let off = printed(&t, &desk, who("しるべゆり", "しるべ 百合"), 17).await;
    let fine = printed(&t, &desk, who("しるべふじ", "しるべ 藤"), 18).await;
    let titled = printed(&t, &desk, who("しるべらん", "しるべ 蘭"), 19).await;

    let other = class_on(&t, "講習会", 5, 22).await;
    act!(t, move_to, moved.1, other, None);
    act!(t, cancel, cancelled.1);
    dies(&t, died.0).await;
    change_resident(&t, house.0, moved_house("千代田区新町0-0-9")).await;
    let name = Set(Some("しるべ 菊枝".to_owned()));
    change_resident(&t, named.0, resident::ActiveModel { name, ..Default::default() }).await;

    let row = bookings::queries::get(t.app.store().reader(), &t.scope(), off.1).await.unwrap();
    act!(t, cancel_session, row.session_id);
    let row = bookings::queries::get(t.app.store().reader(), &t.scope(), titled.1).await.unwrap();
    t.app
        .store()
        .write(&t.ctx_system(), "change_for_test", |tx| async move {
            let session = entity::sessions::session::ActiveModel {
                id: Set(row.session_id),
                title_ja: Set("講習会（新しい題名）".to_owned()),
                ..Default::default()
            };
            session.update(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();

    // Before the jobs ran, and after.
    for _ in 0..2 {
        let page = desk.get("/post").await.expect(200).text;
        let (_, stop) = page.split_once(STOP).expect("letters to take out");
        let stop = stop.split_once("</section>").unwrap().0;
        for name in ["桃", "梅", "松", "竹", "菊枝", "百合", "蘭"] {
            assert!(stop.contains(&format!("しるべ {name} 様")), "{name} in {stop}");
        }
        assert!(!stop.contains("しるべ 藤 様"), "{stop}");
        t.run_jobs().await;
    }

    let mut all = Vec::new();
    for (_, booking) in [moved, cancelled, died, house, named, off, fine, titled] {
        all.extend(deliveries(&t, booking).await.iter().map(|row| row.id.to_string()));
    }
    let fields: Vec<(&str, &str)> = all.iter().map(|id| ("ids", id.as_str())).collect();
    desk.post_form("/post/posted", &fields).await.expect(303);
    let posted = delivery::Entity::find()
        .filter(delivery::Column::State.eq(DeliveryState::Posted))
        .all(t.app.store().reader())
        .await
        .unwrap();
    let of_fine = deliveries(&t, fine.1).await;
    assert_eq!(posted, of_fine, "only the letter that nothing has overtaken");

    desk.post_form("/post/taken", &fields).await.expect(303);
    assert!(!desk.get("/post").await.expect(200).text.contains(STOP));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_would_not_be_whole_is_not_printed_and_says_what_to_do() {
    let t = TestApp::start().await;
    let desk = t.operator().await;
    let id = person(&t, BY_LETTER).await;
    let booking = book(&t, class(&t, "講習会", 5).await, id).await;
    t.run_jobs().await;
    let number = letter(&t, booking.id).await;

    // Earlier versions stored any text as a postal code.
    t.forget_forms("resident").await;
    for (change, sentence) in [
        (moved_house(&"町".repeat(200)), "封筒の窓に入りません"),
        (moved_house(" "), "住所がありません"),
        (
            resident::ActiveModel {
                postal_code: Set(Some("あいう".to_owned())),
                ..moved_house("千代田区")
            },
            "郵便番号が正しくありません",
        ),
    ] {
        change_resident(&t, id, change).await;
        let page = desk.get("/post").await.expect(200).text;
        assert!(page.contains("このままでは印刷できない手紙"), "{page}");
        assert!(page.contains(sentence) && page.contains(&format!("/people/{id}/edit")), "{page}");
        print(&desk, std::slice::from_ref(&number)).await;
        assert_eq!(last(&t, booking.id).await, DeliveryState::Waiting, "{sentence}");

        let body = json!({ "outcome": "printed", "revision": 1 });
        let path = format!("/api/deliveries/{number}/outcome");
        let refused = desk.post_json(&path, &body).await.expect(409).json();
        assert!(refused["code"].as_str().unwrap().starts_with("letter_"), "{refused}");
    }

    let postal_code = Set(Some("102-0074".to_owned()));
    let mended = resident::ActiveModel { postal_code, ..moved_house("千代田区試験町0-0-1") };
    change_resident(&t, id, mended).await;
    print(&desk, std::slice::from_ref(&number)).await;
    assert_eq!(last(&t, booking.id).await, DeliveryState::Printed);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_an_address_are_kept_on_paper() {
    let t = TestApp::start().await;
    let desk = t.operator().await;
    let id = person(&t, BY_LETTER).await;
    let typed = "千代田区試験町0-0-1\nしるべ荘　東館101号室\n佐々木様方";
    change_resident(&t, id, moved_house(typed)).await;
    let booking = book(&t, class(&t, "講習会", 5).await, id).await;
    t.run_jobs().await;
    let number = letter(&t, booking.id).await;
    print(&desk, std::slice::from_ref(&number)).await;
    let paper = desk.get(&format!("/post/letters?ids={number}")).await.expect(200).text;
    let lines = "<span>千代田区試験町0-0-1</span><span>しるべ荘　東館101号室</span>\
                 <span>佐々木様方</span>";
    assert!(paper.contains(lines), "{paper}");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_towns_letter_bears_its_own_name_and_number() {
    let t = TestApp::start().await;
    let own = format!(
        "UPDATE municipality SET phone = '045-000-0200', opens_minute = 540 WHERE id = {}",
        t.place.yokohama
    );
    t.app.store().reader().execute_unprepared(&own).await.unwrap();

    let (desk, planner) = (t.stranger().await, t.headquarters().await);
    let session = json!({
        "programme_id": t.place.yokohama_classes, "kind": "class_basic",
        "title_ja": "スマホ講座", "title_en": "Class", "bring_ja": "", "bring_en": "",
        "venue_id": t.place.yokohama_hall, "capacity": 9,
        "starts_at": "2024-07-24T14:00:00+09:00", "ends_at": "2024-07-24T16:00:00+09:00",
    });
    let asked = planner.post_json_sure("/api/sessions", &session).await.expect(201).json();

    let person = json!({ "kana": "しるべ はなこ", "name": "道標 花子", "channels": ["letter"],
        "address": "横浜市港南区試験町0-0-1" });
    let person = desk.post_json("/api/residents", &person).await.expect(201).json();
    let wish = json!({ "session_id": asked["id"], "resident_id": person["id"], "via": "phone" });
    let booked = desk.post_json("/api/bookings", &wish).await.expect(201).json();

    t.run_jobs().await;
    let number = letter(&t, BookingId(booked["id"].as_i64().unwrap())).await;
    print(&desk, std::slice::from_ref(&number)).await;
    let paper = desk.get(&format!("/post/letters?ids={number}")).await.expect(200).text;

    let article = paper.split("<article").nth(1).unwrap();
    for own in ["横浜市", "045-000-0200", "午前9時から"] {
        assert!(article.contains(own), "{own}: {article}");
    }
    assert!(!article.contains("千代田") && !article.contains("03-0000-0100"), "{article}");
    t.finish().await;
}
