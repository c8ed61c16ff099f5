//! Sessions: made, found, moved, edited, cancelled, by both doors.

use entity::sessions::session::SessionKind;
use entity::{ProgrammeId, StaffId, VenueId};
use serde_json::{Value, json};
use shirube::platform::{Error, Lang, Reach, Scope};
use shirube::sessions::{SessionFilter, queries};

use crate::support::{TestApp, a_session, at};

/// A class at the city office on 10 July 2024, 14:00 to 16:00, in the big room.
fn class(t: &TestApp) -> Value {
    json!({
        "programme_id": t.place.classes, "kind": "class_basic",
        "title_ja": "スマホ講習会 基礎編", "title_en": "Smartphone class",
        "bring_ja": "スマートフォン", "bring_en": "Your smartphone",
        "venue_id": t.place.city_office, "room_id": t.place.city_office_room,
        "starts_at": "2024-07-10T14:00:00+09:00", "ends_at": "2024-07-10T16:00:00+09:00",
        "capacity": 12, "staff": [t.place.teacher],
    })
}

/// `base` with other values.
fn with(mut base: Value, changes: Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn ids(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_coordinator_makes_a_class_and_the_desk_finds_it() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let made = coordinator.post_json("/api/sessions", &class(&t)).await.expect(201);
    let body = made.json();
    let id = body["id"].as_i64().unwrap();
    assert_eq!(made.location(), format!("/api/sessions/{id}"));
    assert_eq!(body["staff"], json!([{ "id": t.place.teacher, "name": "試験 講師" }]));
    assert_eq!(body["conflicts"], json!([]));

    let operator = t.operator().await;
    let page = operator
        .get("/api/sessions?kind=class_basic&from=2024-07-10&to=2024-07-10&open=true")
        .await;
    let item = &page.expect(200).json()["items"][0];
    for (field, want) in [
        ("id", json!(id)),
        ("title", json!("スマホ講習会 基礎編")),
        ("kind", json!("class_basic")),
        ("starts_at", json!("2024-07-10T14:00:00+09:00")),
        ("ends_at", json!("2024-07-10T16:00:00+09:00")),
        ("venue", json!("千代田区役所")),
        ("capacity", json!(12)),
        ("free", json!(12)),
        ("waiting", json!(0)),
        ("allocation", json!("first_come")),
    ] {
        assert_eq!(item[field], want, "{field}");
    }

    let one = operator.get(&format!("/api/sessions/{id}")).await.expect(200);
    assert_eq!(one.header("etag"), "\"1\"");
    for query in ["kind=class_applied", "from=2024-07-11", "to=2024-07-09", "area=kojimachi"] {
        let page = operator.get(&format!("/api/sessions?{query}")).await.expect(200).json();
        assert_eq!(ids(&page), Vec::<i64>::new(), "{query}");
    }
    let here = operator.get("/api/sessions?area=fujimi").await.expect(200).json();
    assert_eq!(ids(&here), [id]);
    t.finish().await;
}

#[tokio::test]
async fn a_capacity_is_0_to_500_and_fits_the_room_by_both_doors() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;

    for (hour, capacity, want) in [
        (9, json!(0), None),
        (10, json!(24), None),
        (11, json!(25), Some("err.session.capacity.room")),
        (11, json!(-1), Some("err.session.capacity.range")),
        (11, json!(501), Some("err.session.capacity.range")),
        (11, json!(2_147_483_648_i64), Some("err.session.capacity.range")),
        (11, json!(null), Some("err.session.capacity.empty")),
    ] {
        let body = with(
            class(&t),
            json!({ "capacity": capacity, "staff": [], "is_public": false,
                "starts_at": format!("2024-07-10T{hour:02}:00:00+09:00"),
                "ends_at": format!("2024-07-10T{hour:02}:30:00+09:00") }),
        );

        let answer = coordinator.post_json("/api/sessions", &body).await;
        match want {
            None => assert_eq!(answer.code(), 201, "{capacity}: {}", answer.text),
            Some(code) => {
                assert_eq!(answer.code(), 422, "{capacity}: {}", answer.text);
                assert_eq!(answer.json()["fields"][0]["code"], code, "{capacity}");
            }
        }
    }

    let place = format!("{}-{}", t.place.city_office, t.place.city_office_room);
    let programme = t.place.classes.to_string();
    for (start, capacity, status) in [
        ("14:00", "１０", 303),
        ("14:30", "1e3", 422),
        ("14:30", "10.0", 422),
        ("14:30", "−1", 422),
        ("14:30", "", 422),
        ("14:05", "10", 422),
    ] {
        let form = [
            ("programme_id", programme.as_str()),
            ("kind", "class_basic"),
            ("date", "2024-07-10"),
            ("starts_at", start),
            ("ends_at", "15:00"),
            ("place", &place),
            ("capacity", capacity),
            ("title_ja", "題名は消えない"),
        ];

        let start = if status == 303 { "14:00" } else { start };
        let answer = coordinator.post_form("/sessions/new", &form).await;
        assert_eq!(answer.code(), status, "{start} {capacity}: {}", answer.text);

        if status == 422 {
            assert!(answer.text.contains("error-summary"));
            assert_eq!(answer.field("title_ja"), "題名は消えない");
            assert_eq!(answer.field("capacity"), capacity);
        }
    }
    t.finish().await;
}

