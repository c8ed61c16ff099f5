//! Three ways into one set of answers, which is finished once.

use entity::surveys::class_answers::ClassMoment;
use serde_json::json;
use shirube::platform::japan::BookingNumber;

use super::*;
use crate::support::Client;

/// Answers the questions on the pages of the link; returns the questions met.
async fn walk(client: &Client, token: &str, answers: &Value, until: usize) -> Vec<String> {
    let begun = client.post_form(&format!("/ask/{token}"), &[("who", "helper")]).await.expect(303);
    let mut next = begun.location().to_owned();
    let mut met = Vec::new();
    while !next.ends_with("/finish") && met.len() < until {
        let page = client.get(&next).await.expect(200);
        assert!(page.text.contains("03-0000-0100"), "the phone stands on every page");
        let question = next.rsplit('/').next().unwrap().to_owned();
        let fields: Vec<(&str, &str)> = match &answers[&question] {
            Value::String(one) => vec![("answer", one.as_str())],
            Value::Array(many) => {
                many.iter().map(|one| ("answer", one.as_str().unwrap())).collect()
            }
            _ => vec![("skip", "1")],
        };
        met.push(question);
        next = client.post_form(&next, &fields).await.expect(303).location().to_owned();
    }
    met
}

fn digits(answers: &Value) -> Vec<(String, String)> {
    let set = &shirube::surveys::rules::QUESTIONNAIRES[0];
    let digit = |question: &str, word: &str| {
        let question = set.question(question).unwrap();
        (question.values().iter().position(|value| *value == word).unwrap() + 1).to_string()
    };
    let mut fields = Vec::new();
    for (question, said) in answers.as_object().unwrap() {
        let typed = match said {
            Value::String(one) => digit(question, one),
            Value::Array(many) => {
                many.iter().map(|one| digit(question, one.as_str().unwrap())).collect()
            }
            _ => String::new(),
        };
        fields.push((format!("answers.{question}"), typed));
    }
    fields
}

