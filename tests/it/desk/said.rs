//! What the screen says is true: whose number it is, what came of the call, who will help.

use entity::residents::resident::Device;
use entity::residents::resident_phone::{self, PhoneOwner};
use sea_orm::ConnectionTrait;
use serde_json::json;
use shirube::residents::timeline;

use super::*;
use crate::support::consultation;

const MOBILE: &str = "090-0000-5678";

/// The daughter rings from her own phone; her mother was found by name.
async fn rung_by_daughter(t: &TestApp) -> (ResidentId, Desk) {
    let hanako = person(t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", MOBILE)]).await;
    desk.press("/desk/find", &[("q", "しるべ")]).await;
    desk.press("/desk/person", &[("person", &hanako.to_string())]).await;
    (hanako, desk)
}

async fn numbers(t: &TestApp, person: ResidentId) -> Vec<resident_phone::Model> {
    residents::queries::number_rows(t.app.store().reader(), person).await.unwrap()
}

#[tokio::test]
async fn the_default_key_goes_on_and_adds_no_number() {
    let t = TestApp::start().await;
    let (hanako, mut desk) = rung_by_daughter(&t).await;
    desk.shows("この番号（090-0000-5678）は、どなたのものですか");
    let whose = desk.page.text.split("id=\"whose\"").nth(1).unwrap().split("</fieldset>").next();
    assert!(!whose.unwrap().contains("autofocus"), "the cursor stands on the questions");
    desk.press("/desk/phone", &[]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("どなたの番号か、えらんでください");
    desk.press("/desk/finish", &[("note", "母の代わり")]).await;
    assert_eq!(numbers(&t, hanako).await.len(), 1);
}

#[tokio::test]
async fn a_number_without_its_zero_is_refused_and_stays_in_the_box() {
    let t = TestApp::start().await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", "9012345678")]).await;
    desk.shows("はじめの0が抜けているようです").shows("value=\"9012345678\"");
    desk.press("/desk/find", &[("q", "09012345678")]).await;
    desk.shows("090-1234-5678");
}

#[tokio::test]
async fn another_extension_of_one_house_opens_nobodys_record_by_itself() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let body = json!({ "kana": "シルベ ハナコ", "phones": ["03-1234-5678 内線210"] });
    operator.post_json("/api/residents", &body).await.expect(201);
    for (typed, opens) in
        [("03-1234-5678 内線211", false), ("03-1234-5678 内線210", true), ("03-1234-5678", true)]
    {
        let mut desk = Desk::open(t.operator().await).await;
        desk.press("/desk/find", &[("q", typed)]).await;
        assert_eq!(desk.page.text.contains("シルベ ハナコ さま"), opens, "{typed}");
        desk.press("/desk/leave", &[("note", "切れた")]).await;
    }
}

#[tokio::test]
async fn a_number_is_added_with_the_word_whose_it_is() {
    for (whose, word) in [("own", "ご本人"), ("family", "ご家族"), ("other", "ほかの方")]
    {
        let t = TestApp::start().await;
        let (hanako, mut desk) = rung_by_daughter(&t).await;
        desk.press("/desk/phone", &[("whose", whose)]).await;
        desk.shows(&format!("090-0000-5678（{word}）")).hides("id=\"whose\"");
        let rows = numbers(&t, hanako).await;
        assert_eq!((rows[0].whose, rows[1].whose), (None, PhoneOwner::from_text(whose)));

        let client = t.operator().await;
        let card = client.get(&format!("/people/{hanako}")).await.expect(200);
        assert!(card.text.contains(&format!("090-0000-5678（{word}）")), "{}", card.text);

        // Taken back in the same call, it leaves two lines and no number.
        desk.press("/desk/phone-back", &[("number", "09000005678")]).await;
        desk.shows("id=\"whose\"").hides("を足しました");
        assert_eq!(numbers(&t, hanako).await.len(), 1);

        let db = t.app.store().reader();
        let lines = timeline::page(db, &t.scope(), hanako, 10, None).await.unwrap().for_work();
        let lines: Vec<String> = lines
            .items
            .iter()
            .map(|line| timeline::sentence(line, shirube::platform::Lang::Ja))
            .collect();
        assert!(lines.contains(&"電話番号を消しました。".to_owned()), "{lines:?}");
        assert!(lines.contains(&format!("電話番号を加えました（{word}）。")), "{lines:?}");
    }
}

#[tokio::test]
async fn only_a_number_of_this_call_is_taken_back() {
    let t = TestApp::start().await;
    let (hanako, mut desk) = rung_by_daughter(&t).await;
    desk.press("/desk/phone-back", &[("number", "0300001234")]).await;
    assert_eq!(desk.page.code(), 409);
    assert_eq!(numbers(&t, hanako).await.len(), 1);
    desk.press("/desk/phone", &[("whose", "family")]).await;
    desk.press("/desk/finish", &[("note", "母の代わり")]).await;
    t.advance(TimeDelta::minutes(1));
    let mut desk = Desk::open(desk.client.clone()).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/phone-back", &[("number", "09000005678")]).await;
    assert_eq!(desk.page.code(), 409);
    assert_eq!(numbers(&t, hanako).await.len(), 2);
}

#[tokio::test]
async fn a_number_of_the_family_opens_nobodys_record_by_itself() {
    for (whose, opens) in [("own", true), ("family", false), ("other", false)] {
        let t = TestApp::start().await;
        let (_, mut desk) = rung_by_daughter(&t).await;
        desk.press("/desk/phone", &[("whose", whose)]).await;
        desk.press("/desk/finish", &[("note", "母の代わり")]).await;
        desk.press("/desk/find", &[("q", MOBILE)]).await;
        assert_eq!(desk.page.text.contains("シルベ ハナコ さま"), opens, "{whose}");
        desk.shows(HANAKO);
    }
}

#[tokio::test]
async fn whose_a_number_is_survives_an_edit_of_the_person() {
    let t = TestApp::start().await;
    let (hanako, mut desk) = rung_by_daughter(&t).await;
    desk.press("/desk/phone", &[("whose", "family")]).await;
    let edit = format!("/people/{hanako}/edit");
    let form = desk.client.get(&edit).await.expect(200);
    let fields = [
        ("kana", "しるべ はなこ"),
        ("phones", "090-0000-5678"),
        ("phones", "03-0000-8888"),
        ("standing", "active"),
        ("revision", &form.field("revision")),
    ];
    desk.client.post_form(&edit, &fields).await.expect(303);
    let rows = numbers(&t, hanako).await;
    let rows: Vec<_> = rows.iter().map(|row| (row.digits.as_str(), row.whose)).collect();
    assert_eq!(rows, [("09000005678", Some(PhoneOwner::Family)), ("0300008888", None)]);
}

#[tokio::test]
async fn booked_is_no_result_without_a_booking() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let mut desk = Desk::open(t.operator().await).await;
    desk.press("/desk/find", &[("q", PHONE)]).await;

    desk.press("/desk/finish", &[("outcome", "1"), ("note", "水曜がよい")]).await;
    assert_eq!(desk.page.code(), 409);
    desk.shows("まだ予約がありません").shows("水曜がよい");
    assert_eq!(call_of(&t).await.state, InquiryState::Draft);
    desk.send("/desk/finish", &[("outcome", "2")]).await.expect(303);

    // The same at the other door: paper that says 予約した names the booking, or it can be found.
    let told = json!({ "channel": "fax", "resident_id": hanako, "topic": "apply", "hearing": {},
        "note": "", "outcome": "booked", "started_at": "2024-07-01T10:00:00+09:00" });
    let refused = desk.client.post_json("/api/inquiries", &told).await.expect(409);
    assert_eq!(refused.json()["code"], "nothing_booked");

    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await;
    book_elsewhere(&t, day, hanako).await;
    let booked = bookings_of(&t, hanako).await[0].id;
    let made = desk.client.post_json("/api/inquiries", &told).await.expect(201).json();
    let path = format!("/api/inquiries/{}", made["id"]);
    let kept = desk.client.get(&path).await.expect(200).json();
    assert_eq!((&kept["outcome"], &kept["booking_id"]), (&json!("booked"), &json!(booked)));

    let taro = person(&t, "シルベ タロウ", "03-0000-7777").await;
    let mut other = told.clone();
    other["resident_id"] = json!(taro);
    other["booking_id"] = json!(booked);
    let refused = desk.client.post_json("/api/inquiries", &other).await.expect(422);
    assert_eq!(refused.json()["fields"][0]["field"], "booking_id");
    t.finish().await;
}

