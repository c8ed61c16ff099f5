//! Paths: proposed from answers and the calendar, accepted, followed.

use chrono::TimeDelta;
use entity::bookings::booking::{Attendance, BookingState};
use entity::paths::path_step::{OverrideReason, StepKind};
use entity::residents::resident::{self, Mobility, Standing};
use entity::sessions::session::{Allocation, SessionKind};
use entity::{BookingId, PathId, ResidentId, SessionId};
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::bookings;
use shirube::paths::actions::AcceptedStep;
use shirube::paths::queries::PathView;
use shirube::paths::{self, queries};
use shirube::platform::Result;
use shirube::sessions;

use crate::support::{Client, SessionBuilder, TestApp, a_session, a_wish, at, person};

/// A session of two hours at two in the afternoon, so many days after 1 July 2024, for five people.
fn on_day(kind: SessionKind, day: i64) -> SessionBuilder {
    let starts_at = at(2024, 7, 1, 14, 0) + TimeDelta::days(day);
    a_session().kind(kind).titled("", "").at(starts_at).seats(5)
}

async fn held(t: &TestApp, kind: SessionKind, day: i64) -> SessionId {
    let new = match kind {
        SessionKind::Consultation => on_day(kind, day).consultation(&[t.place.teacher]),
        _ => on_day(kind, day),
    };
    new.create(t).await
}

async fn book(t: &TestApp, session_id: SessionId, who: ResidentId) -> BookingId {
    let scope = &t.scope();
    let slots = sessions::queries::free_slots(t.app.store().reader(), scope, session_id).await;
    let slot_id = slots.unwrap().first().map(|(slot, ..)| slot.id);
    a_wish(session_id, who).slot(slot_id).may_wait(true).book(t).await.id
}

async fn cancel(t: &TestApp, id: BookingId) {
    let scope = &t.scope();
    let ctx = &t.ctx_system();
    let done = t.app.store().write(ctx, "cancel", |tx| async move {
        bookings::actions::cancel(&tx, scope, id).await.map(drop)
    });
    done.await.unwrap();
}

async fn attend(t: &TestApp, id: BookingId, attendance: Option<Attendance>) {
    let scope = &t.scope();
    let ctx = &t.ctx_system();
    let done = t.app.store().write(ctx, "attend", |tx| async move {
        bookings::actions::record_attendance(&tx, scope, id, attendance).await.map(drop)
    });
    done.await.unwrap();
}

async fn accept(t: &TestApp, who: ResidentId, steps: &[AcceptedStep]) -> Result<PathId> {
    let (scope, hearing) = (&t.scope(), &json!({"device": "have_unused"}));
    let ctx = &t.ctx_system();
    let done = t.app.store().write(ctx, "accept_path", |tx| async move {
        paths::actions::accept(&tx, scope, who, hearing, steps).await
    });
    done.await
}

fn added(kinds: &[StepKind]) -> Vec<AcceptedStep> {
    kinds.iter().map(|kind| AcceptedStep::added(*kind, OverrideReason::Wish)).collect()
}

/// The person's current path.
async fn current(t: &TestApp, who: ResidentId) -> PathView {
    let view = queries::current(t.app.store().reader(), &t.scope(), who).await.unwrap();
    view.for_work().unwrap()
}

/// Kind and state of each step of the current path, and the booking's id.
async fn steps(t: &TestApp, who: ResidentId) -> Vec<(String, String, Option<BookingId>)> {
    let view = current(t, who).await;
    view.steps
        .into_iter()
        .map(|view| {
            let step = view.step;
            assert_eq!(step.booking_id, view.booking.map(|row| row.booking.id));
            (step.kind.to_string(), step.state.to_string(), step.booking_id)
        })
        .collect()
}

fn path_of(who: ResidentId) -> String {
    format!("/api/residents/{who}/path")
}

async fn proposed(client: &Client, who: ResidentId, hearing: Value) -> Value {
    let answer = client.post_json(&path_of(who), &json!({ "hearing": hearing })).await;
    answer.expect(200).json()
}

