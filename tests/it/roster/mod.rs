//! Bookings and attendance by both doors: API, roster, tablet, paper, walk-ins.

mod numbers;

use entity::platform::audit;
use entity::{ProgrammeId, ResidentId, SessionId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{Client, SessionBuilder, TestApp, a_person, a_session, at};

/// A class on 10 July 2024, 14:00 to 16:00.
async fn class(t: &TestApp, capacity: i32) -> SessionId {
    session(t, t.place.classes, 10, 14, capacity).await
}

async fn session(
    t: &TestApp,
    programme_id: ProgrammeId,
    day: u32,
    hour: u32,
    capacity: i32,
) -> SessionId {
    new_session(programme_id, day, hour, capacity).create(t).await
}

/// Two hours on a day of July 2024.
fn new_session(programme_id: ProgrammeId, day: u32, hour: u32, capacity: i32) -> SessionBuilder {
    a_session().programme(programme_id).at(at(2024, 7, day, hour, 0)).seats(capacity)
}

/// Somebody who lives at 試験町0-0-9.
async fn person(t: &TestApp, kana: &str, phone: &str) -> ResidentId {
    let new = a_person(kana).name("見本 例子").phone(phone).born_in(1950);
    new.address("試験町0-0-9").create(t).await
}

async fn book(client: &Client, session: SessionId, resident: ResidentId) -> Value {
    let wish = json!({ "session_id": session, "resident_id": resident, "via": "phone" });
    client.post_json("/api/bookings", &wish).await.expect(201).json()
}

/// Three people in a class: シルベ　イチ, シルベ　ニ, シルベ　サン.
async fn three(t: &TestApp, operator: &Client) -> (SessionId, Vec<i64>) {
    let id = class(t, 12).await;
    let mut bookings = Vec::new();
    for (kana, phone) in [
        ("しるべ いち", "03-0000-1111"),
        ("しるべ に", "03-0000-2222"),
        ("しるべ さん", "03-0000-3333"),
    ] {
        let resident = person(t, kana, phone).await;
        bookings.push(book(operator, id, resident).await["id"].as_i64().unwrap());
    }
    (id, bookings)
}

async fn attendance(client: &Client, session: SessionId) -> Vec<Value> {
    let roster = client.get(&format!("/api/sessions/{session}/bookings")).await.expect(200).json();
    roster["items"].as_array().unwrap().iter().map(|item| item["attendance"].clone()).collect()
}

async fn looks(t: &TestApp, resident: i64) -> u64 {
    audit::Entity::find()
        .filter(audit::Column::Action.eq("look_at_residents"))
        .filter(audit::Column::Subject.eq("resident"))
        .filter(audit::Column::SubjectId.eq(resident))
        .count(t.app.store().reader())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_booking_has_a_number_and_the_same_request_books_once() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let id = class(&t, 1).await;
    let (first, second) = (
        person(&t, "しるべ いち", "03-0000-1111").await,
        person(&t, "しるべ に", "03-0000-2222").await,
    );

    let wish = json!({ "session_id": id, "resident_id": first, "via": "phone" });
    let keyed = operator.with_header("idempotency-key", "call-1");
    let made = keyed.post_json("/api/bookings", &wish).await.expect(201);
    let booking = made.json();
    assert_eq!(booking["state"], "confirmed");
    let number = booking["number"].as_str().unwrap();
    assert_eq!((number.len(), number.find('-')), (9, Some(4)), "{number}");
    assert_eq!(keyed.post_json("/api/bookings", &wish).await.expect(201).json(), booking);

    // The same key with another wish is a slip of the caller.
    let other = json!({ "session_id": id, "resident_id": second, "via": "phone" });
    keyed.post_json("/api/bookings", &other).await.expect(422);
    let firm =
        json!({ "session_id": id, "resident_id": second, "via": "phone", "may_wait": false });
    let refused = operator.post_json("/api/bookings", &firm).await.expect(409);
    assert_eq!(refused.json()["code"], "session_full");
    assert_eq!(book(&operator, id, second).await["state"], "waiting");

    let listed = operator.get("/api/sessions").await.expect(200).json();
    assert_eq!(
        (&listed["items"][0]["free"], &listed["items"][0]["waiting"]),
        (&json!(0), &json!(1))
    );
    let open = operator.get("/api/sessions?open=true").await.expect(200).json();
    assert_eq!(open["items"], json!([]));

    let path = made.location().to_owned();
    let detail = operator.get(&path).await.expect(200).json();
    assert_eq!(detail["starts_at"], "2024-07-10T14:00:00+09:00");
    t.finish().await;
}

#[tokio::test]
async fn a_hold_becomes_a_booking_or_is_let_go() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let id = class(&t, 1).await;
    let resident = person(&t, "しるべ いち", "03-0000-1111").await;
    let wish = json!({ "session_id": id, "resident_id": resident, "via": "phone" });
    let hold = operator.post_json("/api/holds", &wish).await.expect(201).json();
    assert_eq!(hold["state"], "held");
    assert_eq!(hold["expires_at"], "2024-07-01T10:05:00+09:00");
    let path = |verb: &str, hold: &Value| format!("/api/bookings/{}/{verb}", hold["id"]);
    let let_go = operator.post_json(&path("release", &hold), &json!({})).await.expect(200).json();
    assert_eq!(let_go["state"], "expired");
    let hold = operator.post_json("/api/holds", &wish).await.expect(201).json();
    let booked = operator.post_json(&path("confirm", &hold), &json!({})).await.expect(200).json();
    assert_eq!(booked["state"], "confirmed");
    let cancelled = operator.post_json(&path("cancel", &hold), &json!({})).await.expect(200).json();
    assert_eq!(cancelled["state"], "cancelled");
    t.finish().await;
}