#[tokio::test]
async fn no_smartphone_leaves_a_feature_phone_where_it_is() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let client = t.operator().await;

    for (device, want) in [
        ("feature_phone", Device::FeaturePhone),
        ("easy_phone", Device::EasyPhone),
        ("android", Device::None),
    ] {
        let edit = format!("/people/{hanako}/edit");
        let form = client.get(&edit).await.expect(200);
        let fields = [
            ("kana", "しるべ はなこ"),
            ("phones", PHONE),
            ("device", device),
            ("standing", "active"),
            ("revision", &form.field("revision")),
        ];
        client.post_form(&edit, &fields).await.expect(303);

        let mut desk = Desk::open(client.clone()).await;
        desk.press("/desk/find", &[("q", PHONE)]).await;
        desk.press("/desk/hearing", &[("H1", "1")]).await;
        desk.send("/desk/finish", &[]).await.expect(303);

        let kept = residents::queries::get(t.app.store().reader(), &t.scope(), hanako).await;
        assert_eq!(kept.unwrap().device, Some(want), "{device}");
    }
}

/// Hears somebody who has nobody to ask, and looks at the days of the consultation.
async fn hear_of_nobody_to_ask(desk: &mut Desk) {
    desk.press("/desk/find", &[("q", PHONE)]).await;
    desk.press("/desk/hearing", &[("H0", "2"), ("H1", "3"), ("H2", "4")]).await;
    let plan = desk.page.text.split("id=\"plan\"").nth(1).unwrap();
    let at = plan.split("data-step=").skip(1).position(|step| step.contains("相談会"));
    let at = at.expect("a consultation in the path").to_string();
    desk.press("/desk/hearing", &[("show_step", &at)]).await;
}

