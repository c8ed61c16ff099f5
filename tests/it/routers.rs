//! Routers: what a state needs, tests that are due, wards, the venue's line in a session, CSV.

use chrono::TimeDelta;
use entity::VenueId;
use entity::platform::audit;
use entity::routers::{bwa_milestone, router, router_change};
use entity::staff::role_grant::Role;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::platform::Scope;
use shirube::routers::{connectivity, queries};

use crate::support::{Client, TestApp, at, class};

const SIM: &str = "8981100000000000010";
const OTHER_SIM: &str = "8981 1000 0000 0000 028";

/// A BWA router in use at the city office of Chiyoda.
fn at_the_office(t: &TestApp, code: &str, sim: &str) -> Value {
    json!({
        "code": code, "kind": "bwa", "state": "in_use", "purpose": "classes",
        "place_kind": "venue", "venue_id": t.place.city_office.0, "sim": sim,
    })
}

async fn made(client: &Client, body: &Value) -> i64 {
    client.post_json("/api/routers", body).await.expect(201).json()["id"].as_i64().unwrap()
}

async fn tested(client: &Client, id: i64, on: &str, result: &str) {
    let body = json!({ "tested_on": on, "result": result });
    client.post_json(&format!("/api/routers/{id}/tests"), &body).await.expect(201);
}

/// Somebody who runs all programmes of Yokohama.
async fn headquarters(t: &TestApp) -> Client {
    t.give(t.place.stranger, t.place.yokohama, Role::ProgrammeManager, None, None).await;
    t.logged_in("stranger").await
}

#[tokio::test]
async fn a_router_is_registered_changed_and_its_way_is_kept() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &at_the_office(&t, "CY-01", OTHER_SIM)).await;
    let first = coordinator.get(&format!("/api/routers/{id}")).await.expect(200);
    assert_eq!(first.header("etag"), "\"1\"");
    let first = first.json();
    assert_eq!(first["place_name"], "千代田区役所");
    assert_eq!(first["sim"], "8981100000000000028");

    tested(&coordinator, id, "2024-06-28", "good").await;
    t.advance(TimeDelta::days(3));
    let coordinator = t.coordinator().await;

    let mut change = at_the_office(&t, "CY-01", OTHER_SIM);
    change["state"] = json!("repair");
    let path = format!("/api/routers/{id}");
    let changed = coordinator.with_header("if-match", "\"1\"").put_json(&path, &change).await;
    assert_eq!(changed.expect(200).header("etag"), "\"2\"");
    let stale = coordinator.with_header("if-match", "\"1\"").put_json(&path, &change).await;
    assert_eq!(stale.expect(409).json()["code"], "stale");

    let history =
        queries::history(t.app.store().reader(), &t.scope(), entity::RouterId(id)).await.unwrap();
    let told: Vec<String> = history
        .iter()
        .map(|(past, by)| match past {
            queries::Past::Tested(test) => format!("{} {} {by}", test.result, test.tested_on),
            queries::Past::Changed(change) => format!("{} {by}", change.state),
        })
        .collect();
    assert_eq!(told, ["repair 試験 調整", "good 2024-06-28 試験 調整", "in_use 試験 調整"]);

    let audited = audit::Entity::find()
        .filter(audit::Column::Subject.eq("router"))
        .all(t.app.store().reader())
        .await
        .unwrap();
    assert_eq!(audited.len(), 3);
    assert!(!audited.iter().any(|line| line.detail.to_string().contains("8981")));
    t.finish().await;
}

#[tokio::test]
async fn a_router_given_up_does_not_come_back_and_its_sim_is_free() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let id = made(&coordinator, &at_the_office(&t, "CY-01", SIM)).await;
    let path = format!("/api/routers/{id}");

    for (body, code) in [
        (at_the_office(&t, "CY-01", OTHER_SIM), "router_code_taken"),
        (
            at_the_office(&t, "CY-02", "８９８１　１０００　００００　００００　０１０"),
            "router_sim_taken",
        ),
    ] {
        let refused = coordinator.post_json("/api/routers", &body).await.expect(409).json();
        assert_eq!(refused["code"], code);
    }

    let mut retired = at_the_office(&t, "CY-01", SIM);
    retired["state"] = json!("retired");
    coordinator.put_json(&path, &retired).await.expect(200);
    let back = coordinator.put_json(&path, &at_the_office(&t, "CY-01", SIM)).await.expect(409);
    assert_eq!(back.json()["code"], "router_retired");

    let test = json!({ "tested_on": "2024-07-01", "result": "good" });
    let test = coordinator.post_json(&format!("{path}/tests"), &test).await.expect(409);
    assert_eq!(test.json()["code"], "router_retired");

    made(&coordinator, &at_the_office(&t, "CY-02", SIM)).await;
    t.finish().await;
}

