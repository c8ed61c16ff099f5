//! 定着 of a project's people: nobody reads a single answer by choosing the sessions.

use chrono::{DateTime, Utc};
use entity::SessionId;
use entity::subsidies::project_retention;
use entity::surveys::follow_up;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{City, post, report_body};
use crate::support::{Client, at};
use crate::surveys::stuck;

impl City {
    /// A session of the project, with so many people who came and are asked three months later.
    async fn attended(&self, project: i64, starts_at: DateTime<Utc>, people: usize) -> SessionId {
        let (place, t) = (&self.t.place, &self.t);
        let session = self.session(place.yokohama_classes, place.yokohama_hall, starts_at).await;
        t.clock.set(starts_at + chrono::TimeDelta::minutes(30));
        let (konan, desk) = (t.ward_officer().await, t.stranger().await);
        let link = format!("/api/projects/{project}/sessions/{session}");
        konan.put_json(&link, &json!({})).await.expect(200);
        for number in 0..people {
            let kana = ["いち", "に", "さん", "よん", "ご", "ろく"][number];
            let body = json!({ "kana": format!("しるべ {kana}") });
            let who =
                desk.post_json("/api/residents", &body).await.expect(201).json()["id"].clone();
            let answer = desk
                .post_form(
                    &format!("/sessions/{session}/walk-in"),
                    &[("resident", &who.to_string())],
                )
                .await;
            answer.expect(303);
        }
        t.run_jobs().await;
        session
    }

    /// So many of those who did not answer yet and whose day has come answer by telephone.
    async fn answer(&self, number: usize, said: &Value) {
        let desk = self.t.stranger().await;
        let all = follow_up::Entity::find().all(self.t.app.store().reader()).await.unwrap();
        let mut open: Vec<_> = all.iter().filter(|row| row.answered_at.is_none()).collect();
        open.sort_by_key(|row| row.id);
        assert!(open.len() >= number, "{} are left", open.len());
        for row in &open[..number] {
            let body = json!({ "via": "phone", "answered_by": "person", "answers": said });
            let path = format!("/api/follow-ups/{}/answers", row.id);
            desk.post_json(&path, &body).await.expect(200);
        }
        self.t.run_jobs().await;
    }

    async fn stored(&self) -> Vec<(String, Option<i32>)> {
        let all = project_retention::Entity::find().all(self.t.app.store().reader()).await;
        all.unwrap().iter().map(|row| (row.stage.to_string(), row.answered)).collect()
    }
}

/// The figures of 定着 as the API tells them, and the row of the page.
async fn shown(who: &Client, project: i64) -> (Value, String) {
    let told = who.get(&format!("/api/projects/{project}")).await.expect(200).json();
    let page = who.get(&format!("/projects/{project}/report")).await.expect(200);
    let part = page.text.split("使いつづけている方</h3>").nth(1).unwrap();
    let part = part.split("<h3>").next().unwrap();
    (told["figures"]["retention"].clone(), part.to_owned())
}

fn cells(line: &Value) -> (String, [Value; 4]) {
    let names = ["due_count", "reached_count", "answered_count", "stuck_count"];
    (line["stage"].as_str().unwrap().to_owned(), names.map(|name| line[name].clone()))
}

