//! Goals and results: documents loaded as printed, counted, compared, judged, published, frozen.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::bookings::booking::Attendance;
use entity::goals::{goal_item, goal_measure, goal_plan};
use entity::sessions::session::SessionKind;
use entity::staff::role_grant::Role;
use entity::{BookingId, GoalItemId, GoalMeasureId, ProgrammeId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::bookings;
use shirube::goals::queries;
use shirube::platform::{Ctx, Scope};
use shirube::programmes;

use crate::support::{Client, TestApp, a_person, a_session, a_wish, at};

/// The app with the documents of the three cities, and whoever keeps Yokohama's goals.
struct World {
    t: TestApp,
    manager: Client,
    /// Ids of editions by code.
    editions: BTreeMap<String, i64>,
}

async fn world() -> World {
    let t = TestApp::start().await;
    let args = ["seed", "yokohama", "meguro", "minato"];
    let done = crate::seeds::shirube(t.database_url(), &args).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let manager = t.headquarters().await;
    let editions = editions(&manager).await;
    World { t, manager, editions }
}

async fn editions(manager: &Client) -> BTreeMap<String, i64> {
    let plans = manager.get("/api/plans").await.expect(200).json();
    let all = plans["items"].as_array().unwrap().iter();
    all.flat_map(|plan| plan["editions"].as_array().unwrap())
        .map(|one| (one["code"].as_str().unwrap().to_owned(), one["id"].as_i64().unwrap()))
        .collect()
}

impl World {
    async fn edition(&self, code: &str) -> Value {
        let id = self.editions[code];
        self.manager.get(&format!("/api/plan-editions/{id}")).await.expect(200).json()
    }

    /// A draft with all that the results of R4 say.
    async fn draft(&mut self) -> i64 {
        let from = self.editions["r4_results"];
        let name = json!({ "code": "r6_results", "title_ja": "令和6年度の取組実績" });
        let path = format!("/api/plan-editions/{from}/draft");
        let made = self.manager.post_json(&path, &name).await.expect(201).json();
        self.editions = editions(&self.manager).await;
        made["id"].as_i64().unwrap()
    }

    /// Puts what belongs to an item, at the item's revision.
    async fn put(&self, path: &str, body: Value) -> crate::support::Answer {
        let (db, parts) = (self.t.app.store().reader(), path.split('/').collect::<Vec<_>>());
        let id: i64 = parts[3].parse().unwrap();
        let item = match parts[2] {
            "plan-items" => GoalItemId(id),
            _ => {
                let measure = goal_measure::Entity::find_by_id(GoalMeasureId(id)).one(db).await;
                measure.unwrap().unwrap().item_id
            }
        };
        let item = goal_item::Entity::find_by_id(item).one(db).await.unwrap().unwrap();
        let seen = self.manager.with_header("if-match", &format!("\"{}\"", item.revision));
        seen.put_json(path, &body).await
    }
}

/// An item of an edition by its code.
fn item<'a>(edition: &'a Value, code: &str) -> &'a Value {
    edition["items"].as_array().unwrap().iter().find(|item| item["code"] == code).unwrap()
}

