//! Answers move the path, through a person; stages follow from evidence.

use entity::paths::path_step::{StepKind, StepState};
use serde_json::json;
use shirube::paths;
use shirube::paths::actions::AcceptedStep;
use shirube::surveys::rules::Stage;

use super::*;

async fn tell(t: &TestApp, who: ResidentId, answers: Value) -> Value {
    let path = format!("/api/follow-ups/{}/answers", only(t, who).await.id);
    let body = json!({ "via": "phone", "answered_by": "person", "answers": answers });
    t.operator().await.post_json(&path, &body).await.expect(200).json()
}

fn unused(why: &[&str]) -> Value {
    let mut told = answers("rarely", &["none"], &[]);
    told["why"] = json!(why);
    told
}

/// Rule ids of each step of the person's current path.
async fn path_of(t: &TestApp, who: ResidentId) -> Vec<(StepKind, StepState, Vec<String>)> {
    let view = paths::queries::current(t.app.store().reader(), &t.scope(), who).await.unwrap();
    let steps = view.for_work().map(|view| view.steps).unwrap_or_default();
    steps
        .into_iter()
        .map(|view| {
            let ids = serde_json::from_value(view.step.rule_ids).unwrap();
            (view.step.kind, view.step.state, ids)
        })
        .collect()
}

#[tokio::test]
async fn the_reason_given_leads_to_the_proposal_of_its_rule() {
    for (why, rule, first) in [
        ("forgot", "T6", StepKind::ClassBasic),
        ("no_occasion", "T7", StepKind::EventWalk),
        ("trouble", "T8", StepKind::Consultation),
        ("fear", "T8", StepKind::Consultation),
    ] {
        let t = TestApp::start().await;
        let who = asked(&t, "シルベハナコ").await;
        let told = tell(&t, who, unused(&[why])).await;
        assert_eq!((&told["result"], &told["replan"]), (&json!("not_stuck"), &json!("open")));

        let operator = t.operator().await;
        let list = operator.get("/followup").await.expect(200);
        assert!(list.text.contains("道すじを見直す方"), "{why}");
        let id = only(&t, who).await.id;
        let page = operator.get(&format!("/followup/{id}")).await.expect(200);
        assert!(page.text.contains(rule), "{why}: {rule} is named");

        // Nothing moves before a person says so.
        assert_eq!(path_of(&t, who).await, []);
        let path = format!("/followup/{id}/path");
        operator.post_form(&path, &[("decision", "accept")]).await.expect(303);

        let steps = path_of(&t, who).await;
        let by_rule = steps
            .iter()
            .find(|(kind, _, rules)| *kind == first && rules.contains(&rule.to_owned()));
        assert!(by_rule.is_some(), "{why}: {steps:?}");

        operator.post_form(&path, &[("decision", "accept")]).await.expect(409);
        assert!(!operator.get("/followup").await.expect(200).text.contains("道すじを見直す方"));
        t.finish().await;
    }
}

#[tokio::test]
async fn who_still_uses_it_ends_the_path() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    let steps: Vec<AcceptedStep> = [StepKind::ClassBasic, StepKind::Consultation, StepKind::Survey]
        .into_iter()
        .map(|kind| AcceptedStep::added(kind, entity::paths::path_step::OverrideReason::Wish))
        .collect();
    let (ctx, scope, steps) = (t.ctx_system(), &t.scope(), &steps);
    let accepted = t.app.store().write(&ctx, "accept_path", |tx| async move {
        paths::actions::accept(&tx, scope, who, &json!({}), steps).await
    });
    accepted.await.unwrap();

    was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    on(&t, 2024, 10, 10).await;
    let told = tell(&t, who, stuck()).await;
    assert_eq!(told["replan"], json!("open"));

    let states = |steps: &[(StepKind, StepState, Vec<String>)]| {
        steps.iter().map(|(_, state, _)| state.to_string()).collect::<Vec<_>>()
    };
    // The interview itself was the last step.
    assert_eq!(states(&path_of(&t, who).await), ["done", "proposed", "done"]);

    let id = only(&t, who).await.id;
    let operator = t.operator().await;
    let page = operator.get(&format!("/followup/{id}")).await.expect(200);
    assert!(page.text.contains("ご自分で使えるようになりました"), "the reason of T9");

    let decided = operator
        .post_json(&format!("/api/follow-ups/{id}/proposal"), &json!({ "accept": true }))
        .await
        .expect(200)
        .json();
    assert_eq!(decided["replan"], json!("accepted"));
    assert_eq!(states(&path_of(&t, who).await), ["done", "dropped", "done"]);
    t.finish().await;
}