async fn key(client: &Client, code: &str, of: &str, answers: &Value) -> crate::support::Answer {
    let typed = digits(answers);
    let mut fields = vec![("code", code), ("who", "1"), ("of", of)];
    fields.extend(typed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    client.post_form("/followup/key", &fields).await
}

#[tokio::test]
async fn link_sheet_and_telephone_fill_the_same_set_of_answers() {
    let t = TestApp::start().await;
    let [web, paper, phone] = ["シルベア", "シルベイ", "シルベウ"];
    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;
    let mut people = Vec::new();
    for kana in [web, paper, phone] {
        let who = letter_writer(&t, kana).await;
        people.push((who, book(&t, session, who).await));
    }

    on(&t, 2024, 7, 11).await;
    for (_, booking) in &people {
        mark(&t, *booking, Some(Attendance::Present)).await;
    }
    on(&t, 2024, 10, 10).await;

    let operator = t.operator().await;
    let token = token(&t, people[0].0).await;
    walk(&t.anonymous(), &token, &stuck(), 99).await;
    t.anonymous().post_form(&format!("/ask/{token}/finish"), &[]).await.expect(303);
    key(&operator, &code(&t, people[1].0).await, "", &stuck()).await.expect(303);

    let id = only(&t, people[2].0).await.id;
    operator.post_form(&format!("/followup/{id}/who"), &[("who", "person")]).await.expect(303);
    for (question, said) in stuck().as_object().unwrap() {
        let mut fields = vec![("question", question.as_str())];
        let many: Vec<&str> = match said {
            Value::Array(many) => many.iter().map(|one| one.as_str().unwrap()).collect(),
            one => vec![one.as_str().unwrap()],
        };
        fields.extend(many.into_iter().map(|value| ("answer", value)));
        operator.post_form(&format!("/followup/{id}/call"), &fields).await.expect(303);
    }
    operator.post_form(&format!("/followup/{id}/finish"), &[]).await.expect(303);

    let mut rows = Vec::new();
    for (who, _) in &people {
        let row = only(&t, *who).await;
        let said: serde_json::Map<String, Value> = row.answers.as_object().unwrap().clone();
        // What was passed over may be absent or null; what was said is the same.
        let said: Vec<_> = said.into_iter().filter(|(_, value)| !value.is_null()).collect();
        rows.push((said, row.result, row.alone_count, row.rule_version, row.answered_via));
    }

    assert_eq!(rows[0].0, rows[1].0);
    assert_eq!(rows[1].0, rows[2].0);
    for row in &rows {
        assert_eq!(row.1, Some(follow_up::Retention::Stuck));
        assert_eq!((row.2, row.3.as_deref()), (Some(5), Some("1")));
    }

    let ways: Vec<_> = rows.iter().map(|row| row.4.unwrap().to_string()).collect();
    assert_eq!(ways, ["web", "paper", "phone"]);
    assert_eq!(only(&t, people[0].0).await.answered_by, Some(follow_up::AnsweredBy::Helper));
    assert_eq!(only(&t, people[1].0).await.answered_by, Some(follow_up::AnsweredBy::Myself));
    t.finish().await;
}

#[tokio::test]
async fn a_link_is_used_once_and_goes_on_where_the_person_stopped() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (token, somebody) = (token(&t, who).await, t.anonymous());

    let start = somebody.get(&format!("/ask/{token}")).await.expect(200);
    assert!(start.text.contains("どなたが答えていますか"));
    assert!(!start.text.contains("シルベ"), "the pages name nobody");

    // A page in the middle asks first who answers.
    let middle = somebody.get(&format!("/ask/{token}/power")).await.expect(303);
    assert_eq!(middle.location(), format!("/ask/{token}"));
    let met = walk(&somebody, &token, &stuck(), 3).await;
    assert_eq!(met, ["use", "purposes", "power"]);
    assert!(only(&t, who).await.reached_at.is_some(), "whoever opens it was reached");

    // Another day, another browser.
    t.advance(TimeDelta::days(1));
    let other = t.anonymous();
    let again = other.get(&format!("/ask/{token}")).await.expect(200);
    assert!(again.text.contains("つづきから答える"));
    let begun = other.post_form(&format!("/ask/{token}"), &[("who", "person")]).await.expect(303);
    assert_eq!(begun.location(), format!("/ask/{token}/type"));

    // Back: the answer is still marked, and can be changed.
    let back = other.get(&format!("/ask/{token}/power")).await.expect(200);
    assert!(back.text.contains("value=\"alone\" checked"), "{}", back.text);
    walk(&other, &token, &stuck(), 99).await;
    other.post_form(&format!("/ask/{token}/finish"), &[]).await.expect(303);

    let row = only(&t, who).await;
    assert_eq!(row.answered_at, Some(t.now()));
    let thanks = other.get(&format!("/ask/{token}")).await.expect(200);
    assert!(thanks.text.contains("ありがとうございました"));

    for (path, fields) in [
        (format!("/ask/{token}"), vec![("who", "person")]),
        (format!("/ask/{token}/use"), vec![("answer", "rarely")]),
        (format!("/ask/{token}/finish"), vec![]),
    ] {
        let late = other.post_form(&path, &fields).await.expect(303);
        assert_eq!(late.location(), format!("/ask/{token}"), "{path}");
    }

    assert_eq!(only(&t, who).await, row, "nothing was changed");
    other.get("/ask/0123456789abcdef01234567").await.expect(404);
    assert!(!row.token_hash.contains(&token), "only a digest of the token is kept");
    t.finish().await;
}

#[tokio::test]
async fn a_page_without_a_choice_is_shown_again_and_a_question_can_be_skipped() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (token, somebody) = (token(&t, who).await, t.anonymous());
    let nobody = somebody.post_form(&format!("/ask/{token}"), &[]).await.expect(422);
    assert!(nobody.text.contains("どなたが答えているかを、えらんでください"));
    somebody.post_form(&format!("/ask/{token}"), &[("who", "person")]).await.expect(303);
    let page = format!("/ask/{token}/use");
    let empty = somebody.post_form(&page, &[]).await.expect(422);
    assert!(empty.text.contains("とばす"));
    somebody.post_form(&page, &[("answer", "sometimes")]).await.expect(422);
    let skipped = somebody.post_form(&page, &[("skip", "1")]).await.expect(303);
    assert_eq!(skipped.location(), format!("/ask/{token}/purposes"));
    somebody.get(&format!("/ask/{token}/why")).await.expect(404);
    somebody.post_form(&page, &[("answer", "none")]).await.expect(303);
    somebody.get(&format!("/ask/{token}/why")).await.expect(200);
    t.finish().await;
}

