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
    use entity::staff::role_grant::{self, Role};
    use sea_orm::{ActiveValue::Set, EntityTrait};
    let city = City::start().await;
    let id = city.submitted(&city.konan, city.t.place.konan, "event").await;
    post(&city.office, id, "steps", json!({ "step": "start_review" })).await;
    let staff = city.t.place.headquarters;
    post(&city.office, id, "reviewers", json!({ "staff_id": staff.0 })).await;
    let url = format!("/api/projects/{id}");
    let none = json!({ "has_conflict": false });
    city.office.put_json(&format!("{url}/conflict"), &none).await.expect(200);
    let place = city.t.place.clone();
    let row = &role_grant::ActiveModel {
        staff_id: Set(staff),
        municipality_id: Set(place.yokohama),
        role: Set(Role::WardOfficer),
        programme_id: Set(None),
        ward_id: Set(Some(place.konan)),
        from_on: Set(crate::support::day(2024, 7, 1)),
        until_on: Set(None),
        ..Default::default()
    };
    let work = async |tx: shirube::platform::Tx| {
        role_grant::Entity::insert(row.clone()).exec(tx.db()).await?;
        Ok(())
    };
    city.t.app.store().write(&city.t.ctx_system(), "grant", work).await.unwrap();
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
