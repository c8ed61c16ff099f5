//! Ward subsidies: a project from its draft to another ward, and who sees what of it.

mod life;
mod money;
mod pages;
mod privacy;
mod results;
mod retention;
mod review;

use entity::staff::role_grant::Role;
use entity::subsidies::project::ProjectState;
use entity::{StaffId, WardId};
use serde_json::{Value, json};

use crate::support::{Client, TestApp};

/// A city with an open round and everybody who takes part.
pub struct City {
    pub t: TestApp,
    pub round: i64,
    pub konan: Client,
    pub kohoku: Client,
    pub office: Client,
    pub second: Client,
}

impl City {
    /// It is 1 July 2024; the round takes applications until the 31st.
    pub async fn start() -> Self {
        let t = TestApp::start().await;
        let office = t.headquarters().await;
        let round = office.post_json("/api/subsidy-rounds", &round_body("支援事業")).await;
        Self {
            round: round.expect(201).json()["id"].as_i64().unwrap(),
            konan: t.ward_officer().await,
            kohoku: t.other_officer().await,
            second: t.second_reviewer().await,
            office,
            t,
        }
    }

    /// A draft with a name only.
    pub async fn draft(&self, who: &Client, ward: WardId, kind: &str) -> i64 {
        let body = json!({ "round_id": self.round, "ward_id": ward.0, "kind": kind, "title": "スマホ教室" });
        who.post_json("/api/projects", &body).await.expect(201).json()["id"].as_i64().unwrap()
    }

    /// A whole application that is not submitted yet.
    pub async fn whole(&self, who: &Client, ward: WardId, kind: &str) -> i64 {
        let id = self.draft(who, ward, kind).await;
        for (section, body) in sections() {
            who.put_json(&format!("/api/projects/{id}/sections/{section}"), &body)
                .await
                .expect(200);
        }
        id
    }

    /// A submitted application.
    pub async fn submitted(&self, who: &Client, ward: WardId, kind: &str) -> i64 {
        let id = self.whole(who, ward, kind).await;
        post(who, id, "submit", json!({})).await;
        id
    }

    /// A project of Konan's that was adopted by two reviewers.
    pub async fn adopted(&self, kind: &str) -> i64 {
        let id = self.submitted(&self.konan, self.t.place.konan, kind).await;
        self.adopt(id).await;
        id
    }

    /// Has a submitted application scored twice and adopted.
    pub async fn adopt(&self, id: i64) {
        let place = &self.t.place;
        let reviewers = [(&self.office, place.headquarters), (&self.second, place.second_reviewer)];
        self.adopt_by(id, reviewers).await;
    }

    /// As [`City::adopt`], by these two.
    pub async fn adopt_by(&self, id: i64, reviewers: [(&Client, StaffId); 2]) {
        post(&self.office, id, "steps", json!({ "step": "start_review" })).await;
        for (reviewer, staff) in reviewers {
            post(&self.office, id, "reviewers", json!({ "staff_id": staff.0 })).await;
            let url = format!("/api/projects/{id}");
            let none = json!({ "has_conflict": false });
            reviewer.put_json(&format!("{url}/conflict"), &none).await.expect(200);
            reviewer.put_json(&format!("{url}/scores"), &scores(4)).await.expect(200);
        }
        let decision = json!({ "outcome": "adopted", "adopted_yen": 250_000, "reason": "よい。" });
        post(&self.office, id, "decision", decision).await;
    }

    /// Somebody more at headquarters, who works for no ward.
    pub async fn third_reviewer(&self) -> Client {
        self.give(self.t.place.stranger, Role::ProgrammeManager, None).await;
        self.t.stranger().await
    }

    /// Gives somebody of the city a role.
    pub async fn give(&self, staff_id: StaffId, role: Role, ward_id: Option<WardId>) {
        self.t.give(staff_id, self.t.place.yokohama, role, None, ward_id).await;
    }

    /// The practice of a project of Konan's that went all the way.
    pub async fn practice(&self) -> i64 {
        let id = self.reported("event").await;
        post(&self.office, id, "fix", json!({ "yen": 120_000 })).await;
        post(&self.office, id, "settle", json!({})).await;
        let answers = json!({ "what_changed": "増えた。", "compared_with": "前の年。", "other_reasons": "ない。" });
        post(&self.konan, id, "verify", answers).await;
        let made = post(&self.office, id, "model", json!({ "body": "少人数の教室です。" })).await;
        made["id"].as_i64().unwrap()
    }

