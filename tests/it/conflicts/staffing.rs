//! Who works in a session: who fits, who comes in whose place, and what hangs on a login.

use entity::sessions::session;
use entity::staff::staff_member;
use entity::{SessionId, SlotId, StaffId};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use shirube::staff::actions;

use super::{asked, book, class, made, on, record, sessions, with};
use crate::support::{TestApp, a_wish, at, person};

/// An hour's class at the branch, without a room.
fn hour(t: &TestApp, from: u32, staff: StaffId) -> Value {
    json!({ "venue_id": t.place.branch, "room_id": null, "staff": [staff],
        "starts_at": format!("2024-07-10T{from:02}:00:00+09:00"),
        "ends_at": format!("2024-07-10T{:02}:00:00+09:00", from + 1) })
}

async fn close(t: &TestApp, id: StaffId) {
    let work = async |tx| actions::disable_staff(&tx, id, None).await;
    t.app.store().write(&t.ctx_system(), "disable_staff", work).await.unwrap();
}

#[tokio::test]
async fn travel_long_days_and_roles_that_do_not_fit_are_asked() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    made(&coordinator, &class(&t, json!({}))).await;

    let body = class(&t, hour(&t, 16, t.place.teacher));
    let after = coordinator.post_json("/api/sessions", &body).await;
    asked(&after, &["travel"]);
    assert!(after.text.contains("「スマホ講習会」との間が0分"), "{}", after.text);
    made(&coordinator, &class(&t, hour(&t, 17, t.place.teacher))).await;

    let morning = json!({ "room_id": null, "starts_at": "2024-07-10T07:00:00+09:00",
        "ends_at": "2024-07-10T13:00:00+09:00" });
    let long = coordinator.post_json("/api/sessions", &class(&t, morning)).await;
    asked(&long, &["long_day"]);
    assert!(long.text.contains("あわせて9時間"), "{}", long.text);

    for staff in [t.place.administrator, t.place.auditor, t.place.operator] {
        let body = class(&t, with(on("2024-07-11"), json!({ "staff": [staff] })));
        asked(&coordinator.post_json("/api/sessions", &body).await, &["role"]);
    }

    // The form offers those only whose work it is.
    let page = coordinator.get("/sessions/new").await.expect(200);
    let offered = |id: StaffId| page.text.contains(&format!("name=\"staff\" value=\"{id}\""));
    assert!(offered(t.place.teacher) && offered(t.place.operator));
    assert!(!offered(t.place.administrator) && !offered(t.place.auditor));
    t.finish().await;
}

#[tokio::test]
async fn the_staff_of_a_session_is_changed_by_both_doors() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &class(&t, json!({}))).await;
    let other = made(&coordinator, &class(&t, hour(&t, 15, t.place.coordinator))).await;
    let path = format!("/api/sessions/{id}/staff");
    let first = coordinator.with_header("if-match", "\"1\"");
    let to = |staff: &[StaffId]| json!({ "staff": staff });

    // Who is elsewhere at that time is named with the place.
    let busy = first.put_json(&path, &to(&[t.place.coordinator])).await.expect(409).json();
    assert_eq!(busy["code"], "staff_busy");
    let yes = asked(&first.put_json(&path, &to(&[t.place.operator])).await, &["role"]);
    let nobody = first.put_json(&path, &json!({ "staff": [], "confirm": yes })).await;
    asked(&nobody, &["no_staff"]);
    let unknown = first.put_json(&path, &to(&[t.place.stranger])).await.expect(422).json();
    assert_eq!(unknown["fields"][0]["field"], "staff");

    let sure = json!({ "staff": [t.place.operator], "confirm": yes });
    let changed = first.put_json(&path, &sure).await.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.json()["staff"], json!([{ "id": t.place.operator, "name": "試験 受付" }]));
    let line = record(&t, id).await;
    assert_eq!(line.action, "change_session_staff");
    assert_eq!(line.detail["staff"], json!([t.place.operator]));
    assert_eq!(line.detail["confirmed"][0]["code"], "role");
    assert_eq!(first.put_json(&path, &to(&[t.place.teacher])).await.json()["code"], "stale");

    // The teacher is free again, and the page gives the class back.
    let teacher = t.place.teacher.to_string();
    let form = [("revision", "2"), ("staff", teacher.as_str())];
    let changed = coordinator.post_form(&format!("/sessions/{id}/staff"), &form).await.expect(303);
    let said = coordinator.get(changed.location()).await.expect(200);
    assert!(said.text.contains("担当を変えました。"), "{}", said.text);
    let busy = [("revision", "1"), ("staff", teacher.as_str())];
    let page = coordinator.post_form(&format!("/sessions/{other}/staff"), &busy).await.expect(409);
    assert!(page.text.contains("スマホ講習会"), "{}", page.text);

    // Who held a session that is over is history.
    t.clock.set(at(2024, 7, 10, 16, 0));
    let coordinator = t.coordinator().await;
    let late = coordinator.with_header("if-match", "\"3\"");
    let over = late.put_json(&path, &to(&[t.place.teacher])).await.expect(409).json();
    assert_eq!(over["code"], "session_over");
    t.finish().await;
}