#[tokio::test]
async fn a_set_without_any_answer_is_not_finished() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (token, somebody) = (token(&t, who).await, t.anonymous());
    walk(&somebody, &token, &json!({}), 99).await;
    let empty = somebody.post_form(&format!("/ask/{token}/finish"), &[]).await.expect(422);
    assert!(empty.text.contains("まだ1つも答えがありません"));
    assert_eq!(state(&t, who).await, "asked");
    t.finish().await;
}

#[tokio::test]
async fn a_sheet_is_keyed_once_and_only_its_own() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let other = letter_writer(&t, "シルベタロウ").await;
    was_at(&t, other, at(2024, 10, 11, 14, 0)).await;
    let operator = t.operator().await;
    let (own, foreign) = (code(&t, who).await, code(&t, other).await);

    // One digit beside its own: the check digit tells.
    let mut wrong = own.replace('-', "");
    let last = wrong.pop().unwrap();
    wrong.push(if last == '9' { '0' } else { (last as u8 + 1) as char });

    // A number that a sheet could have, and none has.
    let known = [own.clone(), foreign.clone()];
    let mut unused = (0..).filter_map(BookingNumber::from_serial).map(|n| n.to_string());
    let unused = unused.find(|text| !known.contains(text)).unwrap();
    let of = only(&t, who).await.id.to_string();

    for (typed, status, sentence) in [
        (wrong.as_str(), 422, "用紙番号が合いません"),
        ("1234", 422, "用紙番号は8けたの数字です"),
        ("", 422, "用紙番号を入れてください"),
        (unused.as_str(), 409, "この番号の用紙はありません"),
        (foreign.as_str(), 409, "ほかの方の用紙の番号です"),
    ] {
        let refused = key(&operator, typed, &of, &stuck()).await.expect(status);
        assert!(refused.text.contains(sentence), "{typed}: {sentence}");
        assert!(refused.text.contains("value=\"2\"") || typed.is_empty(), "typed stays");
    }
    assert_eq!(state(&t, who).await, "asked");

    let digit = operator
        .post_form("/followup/key", &[("code", &own), ("answers.use", "7")])
        .await
        .expect(422);
    assert!(digit.text.contains("1から5までの数字を1つ入れてください"));

    let done = key(&operator, &own, &of, &stuck()).await.expect(303);
    let page = operator.get(done.location()).await.expect(200);
    assert!(page.text.contains("シルベハナコ さまの用紙を記録しました"));
    let row = only(&t, who).await;

    let never = answers("none", &["none"], &[]);
    let twice = key(&operator, &own, "", &never).await.expect(409);
    assert!(twice.text.contains("もう入力してあります。何も変えていません"));
    assert_eq!(only(&t, who).await, row);
    t.finish().await;
}

#[tokio::test]
async fn a_sheet_that_comes_after_the_last_day_still_counts() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    on(&t, 2024, 11, 9).await;
    on(&t, 2024, 11, 20).await;
    assert_eq!(state(&t, who).await, "closed: no_answer");
    key(&t.operator().await, &code(&t, who).await, "", &stuck()).await.expect(303);
    assert_eq!(state(&t, who).await, "answered");
    t.finish().await;
}

#[tokio::test]
async fn calls_are_counted_and_a_person_may_say_no() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    let id = only(&t, who).await.id;
    let call = format!("/followup/{id}/attempt");
    let early = t.operator().await.post_form(&call, &[("outcome", "no_answer")]).await.expect(409);
    assert!(early.text.contains("まだ、おたずねの日の7日前になっていません"));

    on(&t, 2024, 10, 17).await;
    let operator = t.operator().await;
    let page = operator.get(&format!("/followup/{id}/call")).await.expect(200);
    assert!(page.text.contains("千代田区のスマホ相談担当です"), "the script is shown");

    let seen = page.field("revision");
    operator.post_form(&call, &[("outcome", "no_answer"), ("revision", &seen)]).await.expect(303);
    let stale = operator
        .post_form(&call, &[("outcome", "voicemail"), ("revision", &seen)])
        .await
        .expect(409);
    assert!(stale.text.contains("ほかの人が先に変えました"));

    operator.post_form(&call, &[("outcome", "voicemail")]).await.expect(303);
    let row = only(&t, who).await;
    assert_eq!((row.attempts, row.reached_at), (2, None), "a machine is not a person");
    operator.post_form(&call, &[("outcome", "declined")]).await.expect(303);
    assert_eq!(state(&t, who).await, "closed: declined");
    assert!(only(&t, who).await.reached_at.is_some());

    let closed = key(&operator, &code(&t, who).await, "", &stuck()).await.expect(409);
    assert!(closed.text.contains("おたずねを開きなおす"));
    t.finish().await;
}

