//! Grant, changes, advance, fixing, settlement, through the API and against the schema.

use entity::ProjectId;
use entity::subsidies::project;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use shirube::platform::Error;

use super::{City, post, refused};

#[tokio::test(flavor = "multi_thread")]
async fn money_keeps_to_its_rules_from_grant_to_settlement() {
    let city = City::start().await;
    let (office, konan) = (&city.office, &city.konan);
    let id = city.adopted("event").await;
    let pay = |yen: i64, on: &str| json!({ "yen": yen, "paid_on": on });
    assert_eq!(refused(office, id, "payments", pay(1, "2024-07-01")).await, "pay_before_grant");
    assert_eq!(refused(office, id, "grant", json!({ "yen": 250_001 })).await, "grant_over_adopted");
    assert_eq!(refused(office, id, "grant", json!({ "yen": 0 })).await, "amount_of_nothing");

    post(office, id, "grant", json!({ "yen": 200_000 })).await;
    assert_eq!(refused(office, id, "grant", json!({ "yen": 1 })).await, "project_cannot_grant");
    assert_eq!(
        refused(office, id, "payments", pay(200_001, "2024-07-01")).await,
        "advance_over_granted"
    );
    assert_eq!(refused(office, id, "payments", pay(0, "2024-07-01")).await, "amount_of_nothing");

    // Neither before the decision nor ahead of today.
    for day in ["2024-06-30", "2024-07-02"] {
        let url = format!("/api/projects/{id}/payments");
        let answer = office.post_json(&url, &pay(1, day)).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], "paid_on", "{day}");
    }

    post(office, id, "payments", pay(120_000, "2024-07-01")).await;
    assert_eq!(
        refused(office, id, "payments", pay(80_001, "2024-07-01")).await,
        "advance_over_granted"
    );

    // A change waits for its answer; less than what was paid is no change.
    let less = json!({ "kind": "content", "what": "回数を減らす。", "new_yen": 119_999 });
    assert_eq!(refused(konan, id, "changes", less).await, "change_below_advanced");
    let change = json!({ "kind": "content", "what": "回数を減らす。", "new_yen": 150_000 });
    let asked = post(konan, id, "changes", change.clone()).await;
    assert_eq!(refused(konan, id, "changes", change).await, "change_open");
    let verb = format!("changes/{}", asked["id"]);
    let changed = post(office, id, &verb, json!({ "approve": true })).await;
    assert_eq!(changed["granted_yen"], 150_000);
    let again = refused(office, id, &verb, json!({ "approve": true })).await;
    assert_eq!(again, "change_done");

    post(konan, id, "steps", json!({ "step": "start" })).await;
    let report = format!("/api/projects/{id}/report");
    konan.put_json(&report, &super::report_body()).await.expect(200);
    post(konan, id, "report/submit", json!({})).await;
    // 180,000 were spent, of which the ward pays 50,000: 130,000 at most.
    assert_eq!(refused(office, id, "fix", json!({ "yen": 130_001 })).await, "fix_over_costs");
    assert_eq!(refused(office, id, "fix", json!({ "yen": 150_001 })).await, "fix_over_granted");
    post(office, id, "fix", json!({ "yen": 130_000 })).await;

    // The day is asked for: neither before the fixing nor ahead of today.
    for body in [json!({}), json!({ "paid_on": "2024-06-30" }), json!({ "paid_on": "2024-07-02" })]
    {
        let url = format!("/api/projects/{id}/settle");
        let answer = office.post_json(&url, &body).await.expect(422).json();
        assert_eq!(answer["fields"][0]["field"], "paid_on");
    }

    let settled = post(office, id, "settle", json!({ "paid_on": "2024-07-01" })).await;
    assert_eq!((&settled["rest_yen"], &settled["repaid_yen"]), (&json!(10_000), &json!(0)));
    assert_eq!(refused(office, id, "settle", json!({})).await, "project_cannot_settle");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_project_reports_and_gives_back_what_it_did_not_spend() {
    let city = City::start().await;
    let id = city.running("event").await;

    let stop = json!({ "kind": "stop", "what": "会場が使えなくなりました。" });
    let asked = post(&city.konan, id, "changes", stop).await;
    post(&city.office, id, &format!("changes/{}", asked["id"]), json!({ "approve": true })).await;

    // Nothing was held: an event without sessions, for it was stopped.
    let mut report = super::report_body();
    for count in ["session_count", "attendance_count", "person_count"] {
        report[count] = json!(null);
    }
    report["costs"] = json!([{ "position": 1, "yen": 60_000 }, { "position": 2, "yen": 0 }]);
    let url = format!("/api/projects/{id}/report");
    city.konan.put_json(&url, &report).await.expect(200);
    post(&city.konan, id, "report/submit", json!({})).await;

    // A report sent back is still that of a stopped project.
    post(&city.office, id, "report/return", json!({ "body": "領収書の日付を書いてください。" }))
        .await;
    city.konan.put_json(&url, &report).await.expect(200);
    post(&city.konan, id, "report/submit", json!({})).await;

    post(&city.office, id, "fix", json!({ "yen": 10_000 })).await;
    let settled = post(&city.office, id, "settle", json!({ "paid_on": "2024-07-01" })).await;
    assert_eq!(settled["repaid_yen"], 110_000);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_pressed_twice_pays_once() {
    let city = City::start().await;
    let id = city.adopted("event").await;
    post(&city.office, id, "grant", json!({ "yen": 200_000 })).await;
    let twice = city.office.with_header("idempotency-key", "pay-once");
    for _ in 0..2 {
        let paid = post(&twice, id, "payments", json!({ "yen": 50_000, "paid_on": "2024-07-01" }));
        assert_eq!(paid.await["advanced_yen"], 50_000);
    }
    city.t.finish().await;
}

/// The schema says no even when a rule would not.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_keeps_the_sums_that_the_rules_promise() {
    let city = City::start().await;
    let id = city.reported("event").await;

    type Columns = project::ActiveModel;
    let set = |columns: Columns| {
        let (ctx, store) = (city.t.ctx_system(), city.t.app.store().clone());
        async move {
            let columns = &columns;
            store
                .write(&ctx, "break", |tx| async move {
                    project::Entity::update_many()
                        .set(columns.clone())
                        .filter(project::Column::Id.eq(ProjectId(id)))
                        .exec(tx.db())
                        .await?;
                    Ok(())
                })
                .await
        }
    };

    let some = |yen| ActiveValue::Set(Some(yen));
    for columns in [
        Columns { fixed_yen: some(200_001), ..Default::default() },
        Columns { granted_yen: some(119_999), ..Default::default() },
        Columns { advanced_yen: ActiveValue::Set(200_001), ..Default::default() },
        Columns { advanced_yen: ActiveValue::Set(-1), ..Default::default() },
        Columns { repaid_yen: ActiveValue::Set(-1), ..Default::default() },
        Columns {
            fixed_yen: some(100_000),
            repaid_yen: ActiveValue::Set(19_999),
            ..Default::default()
        },
        Columns { granted_yen: ActiveValue::Set(None), ..Default::default() },
        Columns { parent_id: ActiveValue::Set(Some(ProjectId(id))), ..Default::default() },
        Columns { parent_id: ActiveValue::Set(Some(ProjectId(id + 1))), ..Default::default() },
        Columns { state: ActiveValue::Set(project::ProjectState::Settled), ..Default::default() },
    ] {
        let shown = format!("{columns:?}");
        assert!(matches!(set(columns).await, Err(Error::Internal(_))), "{shown}");
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_report_goes_out_while_a_change_waits_for_its_answer() {
    let city = City::start().await;
    let id = city.running("event").await;
    let url = format!("/api/projects/{id}/report");
    city.konan.put_json(&url, &super::report_body()).await.expect(200);
    let change = json!({ "kind": "content", "what": "回数を減らす。", "new_yen": 150_000 });
    let change = post(&city.konan, id, "changes", change).await["id"].clone();
    let refusal = refused(&city.konan, id, "report/submit", json!({})).await;
    assert_eq!(refusal, "report_change_open");
    let no = json!({ "approve": false, "answer": "年度末までに行ってください。" });
    post(&city.office, id, &format!("changes/{change}"), no).await;
    post(&city.konan, id, "report/submit", json!({})).await;
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_letter_says_what_was_known_on_its_day() {
    let mut city = City::start().await;
    let id = city.adopted("event").await;

    let sheet = |name: &str| format!("/projects/{id}/sheets/{name}");
    for name in ["granted", "fixed"] {
        city.konan.get(&sheet(name)).await.expect(404);
    }

    city.t.advance(chrono::TimeDelta::days(3));
    city.log_in_again().await;
    post(&city.office, id, "grant", json!({ "yen": 200_000 })).await;
    post(&city.office, id, "payments", json!({ "yen": 120_000, "paid_on": "2024-07-04" })).await;
    let change = json!({ "kind": "content", "what": "回数を減らす。", "new_yen": 150_000 });
    let change = post(&city.konan, id, "changes", change).await["id"].clone();
    post(&city.office, id, &format!("changes/{change}"), json!({ "approve": true })).await;

    let letter = city.konan.get(&format!("/projects/{id}/letter")).await.expect(200);
    assert!(!letter.text.contains("交付決定額"), "the decision knew no grant");
    assert!(letter.text.contains("7月1日"));
    let granted = city.konan.get(&sheet("granted")).await.expect(200);
    assert!(granted.text.contains("200,000円") && granted.text.contains("7月4日"));

    post(&city.konan, id, "steps", json!({ "step": "start" })).await;
    let url = format!("/api/projects/{id}/report");
    city.konan.put_json(&url, &super::report_body()).await.expect(200);
    post(&city.konan, id, "report/submit", json!({})).await;

    let past = json!({ "yen": 100_000, "due_on": "2024-07-03" });
    let answer = city.office.post_json(&format!("/api/projects/{id}/fix"), &past).await;
    assert_eq!(answer.expect(422).json()["fields"][0]["field"], "settle_by");
    post(&city.office, id, "fix", json!({ "yen": 100_000, "due_on": "2024-07-20" })).await;
    let fixed = city.konan.get(&sheet("fixed")).await.expect(200);
    for words in ["100,000円", "返還", "20,000円", "7月20日", "交付決定額"] {
        assert!(fixed.text.contains(words), "{words}");
    }

    // A submitted form keeps the day on which it went out; letters are not for other wards.
    city.t.advance(chrono::TimeDelta::days(5));
    city.log_in_again().await;
    let application = city.konan.get(&sheet("application")).await.expect(200);
    assert!(application.text.contains("7月1日") && !application.text.contains("7月9日"));
    let plan = city.konan.get(&sheet("plan")).await.expect(200);
    assert!(plan.text.contains("事業名") && plan.text.contains("スマホ教室"));
    for name in ["granted", "fixed"] {
        city.kohoku.get(&sheet(name)).await.expect(404);
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_change_of_the_plan_is_the_next_version_with_lines_that_add_up() {
    let city = City::start().await;
    let (office, konan) = (&city.office, &city.konan);
    let id = city.running("event").await;
    let section = |name: &str| format!("/api/projects/{id}/sections/{name}");
    // Goals are fixed before the start; another ward writes nothing here.
    let goals = json!({ "rows": [["参加した人", "人", "0", "10", "2025年2月", "名簿"]] });
    let locked = konan.put_json(&section("goals"), &goals).await.expect(409).json();
    assert_eq!(locked["code"], "application_locked");
    let budget = |rows: serde_json::Value| json!({ "texts": { "own_yen": "50000" }, "rows": rows });
    let cheaper = budget(json!([["印刷", "ちらし", "30000"], ["謝金", "講師 5回", "150000"]]));
    city.kohoku.put_json(&section("budget"), &cheaper).await.expect(404);

    // What the report says of a line stays with it, so the line stays.
    konan.put_json(&format!("/api/projects/{id}/report"), &super::report_body()).await.expect(200);
    konan.put_json(&section("budget"), &cheaper).await.expect(200);
    let ask =
        |yen: Option<i64>| json!({ "kind": "content", "what": "会場が無料に。", "new_yen": yen });
    assert_eq!(refused(konan, id, "changes", ask(None)).await, "change_drops_costs");
    let kept = budget(json!([
        ["印刷", "ちらし", "30000"],
        ["会場", "使用料", "10000"],
        ["謝金", "講師 5回", "150000"],
    ]));
    konan.put_json(&section("budget"), &kept).await.expect(200);
    // 190,000 yen in three lines, of which the ward pays 50,000.
    assert_eq!(refused(konan, id, "changes", ask(Some(140_001))).await, "change_over_lines");
    let page = konan.get(&format!("/projects/{id}/money")).await.expect(200);
    assert!(page.text.contains("いっしょに申請される計画の変更") && page.text.contains("ちらし"));
    let change = post(konan, id, "changes", ask(None)).await["id"].clone();

    // While it waits nothing moves, and headquarters reads what is asked for.
    konan.put_json(&section("plan"), &json!({ "rows": [["2024-10", "教室"]] })).await.expect(409);
    let asked = office.get(&format!("/api/projects/{id}/changes")).await.expect(200).json();
    assert_eq!(asked[0]["differences"].as_array().unwrap().len(), 3, "{asked}");
    let page = office.get(&format!("/projects/{id}/money")).await.expect(200);
    assert!(page.text.contains("申請されている計画の変更") && page.text.contains("ちらし"));

    let no = json!({ "approve": false, "answer": "見積もりを付けてください。" });
    post(office, id, &format!("changes/{change}"), no).await;
    let versions = format!("/api/projects/{id}/versions");
    assert_eq!(konan.get(&versions).await.expect(200).json().as_array().unwrap().len(), 1);

    // The plan can wait while the amount is asked for.
    let only =
        json!({ "kind": "content", "what": "額だけ。", "new_yen": 190_000, "with_plan": false });
    let only = post(konan, id, "changes", only).await["id"].clone();
    post(office, id, &format!("changes/{only}"), json!({ "approve": true })).await;
    assert_eq!(konan.get(&versions).await.expect(200).json().as_array().unwrap().len(), 1);
    let shown = konan.get(&format!("/api/projects/{id}")).await.expect(200).json();
    let lines = |of: &str| shown[of]["budget"]["rows"].as_array().unwrap().len();
    assert_eq!((lines("application"), lines("draft")), (2, 3));

    let change = post(konan, id, "changes", ask(None)).await["id"].clone();
    let changed = post(office, id, &format!("changes/{change}"), json!({ "approve": true })).await;
    assert_eq!(changed["granted_yen"], 140_000);
    let made = konan.get(&versions).await.expect(200).json();
    assert_eq!(made.as_array().unwrap().len(), 2);
    assert_eq!(
        (&made[1]["total_yen"], &made[1]["requested_yen"]),
        (&json!(190_000), &json!(140_000))
    );

    // The lines that hold now need no more, whatever was adopted.
    assert_eq!(refused(konan, id, "changes", ask(Some(150_000))).await, "change_over_lines");
    let differences = format!("/projects/{id}/differences?from=1&to=2");
    let differences = konan.get(&differences).await.expect(200);
    assert!(differences.text.contains("150,000") && !differences.text.contains("参加した人"));

    // Scores belong to the version that was reviewed, costs to the lines that they were written
    // for.
    let review = office.get(&format!("/api/projects/{id}/review")).await.expect(200).json();
    assert_eq!(review["complete_count"], 2);

    let row = project::Entity::find_by_id(ProjectId(id)).one(city.t.app.store().reader()).await;
    let project = row.unwrap().expect("the project");
    let report = shirube::subsidies::queries::report(city.t.app.store().reader(), &project).await;
    let report = report.unwrap();
    assert_eq!(
        report.report.as_ref().map(|report| report.revision),
        Some(2),
        "what was open is stale"
    );
    let costs: Vec<(i32, Option<i64>)> =
        report.costs.into_values().map(|row| (row.position, row.actual_yen)).collect();
    assert_eq!(costs, [(1, None), (2, Some(50_000)), (3, Some(130_000))]);

    // The new line lacks its costs.
    assert_eq!(refused(konan, id, "report/submit", json!({})).await, "report_unfinished");

    let asked = office.get(&format!("/api/projects/{id}/changes")).await.expect(200).json();
    let states: Vec<&str> =
        asked.as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["refused", "approved", "approved"]);
    assert_eq!(asked[2]["version_number"], 2);
    city.kohoku.get(&format!("/api/projects/{id}/changes")).await.expect(404);
    city.t.finish().await;
}