#[tokio::test]
async fn who_comes_to_a_consultation_takes_the_slots_and_the_people_booked() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let body = json!({ "programme_id": t.place.consultations, "kind": "consultation",
        "slot_minutes": 30, "capacity": null, "staff": [t.place.coordinator] });
    let id = made(&coordinator, &class(&t, body)).await;

    let slots = async || {
        let path = format!("/api/sessions/{id}/slots");
        coordinator.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
    };
    let slot = slots().await[0]["id"].as_i64().unwrap();
    let who = person(&t, "いちばん").await;
    a_wish(SessionId(id), who).slot(SlotId(slot)).book(&t).await;

    let path = format!("/api/sessions/{id}/staff");
    let change = async |revision: u32, staff: &[StaffId]| {
        let client = coordinator.with_header("if-match", &format!("\"{revision}\""));
        client.put_json(&path, &json!({ "staff": staff })).await
    };

    change(1, &[t.place.operator]).await.expect(200);
    let after = slots().await;
    assert_eq!((after[0]["id"].as_i64(), &after[0]["free"]), (Some(slot), &json!(false)));
    assert!(after.iter().all(|slot| slot["staff_id"] == json!(t.place.operator)));

    let more = change(2, &[t.place.operator, t.place.coordinator]).await.expect(200).json();
    assert_eq!((&more["capacity"], slots().await.len()), (&json!(8), 8));
    let fewer = change(3, &[t.place.operator]).await.expect(409).json();
    assert_eq!(fewer["code"], "session_fewer_consultants");
    let none = change(3, &[]).await.expect(422).json();
    assert_eq!(none["fields"][0]["code"], "err.session.slot.staff");
    t.finish().await;
}

#[tokio::test]
async fn a_session_whose_teacher_left_is_moved_and_given_another() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &class(&t, json!({}))).await;
    close(&t, t.place.teacher).await;

    let page = coordinator.get(&format!("/sessions/{id}/change")).await.expect(200);
    assert!(page.text.contains("もういない職員です"), "{}", page.text);
    let list = coordinator.get("/sessions").await.expect(200);
    assert!(list.text.contains("もういない担当がいます"), "{}", list.text);

    let to = with(
        on("2024-07-11"),
        json!({ "venue_id": t.place.city_office, "room_id": t.place.city_office_room }),
    );
    let path = format!("/api/sessions/{id}/move");
    let yes = asked(&coordinator.post_json(&path, &to).await, &["gone"]);
    coordinator.post_json(&path, &with(to, json!({ "confirm": yes }))).await.expect(200);

    let staff = json!({ "staff": [t.place.coordinator] });
    let second = coordinator.with_header("if-match", "\"2\"");
    let changed = second.put_json(&format!("/api/sessions/{id}/staff"), &staff).await.expect(200);
    assert_eq!(changed.json()["staff"][0]["id"], json!(t.place.coordinator));

    let third = coordinator.with_header("if-match", "\"3\"");
    let back = json!({ "staff": [t.place.teacher] });
    let gone = third.put_json(&format!("/api/sessions/{id}/staff"), &back).await.expect(409).json();
    assert_eq!(gone["code"], "staff_gone");
    t.finish().await;
}

#[tokio::test]
async fn closing_a_login_says_first_what_hangs_on_it() {
    let t = TestApp::start().await;
    let (coordinator, administrator) = (t.coordinator().await, t.administrator().await);
    let id = made(&coordinator, &class(&t, json!({}))).await;
    let path = format!("/admin/staff/{}/close", t.place.teacher);
    let disabled = async || {
        let found = staff_member::Entity::find_by_id(t.place.teacher);
        found.one(t.app.store().reader()).await.unwrap().unwrap().disabled_at.is_some()
    };

    let first = administrator.post_form(&path, &[]).await.expect(409);
    assert!(first.text.contains("これからの担当が1回あります"), "{}", first.text);
    assert!(first.text.contains("7月10日（水曜日）午後2時 スマホ講習会"), "{}", first.text);
    assert!(!disabled().await);

    // One more session meanwhile: another question.
    made(&coordinator, &class(&t, on("2024-07-11"))).await;
    let again =
        administrator.post_form(&path, &[("seen", first.field("seen").as_str())]).await.expect(409);
    assert!(again.text.contains("2回あります"), "{}", again.text);
    assert!(!disabled().await);
    administrator.post_form(&path, &[("seen", again.field("seen").as_str())]).await.expect(303);
    assert!(disabled().await);

    let auditor = t.auditor().await;
    let log = format!("/api/audit?subject=staff_member&subject_id={}", t.place.teacher);
    let line = auditor.get(&log).await.expect(200).json()["items"][0].clone();
    assert_eq!(line["detail"]["sessions_ahead"].as_array().unwrap().len(), 2);

    // Who has nothing ahead is closed at once.
    let operator = format!("/admin/staff/{}/close", t.place.operator);
    administrator.post_form(&operator, &[]).await.expect(303);
    assert_eq!(sessions(&t).await.iter().map(|row: &session::Model| row.id.0).min(), Some(id));
    t.finish().await;
}

#[tokio::test]
async fn booked_people_stay_when_the_staff_changes() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &class(&t, json!({}))).await;
    book(&t, id, person(&t, "いちばん").await).await;
    let first = coordinator.with_header("if-match", "\"1\"");
    let staff = json!({ "staff": [t.place.coordinator] });
    first.put_json(&format!("/api/sessions/{id}/staff"), &staff).await.expect(200);
    let roster = coordinator.get(&format!("/api/sessions/{id}/bookings")).await.expect(200).json();
    assert_eq!(roster["items"].as_array().unwrap().len(), 1);
    t.finish().await;
}