#[tokio::test]
async fn teachers_record_the_end_of_their_classes_and_nothing_else() {
    let t = TestApp::start().await;
    let who = person(&t, "シルベハナコ").await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 9).await;
    let booking = book(&t, session, who).await;
    let (teacher, operator) = (t.teacher().await, t.operator().await);
    let path = format!("/api/bookings/{booking}/answers");

    let before = json!({ "moment": "before", "answers": { "power": "alone", "years": 2 } });
    teacher.put_json(&path, &before).await.expect(403);
    let told = operator.put_json(&path, &before).await.expect(200).json();
    assert_eq!(told["alone_count"], json!(1));

    let end = json!({ "moment": "end_of_class", "answers":
        { "power": "alone", "call": "alone", "type": "alone", "photo": "with_help" } });
    on(&t, 2024, 7, 10).await;
    let teacher = t.teacher().await;
    teacher.put_json(&path, &end).await.expect(409);

    on(&t, 2024, 7, 11).await;
    mark(&t, booking, Some(Attendance::Present)).await;
    let teacher = t.teacher().await;
    teacher.put_json(&path, &end).await.expect(200);
    let page = teacher.get(&format!("/sessions/{session}/answers")).await.expect(200);
    assert!(page.text.contains("シルベハナコ"));
    teacher.get(&format!("/sessions/{session}/answers?moment=before")).await.expect(403);

    let posted = [("moment", "end_of_class".to_owned()), ("name", String::new())];
    let name = format!("{booking}.photo");
    let fields: Vec<(&str, &str)> = posted
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain([(name.as_str(), "alone")])
        .collect();
    teacher.post_form(&format!("/sessions/{session}/answers"), &fields).await.expect(303);

    let rows = queries::class_answers(t.app.store().reader(), &[booking]).await.unwrap();
    let counts: Vec<_> = rows.iter().map(|row| (row.moment, row.alone_count)).collect();
    assert_eq!(counts, [(ClassMoment::Before, 1), (ClassMoment::EndOfClass, 4)]);

    let unknown = json!({ "moment": "end_of_class", "answers": { "fly": "alone" } });
    let refused = teacher.put_json(&path, &unknown).await.expect(422).json();
    assert_eq!(refused["fields"][0]["field"], json!("answers.fly"));
    t.finish().await;
}

#[tokio::test]
async fn the_api_records_once_and_says_what_is_wrong() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let operator = t.operator().await;
    let id = only(&t, who).await.id;
    let path = format!("/api/follow-ups/{id}/answers");
    let body =
        |answers: Value| json!({ "via": "phone", "answered_by": "helper", "answers": answers });

    let wrong = operator.post_json(&path, &body(json!({ "use": "x" }))).await.expect(422).json();
    assert_eq!(wrong["fields"][0]["field"], json!("answers.use"));
    operator.post_json(&path, &body(json!({ "use": null }))).await.expect(422);

    let once = operator.with_header("Idempotency-Key", "one-interview");
    let first = once.post_json(&path, &body(stuck())).await.expect(200).json();
    assert_eq!((&first["result"], &first["attempts"]), (&json!("stuck"), &json!(1)));
    let repeated = once.post_json(&path, &body(stuck())).await.expect(200).json();
    assert_eq!(repeated["revision"], first["revision"]);
    let twice = operator.post_json(&path, &body(stuck())).await.expect(409).json();
    assert_eq!(twice["code"], json!("survey_answered"));

    let stranger = t.stranger().await;
    stranger.get(&format!("/api/follow-ups/{id}")).await.expect(404);
    stranger.get(&format!("/followup/{id}")).await.expect(404);
    stranger.post_json(&path, &body(stuck())).await.expect(404);
    assert_eq!(
        stranger.get("/api/follow-ups?state=answered").await.expect(200).json()["items"],
        json!([])
    );
    t.finish().await;
}