#[tokio::test]
async fn what_is_missing_is_said_field_by_field_and_what_was_typed_stays() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let venue = t.place.city_office.to_string();
    let form = [
        ("code", "CY-09"),
        ("kind", "bwa"),
        ("state", "in_use"),
        ("purpose", "classes"),
        ("place_kind", "venue"),
        ("venue", venue.as_str()),
        ("sim", "8981 1000 0000 0000 011"),
        ("note", "窓ぎわ"),
    ];
    let wrong = coordinator.post_form("/routers/new", &form).await.expect(422);
    assert!(wrong.text.contains("href=\"#sim\"") && wrong.text.contains("id=\"sim-error\""));
    assert!(!wrong.text.contains("href=\"#venue\""), "the venue is right");
    assert_eq!(wrong.field("sim"), "8981 1000 0000 0000 011");
    assert!(wrong.text.contains("窓ぎわ</textarea>"));
    assert_eq!(router::Entity::find().count(t.app.store().reader()).await.unwrap(), 0);

    let mut right = form.to_vec();
    right[6].1 = SIM;
    let once = wrong.field("once");
    right.push(("once", &once));
    let done = coordinator.post_form("/routers/new", &right).await.expect(303);
    let again = coordinator.post_form("/routers/new", &right).await.expect(303);
    assert_eq!(done.location(), again.location());
    let page = coordinator.get(done.location()).await.expect(200);
    for words in ["CY-09", "千代田区役所", "8981 1000 0000 0000 010", "まだ確かめていません"]
    {
        assert!(page.text.contains(words), "{words}");
    }

    let tests = format!("{}/tests", done.location());
    let future = [("tested_on", "2024-07-02"), ("result", "good")];
    let future = coordinator.post_form(&tests, &future).await.expect(422);
    assert!(future.text.contains("きょうまでの日にち"));
    let today = [("tested_on", "2024-07-01"), ("result", "weak"), ("note", "2階は弱い")];
    coordinator.post_form(&tests, &today).await.expect(303);
    let page = coordinator.get(done.location()).await.expect(200);
    assert!(page.text.contains("つながりにくい") && page.text.contains("2階は弱い"));
    t.finish().await;
}

#[tokio::test]
async fn a_ward_officer_keeps_the_routers_of_the_own_ward_and_sees_no_other() {
    let t = TestApp::start().await;
    let (officer, city) = (t.ward_officer().await, headquarters(&t).await);
    let base = |code: &str, ward: Option<i64>, sim: &str| {
        json!({
            "code": code, "kind": "bwa", "state": "in_use", "purpose": "emergency",
            "place_kind": "disaster_base", "place_name": "見本小学校", "ward_id": ward, "sim": sim,
        })
    };
    let own = made(&officer, &base("K-1", None, SIM)).await;
    let listed = city.get(&format!("/api/routers/{own}")).await.expect(200).json();
    assert_eq!(listed["ward_id"], t.place.konan.0);

    let kohoku = base("H-1", Some(t.place.kohoku.0), OTHER_SIM);
    let refused = officer.post_json("/api/routers", &kohoku).await.expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "ward");
    let other = made(&city, &kohoku).await;

    // A venue of Konan does not stand in Kohoku.
    let mut astray = base("H-2", Some(t.place.kohoku.0), "");
    astray["venue_id"] = json!(t.place.yokohama_hall.0);
    astray["state"] = json!("stock");
    let refused = city.post_json("/api/routers", &astray).await.expect(422).json();
    assert_eq!(refused["fields"][0]["field"], "ward");

    for path in [
        format!("/api/routers/{other}"),
        format!("/routers/{other}"),
        format!("/routers/{other}/edit"),
    ] {
        officer.get(&path).await.expect(404);
        city.get(&path).await.expect(200);
    }

    let test = json!({ "tested_on": "2024-07-01", "result": "good" });
    officer.post_json(&format!("/api/routers/{other}/tests"), &test).await.expect(404);
    officer.put_json(&format!("/api/routers/{other}"), &base("H-1", None, SIM)).await.expect(404);
    for path in ["/routers", "/routers.csv", "/api/routers"] {
        let (own, all) = (officer.get(path).await.text, city.get(path).await.text);
        assert!(own.contains("K-1") && !own.contains("H-1"), "{path}");
        assert!(all.contains("K-1") && all.contains("H-1"), "{path}");
    }

    // Not even that the other ward's label or SIM exists elsewhere can be worked around.
    let taken = officer.post_json("/api/routers", &base("H-1", None, "")).await;
    assert_eq!(taken.code(), 422);
    assert!(!t.coordinator().await.get("/api/routers").await.expect(200).text.contains("K-1"));
    t.finish().await;
}

