//! Inquiries: the draft of a call, its end, and the calls that were promised.

use chrono::{DateTime, TimeDelta, Utc};
use entity::inquiries::inquiry::{self, InquiryChannel, InquiryState, Outcome, Topic};
use entity::platform::audit;
use entity::residents::resident_barrier::Barrier;
use entity::residents::{contact_channel::Channel, resident::Need};
use entity::{InquiryId, ResidentId, StaffId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::inquiries::actions::{self, Closing, Draft};
use shirube::inquiries::queries;
use shirube::platform::{Actor, Ctx, Error, Lang, Result};
use shirube::residents::{self, timeline};

use crate::support::{Client, TestApp, at, person};

fn ctx_of(t: &TestApp, id: StaffId) -> Ctx {
    let mut ctx = t.ctx_system();
    let municipality_id = t.place.chiyoda;
    ctx.actor = Actor::Staff { id, name: "試験".into(), municipality_id, grants: [].into() };
    ctx
}

fn call(resident_id: Option<ResidentId>) -> Draft {
    Draft {
        channel: InquiryChannel::Phone,
        resident_id,
        caller_phone: Some("0300000101".into()),
        topic: Some(Topic::Apply),
        hearing: json!({"device": "none", "reasons": ["cost"], "hearing": "hard"}),
        note: "ゆっくり話す。".into(),
    }
}

async fn save(t: &TestApp, who: StaffId, draft: &Draft) -> Result<inquiry::Model> {
    let (ctx, scope) = (&ctx_of(t, who), &t.scope());
    let saved = t
        .app
        .store()
        .write(ctx, "save_draft", |tx| async move { actions::save_draft(&tx, scope, draft).await });
    saved.await
}

async fn save_at(
    t: &TestApp,
    who: StaffId,
    revision: Option<i32>,
    draft: &Draft,
) -> Result<inquiry::Model> {
    let (ctx, scope) = (&ctx_of(t, who), &t.scope());
    let saved = t.app.store().write(ctx, "save_draft", |tx| async move {
        actions::save_draft_at(&tx, scope, revision, draft).await
    });
    saved.await
}

async fn close(
    t: &TestApp,
    who: StaffId,
    id: InquiryId,
    outcome: Outcome,
    call_back_at: Option<DateTime<Utc>>,
) -> Result<inquiry::Model> {
    let (ctx, scope) = (&ctx_of(t, who), &t.scope());
    let closing = &Closing { outcome, call_back_at, booking_id: None };
    let closed = t.app.store().write(ctx, "close_inquiry", |tx| async move {
        actions::close(&tx, scope, id, closing).await
    });
    closed.await
}

async fn draft_of(t: &TestApp, who: StaffId) -> Option<inquiry::Model> {
    queries::find_draft(t.app.store().reader(), &t.scope(), who).await.unwrap()
}

/// The sentences on a person's timeline, newest first.
async fn timeline_of(t: &TestApp, who: ResidentId, lang: Lang) -> Vec<String> {
    let lines = timeline::page(t.app.store().reader(), &t.scope(), who, 50, None).await.unwrap();
    lines.for_work().items.iter().map(|line| timeline::sentence(line, lang)).collect()
}

fn told(outcome: &str) -> Value {
    json!({"channel": "counter", "topic": "ask", "hearing": {}, "note": "", "outcome": outcome})
}

async fn recorded(client: &Client, body: &Value) -> i64 {
    client.post_json("/api/inquiries", body).await.expect(201).json()["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_draft_survives_the_process_and_an_operator_has_one() {
    let t = TestApp::start().await;
    let (operator, other) = (t.place.operator, t.place.coordinator);
    let first = save(&t, operator, &call(None)).await.unwrap();
    let longer =
        Draft { note: "ゆっくり話す。\n娘さんが来る。".into(), ..call(None) };
    t.advance(TimeDelta::minutes(2));
    let second = save(&t, operator, &longer).await.unwrap();
    assert_eq!((second.id, second.revision), (first.id, 2));
    assert_eq!(second.started_at, first.started_at);
    save(&t, other, &call(None)).await.unwrap();
    let after_a_crash = t.again().await;
    assert_eq!(draft_of(&after_a_crash, operator).await, Some(second));
    assert_eq!(inquiry::Entity::find().count(t.app.store().reader()).await.unwrap(), 2);
    t.finish().await;
}

#[tokio::test]
async fn two_windows_of_one_operator_open_one_draft() {
    let t = TestApp::start().await;
    let other = t.again().await;
    let (one, two) = (call(None), Draft { topic: Some(Topic::Ask), ..call(None) });
    let who = t.place.operator;
    let (a, b) = tokio::join!(save(&t, who, &one), save(&other, who, &two));
    assert_eq!(a.unwrap().id, b.unwrap().id);
    assert_eq!(inquiry::Entity::find().count(t.app.store().reader()).await.unwrap(), 1);
    t.finish().await;
}

#[tokio::test]
async fn who_saw_an_older_draft_does_not_overwrite_it() {
    let t = TestApp::start().await;
    let who = t.place.operator;
    assert!(matches!(save_at(&t, who, Some(1), &call(None)).await, Err(Error::Stale)));
    let first = save_at(&t, who, None, &call(None)).await.unwrap();
    assert!(matches!(save_at(&t, who, None, &call(None)).await, Err(Error::Stale)));
    save_at(&t, who, Some(first.revision), &call(None)).await.unwrap();
    let old = save_at(&t, who, Some(first.revision), &call(None)).await;
    assert!(matches!(old, Err(Error::Stale)));
    assert_eq!(draft_of(&t, who).await.unwrap().revision, 2);
    t.finish().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_named_and_saves_nothing() {
    let t = TestApp::start().await;
    let who = t.place.operator;
    let cases = [
        (Draft { hearing: json!({"shoe": 42}), ..call(None) }, "hearing.shoe"),
        (Draft { caller_phone: Some("12".into()), ..call(None) }, "caller_phone"),
        (Draft { note: "あ".repeat(2001), ..call(None) }, "note"),
    ];
    for (draft, field) in cases {
        let error = save(&t, who, &draft).await.unwrap_err();
        let Error::Invalid(fields) = error else { panic!("{error}") };
        assert_eq!(fields[0].field, field);
    }
    let nobody = Draft { resident_id: Some(ResidentId(404)), ..call(None) };
    assert!(matches!(save(&t, who, &nobody).await, Err(Error::NotFound)));
    assert_eq!(draft_of(&t, who).await, None);
    t.finish().await;
}

#[tokio::test]
async fn a_closed_call_stands_on_the_timeline_and_what_was_said_is_known() {
    let t = TestApp::start().await;
    let (operator, who) = (t.place.operator, person(&t, "シルベ ハナコ").await);
    let mut draft = call(Some(who));
    draft.hearing["channels"] = json!(["letter", "phone"]);
    let id = save(&t, operator, &draft).await.unwrap().id;

    t.advance(TimeDelta::minutes(6));
    let other = close(&t, t.place.coordinator, id, Outcome::Answered, None).await;
    assert!(matches!(other, Err(Error::NotFound)), "only its operator closes a draft");
    let closed = close(&t, operator, id, Outcome::Answered, None).await.unwrap();

    assert_eq!(closed.state, InquiryState::Closed);
    assert_eq!(closed.ended_at, Some(at(2024, 7, 1, 10, 6)));
    assert_eq!(draft_of(&t, operator).await, None);
    let again = close(&t, operator, id, Outcome::Other, None).await.unwrap_err();
    assert!(matches!(&again, Error::Refused(refusal) if refusal.code == "inquiry_closed"));

    let line = timeline_of(&t, who, Lang::Ja).await.remove(0);
    assert_eq!(line, "申し込み。お答えしました。ゆっくり話す。");
    assert!(timeline_of(&t, who, Lang::En).await[0].starts_with("Booking. Answered."));

    let db = t.app.store().reader();
    let card = residents::queries::get_card(db, &t.scope(), who).await.unwrap().for_work();
    assert_eq!(card.resident.hearing, Some(Need::Hard));
    assert_eq!(card.resident.vision, None, "what was not asked stays unknown");
    assert_eq!(card.barriers, [Barrier::Cost]);
    assert_eq!(card.channels[0], Channel::Letter);

    let (when, heard) = queries::find_recent_hearing(db, &t.scope(), who).await.unwrap().unwrap();
    assert_eq!((when, &heard["device"]), (at(2024, 7, 1, 10, 0), &json!("none")));
    assert_eq!(queries::count_since(db, &t.scope(), at(2024, 7, 1, 0, 0)).await.unwrap(), 1);
    assert_eq!(queries::count_since(db, &t.scope(), at(2024, 7, 1, 11, 0)).await.unwrap(), 0);
    t.finish().await;
}

#[tokio::test]
async fn the_last_answers_are_those_of_the_last_call_in_which_something_was_asked() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    for hearing in [json!({"device": "none"}), json!({"device": "some_use"}), json!({})] {
        let mut body = told("answered");
        (body["resident_id"], body["hearing"]) = (json!(who), hearing);
        t.advance(TimeDelta::minutes(1));
        recorded(&operator, &body).await;
    }
    let db = t.app.store().reader();
    let (_, heard) = queries::find_recent_hearing(db, &t.scope(), who).await.unwrap().unwrap();
    assert_eq!(heard, json!({"device": "some_use"}));
    assert_eq!(queries::last_inquiries(db, &t.scope(), who, 2).await.unwrap().len(), 2);
    t.finish().await;
}

#[tokio::test]
async fn an_inquiry_is_recorded_once_under_one_key() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let body = json!({
        "channel": "phone", "resident_id": who, "caller_phone": "０３ー００００ー０１０１",
        "topic": "consult", "hearing": {"device": "use_well", "areas": ["fujimi"]},
        "note": "<b>地図</b>", "outcome": "answered",
    });
    let once = operator.with_header("Idempotency-Key", "inquiry-1");
    let first = once.post_json("/api/inquiries", &body).await.expect(201);
    let id = first.json()["id"].as_i64().unwrap();
    assert_eq!(first.location(), format!("/api/inquiries/{id}"));
    assert_eq!(recorded(&once, &body).await, id);
    let item = operator.get(&format!("/api/inquiries/{id}")).await.expect(200).json();
    assert_eq!(item["caller_phone"], "0300000101");
    assert_eq!(item["resident_kana"], "シルベ ハナコ");
    assert_eq!(item["hearing"], body["hearing"]);
    assert_eq!(item["operator"], "試験 受付");
    assert_eq!(item["started_at"], "2024-07-01T10:00:00+09:00");
    let page = operator.get("/calls").await.expect(200).text;
    assert!(page.contains("シルベ ハナコ") && page.contains("03-0000-0101"));
    assert!(page.contains("&#60;b&#62;地図") && !page.contains("<b>地図"));
    t.finish().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_inquiry_is_named() {
    let t = TestApp::start().await;
    let operator = t.operator().await;

    for (key, value, field) in [
        ("hearing", json!({"shoe": "42"}), "hearing.shoe"),
        ("hearing", json!({"channels": ["pigeon"]}), "hearing.channels"),
        ("hearing", json!({"areas": ["atlantis"]}), "hearing.areas"),
        ("caller_phone", json!("12"), "caller_phone"),
        ("note", json!("あ".repeat(2001)), "note"),
        ("started_at", json!("2024-07-02T10:00:00+09:00"), "started_at"),
        ("call_back_at", json!("2024-06-28T11:00:00+09:00"), "call_back_at"),
        ("call_back_at", json!("2024-07-06T11:00:00+09:00"), "call_back_at"),
        ("call_back_at", json!("2024-07-05T20:00:00+09:00"), "call_back_at"),
        ("call_back_on", json!("2024-06-30"), "call_back_on"),
    ] {
        let mut body = told("call_back");
        body[key] = value.clone();
        let answer = operator.post_json("/api/inquiries", &body).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], field, "{key} {value}");
        assert_ne!(answer["fields"][0]["message"], answer["fields"][0]["code"]);
    }

    for (key, value) in [("outcome", "eaten"), ("channel", "pigeon"), ("topic", "weather")] {
        let mut body = told("answered");
        body[key] = json!(value);
        let answer = operator.post_json("/api/inquiries", &body).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], key, "{value}");
    }

    let items = operator.get("/api/inquiries").await.expect(200).json();
    assert_eq!(items["items"], json!([]));
    t.finish().await;
}