#[tokio::test]
async fn a_room_is_given_to_one_session_at_a_time_across_programmes() {
    let t = TestApp::start().await;
    let scope = t.scope();
    let first = a_session().room(t.place.city_office_room);
    first.create_within(&t, &scope).await.unwrap();
    let event = first.clone().programme(t.place.events).kind(SessionKind::EventGame);
    let event = event.titled("体験会", "Smartphone class").at("2024-07-10 15:50");
    let event = event.until("2024-07-10 17:00");
    match event.create_within(&t, &scope).await {
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.code, "room_busy");
            assert_eq!(refusal.values[0].1, "スマホ講習会 基礎編");
        }
        other => panic!("{other:?}"),
    }
    let after = event.at("2024-07-10 16:00").until("2024-07-10 17:00");
    after.create_within(&t, &scope).await.unwrap();
    let nowhere = a_session().room(t.place.branch_room);
    assert!(matches!(nowhere.create_within(&t, &scope).await, Err(Error::Invalid(_))));
    t.finish().await;
}

#[tokio::test]
async fn a_teacher_is_in_one_place_at_a_time_across_programmes() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    coordinator.post_json("/api/sessions", &class(&t)).await.expect(201);
    let consultation = with(
        class(&t),
        json!({ "programme_id": t.place.consultations, "kind": "consultation",
            "venue_id": t.place.branch, "room_id": t.place.branch_room,
            "starts_at": "2024-07-10T15:30:00+09:00", "ends_at": "2024-07-10T17:00:00+09:00" }),
    );
    let refused = coordinator.post_json("/api/sessions", &consultation).await.expect(409);
    assert_eq!(refused.json()["code"], "staff_busy");
    // Nothing of the refused one is left: its room is free for somebody else's.
    let other = with(consultation, json!({ "staff": [t.place.operator] }));
    coordinator.post_json("/api/sessions", &other).await.expect(201);
    let unknown = with(
        class(&t),
        json!({ "staff": [t.place.stranger], "room_id": null, "venue_id": t.place.branch }),
    );
    let refused = coordinator.post_json("/api/sessions", &unknown).await.expect(422);
    assert_eq!(refused.json()["fields"][0]["field"], "staff");
    t.finish().await;
}