#[tokio::test]
async fn a_list_shows_what_is_due_for_a_test_and_pages_through_all() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let wifi = |code: &str, state: &str| {
        json!({
            "code": code, "kind": "wifi", "state": state, "purpose": "classes",
            "place_kind": "venue", "venue_id": t.place.branch.0,
        })
    };

    for (code, state, test) in [
        ("A", "in_use", None),
        ("B", "in_use", Some("2024-01-01")),
        ("C", "in_use", Some("2024-01-02")),
        ("D", "stock", None),
    ] {
        let id = made(&coordinator, &wifi(code, state)).await;
        if let Some(on) = test {
            tested(&coordinator, id, on, "good").await;
        }
    }

    let codes = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|item| item["code"].as_str().unwrap().to_owned()).collect()
    };

    let due = coordinator.get("/api/routers?due=true").await.expect(200).json();
    assert_eq!(codes(&due), ["A", "B"]);
    let first = coordinator.get("/api/routers?limit=3").await.expect(200).json();
    assert_eq!(codes(&first), ["A", "B", "C"]);
    let next = first["next"].as_str().unwrap();
    let rest = coordinator.get(&format!("/api/routers?after={next}")).await.expect(200).json();
    assert_eq!((codes(&rest), rest["next"].clone()), (vec!["D".to_owned()], Value::Null));

    let page = coordinator.get("/routers?due=1").await.expect(200).text;
    assert!(page.contains(">A<") && page.contains(">B<") && !page.contains(">C<"));

    let csv = coordinator.get("/routers.csv?due=1").await.expect(200);
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"20240701_routers.csv\"");
    let mut lines = csv.text.strip_prefix('\u{feff}').unwrap().split("\r\n");
    assert!(lines.next().unwrap().starts_with("管理番号,種類,状態,使いみち"));
    assert!(lines.next().unwrap().starts_with("A,Wi-Fi,使用中"));
    assert!(lines.next().unwrap().contains(",2024-01-01,つながる,"));
    t.finish().await;
}

#[tokio::test]
async fn a_session_shows_how_its_venue_is_connected() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let session = class(&t, at(2024, 7, 10, 14, 0), 5).await;
    let staff_page = format!("/sessions/{session}");
    let public_page = format!("/events/{session}");
    let bare = coordinator.get(&staff_page).await.expect(200).text;
    assert!(bare.contains("会場の通信") && bare.contains("登録がありません"));
    assert!(!t.anonymous().get(&public_page).await.expect(200).text.contains("インターネット"));
    let held = coordinator.get(&format!("/api/sessions/{session}")).await.expect(200).json();
    let venue = held["venue_id"].as_i64().unwrap();
    assert_eq!(held["connectivity"], json!([]));

    let mut body = at_the_office(&t, "CY-01", SIM);
    body["venue_id"] = json!(venue);
    let id = made(&coordinator, &body).await;
    // Registered is not tried: nothing is promised to the public yet.
    let public = t.anonymous().get(&public_page).await.expect(200).text;
    assert!(!public.contains("会場の回線を使えます"));
    tested(&coordinator, id, "2024-06-30", "none").await;
    assert!(!t.anonymous().get(&public_page).await.text.contains("会場の回線を使えます"));
    tested(&coordinator, id, "2024-07-01", "good").await;
    assert!(t.anonymous().get(&public_page).await.text.contains("会場の回線を使えます"));
    let page = coordinator.get(&staff_page).await.expect(200).text;
    assert!(page.contains("地域BWA") && page.contains("2024年7月1日に確認"));
    let held = coordinator.get(&format!("/api/sessions/{session}")).await.expect(200).json();
    let want = json!([{ "kind": "bwa", "tested_on": "2024-07-01", "test_result": "good" }]);
    assert_eq!(held["connectivity"], want);

    body["state"] = json!("repair");
    coordinator.put_json(&format!("/api/routers/{id}"), &body).await.expect(200);
    let known = connectivity(t.app.store().reader(), &t.scope(), &[VenueId(venue)]).await.unwrap();
    assert!(known.is_empty(), "a router in repair connects nobody");
    t.finish().await;
}