#[tokio::test]
async fn teachers_and_operators_record_attendance_and_others_do_not() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (id, bookings) = three(&t, &operator).await;
    let path = format!("/api/bookings/{}/attendance", bookings[0]);
    let present = json!({ "state": "present" });

    let early = operator.post_json(&path, &present).await.expect(409);
    assert_eq!(early.json()["code"], "too_early");

    t.clock.set(at(2024, 7, 10, 13, 52));
    for (name, client) in t.everybody().await {
        let want = match name {
            "operator" | "coordinator" | "teacher" => 200,
            "anonymous" => 401,
            "stranger" | "headquarters" | "second_reviewer" => 404,
            _ => 403,
        };
        assert_eq!(client.post_json(&path, &present).await.code(), want, "{name}");

        let form = [("booking", bookings[1].to_string()), ("state", "late".to_owned())];
        let form: Vec<(&str, &str)> =
            form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let page = client.post_form(&format!("/sessions/{id}/attendance"), &form).await.code();
        assert_eq!(page, if matches!(want, 200 | 401) { 303 } else { want }, "{name}");
    }

    let teacher = t.teacher().await;
    assert_eq!(attendance(&teacher, id).await, [json!("present"), json!("late"), Value::Null]);
    let undo = [("booking", bookings[1].to_string()), ("state", "none".to_owned())];
    let undo: Vec<(&str, &str)> = undo.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let back = teacher.post_form(&format!("/sessions/{id}/attendance"), &undo).await.expect(303);
    assert_eq!(back.location(), format!("/sessions/{id}#b{}", bookings[1]));
    assert_eq!(attendance(&teacher, id).await, [json!("present"), Value::Null, Value::Null]);

    // A booking of another session is none of this one's.
    let other = session(&t, t.place.classes, 11, 14, 5).await;
    let stray = [("booking", bookings[0].to_string()), ("state", "none".to_owned())];
    let stray: Vec<(&str, &str)> =
        stray.iter().map(|(key, value)| (*key, value.as_str())).collect();
    teacher.post_form(&format!("/sessions/{other}/attendance"), &stray).await.expect(404);
    t.finish().await;
}

#[tokio::test]
async fn numbers_from_paper_are_shown_with_names_and_marked_together() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (id, bookings) = three(&t, &operator).await;

    t.clock.set(at(2024, 7, 10, 16, 0));
    // Logins end overnight.
    let operator = t.operator().await;

    let path = format!("/sessions/{id}/numbers");
    let shown = operator.post_form(&path, &[("numbers", "１、３")]).await.expect(200);
    assert!(
        shown.text.contains("1 シルベ　イチ") || shown.text.contains("1 シルベ イチ"),
        "{}",
        shown.text
    );
    assert!(!shown.text.contains("ニ 見本"));
    assert_eq!(attendance(&operator, id).await, vec![Value::Null; 3]);

    let (first, third) = (bookings[0].to_string(), bookings[2].to_string());
    let marked = [("booking", first.as_str()), ("booking", third.as_str())];
    operator.post_form(&format!("/sessions/{id}/present"), &marked).await.expect(303);
    assert_eq!(attendance(&operator, id).await, [json!("present"), Value::Null, json!("present")]);

    for wrong in ["4", "", "1-", "はなこ", "2-1"] {
        let again = operator.post_form(&path, &[("numbers", wrong)]).await.expect(422);
        assert!(again.text.contains("error-summary"), "{wrong}");
        assert_eq!(again.field("numbers"), wrong);
    }
    t.finish().await;
}

