//! Who sees what: another ward's draft by no page, operation, search, export or guess.

use serde_json::json;

use super::{City, post};
use crate::api::{PAGES, ask, document, mounted_pages, operations};
use crate::support::Client;

/// Words of Konan's draft that nobody else may read.
const SECRET: &str = "港南だけの秘密の教室";

/// Projects of Konan's that no other ward may see, one in each such state.
async fn hidden(city: &City) -> Vec<(&'static str, i64)> {
    let (konan, office) = (&city.konan, &city.office);
    let place = &city.t.place;
    let mut found = vec![("draft", city.whole(konan, place.konan, "event").await)];

    for state in ["submitted", "in_review", "returned", "rejected", "withdrawn"] {
        let id = city.submitted(konan, place.konan, "event").await;

        match state {
            "in_review" => drop(post(office, id, "steps", json!({ "step": "start_review" })).await),
            "returned" => {
                let mend = json!({ "section": "basics", "body": SECRET });
                post(office, id, "return", mend).await;
            }
            "withdrawn" => drop(post(konan, id, "steps", json!({ "step": "withdraw" })).await),
            "rejected" => {
                post(office, id, "steps", json!({ "step": "start_review" })).await;
                for (who, staff) in
                    [(office, place.headquarters), (&city.second, place.second_reviewer)]
                {
                    post(office, id, "reviewers", json!({ "staff_id": staff.0 })).await;
                    let url = format!("/api/projects/{id}");
                    let none = json!({ "has_conflict": false });
                    who.put_json(&format!("{url}/conflict"), &none).await.expect(200);
                    who.put_json(&format!("{url}/scores"), &super::scores(1)).await.expect(200);
                }
                post(office, id, "decision", json!({ "outcome": "rejected", "reason": SECRET }))
                    .await;
            }
            _ => {}
        }

        found.push((state, id));
    }

    for (_, id) in &found {
        rename(city, *id).await;
    }
    found
}