    /// A project that runs, with 200,000 yen granted and 120,000 paid in advance.
    pub async fn running(&self, kind: &str) -> i64 {
        let id = self.adopted(kind).await;
        post(&self.office, id, "grant", json!({ "yen": 200_000 })).await;
        let advance = json!({ "yen": 120_000, "paid_on": "2024-07-01" });
        post(&self.office, id, "payments", advance).await;
        post(&self.konan, id, "steps", json!({ "step": "start" })).await;
        id
    }

    /// A report that is whole: 180,000 yen were spent, of which the ward pays 50,000.
    pub async fn reported(&self, kind: &str) -> i64 {
        let id = self.running(kind).await;
        let url = format!("/api/projects/{id}/report");
        self.konan.put_json(&url, &report_body()).await.expect(200);
        post(&self.konan, id, "report/submit", json!({})).await;
        id
    }

    pub async fn state(&self, id: i64) -> ProjectState {
        let shown = self.office.get(&format!("/api/projects/{id}")).await.expect(200).json();
        ProjectState::from_text(shown["project"]["state"].as_str().unwrap()).unwrap()
    }

    /// Everybody logs in once more: a login does not last for days.
    pub async fn log_in_again(&mut self) {
        self.konan = self.t.ward_officer().await;
        self.kohoku = self.t.other_officer().await;
        self.office = self.t.headquarters().await;
        self.second = self.t.second_reviewer().await;
    }
}

pub fn round_body(name: &str) -> Value {
    json!({
        "fiscal_year": 2024, "name": name, "opens_on": "2024-06-01", "closes_on": "2024-07-31",
        "cap_yen": 1_000_000, "guidelines": "区の取組を支援します。",
    })
}

/// Posts to an operation of a project and expects that it is done.
pub async fn post(who: &Client, id: i64, verb: &str, body: Value) -> Value {
    let answer = who.post_json(&format!("/api/projects/{id}/{verb}"), &body).await;
    assert!([200, 201].contains(&answer.code()), "{verb}: {} {}", answer.status, answer.text);
    answer.json()
}

/// The code of a refusal.
pub async fn refused(who: &Client, id: i64, verb: &str, body: Value) -> String {
    let answer = who.post_json(&format!("/api/projects/{id}/{verb}"), &body).await;
    assert_eq!(answer.code(), 409, "{verb}: {}", answer.text);
    let problem = answer.json();
    // Every refusal says a sentence.
    assert!(problem["detail"].as_str().unwrap().contains('。'), "{problem}");
    problem["code"].as_str().unwrap().to_owned()
}

/// All nine sections: 300,000 yen in two lines, of which the ward pays 50,000.
pub fn sections() -> Vec<(&'static str, Value)> {
    vec![
        (
            "basics",
            json!({ "texts": {
            "title": "スマホ教室", "summary": "教室を5回開きます。", "starts_on": "2024-07-01",
            "ends_on": "2025-02-28", "contact": "区政推進課" } }),
        ),
        (
            "problem",
            json!({ "texts": { "body": "使っていない方が多いです。" },
            "rows": [["70歳以上の利用", "40.8%", "内閣府 2020年"]] }),
        ),
        ("people", json!({ "texts": { "who": "70歳以上の方", "count": "60" } })),
        ("partners", json!({ "rows": [["NPO法人しるべの会", "講師"]] })),
        ("plan", json!({ "rows": [["2024-08", "準備"], ["2024-09", "教室"]] })),
        // A figure as people type it, too: full-width, with commas and the unit.
        (
            "budget",
            json!({ "texts": { "own_yen": "50000" },
            "rows": [["謝金", "講師 5回", "200000"], ["会場", "使用料", "１００，０００円"]] }),
        ),
        (
            "goals",
            json!({ "rows": [["参加した人", "人", "0", "60", "2025年2月", "名簿"],
            ["続けて使う人", "%", "", "37.5", "3か月後", "おたずね"]] }),
        ),
        ("verification", json!({ "texts": { "body": "前と後を比べます。" } })),
        ("spread", json!({ "texts": { "body": "ほかの区でもできます。" } })),
    ]
}

pub fn scores(score: i32) -> Value {
    let one = |criterion: &str| json!({ "criterion": criterion, "score": score, "reason": "理由" });
    json!(["clarity", "effect", "partnership", "verifiability", "spread", "cost"].map(one))
}

pub fn report_body() -> Value {
    json!({
        "done": "教室を開きました。", "before_after": "できることが増えました。", "lessons": "少人数がよいです。",
        "session_count": 5, "attendance_count": 55, "person_count": 50,
        "goals": [
            { "position": 1, "actual": "57.5", "reason": "雨の日が多かった。" },
            { "position": 2, "reason": "まだ分かりません。" },
        ],
        "costs": [
            { "position": 1, "yen": 130_000, "note": "" },
            { "position": 2, "yen": 50_000, "note": "" },
        ],
    })
}