fn ids(sessions: &Value) -> Vec<i64> {
    sessions.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_unknown_answer_is_named() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    for (hearing, field) in [
        (json!({"shoe": "42"}), "hearing.shoe"),
        (json!({"device": "tablet"}), "hearing.device"),
        (json!({"device": null}), "hearing.device"),
        (json!({"reasons": ["cost", "sunshine"]}), "hearing.reasons"),
        (json!({"areas": ["atlantis"]}), "hearing.areas"),
        (json!({"device": "use_well", "want": "yes"}), "hearing.want"),
    ] {
        let body = json!({ "hearing": hearing });
        let answer = operator.post_json(&path_of(who), &body).await.expect(422).json();
        assert_eq!(answer["code"], "invalid");
        assert_eq!(answer["fields"][0]["field"], field, "{hearing}");
        let body = json!({ "hearing": hearing, "steps": [{"kind": "survey"}] });
        let answer = operator.put_json(&path_of(who), &body).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], field, "{hearing}");
    }
    let known = json!({ "hearing": {"areas": ["kojimachi", "city_office"]} });
    operator.post_json(&path_of(who), &known).await.expect(200);
    t.finish().await;
}

/// Makes a session one with a draw, as an older version could.
async fn give_by_draw(t: &TestApp, id: SessionId) {
    use entity::sessions::session;
    use sea_orm::sea_query::Expr;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
    let work = async |tx: shirube::platform::Tx| {
        session::Entity::update_many()
            .col_expr(session::Column::Allocation, Expr::value(Allocation::Draw))
            .filter(session::Column::Id.eq(id))
            .exec(tx.db())
            .await?;
        Ok(())
    };
    t.app.store().write(&t.ctx_system(), "give_by_draw", work).await.unwrap();
}

#[tokio::test]
async fn steps_name_only_sessions_that_can_be_booked() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);

    let basic = SessionKind::ClassBasic;
    let late = held(&t, basic, 9).await;
    let soon = held(&t, basic, 4).await;
    let full = on_day(basic, 3).seats(1).create(&t).await;
    let drawn = held(&t, basic, 5).await;
    give_by_draw(&t, drawn).await;
    let cancelled = held(&t, basic, 6).await;
    let far = held(&t, basic, 150).await;
    let quiz = held(&t, SessionKind::EventQuiz, 8).await;
    let clash = held(&t, basic, 8).await;

    book(&t, full, person(&t, "シルベ ジロウ").await).await;
    book(&t, quiz, who).await;

    let scope = &t.scope();
    t.app
        .store()
        .write(&t.ctx_system(), "cancel_session", |tx| async move {
            bookings::actions::cancel_session(&tx, scope, cancelled).await.map(drop)
        })
        .await
        .unwrap();

    let answer = proposed(&operator, who, json!({"device": "have_unused"})).await;
    assert_eq!(kinds(&answer)[0], "class_basic");
    let first = &answer["steps"][0];
    assert_eq!(ids(&first["sessions"]), [soon.0, late.0], "not {full} {cancelled} {far} {clash}");
    assert_eq!(ids(&first["full"]), [full.0]);
    assert_eq!(first["sessions"][0]["starts_at"], "2024-07-05T14:00:00+09:00");
    assert_eq!(first["sessions"][0]["free"], 5);
    assert_eq!(first["sessions"][0]["venue"], "千代田区役所");
    assert!(first["rule_ids"].as_array().is_some_and(|ids| !ids.is_empty()));

    for step in answer["steps"].as_array().unwrap() {
        assert_eq!(step["reason"], step["reason_ja"]);
        assert_ne!(step["reason_en"], "");
    }

    operator.get(&path_of(who)).await.expect(404);
    t.finish().await;
}