#[tokio::test]
async fn every_page_with_people_shows_no_address_and_records_the_look() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (id, _) = three(&t, &operator).await;
    let roster = operator.get(&format!("/api/sessions/{id}/bookings")).await.expect(200).json();
    let resident = roster["items"][0]["resident_id"].as_i64().unwrap();
    let teacher = t.teacher().await;
    for (place, mark) in
        [("", "attend-list"), ("/attend", "attend-list"), ("/roster", "roster-table")]
    {
        let before = looks(&t, resident).await;
        let page = teacher.get(&format!("/sessions/{id}{place}")).await.expect(200);
        assert!(page.text.contains(mark), "{place}");
        assert!(page.text.contains("下4けた 1111"), "{place}");
        assert!(page.text.contains("70代"), "{place}");
        assert!(!page.text.contains("試験町0-0-9"), "{place}");
        assert!(!page.text.contains("0000-1111") && !page.text.contains("0300001111"), "{place}");
        assert_eq!(looks(&t, resident).await, before + 1, "{place}");
    }
    t.finish().await;
}

#[tokio::test]
async fn every_operation_that_shows_a_booking_records_the_look() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (_, bookings) = three(&t, &operator).await;
    let booking = format!("/api/bookings/{}", bookings[0]);
    let resident = operator.get(&booking).await.expect(200).json()["resident_id"].clone();
    let reasons = async || -> Vec<String> {
        let lines = audit::Entity::find()
            .filter(audit::Column::Subject.eq("resident"))
            .filter(audit::Column::SubjectId.eq(resident.as_i64().unwrap()))
            .filter(audit::Column::Actor.eq(format!("staff:{}", t.place.operator)))
            .order_by_asc(audit::Column::Id);
        let lines = lines.all(t.app.store().reader()).await.unwrap();
        lines.iter().filter_map(|line| line.detail["why"].as_str().map(str::to_owned)).collect()
    };
    let before = reasons().await.len();
    operator.get(&booking).await.expect(200);
    operator.get(&format!("{booking}/invite")).await.expect(200);
    let path = format!("/api/residents/{resident}/path");
    let wish = json!({ "hearing": { "device": "have_unused" } });
    operator.post_json(&path, &wish).await.expect(200);
    assert_eq!(reasons().await[before..], ["get_booking", "get_invite", "propose_path"]);
    t.finish().await;
}

#[tokio::test]
async fn a_freed_seat_is_offered_to_the_first_who_waits_and_answered_on_the_page() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let id = class(&t, 1).await;
    let mut people = Vec::new();
    for (kana, phone) in [
        ("しるべ いち", "03-0000-1111"),
        ("しるべ に", "03-0000-2222"),
        ("しるべ さん", "03-0000-3333"),
    ] {
        people.push(person(&t, kana, phone).await);
        t.advance(chrono::TimeDelta::minutes(1));
    }

    let first = book(&operator, id, people[0]).await;
    let second = book(&operator, id, people[1]).await;
    t.advance(chrono::TimeDelta::minutes(1));
    book(&operator, id, people[2]).await;

    let page = operator.get(&format!("/sessions/{id}")).await.expect(200);
    let waiting = page.text.split("id=\"waiting\"").nth(1).unwrap();
    let (ni, san) = (waiting.find("ニ").unwrap(), waiting.find("サン").unwrap());
    assert!(ni < san);

    operator
        .post_json(&format!("/api/bookings/{}/cancel", first["id"]), &json!({}))
        .await
        .expect(200);
    t.advance(shirube::bookings::rules::KEEP);
    t.run_jobs().await;

    let page = operator.get(&format!("/sessions/{id}")).await.expect(200);
    assert!(page.text.contains("id=\"offers\""));
    // What declining takes is said before the button that does it.
    let asks = page.text.find("席を空けて、次にお待ちの方におたずねします").unwrap();
    let folded = page.text[..asks].rfind("<details>").unwrap();
    let declines = page.text.find("value=\"decline\"").unwrap();
    assert!(folded < asks && asks < declines && !page.text[folded..asks].contains("</details>"));

    let booking = second["id"].to_string();
    let answer = [("booking", booking.as_str()), ("answer", "accept")];
    let teacher = t.teacher().await;
    teacher.post_form(&format!("/sessions/{id}/offer"), &answer).await.expect(403);
    operator.post_form(&format!("/sessions/{id}/offer"), &answer).await.expect(303);
    let taken = operator.get(&format!("/api/bookings/{booking}")).await.expect(200).json();
    assert_eq!(taken["state"], "confirmed");
    t.finish().await;
}

