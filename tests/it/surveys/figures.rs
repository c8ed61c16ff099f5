//! Figures: three denominators, versions apart, nothing about single people.

use entity::bookings::booking::Attendance;
use proptest::prelude::*;
use serde_json::json;
use shirube::surveys::actions;

use super::*;

/// So many people after one class, on 10 October 2024.
async fn people(t: &TestApp, count: usize) -> Vec<ResidentId> {
    let session = class(t, at(2024, 7, 10, 14, 0), 24).await;
    let mut all = Vec::new();
    for number in 0..count {
        let last = ["ア", "イ", "ウ", "エ", "オ", "カ", "キ", "ク", "ケ", "コ"][number % 10];
        let who = letter_writer(t, &format!("シルベ{last}")).await;
        all.push((who, book(t, session, who).await));
    }
    on(t, 2024, 7, 11).await;
    for (_, booking) in &all {
        mark(t, *booking, Some(Attendance::Present)).await;
    }
    on(t, 2024, 10, 10).await;
    all.into_iter().map(|(who, _)| who).collect()
}

async fn tell(t: &TestApp, who: ResidentId, answers: Value) {
    let path = format!("/api/follow-ups/{}/answers", only(t, who).await.id);
    let body = json!({ "via": "paper", "answered_by": "person", "answers": answers });
    t.operator().await.post_json(&path, &body).await.expect(200);
}

#[tokio::test]
async fn rates_stand_on_three_denominators_and_the_old_survey_beside_them() {
    let t = TestApp::start().await;
    let all = people(&t, 10).await;
    for who in &all[..4] {
        tell(&t, *who, stuck()).await;
    }
    for who in &all[4..6] {
        tell(&t, *who, answers("rarely", &["none"], &[])).await;
    }

    // One letter was posted and not answered; one person moved away and is not counted.
    let seventh = only(&t, all[6]).await.id;
    let (ctx, scope) = (t.ctx_system(), &t.scope());
    let posted = t.app.store().write(&ctx, "posted", |tx| async move {
        actions::mark_reached(&tx, scope, seventh).await
    });
    posted.await.unwrap();
    leaves(&t, all[9], Standing::MovedOut).await;
    on(&t, 2024, 10, 17).await;

    let coordinator = t.coordinator().await;
    let told = coordinator.get("/api/retention?by=kind").await.expect(200).json();
    let total = &told["versions"][0]["total"];
    let numbers = ["due", "reached", "answered", "stuck", "partly", "not_stuck"];
    let numbers: Vec<_> = numbers.iter().map(|name| total[*name].as_u64().unwrap()).collect();
    assert_eq!(numbers, [9, 7, 6, 4, 0, 2]);

    let near = |name: &str, want: f64| {
        let got = total[name].as_f64().unwrap();
        assert!((got - want).abs() < 5e-5, "{name}: {got}");
    };
    near("response_rate", 6.0 / 9.0);
    near("rate_of_answered", 4.0 / 6.0);
    near("rate_of_due", 4.0 / 9.0);
    near("low", 0.3000);
    near("high", 0.9032);

    let baseline = told["baseline"].as_array().unwrap();
    let answered = baseline.iter().find(|line| line["code"] == "answered").unwrap();
    assert_eq!(
        (&answered["value"], &answered["words"]),
        (&json!(1499.0), &json!("回答数1,499/4,000、37.5%"))
    );

    let page = coordinator.get("/followup/figures").await.expect(200);
    for needed in ["66.7%", "44.4%", "30.0–90.3%", "4,000", "1,499", "37.5%", "70〜74歳で約2割"]
    {
        assert!(page.text.contains(needed), "{needed}");
    }

    t.operator().await.get("/api/retention").await.expect(403);
    t.finish().await;
}

#[tokio::test]
async fn fewer_than_five_people_are_not_shown() {
    let t = TestApp::start().await;
    let all = people(&t, 4).await;
    for who in &all {
        tell(&t, *who, stuck()).await;
    }
    let coordinator = t.coordinator().await;
    let told = coordinator.get("/api/retention?by=venue").await.expect(200).json();
    let total = &told["versions"][0]["total"];
    assert_eq!((&total["hidden"], &total["due"]), (&json!(true), &Value::Null));
    for cut in ["kind", "venue", "month", "path"] {
        let page = coordinator.get(&format!("/followup/figures?by={cut}")).await.expect(200);
        assert!(page.text.contains("5人未満のため表示しません"), "{cut}");
        assert!(!page.text.contains("100.0%"), "{cut}");
    }
    t.finish().await;
}