#[tokio::test]
async fn each_step_comes_after_the_one_before() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let hearing = json!({"device": "have_unused", "interests": ["map"]});
    let basic = held(&t, SessionKind::ClassBasic, 7).await;
    held(&t, SessionKind::EventWalk, 3).await;
    let walk = held(&t, SessionKind::EventWalk, 11).await;
    let answer = proposed(&operator, who, hearing.clone()).await;
    let step = |kind| {
        let index = kinds(&answer).iter().position(|known| *known == kind).unwrap();
        answer["steps"][index].clone()
    };
    assert_eq!(ids(&step("class_basic")["sessions"]), [basic.0]);
    assert_eq!(ids(&step("event_walk")["sessions"]), [walk.0], "the walk on day 3 is too early");
    assert_eq!(kinds(&answer).last(), Some(&"survey"));
    t.finish().await;
}

#[tokio::test]
async fn the_same_calendar_gives_the_same_bytes_and_fewer_seats_another_proposal() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let first = on_day(SessionKind::ClassBasic, 4).seats(1).create(&t).await;
    let second = held(&t, SessionKind::ClassBasic, 9).await;
    let body = json!({ "hearing": {"device": "have_unused", "reasons": ["cost", "looks_hard"]} });
    let ask = async || operator.post_json(&path_of(who), &body).await.expect(200).text;
    let before = ask().await;
    assert_eq!(before, ask().await);
    book(&t, first, person(&t, "シルベ ジロウ").await).await;
    let after = ask().await;
    assert_ne!(before, after);
    let sessions = |text: &str| {
        let answer: Value = serde_json::from_str(text).unwrap();
        let steps = answer["steps"].as_array().unwrap().clone();
        let step = steps.into_iter().find(|step| step["kind"] == "class_basic").unwrap();
        (ids(&step["sessions"]), ids(&step["full"]))
    };
    assert_eq!(sessions(&before), (vec![first.0, second.0], vec![]));
    assert_eq!(sessions(&after), (vec![second.0], vec![first.0]));
    t.finish().await;
}

#[tokio::test]
async fn who_cannot_climb_steps_is_sent_to_venues_without() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let basic = SessionKind::ClassBasic;
    on_day(basic, 3).venue(t.place.branch).create(&t).await;
    let free = held(&t, basic, 5).await;
    let who = person(&t, "シルベ ハナコ").await;
    let said = json!({"device": "have_unused", "mobility": "hard"});
    let answer = proposed(&operator, who, said).await;
    assert_eq!(ids(&answer["steps"][0]["sessions"]), [free.0]);
    let silent = json!({"device": "have_unused"});
    let answer = proposed(&operator, who, silent.clone()).await;
    assert_eq!(ids(&answer["steps"][0]["sessions"]).len(), 2);
    change_person(&t, who, |row| row.mobility = ActiveValue::Set(Some(Mobility::Hard))).await;
    let answer = proposed(&operator, who, silent).await;
    assert_eq!(ids(&answer["steps"][0]["sessions"]), [free.0], "what is known counts");
    t.finish().await;
}

