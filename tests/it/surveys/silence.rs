//! Whoever may not be asked, or not yet, or not any more, is not asked by any way.

use serde_json::json;

use super::*;

/// Every way by which answers or calls could come in, for a follow-up that takes none.
async fn nothing_comes_in(t: &TestApp, who: ResidentId, refusal: &str, sentence: &str) {
    let before = only(t, who).await;
    let (operator, id) = (t.operator().await, before.id);

    let body = json!({ "via": "phone", "answered_by": "person", "answers": stuck() });
    let told = operator.post_json(&format!("/api/follow-ups/{id}/answers"), &body).await;
    assert_eq!(told.expect(409).json()["code"], json!(refusal));

    let call = json!({ "outcome": "later" });
    let called = operator.post_json(&format!("/api/follow-ups/{id}/calls"), &call).await;
    assert_eq!(called.expect(409).json()["code"], json!(refusal));

    let sheet =
        json!({ "code": code(t, who).await, "answered_by": "person", "answers": { "use": "1" } });
    assert_eq!(
        operator.post_json("/api/sheets", &sheet).await.expect(409).json()["code"],
        json!(refusal)
    );

    let desk = [("who", "person")];
    operator.post_form(&format!("/followup/{id}/who"), &desk).await.expect(409);

    let link = format!("/ask/{}", token(t, who).await);
    let page = t.anonymous().get(&link).await.expect(200);
    assert!(page.text.contains(sentence), "{}", page.text);
    assert!(!page.text.contains("name=\"who\""), "nothing can be chosen");
    t.anonymous().post_form(&link, &desk).await.expect(303);
    t.anonymous().post_form(&format!("{link}/use"), &[("answer", "daily")]).await.expect(303);
    t.anonymous().post_form(&format!("{link}/finish"), &[]).await.expect(303);

    assert_eq!(only(t, who).await, before);
}

#[tokio::test]
async fn who_left_is_not_asked_by_any_way_from_that_moment() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let id = only(&t, who).await.id;
    let call = format!("/followup/{id}/call");
    assert!(
        t.operator().await.get(&call).await.expect(200).text.contains("はじめに、こう話します")
    );
    // No job has run yet.
    leaves(&t, who, Standing::Deceased).await;
    nothing_comes_in(&t, who, "survey_silent", "このおたずねは終わりました").await;
    let operator = t.operator().await;
    let page = operator.get(&call).await.expect(200);
    assert!(page.text.contains("もうおたずねしません") && !page.text.contains("href=\"tel:"));
    let row = operator.get(&format!("/api/follow-ups/{id}")).await.expect(200).json();
    assert_eq!(row["phones"], json!([]));
    t.finish().await;
}

#[tokio::test]
async fn a_change_of_standing_closes_the_follow_up_and_a_slip_opens_it_again() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let operator = t.operator().await;
    let path = format!("/api/residents/{}", who.0);
    for (standing, want) in [("moved_out", "closed: silent"), ("active", "asked")] {
        let now = operator.get(&path).await.expect(200);
        let seen = operator.with_header("If-Match", now.header("ETag"));
        let body = json!({ "kana": "シルベハナコ", "phones": ["0300000201"],
            "address": "試験町0-0-9", "standing": standing });
        seen.put_json_sure(&path, &body).await.expect(200);
        t.run_jobs().await;
        assert_eq!(state(&t, who).await, want);
    }
    t.finish().await;
}

#[tokio::test]
async fn nobody_decides_about_the_path_of_somebody_who_left() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let id = only(&t, who).await.id;
    let mut told = answers("rarely", &["none"], &[]);
    told["why"] = json!(["forgot"]);
    let body = json!({ "via": "paper", "answered_by": "person", "answers": told });
    let operator = t.operator().await;
    operator.post_json(&format!("/api/follow-ups/{id}/answers"), &body).await.expect(200);
    assert!(operator.get("/followup").await.expect(200).text.contains("道すじを見直す方"));
    leaves(&t, who, Standing::Withdrawn).await;
    assert!(!operator.get("/followup").await.expect(200).text.contains("道すじを見直す方"));
    let path = format!("/followup/{id}/path");
    let late = operator.post_form(&path, &[("decision", "accept")]).await.expect(409);
    assert!(late.text.contains("決める道すじは、もうありません"), "a page says why");
    t.finish().await;
}