#[tokio::test]
async fn somebody_without_a_booking_is_found_or_added_and_is_present() {
    let t = TestApp::start().await;
    let id = class(&t, 2).await;
    let known = person(&t, "しるべ いち", "03-0000-1111").await.to_string();
    t.clock.set(at(2024, 7, 10, 14, 10));
    let teacher = t.teacher().await;

    let path = format!("/sessions/{id}/walk-in");
    let found = teacher.post_form(&path, &[("q", "しるべ")]).await.expect(200);
    assert!(found.text.contains(&format!("name=\"resident\" value=\"{known}\"")), "{}", found.text);
    assert!(!found.text.contains("0300001111"));
    teacher.post_form(&path, &[("resident", &known)]).await.expect(303);
    let twice = teacher.post_form(&path, &[("resident", &known)]).await.expect(409);
    assert!(twice.text.contains("notice-stop"));

    let wrong = [("new", "1"), ("kana", "Hanako"), ("phone", "03")];
    let again = teacher.post_form(&path, &wrong).await.expect(422);
    assert_eq!(again.field("kana"), "Hanako");
    let short = [("new", "1"), ("kana", "しるべ に"), ("phone", "9012345678")];
    let again = teacher.post_form(&path, &short).await.expect(422);
    assert!(again.text.contains("はじめの0が抜けている"), "{}", again.text);

    let new = [
        ("new", "1"),
        ("kana", "しるべ に"),
        ("phone", "０３−００００−２２２２"),
        ("once", "walk-1"),
    ];
    teacher.post_form(&path, &new).await.expect(303);
    // The button pressed twice adds nobody twice.
    teacher.post_form(&path, &new).await.expect(303);
    assert_eq!(attendance(&teacher, id).await, [json!("present"), json!("present")]);

    let third = [("new", "1"), ("kana", "しるべ さん")];
    teacher.post_form(&path, &third).await.expect(409);
    let lost = teacher.post_form(&path, &[("q", "しるべ さん")]).await.expect(200);
    assert!(!lost.text.contains("name=\"resident\""), "a refused walk-in leaves nobody behind");
    t.finish().await;
}

#[tokio::test]
async fn a_moved_session_names_those_who_are_elsewhere() {
    let t = TestApp::start().await;
    let (operator, coordinator) = (t.operator().await, t.coordinator().await);
    let (morning, afternoon) = (
        session(&t, t.place.classes, 10, 10, 5).await,
        session(&t, t.place.classes, 10, 14, 5).await,
    );

    let busy = person(&t, "しるべ いち", "03-0000-1111").await;
    let free = person(&t, "しるべ に", "03-0000-2222").await;
    book(&operator, afternoon, busy).await;
    let lost = book(&operator, morning, busy).await;
    let kept = book(&operator, morning, free).await;

    let to = json!({ "venue_id": t.place.branch,
        "starts_at": "2024-07-10T15:00:00+09:00", "ends_at": "2024-07-10T17:00:00+09:00" });
    let path = format!("/api/sessions/{morning}/move");
    operator.post_json(&path, &to).await.expect(403);
    let moved = coordinator.post_json_sure(&path, &to).await.expect(200).json();

    assert_eq!(moved["kept_count"], 1);
    let conflict = json!({ "booking_id": lost["id"], "number": lost["number"],
        "resident_id": busy, "state": "cancelled" });
    assert_eq!(moved["conflicts"], json!([conflict]));
    let still = operator.get(&format!("/api/bookings/{}", kept["id"])).await.expect(200).json();
    assert_eq!(still["starts_at"], "2024-07-10T15:00:00+09:00");

    let cancelled = coordinator
        .post_json(&format!("/api/sessions/{morning}/cancel"), &json!({}))
        .await
        .expect(200);
    assert_eq!(cancelled.json()["told"], json!([kept["id"]]));
    t.finish().await;
}

#[tokio::test]
async fn bookings_in_another_programme_are_out_of_reach() {
    let t = TestApp::start().await;
    let (operator, coordinator) = (t.operator().await, t.coordinator().await);
    let event = session(&t, t.place.events, 10, 14, 5).await;
    let resident = person(&t, "しるべ いち", "03-0000-1111").await;

    let wish = json!({ "session_id": event, "resident_id": resident, "via": "phone" });
    coordinator.post_json("/api/bookings", &wish).await.expect(404);

    let booking = book(&operator, event, resident).await;
    let path = format!("/api/bookings/{}", booking["id"]);
    coordinator.get(&path).await.expect(404);
    for verb in ["cancel", "confirm", "release"] {
        coordinator.post_json(&format!("{path}/{verb}"), &json!({})).await.expect(404);
    }

    let class = class(&t, 5).await;
    let there = json!({ "session_id": class });
    coordinator.post_json(&format!("{path}/move"), &there).await.expect(404);
    coordinator
        .post_json(&format!("{path}/attendance"), &json!({ "state": "present" }))
        .await
        .expect(404);

    let elsewhere = json!({ "session_id": session(&t, t.place.classes, 11, 10, 5).await });
    let moved = operator.post_json(&format!("{path}/move"), &elsewhere).await.expect(200).json();
    assert_eq!((&moved["number"], &moved["state"]), (&booking["number"], &json!("confirmed")));
    t.finish().await;
}