async fn change_person(t: &TestApp, who: ResidentId, set: fn(&mut resident::ActiveModel)) {
    let mut row = resident::ActiveModel::default();
    set(&mut row);
    let row = &row;
    let ctx = &t.ctx_system();
    let done = t.app.store().write(ctx, "change_person", |tx| async move {
        let change = resident::Entity::update_many().set(row.clone());
        change.filter(resident::Column::Id.eq(who)).exec(tx.db()).await?;
        Ok(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn nobody_who_has_left_is_offered_a_path() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    change_person(&t, who, |row| row.standing = ActiveValue::Set(Standing::Deceased)).await;
    let answer = proposed(&operator, who, json!({"device": "have_unused"})).await;
    assert_eq!(kinds(&answer), Vec::<&str>::new());
    assert_eq!(answer["closing"]["how"], "silent");
    t.finish().await;
}

/// A proposed step as it is agreed on: without what the proposal tells about it.
fn agreed(step: &Value) -> Value {
    let known = ["kind", "by_phone", "topic", "rule_ids", "goal_tags", "reason_ja", "reason_en"];
    let kept = known.iter().filter_map(|key| Some(((*key).to_owned(), step.get(key)?.clone())));
    Value::Object(kept.collect())
}

#[tokio::test]
async fn an_edited_path_keeps_its_reasons() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    held(&t, SessionKind::ClassBasic, 4).await;
    let hearing = json!({"device": "have_unused", "reasons": ["fear_of_fraud"]});
    let answer = proposed(&operator, who, hearing.clone()).await;
    let mut steps: Vec<Value> = answer["steps"].as_array().unwrap().iter().map(agreed).collect();
    assert!(steps.len() >= 3);

    // Dropped: the second. Moved: the last to the front. Added: a consultation.
    steps.remove(1);
    let mut moved = steps.pop().unwrap();
    moved["override_reason"] = json!("date");
    steps.insert(0, moved);
    steps.push(json!({"kind": "consultation", "override_reason": "wish"}));

    let body = json!({ "hearing": hearing, "steps": steps });
    let stored = operator.put_json(&path_of(who), &body).await.expect(200).json();
    assert_eq!(stored["version"], 1);
    assert_eq!(stored["hearing"], hearing);
    assert_eq!(stored["rules_version"], answer["rules_version"]);

    let kept = stored["steps"].as_array().unwrap();
    assert_eq!(kept.len(), steps.len());
    for (kept, sent) in kept.iter().zip(&steps[..steps.len() - 1]) {
        for key in ["kind", "reason_ja", "reason_en", "rule_ids", "goal_tags", "by_phone"] {
            assert_eq!(kept[key], sent[key], "{key}");
        }
        assert_eq!(kept["state"], "proposed");
    }

    assert_eq!(kept[0]["override_reason"], "date");
    let own = kept.last().unwrap();
    assert_eq!(own["rule_ids"], json!([]));
    assert_ne!(own["reason_ja"], "", "an added step has the sentence of its kind");

    let read = operator.get(&path_of(who)).await.expect(200).json();
    assert_eq!(read, stored);
    t.finish().await;
}

#[tokio::test]
async fn a_path_has_one_to_six_steps() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    for count in [0, 7] {
        let steps: Vec<Value> = vec![json!({"kind": "consultation"}); count];
        let body = json!({ "hearing": {}, "steps": steps });
        let answer = operator.put_json(&path_of(who), &body).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], "steps", "{count}");
    }
    operator.get(&path_of(who)).await.expect(404);
    t.finish().await;
}

#[tokio::test]
async fn accepting_twice_under_one_key_stores_one_version() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let body = json!({ "hearing": {}, "steps": [{"kind": "consultation"}] });
    let once = operator.with_header("Idempotency-Key", "path-1");
    for _ in 0..2 {
        let stored = once.put_json(&path_of(who), &body).await.expect(200).json();
        assert_eq!(stored["version"], 1);
    }
    let stored = operator.put_json(&path_of(who), &body).await.expect(200).json();
    assert_eq!(stored["version"], 2);
    t.finish().await;
}

#[tokio::test]
async fn a_step_follows_its_booking_and_the_attendance() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let basic = held(&t, SessionKind::ClassBasic, 4).await;
    accept(&t, who, &added(&[StepKind::ClassBasic, StepKind::Survey])).await.unwrap();

    let first = async || steps(&t, who).await[0].clone();
    let is = |state: &str, id| ("class_basic".to_owned(), state.to_owned(), id);
    assert_eq!(first().await, is("proposed", None));

    let one = book(&t, basic, who).await;
    t.run_jobs().await;
    assert_eq!(first().await, is("booked", Some(one)));

    cancel(&t, one).await;
    t.run_jobs().await;
    assert_eq!(first().await, is("proposed", None));

    let two = book(&t, basic, who).await;
    t.run_jobs().await;
    t.advance(TimeDelta::days(4) + TimeDelta::hours(5));

    for (attendance, state) in [
        (Some(Attendance::Present), "done"),
        (Some(Attendance::NoShow), "missed"),
        (Some(Attendance::Late), "done"),
    ] {
        attend(&t, two, attendance).await;
        t.run_jobs().await;
        assert_eq!(first().await, is(state, Some(two)), "{attendance:?}");
    }
    t.finish().await;
}

