//! Questions, reviewers with conflicts of interest, scores, decisions.

use serde_json::json;

use super::{City, post, refused, scores};

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_with_a_conflict_or_of_the_applying_ward_scores_nothing() {
    let city = City::start().await;
    let (headquarters, second) = (city.t.place.headquarters, city.t.place.second_reviewer);
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    post(&city.office, id, "steps", json!({ "step": "start_review" })).await;
    let url = format!("/api/projects/{id}");
    let score = async |who: &crate::support::Client| {
        who.put_json(&format!("{url}/scores"), &scores(3)).await.json()["code"].clone()
    };

    assert_eq!(score(&city.office).await, "reviewer_not_asked");
    post(&city.office, id, "reviewers", json!({ "staff_id": headquarters.0 })).await;
    assert_eq!(score(&city.office).await, "reviewer_undeclared");

    let declare = async |has_conflict: bool, reason: &str| {
        let body = json!({ "has_conflict": has_conflict, "reason": reason });
        city.office.put_json(&format!("{url}/conflict"), &body).await
    };
    declare(true, "").await.expect(422);
    declare(true, "連携先の理事をしています。").await.expect(200);
    assert_eq!(score(&city.office).await, "reviewer_conflict");
    declare(false, "").await.expect(200);
    assert_eq!(score(&city.office).await, json!(null));

    // Who finds out later loses the scores already given.
    let review = city.office.get(&format!("{url}/review")).await.json();
    assert_eq!(review["complete_count"], 1);
    declare(true, "あとで分かりました。").await.expect(200);
    let review = city.office.get(&format!("{url}/review")).await.json();
    assert_eq!(review["complete_count"], 0);
    city.office.put_json(&format!("{url}/conflict"), &json!({ "has_conflict": false })).await;

    // The other reviewer works for Kohoku: she reviews Konan's project, never Kohoku's.
    post(&city.office, id, "reviewers", json!({ "staff_id": second.0 })).await;
    let theirs = city.submitted(&city.kohoku, city.t.place.kohoku, "event").await;
    assert_eq!(
        refused(&city.office, theirs, "reviewers", json!({ "staff_id": second.0 })).await,
        "reviewer_own_ward"
    );
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_the_ward_given_after_the_request_bars_from_scoring() {
    use entity::staff::role_grant::Role;
    let city = City::start().await;
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    post(&city.office, id, "steps", json!({ "step": "start_review" })).await;
    let staff = city.t.place.headquarters;
    post(&city.office, id, "reviewers", json!({ "staff_id": staff.0 })).await;
    let url = format!("/api/projects/{id}");
    let none = json!({ "has_conflict": false });
    city.office.put_json(&format!("{url}/conflict"), &none).await.expect(200);
    city.give(staff, Role::WardOfficer, Some(city.t.place.konan)).await;
    let refusal = city.office.put_json(&format!("{url}/scores"), &scores(5)).await.expect(409);
    assert_eq!(refusal.json()["code"], "reviewer_own_ward");
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_needs_two_reviewers_and_says_what_it_must() {
    let city = City::start().await;
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    post(&city.office, id, "steps", json!({ "step": "start_review" })).await;

    let adopt = json!({ "outcome": "adopted", "adopted_yen": 250_000, "reason": "よい。" });
    assert_eq!(refused(&city.office, id, "decision", adopt.clone()).await, "review_too_few");

    let url = format!("/api/projects/{id}");
    for (who, staff) in
        [(&city.office, city.t.place.headquarters), (&city.second, city.t.place.second_reviewer)]
    {
        post(&city.office, id, "reviewers", json!({ "staff_id": staff.0 })).await;
        who.put_json(&format!("{url}/conflict"), &json!({ "has_conflict": false })).await;

        // A score without its reason, or outside 1 to 5, counts nothing.
        let mut wrong = scores(5);
        wrong[0]["reason"] = json!("");
        wrong[1]["score"] = json!(6);
        let faults = who.put_json(&format!("{url}/scores"), &wrong).await.expect(422).json();
        let fields: Vec<&str> = faults["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["field"].as_str().unwrap())
            .collect();
        assert_eq!(fields, ["clarity_reason", "effect"]);
        who.put_json(&format!("{url}/scores"), &scores(5)).await.expect(200);
    }

    for (body, field) in [
        (json!({ "outcome": "adopted", "reason": "x" }), "adopted_yen"),
        (json!({ "outcome": "adopted", "adopted_yen": 250_001, "reason": "x" }), "adopted_yen"),
        (json!({ "outcome": "conditional", "adopted_yen": 1, "reason": "x" }), "conditions"),
        (json!({ "outcome": "rejected", "reason": "" }), "reason"),
    ] {
        let answer = city.office.post_json(&format!("{url}/decision"), &body).await.expect(422);
        assert_eq!(answer.json()["fields"][0]["field"], field);
    }

    let conditional = json!({ "outcome": "conditional", "adopted_yen": 200_000,
        "conditions": "見積もりをそろえること。", "reason": "費用の根拠が足りません。" });
    post(&city.office, id, "decision", conditional).await;
    assert_eq!(
        refused(&city.office, id, "grant", json!({ "yen": 1 })).await,
        "project_cannot_grant"
    );
    post(&city.office, id, "steps", json!({ "step": "meet_conditions" })).await;
    post(&city.office, id, "grant", json!({ "yen": 200_000 })).await;

    let letter = city.konan.get(&format!("/projects/{id}/letter")).await.expect(200);
    assert!(letter.text.contains("見積もりをそろえること。"));
    assert!(letter.text.contains("令和6年（2024年）7月1日（月曜日）"));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_answers_stay_between_the_ward_and_headquarters() {
    let city = City::start().await;
    let id = city.adopted("event").await;
    let url = format!("/api/projects/{id}/messages");
    let ask = json!({ "section": "budget", "kind": "question", "body": "単価の根拠は何ですか。" });
    city.office.post_json(&url, &ask).await.expect(200);
    let answer = json!({ "section": "budget", "kind": "answer", "body": "市の基準です。" });
    city.konan.post_json(&url, &answer).await.expect(200);
    let found = city.konan.get(&url).await.expect(200).json();
    assert_eq!(found.as_array().unwrap().len(), 2);
    // Kohoku reads the adopted project, and nothing of this.
    city.kohoku.get(&format!("/api/projects/{id}")).await.expect(200);
    city.kohoku.get(&url).await.expect(404);
    city.kohoku.post_json(&url, &answer).await.expect(404);
    // A ward does not ask in headquarters' name, nor headquarters answer in the ward's.
    city.konan.post_json(&url, &ask).await.expect(403);
    city.office.post_json(&url, &answer).await.expect(403);
    let page = city.konan.get(&format!("/projects/{id}/review")).await.expect(200);
    assert!(page.text.contains("単価の根拠は何ですか。"));
    // Scores and their reasons are headquarters' own.
    assert!(!page.text.contains("review-scores") && !page.text.contains("採点の理由"));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_of_headquarters_decides_on_the_own_ward() {
    let city = City::start().await;
    let (kohoku, second) = (city.t.place.kohoku, &city.second);
    let third = &city.third_reviewer().await;
    let reviewers = [(&city.office, city.t.place.headquarters), (third, city.t.place.stranger)];

    let barred = async |id: i64, verb: &str, body: serde_json::Value| {
        assert_eq!(refused(second, id, verb, body).await, "decides_own_ward", "{verb}");
    };

    let id = city.submitted(&city.kohoku, kohoku, "event").await;
    barred(id, "steps", json!({ "step": "start_review" })).await;
    barred(id, "return", json!({ "section": "plan", "body": "x" })).await;
    barred(id, "reviewers", json!({ "staff_id": city.t.place.headquarters.0 })).await;
    barred(id, "messages", json!({ "section": "plan", "kind": "question", "body": "x" })).await;
    city.adopt_by(id, reviewers).await;
    barred(id, "grant", json!({ "yen": 200_000 })).await;

    // The scores are not the applicant's to read, whatever other role they hold.
    second.get(&format!("/api/projects/{id}/review")).await.expect(403);
    let page = second.get(&format!("/projects/{id}/review")).await.expect(200);
    assert!(page.text.contains("自分の区の事業では") && !page.text.contains("採点の理由"));
    let page = second.get(&format!("/projects/{id}/money")).await.expect(200);
    assert!(!page.text.contains("value=\"grant\""));

    post(&city.office, id, "grant", json!({ "yen": 200_000 })).await;
    barred(id, "payments", json!({ "yen": 1, "paid_on": "2024-07-01" })).await;
    let change = json!({ "kind": "content", "what": "x", "new_yen": 150_000 });
    let change = post(&city.kohoku, id, "changes", change).await["id"].clone();
    for approve in [true, false] {
        let answer = json!({ "approve": approve, "answer": "x" });
        barred(id, &format!("changes/{change}"), answer).await;
    }
    post(&city.office, id, &format!("changes/{change}"), json!({ "approve": true })).await;

    // Hers as the ward's officer: to start and to report.
    post(second, id, "steps", json!({ "step": "start" })).await;
    let report = format!("/api/projects/{id}/report");
    second.put_json(&report, &super::report_body()).await.expect(200);
    post(second, id, "report/submit", json!({})).await;

    barred(id, "report/return", json!({ "body": "x" })).await;
    barred(id, "fix", json!({ "yen": 100_000 })).await;
    post(&city.office, id, "fix", json!({ "yen": 100_000 })).await;
    barred(id, "settle", json!({ "paid_on": "2024-07-01" })).await;
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_declared_a_conflict_decides_nothing() {
    let city = City::start().await;
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    let third = city.third_reviewer().await;
    let url = format!("/api/projects/{id}");
    post(&city.office, id, "reviewers", json!({ "staff_id": city.t.place.stranger.0 })).await;
    let conflict = json!({ "has_conflict": true, "reason": "連携先の理事です。" });
    third.put_json(&format!("{url}/conflict"), &conflict).await.expect(200);
    city.adopt(id).await;
    assert_eq!(refused(&third, id, "grant", json!({ "yen": 1 })).await, "decides_in_conflict");
    let other = city.submitted(&city.konan, city.t.place.konan, "event").await;
    post(&city.office, other, "reviewers", json!({ "staff_id": city.t.place.stranger.0 })).await;
    third.put_json(&format!("/api/projects/{other}/conflict"), &conflict).await.expect(200);
    post(&city.office, other, "steps", json!({ "step": "start_review" })).await;
    let reject = json!({ "outcome": "rejected", "reason": "x" });
    assert_eq!(refused(&third, other, "decision", reject).await, "decides_in_conflict");
    let page = third.get(&format!("/projects/{other}/review")).await.expect(200);
    assert!(page.text.contains("value=\"declare_conflict\""));
    assert!(!page.text.contains("value=\"decide\""));
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_about_a_draft_nor_written_after_the_end() {
    let city = City::start().await;
    let ask = |kind: &str| json!({ "section": "plan", "kind": kind, "body": "x" });
    let draft = city.whole(&city.konan, city.t.place.konan, "event").await;
    assert_eq!(refused(&city.office, draft, "messages", ask("question")).await, "talk_over");
    post(&city.konan, draft, "steps", json!({ "step": "withdraw" })).await;
    assert_eq!(refused(&city.konan, draft, "messages", ask("answer")).await, "talk_over");
    let practice = city.practice().await;
    let found = city.konan.get(&format!("/api/practices/{practice}")).await.expect(200).json();
    let model = found["project_id"].as_i64().unwrap();
    assert_eq!(refused(&city.konan, model, "messages", ask("answer")).await, "talk_over");
    let page = city.konan.get(&format!("/projects/{model}/review")).await.expect(200);
    assert!(!page.text.contains("/messages\""));
    city.t.finish().await;
}