/// Gives a project the secret name, wherever it stands.
async fn rename(city: &City, id: i64) {
    use entity::ProjectId;
    use entity::subsidies::project;
    use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
    let work = async |tx: shirube::platform::Tx| {
        project::Entity::update_many()
            .set(project::ActiveModel { title: Set(SECRET.to_owned()), ..Default::default() })
            .filter(project::Column::Id.eq(ProjectId(id)))
            .exec(tx.db())
            .await?;
        Ok(())
    };
    city.t.app.store().write(&city.t.ctx_system(), "rename", work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shows_another_wards_draft() {
    let city = City::start().await;
    let hidden = hidden(&city).await;

    let own = city.konan.get("/projects").await.expect(200);
    assert_eq!(own.text.matches(SECRET).count(), 6 + deadlines_of(&own.text));

    let mounted = mounted_pages();
    for (state, id) in &hidden {
        for (path, _) in PAGES.iter().filter(|(path, _)| path.starts_with("/projects/:id")) {
            for (section, sheet) in
                [("basics", "application"), ("budget", "plan"), ("goals", "report")]
            {
                let filled = path
                    .replace(":id", &id.to_string())
                    .replace(":section", section)
                    .replace(":sheet", sheet);
                let answer = city.kohoku.get(&format!("{filled}?from=1&to=1")).await;
                // What only takes forms leads to the page above, whatever the project.
                let want = if mounted[*path] { 303 } else { 404 };
                assert_eq!(answer.code(), want, "{state} {filled}");
                assert!(!answer.text.contains(SECRET), "{state} {filled}");

                let posted = city.kohoku.post_form(
                    &filled,
                    &[
                        ("act", "withdraw"),
                        ("act", "submit"),
                        ("section", "basics"),
                        ("title", "x"),
                        ("from", "1"),
                        ("body", "x"),
                    ],
                );
                let posted = posted.await;
                assert!(
                    [400, 403, 404, 405].contains(&posted.code()),
                    "{state} POST {filled}: {}",
                    posted.status
                );
            }
        }
    }

    for path in [
        "/projects",
        "/projects?q=秘密",
        "/projects?state=draft",
        "/projects?state=rejected",
        "/projects/export.csv",
        "/projects/export.csv?state=submitted",
        "/practices",
        "/rounds",
    ] {
        let answer = city.kohoku.get(path).await.expect(200);
        assert!(!answer.text.contains(SECRET), "{path}");
    }
    let konan = city.t.place.konan;
    let filtered = city.kohoku.get(&format!("/projects?ward={konan}")).await.expect(200);
    assert!(!filtered.text.contains(SECRET));

    // Nothing was changed by all that.
    for (state, id) in &hidden {
        assert_eq!(city.state(*id).await.as_str(), *state);
    }
    city.t.finish().await;
}

/// The list of what is due names projects once more.
fn deadlines_of(page: &str) -> usize {
    let due = page.split("class=\"panel filter\"").next().unwrap();
    due.matches(SECRET).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_reaches_another_wards_draft() {
    let city = City::start().await;
    let hidden = hidden(&city).await;
    let document = document(&city.t.anonymous()).await;
    let mut asked = 0;
    for (state, id) in &hidden {
        for mut operation in operations(&document) {
            let mut parts: Vec<String> = operation.path.split('/').map(str::to_owned).collect();
            if parts.get(2).map(String::as_str) != Some("projects") || parts.len() < 4 {
                continue;
            }

            parts[3] = match parts[3].split_once('?') {
                Some((_, query)) => format!("{id}?{query}"),
                None => id.to_string(),
            };
            operation.path = parts.join("/");

            let status = ask(&city.kohoku, &operation).await;
            assert!([403, 404].contains(&status), "{state} {}: {status}", operation.id);
            asked += 1;
        }
    }

    assert!(asked > 150, "{asked}");
    for path in ["/api/projects", "/api/projects?q=秘密&state=draft", "/api/project-deadlines"] {
        let answer = city.kohoku.get(path).await.expect(200);
        assert!(!answer.text.contains(SECRET), "{path}");
    }

    for (state, id) in &hidden {
        assert_eq!(city.state(*id).await.as_str(), *state);
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_a_practice_over_tells_no_other_ward_of_the_draft() {
    let city = City::start().await;
    let practice = city.practice().await;
    let body = json!({ "round_id": city.round, "ward_id": city.t.place.kohoku.0,
        "kept": SECRET, "changed": "会場" });
    let url = format!("/api/practices/{practice}");
    let made = city.kohoku.post_json(&format!("{url}/spread"), &body).await.expect(201).json();
    for path in ["/practices", &format!("/practices/{practice}"), "/api/practices", &url] {
        let theirs = city.konan.get(path).await.expect(200);
        assert!(!theirs.text.contains(SECRET) && !theirs.text.contains("検討</span>"), "{path}");
        assert!(!theirs.text.contains("\"study\""), "{path}");
        for (who, own) in [("the ward", &city.kohoku), ("headquarters", &city.office)] {
            assert!(own.get(path).await.expect(200).text.contains(SECRET), "{who} {path}");
        }
    }
    city.konan.get(&format!("/api/projects/{}", made["id"])).await.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_project_is_read_by_all_wards_and_written_by_its_own() {
    let city = City::start().await;
    let id = city.running("event").await;
    let shown = city.kohoku.get(&format!("/api/projects/{id}")).await.expect(200).json();
    assert_eq!(shown["application"]["budget"]["rows"][0][0], "謝金");

    // What stays inside: versions, the decision and its reasons, a report not yet sent.
    assert_eq!(shown["versions"], json!([]));
    assert!(shown.get("decision").is_none() && shown.get("figures").is_none());

    let draft = json!({ "done": "まだ書いています" });
    city.konan.put_json(&format!("/api/projects/{id}/report"), &draft).await.expect(200);
    let page = city.kohoku.get(&format!("/projects/{id}/report")).await.expect(200);
    assert!(!page.text.contains("まだ書いています"));
    city.kohoku.get(&format!("/projects/{id}/sheets/report")).await.expect(404);

    for tab in ["", "/application", "/money", "/sheets/budget"] {
        let page = city.kohoku.get(&format!("/projects/{id}{tab}")).await.expect(200);
        assert!(!page.text.contains("<form method=\"post\" action=\"/projects"), "{tab}");
    }
    for tab in ["/review", "/letter", "/attendances", "/differences?from=1&to=1"] {
        city.kohoku.get(&format!("/projects/{id}{tab}")).await.expect(404);
    }

    let refused = city.kohoku.put_json(&format!("/api/projects/{id}/report"), &draft).await;
    refused.expect(404);
    let stop = json!({ "kind": "stop", "what": "x" });
    city.kohoku.post_json(&format!("/api/projects/{id}/changes"), &stop).await.expect(404);
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headquarters_of_another_city_sees_nothing_of_this_one() {
    use entity::staff::role_grant::Role;
    let city = City::start().await;
    let id = city.running("event").await;
    // The coordinator becomes manager of all Chiyoda.
    let place = city.t.place.clone();
    city.t.give(place.operator, place.chiyoda, Role::ProgrammeManager, None, None).await;
    let elsewhere: Client = city.t.operator().await;
    elsewhere.get(&format!("/api/projects/{id}")).await.expect(404);
    assert_eq!(elsewhere.get("/api/projects").await.expect(200).json()["items"], json!([]));
    assert_eq!(elsewhere.get("/api/subsidy-rounds").await.expect(200).json(), json!([]));
    let url = format!("/api/subsidy-rounds/{}", city.round);
    elsewhere.put_json(&url, &super::round_body("x")).await.expect(404);
    city.t.finish().await;
}