#[tokio::test]
async fn a_proposal_can_be_left_and_a_path_agreed_on_meanwhile_settles_it() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    tell(&t, who, unused(&["forgot"])).await;

    let operator = t.operator().await;
    let path = format!("/residents/{}/path", who.0);
    let hearing = json!({ "hearing": { "device": "some_use" } });
    let proposed = operator.post_json(&format!("/api{path}"), &hearing).await.expect(200).json();
    let rules: Vec<Value> = proposed["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["rule_ids"].as_array().unwrap().clone())
        .collect();
    assert!(rules.contains(&json!("T6")), "the desk proposes it too: {rules:?}");

    t.advance(TimeDelta::minutes(5));
    let steps = &[AcceptedStep::added(
        StepKind::Consultation,
        entity::paths::path_step::OverrideReason::Wish,
    )];
    let (ctx, scope) = (t.ctx_system(), &t.scope());
    let accepted = t.app.store().write(&ctx, "accept_path", |tx| async move {
        paths::actions::accept(&tx, scope, who, &json!({}), steps).await
    });
    accepted.await.unwrap();

    let id = only(&t, who).await.id;
    let late = operator
        .post_json(&format!("/api/follow-ups/{id}/proposal"), &json!({ "accept": true }))
        .await
        .expect(409)
        .json();
    assert_eq!(late["code"], json!("survey_no_proposal"));
    t.finish().await;
}

#[tokio::test]
async fn no_rule_no_proposal() {
    let t = TestApp::start().await;
    let who = asked(&t, "シルベハナコ").await;
    let told = tell(&t, who, unused(&["health"])).await;
    assert_eq!((&told["result"], &told["replan"]), (&json!("not_stuck"), &json!("none")));
    t.finish().await;
}

async fn stage(t: &TestApp, who: ResidentId) -> Stage {
    queries::progress(t.app.store().reader(), &t.scope(), who).await.unwrap().stage
}

#[tokio::test]
async fn stages_follow_from_evidence_and_never_go_down() {
    let t = TestApp::start().await;
    let who = letter_writer(&t, "シルベハナコ").await;
    assert_eq!(stage(&t, who).await, Stage::Met);
    let booking = was_at(&t, who, at(2024, 7, 10, 14, 0)).await;
    assert_eq!(stage(&t, who).await, Stage::Tried);

    let operator = t.operator().await;
    let end = json!({ "moment": "end_of_class",
        "answers": { "power": "alone", "call": "alone", "search": "alone" } });
    operator.put_json(&format!("/api/bookings/{booking}/answers"), &end).await.expect(200);
    assert_eq!(stage(&t, who).await, Stage::CanDo);

    on(&t, 2024, 10, 10).await;
    let told = tell(&t, who, answers("often", &["map"], &["power"])).await;
    assert_eq!(told["result"], json!("partly"));
    assert_eq!(stage(&t, who).await, Stage::Uses);

    // A year on, after another class, everything is forgotten: the stage stays.
    was_at(&t, who, at(2025, 7, 9, 14, 0)).await;
    on(&t, 2025, 10, 9).await;
    let second = follow_ups(&t, who).await.pop().unwrap();
    let body = json!({ "via": "phone", "answered_by": "person", "answers": unused(&["forgot"]) });
    let operator = t.operator().await;
    operator.post_json(&format!("/api/follow-ups/{}/answers", second.id), &body).await.expect(200);
    assert_eq!(stage(&t, who).await, Stage::Uses);
    t.finish().await;
}
