//! The whole life, illegal steps, versions, deadlines, spread.

use chrono::TimeDelta;
use entity::subsidies::project::{self, ProjectState};
use sea_orm::EntityTrait;
use serde_json::json;
use shirube::subsidies::rules::states::PUBLISHED;

use super::{City, post, refused, round_body, sections};
use crate::support::at;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_goes_from_its_draft_to_another_ward() {
    let city = City::start().await;
    let id = city.reported("event").await;
    assert_eq!(city.state(id).await, ProjectState::Reported);

    let fixed = post(&city.office, id, "fix", json!({ "yen": 110_000 })).await;
    assert_eq!(fixed["fixed_yen"], 110_000);
    let settled = post(&city.office, id, "settle", json!({ "paid_on": "2024-07-01" })).await;
    assert_eq!((&settled["repaid_yen"], &settled["rest_yen"]), (&json!(10_000), &json!(0)));

    let answers = json!({ "what_changed": "増えた。", "compared_with": "前の年。", "other_reasons": "ない。" });
    post(&city.konan, id, "verify", answers).await;
    let practice = post(&city.office, id, "model", json!({ "body": "少人数の教室です。" })).await;
    assert_eq!(city.state(id).await, ProjectState::Model);

    let url = format!("/api/practices/{}/spread", practice["id"]);
    let body = json!({ "round_id": city.round, "ward_id": city.t.place.kohoku.0,
        "kept": "少人数で教える。", "changed": "会場を地区センターにする。" });
    let child = city.kohoku.post_json(&url, &body).await.expect(201).json()["id"].as_i64().unwrap();

    let shown = city.kohoku.get(&format!("/api/projects/{child}")).await.expect(200).json();
    assert_eq!(shown["project"]["parent_id"], id);
    assert_eq!(shown["project"]["kept"], "少人数で教える。");
    // The plan came along; the indicators are the new ward's own, and so are the dates.
    assert_eq!(shown["application"]["partners"]["rows"][0][0], "NPO法人しるべの会");
    assert!(shown["application"].get("goals").is_none());
    assert_eq!(shown["application"]["basics"]["texts"]["starts_on"], json!(null));
    assert_eq!(shown["practice_id"], practice["id"]);

    let practices = city.kohoku.get("/api/practices").await.expect(200).json();
    let step = &practices[0]["wards"][0];
    assert_eq!(
        (&step["ward_id"], &step["state"]),
        (&json!(city.t.place.kohoku.0), &json!("study"))
    );

    // The ward it comes from cannot take it over, and nobody does so for another ward.
    let home = json!({ "round_id": city.round, "ward_id": city.t.place.konan.0, "kept": "a", "changed": "b" });
    let refusal = city.konan.post_json(&url, &home).await.expect(409).json();
    assert_eq!(refusal["code"], "spread_at_home");
    city.konan.post_json(&url, &body).await.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_document_tells_of_is_taken_over_and_keeps_its_line() {
    let city = City::start().await;
    let done = crate::seeds::shirube(city.t.database_url(), &["seed", "yokohama"]).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let practices = city.kohoku.get("/api/practices").await.expect(200).json();
    // The town walks: nobody's project stands behind them, only the paper.
    let walk = practices.as_array().unwrap().iter().find(|one| one["session_count"] == 5).unwrap();
    let url = format!("/api/practices/{}/spread", walk["id"]);
    let body = json!({ "round_id": city.round, "ward_id": city.t.place.kohoku.0,
        "kept": "街を歩きながら学ぶ。", "changed": "坂のない道にする。" });
    let child = city.kohoku.post_json(&url, &body).await.expect(201).json()["id"].clone();
    let shown = city.kohoku.get(&format!("/api/projects/{child}")).await.expect(200).json();
    assert_eq!(shown["practice_id"], walk["id"]);
    let link = format!("/practices/{}\"", walk["id"]);
    let project = city.kohoku.get(&format!("/projects/{child}")).await.expect(200).text;
    assert!(project.contains(&link), "the project names where it comes from");
    let practice = city.kohoku.get(&format!("/practices/{}", walk["id"])).await.expect(200).text;
    assert!(practice.contains(&format!("/projects/{child}\"")), "the practice names its project");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_outside_the_table_is_refused_with_a_sentence() {
    let city = City::start().await;
    let draft = city.draft(&city.konan, city.t.place.konan, "event").await;
    for (who, verb, body, want) in [
        (&city.konan, "submit", json!({}), "application_unfinished"),
        (&city.office, "steps", json!({ "step": "start_review" }), "project_cannot_start_review"),
        (
            &city.office,
            "steps",
            json!({ "step": "meet_conditions" }),
            "project_cannot_meet_conditions",
        ),
        (&city.konan, "steps", json!({ "step": "start" }), "project_cannot_start"),
        (
            &city.office,
            "return",
            json!({ "section": "plan", "body": "x" }),
            "project_cannot_return",
        ),
        (
            &city.office,
            "decision",
            json!({ "outcome": "rejected", "reason": "x" }),
            "project_cannot_decide",
        ),
        (&city.office, "grant", json!({ "yen": 1 }), "project_cannot_grant"),
        (
            &city.office,
            "payments",
            json!({ "yen": 1, "paid_on": "2024-07-01" }),
            "pay_before_grant",
        ),
        (&city.konan, "changes", json!({ "kind": "stop", "what": "x" }), "project_cannot_stop"),
        (&city.konan, "report/submit", json!({}), "project_cannot_report"),
        (&city.office, "report/return", json!({ "body": "x" }), "project_cannot_return_report"),
        (&city.office, "fix", json!({ "yen": 1 }), "project_cannot_fix"),
        (&city.office, "settle", json!({}), "project_cannot_settle"),
        (
            &city.konan,
            "verify",
            json!({ "what_changed": "x", "compared_with": "x", "other_reasons": "x" }),
            "project_cannot_verify",
        ),
        (&city.office, "model", json!({ "body": "x" }), "project_cannot_mark"),
    ] {
        assert_eq!(refused(who, draft, verb, body).await, want, "{verb}");
    }

    let report = city.konan.put_json(&format!("/api/projects/{draft}/report"), &json!({})).await;
    assert_eq!(report.expect(409).json()["code"], "report_locked");
    assert_eq!(city.state(draft).await, ProjectState::Draft);

    // What runs already is stopped and reports; it is not withdrawn.
    let gone = city.running("event").await;
    assert_eq!(
        refused(&city.konan, gone, "steps", json!({ "step": "withdraw" })).await,
        "project_cannot_withdraw"
    );
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_version_is_locked_and_two_are_compared() {
    let city = City::start().await;
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    let (_, budget) = sections().swap_remove(5);
    let url = format!("/api/projects/{id}/sections/budget");
    let locked = city.konan.put_json(&url, &budget).await.expect(409).json();
    assert_eq!(locked["code"], "application_locked");
    let mend = json!({ "section": "budget", "body": "会場の内訳を分けてください。" });
    post(&city.office, id, "return", mend).await;
    let mended = json!({ "texts": { "own_yen": "50000" }, "rows": [["謝金", "講師 5回", "200000"],
        ["会場", "午前", "60000"], ["会場", "午後", "40000"]] });
    city.konan.put_json(&url, &mended).await.expect(200);
    post(&city.konan, id, "submit", json!({})).await;
    let versions = city.konan.get(&format!("/api/projects/{id}/versions")).await.json();
    assert_eq!(versions.as_array().unwrap().len(), 2);
    assert_eq!(versions[0]["total_yen"], 300_000);
    let url = format!("/api/projects/{id}/differences?from=1&to=2");
    let found = city.konan.get(&url).await.expect(200).json();
    assert_eq!(found[0]["old"], "会場 / 使用料 / 100000");
    assert_eq!(found[0]["new"], "会場 / 午前 / 60000");
    assert_eq!(found.as_array().unwrap().len(), 2);
    city.konan.get(&format!("/api/projects/{id}/differences?from=1&to=3")).await.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_section_that_somebody_else_saved_is_not_overwritten() {
    let city = City::start().await;
    let id = city.draft(&city.konan, city.t.place.konan, "event").await;
    let url = format!("/api/projects/{id}/sections/people");
    let body = json!({ "texts": { "who": "70歳以上の方", "count": "60" } });
    let first = city.konan.with_header("if-match", "\"0\"");
    first.put_json(&url, &body).await.expect(200);
    let stale = first.put_json(&url, &json!({ "texts": { "who": "別" } })).await.expect(409);
    assert_eq!(stale.json()["code"], "stale");
    let shown = city.konan.get(&format!("/api/projects/{id}")).await.json();
    assert_eq!(shown["application"]["people"]["texts"]["who"], "70歳以上の方");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_applies_outside_the_days_of_a_round_or_above_its_cap() {
    let mut city = City::start().await;
    let mut later = round_body("次の公募");
    later["opens_on"] = json!("2024-07-02");
    later["cap_yen"] = json!(200_000);
    let made = city.office.post_json("/api/subsidy-rounds", &later).await.expect(201).json();

    let body = json!({ "round_id": made["id"], "ward_id": city.t.place.konan.0, "kind": "event", "title": "a" });
    let refusal = city.konan.post_json("/api/projects", &body).await.expect(409).json();
    assert_eq!(refusal["code"], "round_closed");

    // A draft of the open round is not submitted after its last day.
    let id = city.whole(&city.konan, city.t.place.konan, "event").await;
    city.t.clock.set(at(2024, 8, 1, 10, 0));
    city.log_in_again().await;
    assert_eq!(refused(&city.konan, id, "submit", json!({})).await, "round_closed");

    city.t.clock.set(at(2024, 7, 2, 10, 0));
    city.log_in_again().await;
    let small = city.konan.post_json("/api/projects", &body).await.expect(201).json();
    let small = small["id"].as_i64().unwrap();
    for (section, body) in sections() {
        let url = format!("/api/projects/{small}/sections/{section}");
        city.konan.put_json(&url, &body).await.expect(200);
    }
    assert_eq!(refused(&city.konan, small, "submit", json!({})).await, "over_cap");

    // The same name twice in a year is one too many.
    let twice = city.office.post_json("/api/subsidy-rounds", &later).await.expect(422).json();
    assert_eq!(twice["fields"][0]["field"], "name");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_are_listed_reminded_of_and_met() {
    let mut city = City::start().await;
    let id = city.whole(&city.konan, city.t.place.konan, "event").await;

    let due = city.konan.get("/api/project-deadlines").await.expect(200).json();
    assert_eq!((&due[0]["kind"], &due[0]["due_on"]), (&json!("apply"), &json!("2024-07-31")));
    assert_eq!(due[0]["is_reminded"], false);

    city.t.run_jobs().await;
    city.t.advance(TimeDelta::days(22));
    city.t.run_jobs().await;
    city.log_in_again().await;
    assert_eq!(city.konan.get("/api/project-deadlines").await.json()[0]["is_reminded"], false);
    city.t.advance(TimeDelta::days(1));
    city.t.run_jobs().await;
    city.log_in_again().await;
    assert_eq!(city.konan.get("/api/project-deadlines").await.json()[0]["is_reminded"], true);

    // Another ward has no such deadline, headquarters has all.
    assert_eq!(city.kohoku.get("/api/project-deadlines").await.json(), json!([]));
    assert_eq!(city.office.get("/api/project-deadlines").await.json().as_array().unwrap().len(), 1);

    post(&city.konan, id, "submit", json!({})).await;
    assert_eq!(city.konan.get("/api/project-deadlines").await.json(), json!([]));
    post(&city.office, id, "return", json!({ "section": "plan", "body": "直して。" })).await;
    let due = city.konan.get("/api/project-deadlines").await.json();
    assert_eq!((&due[0]["kind"], &due[0]["due_on"]), (&json!("resubmit"), &json!("2024-08-07")));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn last_years_application_is_copied_into_what_is_empty() {
    let city = City::start().await;
    let old = city.submitted(&city.konan, city.t.place.konan, "event").await;
    let id = city.draft(&city.konan, city.t.place.konan, "event").await;
    let url = format!("/api/projects/{id}/sections/people");
    city.konan.put_json(&url, &json!({ "texts": { "who": "65歳以上" } })).await.expect(200);
    post(&city.konan, id, "copy", json!({ "project_id": old })).await;
    let shown = city.konan.get(&format!("/api/projects/{id}")).await.json();
    let application = &shown["application"];
    assert_eq!(application["budget"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(application["people"]["texts"]["who"], "65歳以上");
    assert_eq!(application["basics"]["texts"]["summary"], "教室を5回開きます。");
    // Another ward's application cannot be copied.
    let theirs = city.draft(&city.kohoku, city.t.place.kohoku, "event").await;
    let body = json!({ "project_id": old });
    let answer = city.kohoku.post_json(&format!("/api/projects/{theirs}/copy"), &body).await;
    answer.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_state_is_one_that_wards_reach() {
    let city = City::start().await;
    let id = city.adopted("event").await;
    assert!(PUBLISHED.contains(&city.state(id).await));
    let rows = project::Entity::find().all(city.t.app.store().reader()).await.unwrap();
    assert_eq!(rows.len(), 1);
    city.kohoku.get(&format!("/api/projects/{id}")).await.expect(200);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_follow_the_days_of_the_round_and_are_reminded_of_anew() {
    let mut city = City::start().await;
    city.draft(&city.konan, city.t.place.konan, "event").await;
    let running = city.running("event").await;

    let due = async |city: &City| {
        let found = city.konan.get("/api/project-deadlines").await.expect(200).json();
        let found = found.as_array().unwrap().clone();
        let mut lines = Vec::new();
        for line in found {
            let is_running = line["project_id"] == running;
            let day = line["due_on"].as_str().unwrap().to_owned();
            lines.push((is_running, day, line["is_reminded"].as_bool().unwrap()));
        }
        lines
    };
    let line = |is_running, day: &str, is_reminded| (is_running, day.to_owned(), is_reminded);

    let before = [line(false, "2024-07-31", false), line(true, "2025-04-10", false)];
    assert_eq!(due(&city).await, before);

    let mut later = round_body("支援事業");
    later["closes_on"] = json!("2024-08-31");
    later["report_due_on"] = json!("2025-03-20");
    let url = format!("/api/subsidy-rounds/{}", city.round);
    city.office.put_json(&url, &later).await.expect(200);
    let moved = [line(false, "2024-08-31", false), line(true, "2025-03-20", false)];
    assert_eq!(due(&city).await, moved);

    // The reminder for the old day says nothing any more; the new one does.
    for (day, reminded) in [(25, false), (55, true)] {
        city.t.clock.set(at(2024, 7, 1, 10, 0) + TimeDelta::days(day));
        city.t.run_jobs().await;
        city.log_in_again().await;
        assert_eq!(due(&city).await[0], line(false, "2024-08-31", reminded), "{day}");
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wards_cell_follows_its_project_and_its_days() {
    let city = City::start().await;
    let practice = city.practice().await;
    let kohoku = city.t.place.kohoku;

    let step = |state: &str, day: &str| json!({ "ward_id": kohoku.0, "state": state, "on_date": day, "reason": "記録" });
    let cell = async |who: &crate::support::Client| {
        let found = who.get(&format!("/api/practices/{practice}")).await.expect(200).json();
        let wards = found["wards"].as_array().unwrap().clone();
        wards.first().map(|step| step["state"].as_str().unwrap().to_owned())
    };

    let steps = format!("/api/practices/{practice}/steps");
    city.kohoku.post_json(&steps, &step("trial", "2024-06-20")).await.expect(200);
    // What is written later about an earlier day does not stand for today.
    city.kohoku.post_json(&steps, &step("declined", "2023-06-20")).await.expect(200);
    assert_eq!(cell(&city.konan).await.as_deref(), Some("trial"));

    let spread = async || {
        let body = json!({ "round_id": city.round, "ward_id": kohoku.0, "kept": "少人数", "changed": "会場" });
        let url = format!("/api/practices/{practice}/spread");
        city.kohoku.post_json(&url, &body).await.expect(201).json()["id"].as_i64().unwrap()
    };

    let dropped = spread().await;
    assert_eq!(cell(&city.kohoku).await.as_deref(), Some("study"));
    post(&city.kohoku, dropped, "steps", json!({ "step": "withdraw" })).await;
    // An application that was withdrawn leaves the ward where it stood, and stays in its records.
    assert_eq!(cell(&city.kohoku).await.as_deref(), Some("trial"));
    let page = city.kohoku.get(&format!("/practices/{practice}")).await.expect(200);
    assert!(page.text.contains("申請を取り下げました。"));

    let kept = spread().await;
    for (section, body) in sections() {
        let url = format!("/api/projects/{kept}/sections/{section}");
        city.kohoku.put_json(&url, &body).await.expect(200);
    }
    post(&city.kohoku, kept, "submit", json!({})).await;
    assert_eq!(cell(&city.konan).await.as_deref(), Some("trial"));

    let third = &city.third_reviewer().await;
    let reviewers = [(&city.office, city.t.place.headquarters), (third, city.t.place.stranger)];
    city.adopt_by(kept, reviewers).await;
    assert_eq!(cell(&city.konan).await.as_deref(), Some("study"));

    post(&city.office, kept, "grant", json!({ "yen": 200_000 })).await;
    post(&city.kohoku, kept, "steps", json!({ "step": "start" })).await;
    assert_eq!(cell(&city.konan).await.as_deref(), Some("running"));
    city.t.finish().await;
}