/// The id of a measure of an item by its place.
fn measure(edition: &Value, code: &str, place: usize) -> i64 {
    item(edition, code)["measures"][place]["id"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_documents_loaded_show_exactly_the_known_differences() {
    let w = world().await;
    let (results, action) = (w.editions["r4_results"], w.editions["action"]);
    let path = format!("/api/plan-editions/{results}/differences?with={action}");
    let found = w.manager.get(&path).await.expect(200).json();

    let list: Vec<(String, String, Value)> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            (text("code"), text("kind"), one["fiscal_year"].clone())
        })
        .collect();

    let want = [
        ("3-4", "lead", Value::Null),
        ("3.3.1", "listing", Value::Null),
        ("3.3.2", "goal", json!(2022)),
        ("3.3.2", "goal", json!(2024)),
        ("3.4.1", "goal", json!(2022)),
        ("3.4.1", "goal", json!(2024)),
        ("3.4.1", "goal", json!(2025)),
    ]
    .map(|(code, kind, year)| (code.to_owned(), kind.to_owned(), year));
    assert_eq!(list, want);
    assert_eq!(found["unreadable"], json!(["3.1.1"]));

    let page = w.manager.get(&format!("/goals/editions/{results}/compare?with={action}")).await;
    let page = page.expect(200).text;
    for words in [
        "支援事業の創設、実施",
        "補助事業の創設、実施",
        "3Q(R6) 令和6年度（2024年度）",
        "No3.3.3の再掲",
    ] {
        assert!(page.contains(words), "{words}");
    }

    // An edition of another plan, or of another city, is not there.
    let gone = format!("/api/plan-editions/{results}/differences?with=999999");
    w.manager.get(&gone).await.expect(404);
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_procedures_reproduce_31_43_48_100() {
    let w = world().await;
    let db = w.t.app.store().reader();
    let plan = goal_plan::Entity::find()
        .filter(goal_plan::Column::Code.eq("dx_strategy"))
        .one(db)
        .await
        .unwrap()
        .unwrap();

    let mut found = Vec::new();
    for year in [2021, 2022, 2023, 2024, 2025] {
        found.push(queries::count_procedures(db, plan.id, year).await.unwrap());
    }
    assert_eq!(found, [31, 43, 48, 100, 100]);

    let page = w.t.anonymous().get("/progress/141003/action").await.expect(200).text;
    for shown in ["31／100", "43／100", "48／100", "100／100"] {
        assert!(page.contains(shown), "{shown}");
    }

    // Every claim of the document is at most what its own minutes say.
    for row in queries::list_savings(db, plan.id).await.unwrap() {
        let saved = (row.before_high - row.after_minutes) * 100 / row.before_high;
        assert!(row.claimed_percent <= saved, "{}: {saved}", row.service);
    }
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_town_walks_of_r4_are_computed_from_the_seeds() {
    let w = world().await;
    let edition = w.edition("r4_results").await;

    for (place, value, approx) in [(1, 5.0, false), (2, 3.0, false), (3, 80.0, true)] {
        let id = measure(&edition, "3.4.2", place);
        let rows = w.manager.get(&format!("/api/plan-measures/{id}/actuals/2022/rows")).await;
        let rows = rows.expect(200).json();
        for side in ["published", "live"] {
            assert_eq!(rows[side]["value"], json!(value), "{place} {side}");
            assert_eq!(rows[side]["approx"], json!(approx), "{place} {side}");
        }

        let total = &rows["published"]["rows"][0];
        assert_eq!((&total["sessions"], &total["words"]), (&json!(5), &json!("約80名")));
        assert_eq!(total["ward_codes"], json!(["141119", "141097", "141186"]));
        assert_eq!(total["booking_ids"], json!([]), "no attendance is invented");
        let page = w.manager.get(&format!("/goals/measures/{id}/rows?year=2022")).await;
        let page = page.expect(200).text;
        assert!(page.contains("港南区・港北区・都筑区") && page.contains("延べか実人数か"));
    }

    let public = w.t.anonymous().get("/progress/141003/r4_results").await.expect(200).text;
    for shown in ["5回", "3区", "約80人", "約80名"] {
        assert!(public.contains(shown), "{shown}");
    }
    w.t.finish().await;
}

async fn town_walk_programme(w: &World) -> ProgrammeId {
    let scope = Scope::whole(w.t.place.yokohama);
    let all = programmes::queries::list_programmes(w.t.app.store().reader(), &scope).await.unwrap();
    all.iter().find(|programme| programme.code == "r4_town_walk").unwrap().id
}

/// A town walk in Konan with two people who came; the bookings.
async fn town_walk(w: &World, starts_at: DateTime<Utc>) -> Vec<BookingId> {
    let (t, town) = (&w.t, w.t.place.yokohama);
    let programme_id = town_walk_programme(w).await;
    let walk = a_session().in_town(town).programme(programme_id).kind(SessionKind::EventWalk);
    let walk = walk.titled("街歩き", "Town walk").venue(t.place.yokohama_hall).seats(10);
    let session_id = walk.at(starts_at).create(t).await;
    let mut bookings = Vec::new();
    for kana in ["シルベ ハナコ", "シルベ タロウ"] {
        let resident_id = a_person(kana).in_town(town).create(t).await;
        bookings.push(a_wish(session_id, resident_id).in_town(town).book(t).await.id);
    }
    t.clock.set(starts_at + chrono::TimeDelta::hours(3));
    for id in &bookings {
        attend(w, *id, Some(Attendance::Present)).await;
    }
    bookings
}

async fn attend(w: &World, id: BookingId, attendance: Option<Attendance>) {
    let town = w.t.place.yokohama;
    let (scope, ctx) = (&Scope::whole(town), Ctx::system(town, w.t.now(), "test"));
    let work = async |tx| bookings::actions::record_attendance(&tx, scope, id, attendance).await;
    w.t.app.store().write(&ctx, "record_attendance", work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attendance_taken_back_after_publication_changes_the_living_figure_only() {
    let mut w = world().await;
    let draft = w.draft().await;
    let programme = town_walk_programme(&w).await;
    let edition = w.edition("r6_results").await;
    let id = measure(&edition, "3.4.2", 3);
    let bookings = town_walk(&w, at(2024, 7, 10, 10, 0)).await;
    // Another year, and another city, count nothing.
    town_walk(&w, at(2025, 4, 3, 10, 0)).await;
    let bound = json!({ "metric": "attendances", "programme_id": programme.0, "session_kind": "event_walk" });
    w.manager = w.t.headquarters().await;
    w.put(&format!("/api/plan-measures/{id}/actuals/2024"), bound).await.expect(200);
    let path = format!("/api/plan-measures/{id}/actuals/2024/rows");
    let rows = w.manager.get(&path).await.expect(200).json();
    assert_eq!(rows["live"]["value"], json!(2.0));
    assert!(rows.get("published").is_none_or(Value::is_null));
    attend(&w, bookings[1], None).await;
    let rows = w.manager.get(&path).await.expect(200).json();
    assert_eq!(rows["live"]["value"], json!(1.0), "a draft is alive");
    attend(&w, bookings[1], Some(Attendance::Late)).await;

    let publish = format!("/api/plan-editions/{draft}/publish");
    w.manager.post_json(&publish, &json!({})).await.expect(200);
    attend(&w, bookings[1], None).await;
    let rows = w.manager.get(&path).await.expect(200).json();
    assert_eq!((&rows["published"]["value"], &rows["live"]["value"]), (&json!(2.0), &json!(1.0)));
    let kept = rows["published"]["rows"][0]["booking_ids"].as_array().unwrap();
    assert_eq!(kept.len(), 2, "the rows behind the figure are kept with it");
    let staff = w.manager.get(&format!("/goals/editions/{draft}")).await.expect(200).text;
    assert!(staff.contains("いまは1人"), "staff see both");
    let public = w.t.anonymous().get("/progress/141003/r6_results").await.expect(200).text;
    assert!(public.contains("2人") && !public.contains("いまは"));
    let csv = w.t.anonymous().get("/open/141003/quarter_code.csv").await.expect(200).text;
    let row = csv.lines().find(|line| {
        line.starts_with("3.4.2,") && line.contains(",2024,実績,") && line.contains("集計")
    });
    assert!(row.is_some_and(|row| row.contains(",2,人,2025-04-03,")), "{row:?}");
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_never_changes() {
    let mut w = world().await;
    let published = w.editions["r4_results"];
    let edition = w.edition("r4_results").await;
    let (id, item_id) = (measure(&edition, "3.4.1", 0), item(&edition, "3.4.1")["id"].clone());

    for (path, body) in [
        (format!("/api/plan-measures/{id}/goals/2023"), json!({"kind": "carry"})),
        (format!("/api/plan-measures/{id}/actuals/2023"), json!({"words": "実施"})),
        (format!("/api/plan-items/{item_id}/reviews/2023"), json!({"next_direction": "続ける"})),
    ] {
        let refused = w.put(&path, body).await.expect(409);
        assert_eq!(refused.json()["code"], "edition_published", "{path}");
    }

    let again = format!("/api/plan-editions/{published}/publish");
    w.manager.post_json(&again, &json!({})).await.expect(409);
    assert_eq!(w.edition("r4_results").await, edition);

    // The next edition begins as a copy: nothing is different until something is changed.
    let draft = w.draft().await;
    let differences = format!("/api/plan-editions/{published}/differences?with={draft}");
    let same = w.manager.get(&differences).await.expect(200).json();
    assert_eq!(same["items"], json!([]));

    let copy = w.edition("r6_results").await;
    let id = measure(&copy, "3.4.1", 0);
    let body = json!({ "kind": "stated", "words": "実施、横展開" });
    w.put(&format!("/api/plan-measures/{id}/goals/2024"), body).await.expect(200);
    let changed = w.manager.get(&differences).await.expect(200).json();
    let years: Vec<_> =
        changed["items"].as_array().unwrap().iter().map(|one| &one["fiscal_year"]).collect();
    assert_eq!(years, [&json!(2024), &json!(2025)], "2025 is merged with 2024");

    let name = json!({ "code": "another", "title_ja": "もう一つ" });
    let second = w.manager.post_json(&format!("/api/plan-editions/{published}/draft"), &name).await;
    assert_eq!(second.expect(409).json()["code"], "edition_draft_exists");
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judgement_needs_evidence_and_somebody_who_judges() {
    let mut w = world().await;
    w.draft().await;
    let edition = w.edition("r6_results").await;
    let id = item(&edition, "3.4.1")["id"].as_i64().unwrap();
    let path = format!("/api/plan-items/{id}/reviews/2024");

    let bare = w.put(&path, json!({ "achievement": "achieved" })).await.expect(422).json();
    assert_eq!(bare["fields"][0]["field"], "evidence");

    let said = json!({ "achievement": "mostly", "evidence": "18区のうち12区で実施した。",
        "next_direction": "残る区に広げる。" });
    let judged = w.put(&path, said.clone()).await.expect(200).json();
    let review = judged["reviews"].as_array().unwrap().iter();
    let review = review.clone().find(|review| review["fiscal_year"] == 2024).unwrap();
    assert_eq!(review["approved_by"], json!(w.t.place.headquarters.0));
    assert_eq!(review["achievement"], "mostly");

    // Who read an older state overwrites nothing.
    let stale = w.manager.with_header("if-match", "\"1\"");
    stale.put_json(&path, &said).await.expect(409);

    let listed = item(&edition, "3.3.1")["id"].as_i64().unwrap();
    let refused = w.put(&format!("/api/plan-items/{listed}/reviews/2024"), said.clone()).await;
    assert_eq!(refused.expect(409).json()["code"], "item_cross_listed");
    for year in [2021, 2026] {
        w.put(&format!("/api/plan-items/{id}/reviews/{year}"), said.clone()).await.expect(422);
    }

    let page = w.manager.get(&format!("/goals/items/{id}?year=2024")).await.expect(200).text;
    for shown in ["おおむね達成", "18区のうち12区で実施した。", "試験 本部", "3Q(R6)"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_and_actuals_are_entered_by_forms_and_mistakes_lose_nothing() {
    let mut w = world().await;
    w.draft().await;
    let edition = w.edition("r6_results").await;
    let id = item(&edition, "3.1.1")["id"].as_i64().unwrap();
    let second = measure(&edition, "3.1.1", 1);

    let page = w.manager.get(&format!("/goals/items/{id}?year=2023")).await.expect(200);
    let (once, revision) = (page.field("once"), page.field("revision"));
    let form = |value: &'static str| {
        vec![("year", "2023"), ("kind", "stated"), ("words", "試行実施(15取組)"), ("value", value)]
    };

    let path = format!("/goals/measures/{second}/goal");
    let mut fields = form("十五");
    fields.extend([("revision", revision.as_str()), ("once", "a")]);
    let wrong = w.manager.post_form(&path, &fields).await.expect(422).text;
    assert!(wrong.contains("十五") && wrong.contains("数字で入力してください"));

    let mut fields = form("１５");
    fields.extend([("revision", revision.as_str()), ("once", once.as_str())]);
    for _ in 0..2 {
        let done = w.manager.post_form(&path, &fields).await.expect(303);
        assert_eq!(done.location(), format!("/goals/items/{id}?year=2023"));
    }

    let stale = [("year", "2023"), ("revision", "1"), ("once", "b"), ("words", "17取組")];
    let path = format!("/goals/measures/{second}/actual");
    let told = w.manager.post_form(&path, &stale).await.expect(409).text;
    assert!(told.contains("17取組"), "what was typed is kept");

    let page = w.manager.get(&format!("/goals/items/{id}?year=2023")).await.expect(200);
    let revision = page.field("revision");
    let fields = [
        ("year", "2023"),
        ("revision", revision.as_str()),
        ("once", "c"),
        ("words", "17取組"),
        ("value", "17"),
    ];
    w.manager.post_form(&path, &fields).await.expect(303);

    let page = w.manager.get(&format!("/goals/items/{id}?year=2023")).await.expect(200).text;
    assert!(page.contains("試行実施(15取組)") && page.contains("17取組"));
    let history = page.split("history-t").last().unwrap();
    assert_eq!(history.matches("<tr>").count(), 3, "the head and one line for each change");

    let edition = w.edition("r6_results").await;
    let goals = item(&edition, "3.1.1")["measures"][1]["goals"].as_array().unwrap();
    assert_eq!(goals[1]["value"], json!(15.0));
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_the_draft_of_another_city_and_nobody_keeps_a_part_of_the_goals() {
    let mut w = world().await;
    let draft = w.draft().await;
    let edition = w.edition("r6_results").await;
    let (id, item_id) = (measure(&edition, "3.4.1", 0), item(&edition, "3.4.1")["id"].clone());

    let (place, manager) = (&w.t.place, Role::ProgrammeManager);
    w.t.give(place.operator, place.chiyoda, manager, None, None).await;
    w.t.give(place.teacher, place.chiyoda, manager, Some(place.classes), None).await;
    let chiyoda = w.t.logged_in("operator").await;
    let part = w.t.logged_in("teacher").await;

    assert_eq!(chiyoda.get("/api/plans").await.expect(200).json()["items"], json!([]));
    assert!(chiyoda.get("/goals").await.expect(200).text.contains("まだありません"));
    for path in [
        format!("/api/plan-editions/{draft}"),
        format!("/api/plan-editions/{draft}/differences?with={draft}"),
        format!("/api/plan-measures/{id}/actuals/2022/rows"),
        format!("/goals/editions/{draft}"),
        format!("/goals/editions/{draft}/compare?with={draft}"),
        format!("/goals/items/{item_id}"),
        format!("/goals/measures/{id}/rows?year=2022"),
    ] {
        chiyoda.get(&path).await.expect(404);
        part.get(&path).await.expect(403);
        // Nothing of this goal is counted: its rows are nowhere.
        let counted = !path.contains("/rows");
        w.manager.get(&path).await.expect(if counted { 200 } else { 404 });
    }

    let words = json!({ "words": "実施" });
    chiyoda.put_json(&format!("/api/plan-measures/{id}/actuals/2022"), &words).await.expect(404);
    chiyoda.post_json(&format!("/api/plan-editions/{draft}/publish"), &json!({})).await.expect(404);
    let form = [("confirm", "1"), ("revision", "1"), ("once", "x")];
    chiyoda.post_form(&format!("/goals/editions/{draft}/publish"), &form).await.expect(404);

    // A draft is nowhere in public.
    let everybody = w.t.anonymous();
    everybody.get("/progress/141003/r6_results").await.expect(404);
    for path in ["/progress", "/progress/141003", "/open/141003/quarter_code.json"] {
        let text = everybody.get(path).await.expect(200).text;
        assert!(!text.contains("令和6年度の取組実績"), "{path}");
    }
    everybody.get("/open/131016/quarter_code.csv").await.expect(404);
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publication_asks_once_and_keeps_who_published() {
    let mut w = world().await;
    let draft = w.draft().await;
    let path = format!("/goals/editions/{draft}/publish");
    let page = w.manager.get(&format!("/goals/editions/{draft}")).await.expect(200);
    let (once, revision) = (page.field("once"), page.field("revision"));
    let form = [("revision", revision.as_str()), ("once", once.as_str())];
    w.manager.post_form(&path, &form).await.expect(422);
    let form = [("confirm", "1"), ("revision", "77"), ("once", "other")];
    w.manager.post_form(&path, &form).await.expect(409);
    let form = [("confirm", "1"), ("revision", revision.as_str()), ("once", once.as_str())];
    for _ in 0..2 {
        w.manager.post_form(&path, &form).await.expect(303);
    }
    let edition = w.edition("r6_results").await;
    assert_eq!(edition["head"]["state"], "published");
    assert_eq!(edition["head"]["published_at"], "2024-07-01T10:00:00+09:00");
    w.t.anonymous().get("/progress/141003/r6_results").await.expect(200);
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_page_says_the_year_with_every_quarter_and_every_chart_in_words() {
    let w = world().await;
    let everybody = w.t.anonymous();
    let index = everybody.get("/progress").await.expect(200).text;
    for town in ["横浜市", "目黒区", "港区"] {
        assert!(index.contains(town), "{town}");
    }
    assert!(!index.contains("千代田区</h2>"), "Chiyoda has published nothing");

    let page = everybody.get("/progress/141003/r4_results").await.expect(200).text;
    let quarters = page.matches("<h5>").count();
    assert_eq!(quarters, page.matches("class=\"period-year\">令和").count());
    assert_eq!(quarters, 9 * 4);
    for shown in
        ["達成", "今後の方向性", "No3.3.3の再掲", "8件", "前の年度と同じ", "3か月ではありません"]
    {
        assert!(page.contains(shown), "{shown}");
    }

    for path in ["/progress/141003/action?policy=6", "/progress/131105/r6"] {
        let page = everybody.get(path).await.expect(200).text;
        for figure in page.split("<figure").skip(1) {
            let figure = figure.split("</figure>").next().unwrap();
            let twin = figure.split("chart-twin\">").nth(1).unwrap();
            let values = figure.split("chart-value").skip(1);
            for value in values.map(|part| part.split(['>', '<']).nth(1).unwrap()) {
                assert!(twin.contains(value), "{value} is not told in words: {twin}");
            }
            assert!(twin.contains("図の説明は以上です"));
        }
    }

    let hack = everybody.get("/progress/141003/action?policy=6").await.text;
    assert!(hack.contains("1Q(R4) 目標は250人、2Q(R5) 目標は500人、3Q(R6) 目標は750人"));
    let meguro = everybody.get("/progress/131105/r6").await.expect(200).text;
    for shown in
        ["70.6パーセント", "約85パーセント", "100点以上", "令和3年度調査", "資料に記載なし"]
    {
        assert!(meguro.contains(shown), "{shown}");
    }
    let minato = everybody.get("/progress/131032/r5_revision").await.expect(200).text;
    assert!(minato.contains("59件"));

    let english = everybody.get("/progress/141003/r4_results?lang=en").await.expect(200).text;
    for shown in ["Smartphone classes", "Achieved", "Listed again; see No 3.3.3", "lang=\"ja\""] {
        assert!(english.contains(shown), "{shown}");
    }

    everybody.get("/progress/141003/nothing").await.expect(404);
    everybody.get("/progress/999999").await.expect(404);
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_long_form_can_be_read_again_and_says_what_its_columns_mean() {
    let w = world().await;
    let everybody = w.t.anonymous();
    let answer = everybody.get("/open/141003/quarter_code.csv").await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = answer.text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.lines().count() > 300 && text.contains("\r\n"));

    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    // The columns of UX E.5, in their order, then our own.
    let want = [
        "施策番号",
        "施策名",
        "期",
        "年度(和暦)",
        "年度(西暦)",
        "区分",
        "内容",
        "数値",
        "単位",
        "公表日",
    ];
    assert_eq!(head[..10], want);

    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let objects = everybody.get("/open/141003/quarter_code.json").await.expect(200).json();
    assert_eq!(rows.len(), objects["items"].as_array().unwrap().len());
    for row in &rows {
        assert!(["1Q", "2Q", "3Q", "4Q"].contains(&&row[2]) && row[3].starts_with("令和"));
        assert_eq!(row[4].parse::<i32>().unwrap() - 2021, row[2][..1].parse::<i32>().unwrap());
        assert!(row[7].is_empty() || row[7].parse::<f64>().is_ok(), "{}", &row[7]);
        assert_eq!(&row[18], "141003");
    }

    let definition = everybody.get("/open/141003/quarter_code_definition.csv").await.expect(200);
    let mut reader = csv::Reader::from_reader(definition.text.as_bytes());
    let named: Vec<String> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
    assert_eq!(named, head);
    w.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_the_cities_twice_changes_nothing() {
    let w = world().await;
    let count =
        async || goal_item::Entity::find().all(w.t.app.store().reader()).await.unwrap().len();
    let first = count().await;
    assert_eq!(first, 9 + 60 + 14 + 59);
    let args = ["seed", "yokohama", "meguro", "minato"];
    let again = crate::seeds::shirube(w.t.database_url(), &args).await;
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(said, "yokohama: 0 new rows\nmeguro: 0 new rows\nminato: 0 new rows\n");
    assert_eq!(count().await, first);
    w.t.finish().await;
}