#[tokio::test]
async fn a_promised_call_is_due_when_somebody_is_there() {
    let t = TestApp::start().await;
    let operator = t.operator().await;

    for (key, value, due) in [
        ("note", json!(""), "2024-07-02T10:00:00+09:00"),
        ("call_back_on", json!("2024-07-06"), "2024-07-08T10:00:00+09:00"),
        ("call_back_on", json!("2024-07-15"), "2024-07-16T10:00:00+09:00"),
        ("call_back_on", json!("2024-07-01"), "2024-07-01T11:00:00+09:00"),
        ("call_back_at", json!("2024-07-05T05:30:00Z"), "2024-07-05T14:30:00+09:00"),
    ] {
        let mut body = told("call_back");
        body[key] = value.clone();
        let id = recorded(&operator, &body).await;
        let item = operator.get(&format!("/api/inquiries/{id}")).await.expect(200).json();
        assert_eq!(item["call_back_at"], due, "{key} {value}");
    }

    let list = operator.get("/api/call-backs").await.expect(200).json();
    let due: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["call_back_at"].as_str().unwrap())
        .collect();
    assert!(due.is_sorted() && due.len() == 5, "{due:?}");
    t.finish().await;
}

#[tokio::test]
async fn a_promised_call_is_made_once_and_leaves_the_list() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let mut body = told("call_back");
    body["resident_id"] = json!(who);
    let id = recorded(&operator, &body).await;
    let plain = recorded(&operator, &told("answered")).await;
    let address = |id: i64| format!("/api/inquiries/{id}/call-back");
    operator.post_json(&address(plain), &json!({})).await.expect(404);
    t.stranger().await.post_json(&address(id), &json!({})).await.expect(404);
    t.advance(TimeDelta::hours(30));
    let operator = t.operator().await;
    for _ in 0..2 {
        let made = operator.post_json(&address(id), &json!({})).await.expect(200).json();
        assert_eq!(made["called_back_at"], "2024-07-02T16:00:00+09:00");
        t.advance(TimeDelta::minutes(5));
    }
    let list = operator.get("/api/call-backs").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    let lines = timeline_of(&t, who, Lang::Ja).await;
    let made = lines.iter().filter(|line| *line == "約束した電話をかけました").count();
    assert_eq!(made, 1, "{lines:?}");
    t.finish().await;
}