#[tokio::test]
async fn the_same_helper_is_offered_by_name_or_not_promised() {
    let t = TestApp::start().await;
    let promise = "同じ担当者が、続けてお手伝いします";
    let (first, second) = (t.place.operator, t.place.teacher);
    let hanako = person(&t, HANAKO, PHONE).await;
    let past = consultation(&t, at(2024, 7, 2, 10, 0), &[first, second]).await;
    consultation(&t, at(2024, 7, 10, 10, 0), &[first]).await;
    let both = consultation(&t, at(2024, 7, 12, 10, 0), &[first, second]).await;
    let mut desk = Desk::open(t.operator().await).await;
    hear_of_nobody_to_ask(&mut desk).await;
    desk.hides(promise).hides("前と同じ担当").shows("相談会");
    desk.press("/desk/leave", &[]).await;

    let db = t.app.store().reader();
    let slots = sessions::queries::slots(db, &t.scope(), past).await.unwrap();
    let with = |slot: &&sessions::queries::SlotRow| slot.slot.staff_id == second;
    let slot_id = slots.iter().find(with).map(|slot| slot.slot.id);
    let id = a_wish(past, hanako).slot(slot_id).book(&t).await.id;
    t.advance(at(2024, 7, 2, 11, 0) - t.now());
    let came = Some(entity::bookings::booking::Attendance::Present);
    let (scope, ctx) = (&t.scope(), t.ctx_system());
    let work = |tx| async move {
        bookings::actions::record_attendance(&tx, scope, id, came).await.map(|_| ())
    };
    t.app.store().write(&ctx, "record_attendance", work).await.unwrap();

    let mut desk = Desk::open(t.operator().await).await;
    hear_of_nobody_to_ask(&mut desk).await;
    let offered = desk.page.text.split("id=\"seats\"").nth(1).expect("days").to_owned();
    let rows: Vec<&str> = offered.split("data-digit=").skip(1).take(5).collect();
    for row in &rows[..4] {
        assert!(row.contains("試験 講師（前と同じ担当）"), "{row}");
    }
    assert!(rows[4].contains("試験 受付") && !rows[4].contains("前と同じ担当"), "{}", rows[4]);
    desk.shows(promise);

    // When that helper has no time left, nothing is promised and another is offered.
    let slots = sessions::queries::slots(db, &t.scope(), both).await.unwrap();
    for (at, slot) in slots.iter().filter(with).enumerate() {
        let other = person(&t, "タメシ ジロウ", &format!("03-0000-880{at}")).await;
        a_wish(both, other).slot(slot.slot.id).book(&t).await;
    }
    desk.press("/desk/hearing", &[]).await;
    desk.hides(promise).hides("前と同じ担当").shows("試験 受付");
}