fn line(stage: &str, count: i64) -> (String, [Value; 4]) {
    (stage.to_owned(), [count, count, count, count].map(Value::from))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_taken_off_a_running_project_tells_nobodys_answer() {
    let city = City::start().await;
    let id = city.running("event").await;
    let mut sessions = Vec::new();
    for (day, people) in [(10, 5), (11, 1), (12, 1)] {
        sessions.push(city.attended(id, at(2024, 7, day, 10, 0), people).await);
    }

    city.t.clock.set(at(2024, 10, 15, 10, 0));
    city.answer(6, &stuck()).await;
    city.answer(1, &crate::surveys::answers("rarely", &["none"], &[])).await;

    let konan = city.t.ward_officer().await;
    let url = format!("/api/projects/{id}");
    konan.put_json(&format!("{url}/report"), &report_body()).await.expect(200);
    let before = shown(&konan, id).await;
    assert_eq!(before.0, json!([]), "nothing is counted before the report");
    assert!(before.1.contains("お一人の答えが分からないように") && !before.1.contains("<td"));

    for session in &sessions[1..] {
        konan.delete(&format!("{url}/sessions/{session}")).await.expect(200);
        let after = shown(&konan, id).await;
        assert_eq!(after, before);
        konan.put_json(&format!("{url}/sessions/{session}"), &json!({})).await.expect(200);
    }

    // Headquarters reads no more than the ward.
    assert_eq!(shown(&city.t.headquarters().await, id).await.0, json!([]));
    assert!(city.stored().await.is_empty());
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_that_went_out_with_the_report_stay_also_when_it_is_sent_back() {
    let city = City::start().await;
    let id = city.running("event").await;
    city.attended(id, at(2024, 7, 10, 10, 0), 6).await;
    let one = city.attended(id, at(2024, 7, 11, 10, 0), 1).await;

    city.t.clock.set(at(2024, 10, 15, 10, 0));
    city.answer(6, &stuck()).await;

    let konan = city.t.ward_officer().await;
    let url = format!("/api/projects/{id}");
    konan.put_json(&format!("{url}/report"), &report_body()).await.expect(200);
    post(&konan, id, "report/submit", json!({})).await;
    assert!(shown(&konan, id).await.1.contains("いま数えています"));

    city.t.run_jobs().await;
    let (told, page) = shown(&konan, id).await;
    let want = [json!(7), json!(6), json!(6), json!(6)];
    assert_eq!(cells(&told[0]), ("report".to_owned(), want.clone()), "{told}");
    assert_eq!(told[0]["counted_on"], "2024-10-15");
    // 180,000 yen for 7 and 50 people by hand, 3,158 each; six of seven keep using.
    assert_eq!(told[0]["yen_per_stuck"], json!(3684), "{told}");
    assert!(
        page.contains("報告のとき（令和6年（2024年）10月15日") && page.contains("3,684円"),
        "{page}"
    );

    // Sent back, the report loses a session and goes out again: the figures stay.
    let office = city.t.headquarters().await;
    post(&office, id, "report/return", json!({ "body": "もう一度、お願いします。" })).await;
    konan.delete(&format!("{url}/sessions/{one}")).await.expect(200);
    assert_eq!(cells(&shown(&konan, id).await.0[0]).1, want);
    post(&konan, id, "report/submit", json!({})).await;
    city.t.run_jobs().await;
    assert_eq!(shown(&konan, id).await.0.as_array().unwrap().len(), 1);
    assert_eq!(cells(&shown(&konan, id).await.0[0]).1, want);

    // Of those that are left nobody is asked any more: they were counted once more, and one person
    // is no difference. Whatever happens after that, there is no third count.
    assert_eq!(city.stored().await.len(), 2);
    city.t.clock.set(at(2024, 12, 10, 10, 0));
    city.t.run_jobs().await;
    assert_eq!(city.stored().await.len(), 2);

    let konan = city.t.ward_officer().await;
    let (told, page) = shown(&konan, id).await;
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert_eq!(cells(&told[0]).1, want);
    assert!(page.contains("おたずねが全員終わったときにも数えました"), "{page}");
    let sheet = konan.get(&format!("/projects/{id}/sheets/report")).await.expect(200);
    assert!(sheet.text.contains("報告のとき（令和6年（2024年）10月15日"), "{}", sheet.text);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_count_is_shown_when_it_differs_by_five_people_in_every_cell() {
    let city = City::start().await;
    let id = city.running("event").await;
    city.attended(id, at(2024, 7, 10, 10, 0), 6).await;
    city.attended(id, at(2024, 8, 20, 10, 0), 6).await;
    city.t.clock.set(at(2024, 10, 15, 10, 0));
    city.answer(6, &stuck()).await;
    let konan = city.t.ward_officer().await;
    konan.put_json(&format!("/api/projects/{id}/report"), &report_body()).await.expect(200);
    post(&konan, id, "report/submit", json!({})).await;
    city.t.run_jobs().await;
    city.t.clock.set(at(2024, 11, 25, 10, 0));
    city.t.run_jobs().await;
    city.answer(5, &stuck()).await;
    let konan = city.t.ward_officer().await;
    let told = shown(&konan, id).await.0;
    assert_eq!(told.as_array().unwrap().len(), 1, "one is asked yet: {told}");
    city.answer(1, &stuck()).await;
    let (told, page) = shown(&konan, id).await;
    let lines: Vec<_> = told.as_array().unwrap().iter().map(cells).collect();
    assert_eq!(lines, [line("report", 6), line("last", 12)]);
    assert!(page.contains("おたずねが終わったとき（令和6年（2024年）11月25日"), "{page}");
    city.t.finish().await;
}