#[tokio::test]
async fn a_consultation_has_a_slot_for_each_half_hour_and_staff_member() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let body = with(
        class(&t),
        json!({ "programme_id": t.place.consultations, "kind": "consultation", "slot_minutes": 30,
            "capacity": null, "staff": [t.place.teacher, t.place.operator] }),
    );
    let made = coordinator.post_json_sure("/api/sessions", &body).await.expect(201).json();
    assert_eq!(made["capacity"], 8);
    let id = made["id"].as_i64().unwrap();

    let slots = coordinator.get(&format!("/api/sessions/{id}/slots")).await.expect(200).json();
    let items = slots["items"].as_array().unwrap();
    assert_eq!(items.len(), 8);
    assert_eq!(items[0]["starts_at"], "2024-07-10T14:00:00+09:00");
    assert_eq!(items[7]["ends_at"], "2024-07-10T16:00:00+09:00");
    assert!(items.iter().all(|slot| slot["free"] == true));

    // Moved by half a slot: every slot meets its neighbour's old time on the way.
    let to = json!({ "venue_id": t.place.city_office, "room_id": t.place.city_office_room,
        "starts_at": "2024-07-10T14:30:00+09:00", "ends_at": "2024-07-10T16:30:00+09:00" });
    coordinator.post_json_sure(&format!("/api/sessions/{id}/move"), &to).await.expect(200);
    let moved = coordinator.get(&format!("/api/sessions/{id}/slots")).await.expect(200).json();
    assert_eq!(moved["items"][0]["starts_at"], "2024-07-10T14:30:00+09:00");
    assert_eq!(moved["items"][0]["id"], items[0]["id"]);

    let longer = with(to, json!({ "ends_at": "2024-07-10T17:00:00+09:00" }));
    let refused =
        coordinator.post_json(&format!("/api/sessions/{id}/move"), &longer).await.expect(422);
    assert_eq!(refused.json()["fields"][0]["code"], "err.session.time.slots");

    for (changes, field) in [
        (json!({ "slot_minutes": 25 }), "slot_minutes"),
        (json!({ "slot_minutes": 120, "ends_at": "2024-07-10T15:00:00+09:00" }), "slot_minutes"),
        (json!({ "staff": [] }), "staff"),
        (json!({ "kind": "class_basic", "capacity": 5 }), "slot_minutes"),
    ] {
        let answer =
            coordinator.post_json("/api/sessions", &with(body.clone(), changes)).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }
    t.finish().await;
}

#[tokio::test]
async fn everybody_sees_what_is_open_to_the_public_and_nothing_else() {
    let t = TestApp::start().await;
    let shown = a_session().create(&t).await;
    a_session().hidden().create(&t).await;
    a_session().at("2024-06-10 14:00").create(&t).await;
    let cancelled = a_session().create(&t).await;
    let coordinator = t.coordinator().await;
    let path = format!("/api/sessions/{cancelled}/cancel");
    coordinator.post_json(&path, &json!({})).await.expect(200);
    let page = t.anonymous().get("/api/public/sessions").await.expect(200).json();
    assert_eq!(ids(&page), [shown.0]);
    let item = page["items"][0].as_object().unwrap();
    for field in ["staff", "waiting", "is_public", "code", "revision", "programme_id", "taken"] {
        assert!(!item.contains_key(field), "{field}");
    }
    assert_eq!(item["step_free"], true);
    t.finish().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let t = TestApp::start().await;
    let mut made = Vec::new();
    for hour in [9, 11, 11, 11, 11, 13] {
        made.push(a_session().at(at(2024, 7, 10, hour, 0)).hours(1).create(&t).await.0);
    }
    let operator = t.operator().await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = operator.get(&format!("/api/sessions?limit=2{after}")).await.expect(200).json();
        assert!(page["items"].as_array().unwrap().len() <= 2);
        seen.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let page = operator.get("/api/sessions?after=nonsense").await.expect(422).json();
    assert_eq!(page["fields"][0]["code"], "err.sessions.after");
    operator.get("/api/sessions?from=someday").await.expect(422);
    t.finish().await;
}

#[tokio::test]
async fn sessions_outside_the_scope_do_not_exist() {
    let t = TestApp::start().await;
    let class_id = a_session().create(&t).await;
    let event = a_session().programme(t.place.events).kind(SessionKind::EventQuiz);
    let event_id = event.create(&t).await;
    let class_path = format!("/api/sessions/{class_id}");
    let event_path = format!("/api/sessions/{event_id}");

    for (name, client) in t.everybody().await {
        let (class_code, event_code) = match name {
            "anonymous" => (401, 401),
            "operator" => (200, 200),
            "coordinator" | "teacher" => (200, 404),
            "stranger" | "headquarters" | "second_reviewer" => (404, 404),
            _ => (403, 403),
        };

        assert_eq!(client.get(&class_path).await.code(), class_code, "{name}");
        assert_eq!(client.get(&event_path).await.code(), event_code, "{name}");
        assert_eq!(client.get(&format!("{event_path}/slots")).await.code(), event_code, "{name}");
        let page = client.get(&format!("/sessions/{event_id}")).await.code();
        assert_eq!(page, if name == "anonymous" { 303 } else { event_code }, "{name}");

        let plans = name == "coordinator";
        let change = client.get(&format!("/sessions/{class_id}/change")).await.code();
        let want = match name {
            "anonymous" => 303,
            _ if plans => 200,
            // Plans, but in another municipality.
            "headquarters" | "second_reviewer" => 404,
            _ => 403,
        };
        assert_eq!(change, want, "{name}");
    }

    let coordinator = t.coordinator().await;
    let listed = coordinator.get("/api/sessions").await.expect(200).json();
    assert_eq!(ids(&listed), [class_id.0]);

    let body = with(class(&t), json!({ "programme_id": t.place.events }));
    let refused = coordinator.post_json("/api/sessions", &body).await.expect(422);
    assert_eq!(refused.json()["fields"][0]["field"], "programme_id");
    t.finish().await;
}

