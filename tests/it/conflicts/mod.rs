//! What speaks against a session is said first, on both doors, and a yes is a yes to exactly that.

mod staffing;

use entity::platform::audit;
use entity::sessions::session::{self, SessionKind};
use entity::{ProgrammeId, ResidentId, SessionId};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp, a_wish, at, person};

/// A class at the city office on 10 July 2024, 14:00 to 16:00, in the big room, with its teacher.
fn class(t: &TestApp, changes: Value) -> Value {
    let mut body = json!({
        "programme_id": t.place.classes, "kind": "class_basic", "title_ja": "スマホ講習会",
        "venue_id": t.place.city_office, "room_id": t.place.city_office_room,
        "starts_at": "2024-07-10T14:00:00+09:00", "ends_at": "2024-07-10T16:00:00+09:00",
        "capacity": 12, "staff": [t.place.teacher],
    });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// The same from 14:00 to 16:00 of another day.
fn on(day: &str) -> Value {
    json!({ "starts_at": format!("{day}T14:00:00+09:00"), "ends_at": format!("{day}T16:00:00+09:00") })
}

async fn made(client: &Client, body: &Value) -> i64 {
    client.post_json("/api/sessions", body).await.expect(201).json()["id"].as_i64().unwrap()
}

/// The yes that an answer asks for.
#[track_caller]
fn asked(answer: &Answer, codes: &[&str]) -> String {
    assert_eq!(answer.code(), 409, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["code"], "confirmation_needed");
    let found: Vec<&str> = body["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["code"].as_str().unwrap().trim_start_matches("warn.session."))
        .collect();
    assert_eq!(found, codes, "{}", answer.text);
    body["confirm"].as_str().unwrap().to_owned()
}

async fn sessions(t: &TestApp) -> Vec<session::Model> {
    let all = session::Entity::find().order_by_asc(session::Column::Id);
    all.all(t.app.store().reader()).await.unwrap()
}

/// The last line of the audit log about a session.
async fn record(t: &TestApp, id: i64) -> audit::Model {
    audit::Entity::find()
        .filter(audit::Column::Subject.eq("session"))
        .filter(audit::Column::SubjectId.eq(id))
        .filter(audit::Column::Actor.ne("system"))
        .order_by_desc(audit::Column::Id)
        .one(t.app.store().reader())
        .await
        .unwrap()
        .unwrap()
}

async fn book(t: &TestApp, session: i64, who: ResidentId) {
    a_wish(SessionId(session), who).book(t).await;
}

async fn plan(t: &TestApp, programme_id: ProgrammeId, kind: SessionKind, planned_count: i32) {
    use entity::programmes::programme_plan;
    let row = &programme_plan::ActiveModel {
        municipality_id: Set(t.place.chiyoda),
        programme_id: Set(programme_id),
        fiscal_year: Set(2024),
        kind: Set(kind),
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
async fn a_holiday_is_confirmed_before_anything_is_stored_and_another_date_is_asked_again() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;

    let holiday = class(&t, on("2024-07-15"));
    let answer = coordinator.post_json("/api/sessions", &holiday).await;
    let yes = asked(&answer, &["holiday"]);
    assert!(answer.json()["fields"][0]["message"].as_str().unwrap().contains("海の日"));
    assert!(sessions(&t).await.is_empty());

    // The yes to one date is none to another, not even to another holiday or to more seats.
    for other in [on("2024-12-31"), on("2024-08-12"), json!({ "capacity": 13 })] {
        let mut body = holiday.clone();
        body["confirm"] = json!(yes);
        other.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        let again = coordinator.post_json("/api/sessions", &body).await.expect(409).json();
        assert_eq!(again["code"], "confirmation_needed");
        assert_ne!(again["confirm"], json!(yes), "{other}");
    }
    assert!(sessions(&t).await.is_empty());

    let sure = class(&t, with(on("2024-07-15"), json!({ "confirm": yes })));
    let done = coordinator.post_json("/api/sessions", &sure).await.expect(201).json();
    assert_eq!(done["conflicts"][0]["code"], "holiday");
    let line = record(&t, done["id"].as_i64().unwrap()).await;
    assert_eq!(line.actor, format!("staff:{}", t.place.coordinator));
    assert_eq!(line.detail["confirmed"], json!([{ "code": "holiday", "reason": "海の日" }]));
    assert_eq!(line.detail["starts_at"], "2024-07-15T05:00:00Z");
    t.finish().await;
}

fn with(mut base: Value, changes: Value) -> Value {
    changes.as_object().unwrap().iter().for_each(|(key, value)| base[key] = value.clone());
    base
}

#[tokio::test]
async fn the_page_asks_again_when_the_date_was_changed_after_the_warning() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let (programme, teacher) = (t.place.classes.to_string(), t.place.teacher.to_string());
    let place = format!("{}-{}", t.place.city_office, t.place.city_office_room);

    let form = |date: &'static str, seen: &str| {
        let fields: Vec<(String, String)> = [
            ("programme_id", programme.as_str()),
            ("kind", "class_basic"),
            ("date", date),
            ("starts_at", "14:00"),
            ("ends_at", "16:00"),
            ("place", place.as_str()),
            ("capacity", "12"),
            ("staff", teacher.as_str()),
            ("is_public", "1"),
            ("title_ja", "題名は消えない"),
            ("seen", seen),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        fields
    };
    let post = async |fields: Vec<(String, String)>| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        coordinator.post_form("/sessions/new", &fields).await
    };

    let first = post(form("2024-07-15", "")).await.expect(409);
    assert!(first.text.contains("海の日") && first.text.contains("まだ保存していません"));
    assert_eq!(first.field("title_ja"), "題名は消えない");
    let yes = first.field("seen");

    let second = post(form("2024-12-31", &yes)).await.expect(409);
    assert!(second.text.contains("年末年始"), "{}", second.text);
    assert_ne!(second.field("seen"), yes);
    assert!(sessions(&t).await.is_empty());

    post(form("2024-12-31", &second.field("seen"))).await.expect(303);
    assert_eq!(sessions(&t).await[0].starts_at, at(2024, 12, 31, 14, 0));
    t.finish().await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_both_doors() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let night = json!({ "starts_at": "2024-07-10T03:00:00+09:00",
        "ends_at": "2024-07-10T05:00:00+09:00" });
    let late = json!({ "starts_at": "2024-07-10T20:00:00+09:00",
        "ends_at": "2024-07-10T21:10:00+09:00" });

    for (changes, code) in [
        (on("2072-07-10"), "err.session.time.far"),
        (on("2026-04-01"), "err.session.time.far"),
        (night, "err.session.time.hours"),
        (late, "err.session.time.hours"),
        (json!({ "allocation": "draw" }), "err.session.allocation.draw"),
    ] {
        let answer = coordinator.post_json("/api/sessions", &class(&t, changes)).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["code"], code, "{}", answer.text);
    }

    let id = made(&coordinator, &class(&t, json!({}))).await;
    let place = format!("{}-{}", t.place.city_office, t.place.city_office_room);
    for (date, from, to) in [("2072-07-10", "14:00", "16:00"), ("2024-07-11", "03:00", "05:00")] {
        let form = [
            ("date", date),
            ("starts_at", from),
            ("ends_at", to),
            ("place", place.as_str()),
            ("confirm", "1"),
        ];
        let answer = coordinator.post_form(&format!("/sessions/{id}/move"), &form).await;
        assert_eq!(answer.code(), 422, "{date}: {}", answer.text);
        assert_eq!(answer.field("date"), date);
    }

    assert_eq!(sessions(&t).await[0].starts_at, at(2024, 7, 10, 14, 0));
    t.finish().await;
}