#[tokio::test]
async fn following_a_booking_twice_changes_nothing() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let talk = held(&t, SessionKind::Consultation, 4).await;
    accept(&t, who, &added(&[StepKind::Consultation, StepKind::Consultation])).await.unwrap();
    let id = book(&t, talk, who).await;
    for _ in 0..3 {
        t.app
            .store()
            .write(&t.ctx_system(), "follow_booking", |tx| async move {
                paths::actions::follow_booking(&tx, id).await
            })
            .await
            .unwrap();
        let states: Vec<_> = steps(&t, who).await.into_iter().map(|(_, state, _)| state).collect();
        assert_eq!(states, ["booked", "proposed"]);
    }
    t.finish().await;
}

#[tokio::test]
async fn who_missed_a_class_takes_the_same_step_with_the_next_booking() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let first = held(&t, SessionKind::ClassBasic, 4).await;
    let second = held(&t, SessionKind::ClassBasic, 14).await;
    accept(&t, who, &added(&[StepKind::ClassBasic])).await.unwrap();
    let missed = book(&t, first, who).await;
    t.run_jobs().await;
    t.advance(TimeDelta::days(5));
    attend(&t, missed, Some(Attendance::NoShow)).await;
    t.run_jobs().await;
    let operator = t.operator().await;
    let answer = proposed(&operator, who, json!({"device": "have_unused"})).await;
    let rules = answer["steps"][0]["rule_ids"].as_array().unwrap();
    assert!(rules.contains(&json!("T3")), "the absence is known: {rules:?}");
    let again = book(&t, second, who).await;
    t.run_jobs().await;
    assert_eq!(steps(&t, who).await, [("class_basic".into(), "booked".into(), Some(again))]);
    t.finish().await;
}

#[tokio::test]
async fn a_new_version_keeps_what_is_done_and_takes_living_bookings() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let basic = held(&t, SessionKind::ClassBasic, 4).await;
    let walk = held(&t, SessionKind::EventWalk, 14).await;
    accept(&t, who, &added(&[StepKind::ClassBasic, StepKind::EventGame])).await.unwrap();

    let came = book(&t, basic, who).await;
    t.advance(TimeDelta::days(5));
    attend(&t, came, Some(Attendance::Present)).await;
    let booked = book(&t, walk, who).await;
    t.run_jobs().await;

    let second = [StepKind::ClassBasic, StepKind::EventWalk, StepKind::Survey];
    accept(&t, who, &added(&second)).await.unwrap();
    let want = [
        ("class_basic".into(), "done".into(), Some(came)),
        ("class_basic".into(), "proposed".into(), None),
        ("event_walk".into(), "booked".into(), Some(booked)),
        ("survey".into(), "proposed".into(), None),
    ];
    assert_eq!(steps(&t, who).await, want);

    let view = current(&t, who).await;
    assert_eq!(view.path.version, 2);
    let ranks: Vec<i32> = view.steps.iter().map(|view| view.step.rank).collect();
    assert_eq!(ranks, [1, 2, 3, 4]);
    t.finish().await;
}

#[tokio::test]
async fn a_seat_that_the_person_has_stands_in_the_proposal() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let basic = held(&t, SessionKind::ClassBasic, 7).await;
    held(&t, SessionKind::ClassBasic, 3).await;
    let id = book(&t, basic, who).await;
    let answer = proposed(&operator, who, json!({"device": "have_unused"})).await;
    let first = &answer["steps"][0];
    assert_eq!(first["kind"], "class_basic");
    assert_eq!(first["booking"]["id"], id.0);
    assert_eq!(first["booking"]["state"], json!(BookingState::Confirmed));
    assert_eq!(ids(&first["sessions"]), Vec::<i64>::new());
    t.finish().await;
}