#[tokio::test]
async fn three_months_are_three_months() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 2).await;
    nothing_comes_in(&t, who, "survey_too_early", "まだ、おたずねの日ではありません").await;
    on(&t, 2024, 10, 3).await;
    let body = json!({ "via": "phone", "answered_by": "person", "answers": stuck() });
    let path = format!("/api/follow-ups/{}/answers", only(&t, who).await.id);
    t.operator().await.post_json(&path, &body).await.expect(200);
    t.finish().await;
}

#[tokio::test]
async fn who_declined_can_be_asked_after_all() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (operator, id) = (t.operator().await, only(&t, who).await.id);
    let reopen = format!("/followup/{id}/reopen");
    operator.post_form(&reopen, &[]).await.expect(409);
    let said = [("outcome", "declined")];
    operator.post_form(&format!("/followup/{id}/attempt"), &said).await.expect(303);
    nothing_comes_in(&t, who, "survey_declined", "このおたずねは終わりました").await;
    let page = operator.get(&format!("/followup/{id}")).await.expect(200);
    assert!(page.text.contains("おたずねを開きなおす"));
    operator.post_form(&reopen, &[]).await.expect(303);
    assert_eq!(state(&t, who).await, "calling");
    let sheet =
        json!({ "code": code(&t, who).await, "answered_by": "person", "answers": { "use": "1" } });
    operator.post_json("/api/sheets", &sheet).await.expect(200);
    t.finish().await;
}

#[tokio::test]
async fn a_call_for_later_keeps_its_time() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let (operator, id) = (t.operator().await, only(&t, who).await.id);
    let call = format!("/followup/{id}/attempt");
    let later = |on: &'static str| [("outcome", "later"), ("on", on), ("at", "14:30")];
    operator.post_form(&call, &later("2024-10-09")).await.expect(422);
    operator.post_form(&call, &later("soon")).await.expect(422);
    operator.post_form(&call, &later("2024-10-15")).await.expect(303);
    assert_eq!(only(&t, who).await.call_again_at, Some(at(2024, 10, 15, 14, 30)));
    let list = operator.get("/followup").await.expect(200);
    assert!(list.text.contains("10月15日（火曜日）午後2時30分に、かけなおします"), "{}", list.text);
    operator.post_form(&call, &[("outcome", "no_answer")]).await.expect(303);
    assert_eq!(only(&t, who).await.call_again_at, None);
    t.finish().await;
}

#[tokio::test]
async fn guesses_of_links_are_slowed_down_and_stop_nobody_with_a_right_one() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let true_link = format!("/ask/{}", token(&t, who).await);
    let from = |host: usize| t.anonymous().from(&format!("2001:db8:1:1::{host:x}"));
    for guess in 0..20 {
        from(guess).get(&format!("/ask/{guess:024x}")).await.expect(404);
    }
    let wrong = "/ask/0123456789abcdef01234567";
    from(30).get(wrong).await.expect(429);
    // Another process counts the same guesses; another network has made none.
    t.again().await.anonymous().from("2001:db8:1:1::31").get(wrong).await.expect(429);
    t.anonymous().from("2001:db8:1:2::1").get(wrong).await.expect(404);
    // Nobody comes upon a right link by guessing: it opens on the same network too.
    from(32).get(&true_link).await.expect(200);
    t.advance(TimeDelta::minutes(15));
    from(30).get(wrong).await.expect(404);
    t.finish().await;
}