#[tokio::test]
async fn five_hundred_seats_without_room_or_staff_are_not_public_without_a_word() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;

    let wild = json!({ "room_id": null, "capacity": 500, "staff": [] });
    let answer = coordinator.post_json("/api/sessions", &class(&t, wild)).await;
    asked(&answer, &["crowded", "no_staff"]);

    // Planned first and shown later: asked when it is shown.
    let quiet = json!({ "room_id": null, "capacity": 10, "staff": [], "is_public": false });
    let id = made(&coordinator, &class(&t, quiet)).await;
    let path = format!("/api/sessions/{id}");
    let edit = |capacity: i32, confirm: Option<&str>| {
        json!({ "title_ja": "講習会", "title_en": "Class", "bring_ja": "", "bring_en": "",
            "capacity": capacity, "is_public": true, "confirm": confirm })
    };

    let first = coordinator.with_header("if-match", "\"1\"");
    let yes = asked(&first.put_json(&path, &edit(10, None)).await, &["no_staff"]);
    asked(&first.put_json(&path, &edit(500, Some(&yes))).await, &["crowded", "no_staff"]);
    assert!(!sessions(&t).await[0].is_public);
    first.put_json(&path, &edit(10, Some(&yes))).await.expect(200);

    let form =
        [("revision", "2"), ("title_ja", "書きかけ"), ("capacity", "300"), ("is_public", "1")];
    let page = coordinator.post_form(&format!("/sessions/{id}/edit"), &form).await.expect(409);
    assert_eq!((page.field("title_ja"), page.field("capacity")), ("書きかけ".into(), "300".into()));
    let seen = page.field("seen");
    let sure = [form.as_slice(), &[("seen", seen.as_str())]].concat();
    coordinator.post_form(&format!("/sessions/{id}/edit"), &sure).await.expect(303);

    let line = record(&t, id).await;
    assert_eq!(
        line.detail["confirmed"][0],
        json!({ "code": "crowded", "seats": 300, "largest": 24 })
    );
    t.finish().await;
}