/// From now on no write of the desk can be stored, on either database.
async fn stop_storing(t: &TestApp) {
    let last = audit::Entity::find().order_by_desc(audit::Column::Id);
    let last = last.one(t.app.store().reader()).await.unwrap().unwrap().id;
    let sql =
        &format!("CREATE UNIQUE INDEX nothing_more ON audit (municipality_id) WHERE id > {last}");
    let work = |tx: shirube::platform::Tx| async move {
        tx.db().execute_unprepared(sql).await?;
        Ok(())
    };
    t.app.store().write(&t.ctx_system(), "stop", work).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_stored_stays_on_the_screen_with_a_sentence_and_a_sheet_of_paper() {
    let t = TestApp::start().await;
    let hanako = person(&t, HANAKO, PHONE).await;
    let day = class(&t, at(2024, 7, 10, 14, 0), 12).await.to_string();
    let mut desk = Desk::open(t.operator().await).await;

    let hidden = "id=\"trouble\" role=\"alert\" hidden";
    desk.shows(hidden).shows("href=\"/desk/paper\"");
    desk.press("/desk/find", &[("q", PHONE)]).await;

    stop_storing(&t).await;
    let typed = [("H1", "2"), ("H2", "2"), ("note", "孫の写真を見たい")];
    let hanako_id = hanako.to_string();
    for (path, more) in [
        ("/desk/hearing", ("q", "しるべ")),
        ("/desk/hold", ("seat", day.as_str())),
        ("/desk/finish", ("q", "しるべ")),
        ("/desk/person", ("person", hanako_id.as_str())),
        ("/desk/find", ("q", "しるべ")),
    ] {
        let fields: Vec<(&str, &str)> = typed.iter().copied().chain([more]).collect();
        desk.press(path, &fields).await;
        assert_eq!(desk.page.code(), 503, "{path}");
        assert_eq!(desk.page.header("retry-after"), "5", "{path}");
        desk.hides(hidden).shows("画面を閉じないでください").shows("/desk/paper");
        let fields = desk.fields();
        for (name, value) in typed {
            let kept = (name.to_owned(), value.to_owned());
            assert!(fields.contains(&kept), "{path}: {kept:?} is lost: {fields:?}");
        }
    }

    let sheet = desk.client.get("/desk/paper").await.expect(200);
    for word in ["聞き取り票", "用件", "お名前（かな）", "折返し", "いまは席をおさえられません"]
    {
        assert!(sheet.text.contains(word), "{word}");
    }

    let work = |tx: shirube::platform::Tx| async move {
        tx.db().execute_unprepared("DROP INDEX nothing_more").await?;
        Ok(())
    };
    t.app.store().write(&t.ctx_system(), "go_on", work).await.unwrap();

    desk.press("/desk/hearing", &[]).await;
    assert_eq!(desk.page.code(), 200);
    desk.shows(hidden);
    assert_eq!(call_of(&t).await.note, "孫の写真を見たい");
    t.finish().await;
}