#[tokio::test]
async fn the_page_of_promised_calls_says_how_late_they_are() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let empty = operator.get("/callbacks").await.expect(200).text;
    assert!(empty.contains("折り返しはありません"));

    let mut body = told("call_back");
    (body["resident_id"], body["caller_phone"]) = (json!(who), json!("03-0000-0101"));
    let id = recorded(&operator, &body).await;

    t.advance(TimeDelta::days(3));
    let operator = t.operator().await;
    let answer = operator.get("/callbacks").await.expect(200);
    assert_eq!(answer.field("person"), who.to_string(), "the desk opens with the person");
    let page = answer.text;
    for part in ["シルベ ハナコ", "2日おくれ", "7/2(火) 午前10時", "tel:0300000101", "かけました"]
    {
        assert!(page.contains(part), "{part} is missing");
    }

    let log = operator.get("/calls").await.expect(200).text;
    assert!(log.contains("2日おくれ"));
    let english = operator.get("/callbacks?lang=en").await.expect(200).text;
    assert!(english.contains("2 day(s) late") && english.contains("Tue 2 Jul, 10 am"));

    // Who died is not rung up; a slip brings the promise back.
    for (standing, promised) in [("deceased", false), ("active", true)] {
        let body = json!({ "kana": "シルベ ハナコ", "standing": standing });
        operator.put_json_sure(&format!("/api/residents/{who}"), &body).await.expect(200);
        let page = operator.get("/callbacks").await.expect(200).text;
        assert_eq!(page.contains("シルベ ハナコ"), promised, "{standing}");
    }

    let done = operator.post_form(&format!("/callbacks/{id}"), &[]).await.expect(303);
    assert_eq!(done.location(), "/callbacks");
    let page = operator.get("/callbacks").await.expect(200).text;
    assert!(page.contains("折り返しはありません"));
    t.finish().await;
}