#[tokio::test]
async fn a_ward_sees_its_own_sessions_only() {
    let t = TestApp::start().await;
    let whole = Scope::whole(t.place.yokohama);
    let new = a_session().programme(t.place.yokohama_classes).venue(t.place.yokohama_hall);
    let id = new.create_within(&t, &whole).await.unwrap();
    let db = t.app.store().reader();
    for (ward, count) in [(t.place.konan, 1), (t.place.kohoku, 0)] {
        let reach = Reach { programme_id: None, ward_id: Some(ward) };
        let scope = Scope { reach: Some(vec![reach]), ..whole.clone() };
        let found =
            queries::list(db, &scope, &SessionFilter::default(), t.now(), 10, None).await.unwrap();
        assert_eq!(found.items.len(), count);
        assert_eq!(queries::get(db, &scope, id).await.is_ok(), count == 1);
        assert_eq!(new.create_within(&t, &scope).await.is_ok(), count == 1);
    }
}

#[tokio::test]
async fn an_edit_of_an_older_version_changes_nothing() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id =
        coordinator.post_json("/api/sessions", &class(&t)).await.expect(201).json()["id"].clone();
    let path = format!("/api/sessions/{id}");

    let edit = json!({ "title_ja": "地図の回", "title_en": "Maps", "bring_ja": "", "bring_en": "",
        "capacity": 20, "is_public": false });
    let first = coordinator.with_header("if-match", "\"1\"");
    let edited = first.put_json(&path, &edit).await.expect(200);
    assert_eq!(edited.header("etag"), "\"2\"");
    assert_eq!(edited.json()["capacity"], 20);

    let late = first
        .put_json(&path, &with(edit.clone(), json!({ "title_ja": "遅い変更" })))
        .await
        .expect(409);
    assert_eq!(late.json()["code"], "stale");
    assert_eq!(coordinator.get(&path).await.json()["title_ja"], "地図の回");

    let large = with(edit, json!({ "capacity": 25 }));
    let refused = coordinator.put_json(&path, &large).await.expect(422);
    assert_eq!(refused.json()["fields"][0]["code"], "err.session.capacity.room");

    let form = [("revision", "1"), ("title_ja", "書きかけ"), ("capacity", "5")];
    let again = coordinator.post_form(&format!("/sessions/{id}/edit"), &form).await.expect(409);
    assert_eq!(again.field("title_ja"), "書きかけ");
    assert_eq!(again.field("revision"), "2");

    let form =
        [("revision", "2"), ("title_ja", "写真の回"), ("title_en", "Photos"), ("capacity", "5")];
    let done = coordinator.post_form(&format!("/sessions/{id}/edit"), &form).await.expect(303);
    let said = coordinator.get(done.location()).await.expect(200);
    assert!(said.text.contains("内容を変えました。"), "{}", said.text);
    t.finish().await;
}

#[tokio::test]
async fn a_cancelled_session_frees_its_room_and_staff() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id =
        coordinator.post_json("/api/sessions", &class(&t)).await.expect(201).json()["id"].clone();
    let path = format!("/sessions/{id}/cancel");
    coordinator.post_form(&path, &[]).await.expect(422);
    let done = coordinator.post_form(&path, &[("confirm", "1")]).await.expect(303);
    let said = coordinator.get(done.location()).await.expect(200);
    assert!(said.text.contains("中止にしました。"), "{}", said.text);
    coordinator.post_form(&path, &[("confirm", "1")]).await.expect(409);
    coordinator.post_json("/api/sessions", &class(&t)).await.expect(201);
    t.finish().await;
}