#[tokio::test]
async fn a_trial_of_tv_push_is_kept_with_its_time_and_outcome() {
    let t = TestApp::start().await;
    let (officer, city) = (t.ward_officer().await, headquarters(&t).await);
    let page = officer.get("/routers/trials/new").await.expect(200);
    let once = page.field("once");

    let open = [
        ("place_name", "見本団地"),
        ("starts_on", "2024-05-01"),
        ("household_count", "４０"),
        ("outcome", "open"),
        ("once", &once),
    ];
    officer.post_form("/routers/trials/new", &open).await.expect(303);
    officer.post_form("/routers/trials/new", &open).await.expect(303);

    let list = city.get("/api/tv-push-trials").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let item = &list["items"][0];
    assert_eq!(item["trial"]["household_count"], 40);
    assert_eq!(item["trial"]["ward_id"], t.place.konan.0);

    let path = format!("/routers/trials/{}", item["id"]);
    let early = [
        ("place_name", "見本団地"),
        ("starts_on", "2024-05-01"),
        ("ends_on", "2024-07-31"),
        ("outcome", "useful"),
        ("revision", "1"),
    ];
    let early = officer.post_form(&path, &early).await.expect(422);
    assert!(early.text.contains("終わったあとに決めます"));

    let judged = [
        ("place_name", "見本団地"),
        ("starts_on", "2024-05-01"),
        ("ends_on", "2024-06-30"),
        ("outcome", "partly"),
        ("findings", "音が小さい"),
        ("revision", "1"),
    ];
    officer.post_form(&path, &judged).await.expect(303);
    officer.post_form(&path, &judged).await.expect(409);
    let shown = officer.get("/routers").await.expect(200).text;
    assert!(shown.contains("一部で役に立った") && shown.contains("音が小さい"));

    let elsewhere = json!({
        "ward_id": t.place.kohoku.0, "place_name": "見本町内会館", "starts_on": "2024-06-01",
        "outcome": "open",
    });
    city.post_json("/api/tv-push-trials", &elsewhere).await.expect(201);
    let other = city.get("/api/tv-push-trials").await.expect(200).json()["items"][0]["id"].clone();
    officer.get(&format!("/routers/trials/{other}")).await.expect(404);
    assert!(!officer.get("/routers").await.text.contains("見本町内会館"));
    t.finish().await;
}

#[tokio::test]
async fn two_who_register_one_label_at_once_make_one_router() {
    let t = TestApp::start().await;
    let coordinator = t.coordinator().await;
    let (one, two) = (at_the_office(&t, "CY-01", SIM), at_the_office(&t, "CY-01", OTHER_SIM));
    let (a, b) = tokio::join!(
        coordinator.post_json("/api/routers", &one),
        coordinator.post_json("/api/routers", &two)
    );
    let mut codes = [a.code(), b.code()];
    codes.sort_unstable();
    assert_eq!(codes, [201, 409]);
    assert_eq!(router_change::Entity::find().count(t.app.store().reader()).await.unwrap(), 1);
    t.finish().await;
}

#[tokio::test]
async fn the_papers_milestones_stand_with_the_papers_own_exactness() {
    let t = TestApp::start().await;
    let city = headquarters(&t).await;
    assert!(!city.get("/routers").await.expect(200).text.contains("市の資料"));

    let (ctx, town) = (t.ctx_system(), t.place.yokohama);
    t.app
        .store()
        .write(&ctx, "seed", |tx| async move {
            for (rank, year, month) in [(1, Some(2022), Some(7)), (2, None, None)] {
                let row = bwa_milestone::ActiveModel {
                    municipality_id: Set(town),
                    code: Set(format!("m{rank}")),
                    rank: Set(rank),
                    year: Set(year),
                    month: Set(month),
                    ward_count: Set(None),
                    words_ja: Set("試験の文".to_owned()),
                    words_en: Set("A sentence".to_owned()),
                    source: Set("試験の資料".to_owned()),
                    ..Default::default()
                };
                bwa_milestone::Entity::insert(row).exec(tx.db()).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

    let page = city.get("/routers").await.expect(200).text;
    assert!(page.contains("令和4年（2022年）7月") && page.contains("資料に年月はありません"));
    assert!(city.get("/routers?lang=en").await.expect(200).text.contains("July 2022"));

    let elsewhere = Scope::whole(t.place.chiyoda);
    let other = queries::list_milestones(t.app.store().reader(), &elsewhere).await.unwrap();
    assert!(other.is_empty());
}