#[tokio::test]
async fn the_log_is_paged_newest_first_without_gap_or_repeat() {
    let t = TestApp::start().await;
    let operator = t.operator().await;

    let mut want = Vec::new();
    for index in 0..7 {
        // Two and two begin at the same instant.
        if index % 2 == 0 {
            t.advance(TimeDelta::minutes(1));
        }
        want.insert(0, recorded(&operator, &told("answered")).await);
    }

    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = operator.get(&format!("/api/inquiries?limit=3{after}")).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }

    assert_eq!(found, want);
    for wrong in ["x", "1", "1.x", "99999999999999999999.1", "9223372036854775807.1"] {
        operator.get(&format!("/api/inquiries?after={wrong}")).await.expect(400);
    }
    t.finish().await;
}

#[tokio::test]
async fn only_the_desk_sees_calls_and_only_those_of_its_own_municipality() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let mut body = told("call_back");
    body["resident_id"] = json!(who);
    let id = recorded(&operator, &body).await;

    for (name, client) in t.everybody().await {
        let want = match name {
            "anonymous" => 401,
            "operator" | "coordinator" | "stranger" | "headquarters" | "second_reviewer" => 200,
            _ => 403,
        };
        for path in ["/api/inquiries", "/api/call-backs"] {
            assert_eq!(client.get(path).await.code(), want, "{name} {path}");
        }

        let page = if want == 401 { 303 } else { want };
        for path in ["/calls", "/callbacks"] {
            assert_eq!(client.get(path).await.code(), page, "{name} {path}");
        }
    }

    let stranger = t.stranger().await;
    stranger.get(&format!("/api/inquiries/{id}")).await.expect(404);
    stranger.post_form(&format!("/callbacks/{id}"), &[]).await.expect(404);
    stranger.post_json("/api/inquiries", &body).await.expect(404);
    for path in ["/api/inquiries", "/api/call-backs"] {
        assert_eq!(stranger.get(path).await.json()["items"], json!([]), "{path}");
    }
    assert!(!stranger.get("/calls").await.text.contains("シルベ ハナコ"));
    t.finish().await;
}

#[tokio::test]
async fn every_look_at_the_calls_of_a_person_is_in_the_audit_log() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let mut body = told("call_back");
    body["resident_id"] = json!(who);
    let id = recorded(&operator, &body).await;
    let looks = async || {
        audit::Entity::find()
            .filter(audit::Column::Action.eq("look_at_residents"))
            .filter(audit::Column::Subject.eq("resident"))
            .filter(audit::Column::SubjectId.eq(who.0))
            .count(t.app.store().reader())
            .await
            .unwrap()
    };
    let paths = ["/calls", "/callbacks", "/api/inquiries", "/api/call-backs"];
    for (index, path) in (1..).zip(paths) {
        operator.get(path).await.expect(200);
        assert_eq!(looks().await, index, "{path}");
    }
    operator.get(&format!("/api/inquiries/{id}")).await.expect(200);
    assert_eq!(looks().await, 5);
    t.finish().await;
}