#[tokio::test]
async fn a_session_that_has_begun_is_not_moved() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id =
        coordinator.post_json("/api/sessions", &class(&t)).await.expect(201).json()["id"].clone();

    let to = json!({ "venue_id": t.place.branch, "room_id": t.place.branch_room,
        "starts_at": "2024-07-11T14:00:00+09:00", "ends_at": "2024-07-11T16:00:00+09:00" });
    let past = with(
        to.clone(),
        json!({
        "starts_at": "2024-06-11T14:00:00+09:00", "ends_at": "2024-06-11T16:00:00+09:00" }),
    );

    let path = format!("/api/sessions/{id}/move");
    coordinator.post_json(&path, &past).await.expect(422);
    let moved = coordinator.post_json(&path, &to).await.expect(200).json();
    assert_eq!(moved["venue"], "麴町出張所");
    assert_eq!(moved["starts_at"], "2024-07-11T14:00:00+09:00");

    // The old room and time are free again.
    let other = with(class(&t), json!({ "staff": [t.place.teacher] }));
    coordinator.post_json("/api/sessions", &other).await.expect(201);

    t.clock.set(at(2024, 7, 11, 14, 0));
    let coordinator = t.coordinator().await;
    let refused = coordinator.post_json(&path, &to).await.expect(409);
    assert_eq!(refused.json()["code"], "session_started");
    t.finish().await;
}

#[tokio::test]
async fn the_list_page_shows_the_plan_of_the_year_and_filters() {
    let t = TestApp::start().await;
    let id = a_session().create(&t).await;
    a_session().at("2024-06-10 14:00").create(&t).await;
    plan(&t, t.place.classes, 10).await;
    let operator = t.operator().await;
    let page = operator.get("/sessions").await.expect(200);
    assert!(page.text.contains("令和6年度"));
    assert!(page.text.contains("<dd>1 <small>/ 10回</small>"), "{}", page.text);
    assert!(page.text.contains("日にちが決まった回 2回"));
    assert!(page.text.contains(&format!("/sessions/{id}")));
    assert!(page.text.contains("7月10日（水曜日）"));
    let other = operator.get(&format!("/sessions?venue={}", t.place.branch)).await.expect(200);
    assert!(!other.text.contains(&format!("\"/sessions/{id}\"")));
    let english = operator.get("/sessions?lang=en").await.expect(200);
    assert!(english.text.contains("Wednesday 10 July 2024"));
}

async fn plan(t: &TestApp, programme_id: ProgrammeId, planned_count: i32) {
    use entity::programmes::programme_plan;
    use sea_orm::ActiveValue::Set;
    use sea_orm::EntityTrait;
    let row = &programme_plan::ActiveModel {
        municipality_id: Set(t.place.chiyoda),
        programme_id: Set(programme_id),
        fiscal_year: Set(2024),
        kind: Set(SessionKind::ClassBasic),
        planned_count: Set(planned_count),
        ..Default::default()
    };
    t.app
        .store()
        .write(&t.ctx_system(), "plan", |tx| async move {
            programme_plan::Entity::insert(row.clone()).exec(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_of_the_seeds_is_given_once_and_others_are_made() {
    let t = TestApp::start().await;
    let scope = t.scope();
    let seeded = a_session().code("r6_basic_01");
    seeded.create_within(&t, &scope).await.unwrap();
    match seeded.create_within(&t, &scope).await {
        Err(Error::Refused(refusal)) => assert_eq!(refusal.code, "session_code_taken"),
        other => panic!("{other:?}"),
    }
    let (first, second) =
        (a_session().create_within(&t, &scope).await, a_session().create_within(&t, &scope).await);
    assert!(first.is_ok() && second.is_ok());
    let id = a_session().titled("", " ").create(&t).await;
    let row = queries::get(t.app.store().reader(), &scope, id).await.unwrap();
    assert_eq!(row.title(Lang::Ja), "スマホ講習会 基礎編");
    assert_eq!(row.when(Lang::Ja), "7月10日（水曜日）午後2時から4時まで");
    let wrong = a_session().venue(VenueId(0)).staff(&[StaffId(0)]);
    assert!(matches!(wrong.create_within(&t, &scope).await, Err(Error::Invalid(_))));
}