#[tokio::test]
async fn the_eleventh_of_ten_and_another_programmes_kind_are_asked() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    plan(&t, t.place.classes, SessionKind::ClassBasic, 1).await;
    made(&coordinator, &class(&t, json!({}))).await;
    let second = coordinator.post_json("/api/sessions", &class(&t, on("2024-07-11"))).await;
    asked(&second, &["beyond_plan"]);
    // The plan of one year says nothing about the next.
    made(&coordinator, &class(&t, on("2025-07-10"))).await;
    let strange = json!({ "programme_id": t.place.consultations, "staff": [], "is_public": false });
    let answer = coordinator.post_json("/api/sessions", &class(&t, strange)).await;
    // The room is taken too, and that is said first.
    assert_eq!(answer.json()["code"], "room_busy");
    let elsewhere = with(
        on("2024-07-12"),
        json!({ "programme_id": t.place.consultations, "staff": [], "is_public": false }),
    );
    let answer = coordinator.post_json("/api/sessions", &class(&t, elsewhere)).await;
    asked(&answer, &["strange"]);
    assert!(answer.text.contains("相談会"), "{}", answer.text);
    t.finish().await;
}

#[tokio::test]
async fn booked_people_are_not_moved_before_the_warnings_were_read() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &class(&t, json!({}))).await;
    let (free, busy) = (person(&t, "いちばん").await, person(&t, "にばん").await);
    book(&t, id, free).await;
    book(&t, id, busy).await;
    t.run_jobs().await;

    let notices = async || {
        use sea_orm::PaginatorTrait;
        entity::notices::notice::Entity::find().count(t.app.store().reader()).await.unwrap()
    };
    let before = notices().await;

    let to = |day: &str, confirm: Option<&str>| {
        with(
            on(day),
            json!({ "venue_id": t.place.city_office, "room_id": t.place.city_office_room,
                "confirm": confirm }),
        )
    };
    let path = format!("/api/sessions/{id}/move");
    let yes = asked(&coordinator.post_json(&path, &to("2024-12-31", None)).await, &["year_end"]);
    asked(
        &coordinator.post_json(&path, &to("2025-01-01", Some(&yes))).await,
        &["holiday", "year_end"],
    );

    // By the page: the same question, and nothing typed is lost.
    let place = format!("{}-{}", t.place.city_office, t.place.city_office_room);
    let form = |seen: &str| {
        [
            ("date", "2024-12-31"),
            ("starts_at", "15:00"),
            ("ends_at", "17:00"),
            ("place", place.as_str()),
            ("confirm", "1"),
            ("seen", seen),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let post = async |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        coordinator.post_form(&format!("/sessions/{id}/move"), &fields).await
    };

    let page = post(&form(&yes)).await.expect(409);
    assert!(page.text.contains("年末年始"), "{}", page.text);
    assert_eq!(
        (page.field("date"), page.field("starts_at")),
        ("2024-12-31".into(), "15:00".into())
    );

    t.run_jobs().await;
    assert_eq!(sessions(&t).await[0].starts_at, at(2024, 7, 10, 14, 0));
    assert_eq!(notices().await, before);

    post(&form(&page.field("seen"))).await.expect(303);
    assert_eq!(sessions(&t).await[0].starts_at, at(2024, 12, 31, 15, 0));
    let line = record(&t, id).await;
    assert_eq!(line.detail["confirmed"], json!([{ "code": "year_end" }]));
    assert_eq!(line.detail["changed"], json!(["time", "venue"]));

    t.run_jobs().await;
    assert!(notices().await > before);
    t.finish().await;
}

#[tokio::test]
async fn who_would_lose_the_seat_by_a_move_is_counted_before() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &class(&t, json!({}))).await;
    let other =
        json!({ "room_id": null, "venue_id": t.place.branch, "staff": [t.place.coordinator] });
    let other = made(&coordinator, &class(&t, with(on("2024-07-11"), other))).await;

    let busy = person(&t, "にばん").await;
    book(&t, id, person(&t, "いちばん").await).await;
    book(&t, id, busy).await;
    book(&t, other, busy).await;

    let to = with(
        on("2024-07-11"),
        json!({ "venue_id": t.place.city_office, "room_id": t.place.city_office_room }),
    );
    let path = format!("/api/sessions/{id}/move");
    let answer = coordinator.post_json(&path, &to).await;
    let yes = asked(&answer, &["elsewhere"]);
    assert!(answer.text.contains("1人は"), "{}", answer.text);

    let moved =
        coordinator.post_json(&path, &with(to, json!({ "confirm": yes }))).await.expect(200);
    assert_eq!(
        (&moved.json()["kept_count"], &moved.json()["conflicts"][0]["resident_id"]),
        (&json!(1), &json!(busy))
    );
    t.finish().await;
}