#[tokio::test]
async fn versions_of_the_rule_are_never_added_up() {
    let t = TestApp::start().await;
    let all = people(&t, 10).await;
    for who in &all {
        tell(&t, *who, stuck()).await;
    }

    let some = all[..5].to_vec();
    let some = &some;
    let ctx = t.ctx_system();
    let done = t.app.store().write(&ctx, "test", |tx| async move {
        follow_up::Entity::update_many()
            .set(follow_up::ActiveModel {
                rule_version: ActiveValue::Set(Some("0".to_owned())),
                ..Default::default()
            })
            .filter(follow_up::Column::ResidentId.is_in(some.iter().copied()))
            .exec(tx.db())
            .await?;
        Ok(())
    });
    done.await.unwrap();

    let told = t.coordinator().await.get("/api/retention").await.expect(200).json();
    let versions = told["versions"].as_array().unwrap();
    let seen: Vec<_> =
        versions.iter().map(|v| (v["rule_version"].clone(), v["total"]["due"].clone())).collect();
    assert_eq!(seen, [(json!("0"), json!(5)), (json!("1"), json!(5))]);
    t.finish().await;
}

/// Something that happens to a follow-up.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Days(i64),
    Reach,
    NoAnswer,
    Later,
    Answer,
    Decline,
    Leave,
    TakeBack,
    Again,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (1_i64..60).prop_map(Deed::Days),
        1 => Just(Deed::Reach),
        1 => Just(Deed::NoAnswer),
        1 => Just(Deed::Later),
        2 => Just(Deed::Answer),
        1 => Just(Deed::Decline),
        1 => Just(Deed::Leave),
        1 => Just(Deed::TakeBack),
        1 => Just(Deed::Again),
    ]
}

async fn does(t: &TestApp, who: ResidentId, booking: BookingId, deed: Deed) {
    let Some(row) = follow_ups(t, who).await.pop() else { return };
    let operator = t.operator().await;
    let call = format!("/api/follow-ups/{}/calls", row.id);

    match deed {
        Deed::Days(days) => go(t, t.now() + TimeDelta::days(days)).await,
        Deed::Reach => {
            let (ctx, scope) = (t.ctx_system(), &t.scope());
            let id = row.id;
            let done = t.app.store().write(&ctx, "posted", |tx| async move {
                actions::mark_reached(&tx, scope, id).await
            });
            done.await.unwrap();
        }
        Deed::NoAnswer => drop(operator.post_json(&call, &json!({ "outcome": "no_answer" })).await),
        Deed::Later => drop(operator.post_json(&call, &json!({ "outcome": "later" })).await),
        Deed::Decline => drop(operator.post_json(&call, &json!({ "outcome": "declined" })).await),
        Deed::Answer => {
            let path = format!("/api/follow-ups/{}/answers", row.id);
            let body = json!({ "via": "phone", "answered_by": "person", "answers": stuck() });
            operator.post_json(&path, &body).await;
        }
        Deed::Leave => leaves(t, who, Standing::MovedOut).await,
        Deed::TakeBack => mark(t, booking, None).await,
        Deed::Again => mark(t, booking, Some(Attendance::Present)).await,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn answered_reached_and_due_keep_their_order_whatever_happens(
        histories in proptest::collection::vec(proptest::collection::vec(deed(), 0..6), 6..9),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let t = TestApp::start().await;
            let session = class(&t, at(2024, 7, 10, 14, 0), 24).await;
            let mut all = Vec::new();
            for history in &histories {
                let who = letter_writer(&t, "シルベハナコ").await;
                all.push((who, book(&t, session, who).await, history));
            }

            on(&t, 2024, 7, 11).await;
            for (_, booking, _) in &all {
                mark(&t, *booking, Some(Attendance::Present)).await;
            }

            on(&t, 2024, 10, 10).await;
            for (who, booking, history) in &all {
                for deed in history.iter() {
                    does(&t, *who, *booking, *deed).await;
                }
            }

            let told = t.coordinator().await.get("/api/retention").await.expect(200).json();
            for version in told["versions"].as_array().unwrap() {
                let groups = version["groups"].as_array().unwrap().iter().chain([&version["total"]]);
                for group in groups.filter(|group| group["hidden"] == json!(false)) {
                    let number = |name: &str| group[name].as_u64().unwrap();
                    assert!(number("answered") <= number("reached"), "{group}");
                    assert!(number("reached") <= number("due"), "{group}");
                    assert!(number("stuck") + number("partly") + number("not_stuck") == number("answered"));
                }
            }
            t.finish().await;
        });
    }
}