#[tokio::test]
async fn waiting_is_seen_on_the_step_and_a_seat_goes_before_it() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let full = on_day(SessionKind::ClassBasic, 4).seats(1).create(&t).await;
    let open = held(&t, SessionKind::ClassBasic, 8).await;
    book(&t, full, person(&t, "シルベ ジロウ").await).await;
    accept(&t, who, &added(&[StepKind::ClassBasic])).await.unwrap();
    let waits = book(&t, full, who).await;
    t.run_jobs().await;
    assert_eq!(steps(&t, who).await, [("class_basic".into(), "proposed".into(), Some(waits))]);
    let seat = book(&t, open, who).await;
    t.run_jobs().await;
    assert_eq!(steps(&t, who).await, [("class_basic".into(), "booked".into(), Some(seat))]);
    t.finish().await;
}

#[tokio::test]
async fn the_staff_marks_what_has_no_booking() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let basic = held(&t, SessionKind::ClassBasic, 4).await;
    let kinds = [StepKind::ClassBasic, StepKind::PracticeApp, StepKind::Survey];
    accept(&t, who, &added(&kinds)).await.unwrap();
    book(&t, basic, who).await;
    t.run_jobs().await;

    let view = current(&t, who).await;
    let address = |index: usize| format!("/api/path-steps/{}/state", view.steps[index].step.id);
    let done = json!({"state": "done"});

    let refused = operator.put_json(&address(0), &done).await.expect(409).json();
    assert_eq!(refused["code"], "step_has_booking");
    let marked = operator.put_json(&address(1), &done).await.expect(200).json();
    assert_eq!(marked["state"], "done");
    let refused = operator.put_json(&address(1), &done).await.expect(409).json();
    assert_eq!(refused["code"], "step_not_open");

    let dropped = json!({"state": "dropped", "reason": "health"});
    operator.put_json(&address(2), &dropped).await.expect(200);
    let states: Vec<_> = steps(&t, who).await.into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, ["booked", "done", "dropped"]);

    t.stranger().await.put_json(&address(1), &done).await.expect(404);
    let stale = operator.with_header("if-match", "\"2\"");
    stale.put_json(&address(1), &done).await.expect(409);
    accept(&t, who, &added(&[StepKind::Survey])).await.unwrap();
    operator.put_json(&address(2), &done).await.expect(404);
    t.finish().await;
}

#[tokio::test]
async fn the_path_of_a_stranger_does_not_exist() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    accept(&t, who, &added(&[StepKind::Consultation])).await.unwrap();
    let wish = json!({ "hearing": {} });
    let steps = json!({ "hearing": {}, "steps": [{"kind": "consultation"}] });
    for (name, client) in t.everybody().await {
        let want = match name {
            "anonymous" => 401,
            "operator" | "coordinator" => 200,
            "stranger" | "headquarters" | "second_reviewer" => 404,
            _ => 403,
        };
        assert_eq!(client.post_json(&path_of(who), &wish).await.code(), want, "{name} proposes");
        assert_eq!(client.get(&path_of(who)).await.code(), want, "{name} reads");
        assert_eq!(client.put_json(&path_of(who), &steps).await.code(), want, "{name} accepts");
    }
    t.finish().await;
}

#[tokio::test]
async fn a_reason_comes_in_the_language_of_the_request() {
    let t = TestApp::start().await;
    let (operator, who) = (t.operator().await, person(&t, "シルベ ハナコ").await);
    let english = operator.with_header("accept-language", "en");
    let answer = english.post_json(&path_of(who), &json!({ "hearing": {} })).await;
    let answer = answer.expect(200).json();
    assert_eq!(answer["steps"][0]["reason"], answer["steps"][0]["reason_en"]);
    t.finish().await;
}

#[tokio::test]
async fn two_operators_accept_at_once_and_both_versions_stand() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベ ハナコ").await;
    let (one, two) = (added(&[StepKind::Consultation]), added(&[StepKind::ClassBasic]));
    let (a, b) = tokio::join!(accept(&t, who, &one), accept(&t, who, &two));
    assert_ne!(a.unwrap(), b.unwrap());
    let view = current(&t, who).await;
    assert_eq!((view.path.version, view.steps.len()), (2, 1));
    t.finish().await;
}
