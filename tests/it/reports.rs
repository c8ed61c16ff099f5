//! The committee table: what counts, distinct persons, printed years, the rows behind, both doors.

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking::Attendance;
use entity::places::venue;
use entity::programmes::programme;
use entity::sessions::session::SessionKind;
use entity::staff::role_grant::Role;
use entity::{MunicipalityId, ProgrammeId, ResidentId, SessionId, VenueId, WardId};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use shirube::bookings;
use shirube::platform::{Ctx, Scope};

use crate::support::{Answer, Client, TestApp, a_person, a_session, at};

/// A municipality in which sessions take place.
struct Town<'a> {
    t: &'a TestApp,
    id: MunicipalityId,
    programme: ProgrammeId,
}

impl Town<'_> {
    fn ctx(&self) -> Ctx {
        self.t.app.system_ctx(self.id, "test")
    }

    async fn session(&self, kind: SessionKind, venue: VenueId, start: DateTime<Utc>) -> SessionId {
        let new = a_session().in_town(self.id).programme(self.programme).kind(kind);
        let new = new.titled("試験の回", "Test").venue(venue).seats(10);
        new.at(start).hours(1).create(self.t).await
    }

    async fn person(&self, kana: &str) -> ResidentId {
        a_person(kana).in_town(self.id).create(self.t).await
    }

    /// Everybody comes when it begins, with the attendance given.
    async fn hold(
        &self,
        kind: SessionKind,
        venue: VenueId,
        start: DateTime<Utc>,
        people: &[(ResidentId, Attendance)],
    ) -> SessionId {
        let id = self.session(kind, venue, start).await;
        self.t.clock.set(start);
        let scope = &Scope::whole(self.id);
        for (resident, attendance) in people {
            let ctx = &self.ctx();
            let came = self.t.app.store().write(ctx, "walk_in", |tx| async move {
                let booking = bookings::actions::walk_in(&tx, scope, id, *resident).await?;
                let as_given = Some(*attendance);
                bookings::actions::record_attendance(&tx, scope, booking.id, as_given).await
            });
            came.await.unwrap();
        }
        self.t.clock.set(start + TimeDelta::hours(2));
        id
    }
}

fn chiyoda(t: &TestApp) -> Town<'_> {
    Town { t, id: t.place.chiyoda, programme: t.place.classes }
}

/// A figure of the API: sessions, places, attendances, persons.
fn figures(live: &Value) -> (i64, usize, i64, i64) {
    let number = |name: &str| live[name].as_i64().unwrap();
    (
        number("sessions"),
        live["places"].as_array().unwrap().len(),
        number("visits"),
        number("people"),
    )
}

async fn table(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/reports/committee?{query}")).await.expect(200).json()
}

fn group<'a>(table: &'a Value, name: &str) -> &'a Value {
    let groups = table["groups"].as_array().unwrap();
    groups.iter().find(|group| group["group"] == name).unwrap_or(&Value::Null)
}

/// A programme manager of all Chiyoda or all Yokohama.
async fn manager(t: &TestApp, town: MunicipalityId, login: &str) -> Client {
    let staff_id = if town == t.place.chiyoda { t.place.operator } else { t.place.stranger };
    t.give(staff_id, town, Role::ProgrammeManager, None, None).await;
    t.logged_in(login).await
}

/// Hana comes to two classes of R6 and one of R7, Taro to one, and to an event.
async fn small_history(t: &TestApp) -> (ResidentId, ResidentId) {
    let town = chiyoda(t);
    let (hana, taro) = (town.person("シルベ ハナコ").await, town.person("シルベ タロウ").await);
    let (office, branch) = (t.place.city_office, t.place.branch);
    use Attendance::{Companion, Late, NoShow, Present};
    let (basic, applied) = (SessionKind::ClassBasic, SessionKind::ClassApplied);

    town.hold(basic, office, at(2024, 7, 10, 14, 0), &[(hana, Present), (taro, NoShow)]).await;
    town.hold(applied, branch, at(2024, 9, 4, 10, 0), &[(hana, Late), (taro, Present)]).await;
    let walk = SessionKind::EventWalk;
    town.hold(walk, office, at(2024, 10, 2, 10, 0), &[(taro, Present), (hana, Companion)]).await;

    // The last evening of fiscal year 2024 and the first days of 2025.
    town.hold(basic, office, at(2025, 3, 31, 22, 0), &[]).await;
    town.hold(basic, office, at(2025, 4, 2, 10, 0), &[(hana, Present)]).await;

    // To come, and cancelled: neither counts.
    town.session(basic, office, at(2025, 5, 7, 10, 0)).await;
    let cancelled = town.session(basic, office, at(2025, 4, 2, 12, 30)).await;

    let scope = &Scope::whole(town.id);
    t.app
        .store()
        .write(&town.ctx(), "cancel_session", |tx| async move {
            bookings::actions::cancel_session(&tx, scope, cancelled).await
        })
        .await
        .unwrap();

    t.clock.set(at(2025, 4, 3, 11, 3));
    (hana, taro)
}

#[tokio::test]
async fn one_person_in_two_classes_and_two_years_is_one_person() {
    let t = TestApp::start().await;
    small_history(&t).await;
    let client = manager(&t, t.place.chiyoda, "operator").await;
    let report = table(&client, "from=2024&to=2025").await;
    assert_eq!(report["extracted_at"], "2025-04-03T11:03:00+09:00");
    let class = group(&report, "class");
    let years: Vec<_> = class["years"].as_array().unwrap().iter().collect();
    assert_eq!(years.len(), 2);
    assert_eq!((&years[0]["fiscal_year"], &years[1]["fiscal_year"]), (&json!(2025), &json!(2024)));
    assert_eq!(figures(&years[0]["live"]), (1, 1, 1, 1));
    assert_eq!(figures(&years[1]["live"]), (3, 2, 3, 2), "late counts, absent does not");
    assert_eq!(years[1]["live"]["unrecorded"], 1);
    assert_eq!(figures(&class["total"]), (4, 2, 4, 2), "Hana in both years is one person");
    let event = group(&report, "event");
    assert_eq!(figures(&event["total"]), (1, 1, 1, 1), "who came along does not count");
    assert_eq!(figures(&report["total"]), (5, 2, 5, 2), "Taro in both kinds is one person");
    assert_eq!(group(&report, "consultation"), &Value::Null);
    t.finish().await;
}

#[tokio::test]
async fn printed_years_stand_beside_live_ones_and_in_no_total() {
    let t = TestApp::start().await;
    small_history(&t).await;
    let client = manager(&t, t.place.chiyoda, "operator").await;
    let report = table(&client, "from=2021&to=2025").await;
    let class = group(&report, "class");
    let told: Vec<(i64, i64, i64, String)> = class["years"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|year| {
            year["printed"].as_array().unwrap().iter().map(move |row| {
                assert!(year.get("live").is_none(), "no session of ours in {year}");
                assert_eq!(row["people_unit"], "unknown");
                (
                    year["fiscal_year"].as_i64().unwrap(),
                    row["sessions"].as_i64().unwrap(),
                    row["people"].as_i64().unwrap(),
                    row["places"].as_str().unwrap().to_owned(),
                )
            })
        })
        .collect();

    let want = [
        (2023, 15, 156, "区役所、6出張所"),
        (2022, 3, 30, "区役所、麴町・万世橋出張所"),
        (2021, 2, 45, "区役所"),
    ];
    assert_eq!(
        told,
        want.map(|(year, times, people, places)| (year, times, people, places.to_owned()))
    );

    assert_eq!(figures(&class["total"]), (4, 2, 4, 2), "no printed value in a total");
    assert_eq!(class["findings"].as_array().unwrap().len(), 2);
    let consultation = group(&report, "consultation");
    assert!(consultation.get("total").is_none());
    assert_eq!(consultation["years"][0]["printed"][0]["people"], 85);

    // The page says it in the shape of the paper, and who asks for one programme sees that only.
    let page = client.get("/reports/committee").await.expect(200).text;
    for words in [
        "令和5年度（2023年度）",
        "15回",
        "区役所、6出張所",
        "156名",
        "延べか実人数か、資料に書かれていません",
        "国等事業のため",
        "令和6年度（2024年度）",
        "うち1回は、出席の記録がありません",
        "令和7年（2025年）4月3日（木曜日）午前11時3分に、記録から集計しました",
    ] {
        assert!(page.contains(words), "{words}");
    }

    assert!(page.find("令和7年度").unwrap() < page.find("令和3年度（2021年度）</th>").unwrap());
    let path = format!("/reports/committee?programme={}", t.place.consultations);
    let part = client.get(&path).await.expect(200).text;
    assert!(part.contains("85名") && !part.contains("156名"));
    let coordinator = t.coordinator().await.get("/reports/committee").await.expect(200).text;
    assert!(coordinator.contains("156名"), "classes are a coordinator's own programme");
    t.finish().await;
}

#[tokio::test]
async fn every_figure_leads_to_as_many_rows() {
    let t = TestApp::start().await;
    let (hana, taro) = small_history(&t).await;
    let client = manager(&t, t.place.chiyoda, "operator").await;
    let page = client.get("/reports/committee?from=2024&to=2024").await.expect(200).text;

    let mut seen = 0;
    for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let Some((_, of)) = link.split_once("of=") else { continue };
        let path = link.replace("&amp;", "&").replace("&#38;", "&");
        let behind = client.get(&path).await.expect(200).text;
        let figure = figure_before(&page, link);
        let body = behind.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next());
        let rows = body.map_or(0, |body| body.matches("<tr>").count());

        let shown: usize = match of {
            "people" => rows,
            // The last row is the sum.
            "sessions" => rows.saturating_sub(1),
            _ => sum_of_last_row(body.unwrap_or_default()),
        };

        assert_eq!(shown, figure, "{path}");
        assert!(behind.contains("数え方") && behind.contains("集計の日時"), "{path}");
        seen += 1;
    }
    assert_eq!(seen, 9, "classes, events and the sum, three figures each");

    let people = "/reports/committee/rows?from=2024&to=2025&group=class&of=people";
    let people = client.get(people).await.expect(200).text;
    assert!(
        people.contains(&format!("/people/{hana}")) && people.contains(&format!("/people/{taro}"))
    );
    assert!(!people.contains("ハナコ"), "rows behind a figure name nobody");

    let printed = "/reports/committee/rows?from=2022&to=2022&group=class&of=visits";
    let printed = client.get(printed).await.expect(200).text;
    assert!(printed.contains("R4 3回 区役所、麴町・万世橋出張所 30名"));
    t.finish().await;
}

/// The number in the link to `address`.
fn figure_before(page: &str, address: &str) -> usize {
    let text = page.split(&format!("{address}\">")).nth(1).unwrap().split('<').next().unwrap();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn sum_of_last_row(body: &str) -> usize {
    let last = body.rsplit("<td class=\"cell-num\">").next().unwrap();
    last.split('<').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_csv_is_clean_for_machines_and_kind_to_spreadsheets() {
    let t = TestApp::start().await;
    small_history(&t).await;
    let client = manager(&t, t.place.chiyoda, "operator").await;

    let csv = client.get("/reports/committee.csv").await.expect(200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.header("content-disposition"),
        "attachment; filename=\"20250403_committee.csv\""
    );

    let text = csv.text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\n'));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();

    let find = |year: &str, kind: &str, origin: &str| {
        let fits = |row: &&Vec<String>| row[0] == year && row[2] == kind && row[3] == origin;
        rows.iter().find(fits).unwrap_or_else(|| panic!("{year} {kind} {origin} in {rows:?}"))
    };

    let live = find("2024", "講習会", "記録から集計");
    assert_eq!(live[4..8], ["3", "千代田区役所、麴町出張所", "3", "2"]);
    let printed = find("2022", "講習会", "資料の値");
    assert_eq!(printed[4], "3");
    assert_eq!(
        printed[6..11],
        [
            "",
            "",
            "30",
            "延べか実人数か、資料に書かれていません",
            "R4 3回 区役所、麴町・万世橋出張所 30名"
        ]
    );
    assert_eq!(
        find("", "すべて", "記録から集計")[4..8],
        ["5", "千代田区役所、麴町出張所", "5", "2"]
    );

    let english = client.get("/reports/committee.csv?lang=en").await.expect(200).text;
    assert!(english.contains("Fiscal year (number),Fiscal year,Kind"));
    t.finish().await;
}

async fn hall_in(t: &TestApp, ward: WardId) -> VenueId {
    let town = t.place.yokohama;
    let row = &venue::ActiveModel {
        municipality_id: Set(town),
        area_id: Set(None),
        ward_id: Set(Some(ward)),
        code: Set("other_hall".into()),
        name_ja: Set("港北区役所".into()),
        name_en: Set("Kohoku Ward Office".into()),
        kana: Set("シケンカイジョウ".into()),
        postal_code: Set(None),
        address: Set(None),
        access_ja: Set(None),
        access_en: Set(None),
        step_free: Set(true),
        capacity: Set(20),
        rank: Set(2),
        ..Default::default()
    };

    let ctx = &t.ctx_system();
    let made = t.app.store().write(ctx, "venue", |tx| async move {
        Ok(venue::Entity::insert(row.clone()).exec(tx.db()).await?.last_insert_id)
    });
    made.await.unwrap()
}

#[tokio::test]
async fn a_ward_officer_counts_the_own_ward_and_headquarters_counts_a_person_of_two_wards_once() {
    let t = TestApp::start().await;
    let (konan, kohoku) = (t.place.konan, t.place.kohoku);
    let other_hall = hall_in(&t, kohoku).await;
    let town = Town { t: &t, id: t.place.yokohama, programme: t.place.yokohama_classes };
    let (hana, taro) = (town.person("シルベ ハナコ").await, town.person("シルベ タロウ").await);

    let walk = SessionKind::EventWalk;
    use Attendance::Present;
    let here = t.place.yokohama_hall;
    town.hold(walk, here, at(2024, 7, 3, 10, 0), &[(hana, Present), (taro, Present)]).await;
    town.hold(walk, other_hall, at(2024, 7, 4, 10, 0), &[(hana, Present)]).await;

    let (officer, city) = (t.ward_officer().await, manager(&t, t.place.yokohama, "stranger").await);
    let own = table(&officer, "").await;
    assert_eq!(figures(&own["total"]), (1, 1, 2, 2));
    let all = table(&city, "").await;
    assert_eq!(figures(&all["total"]), (2, 2, 3, 2));
    let part = table(&city, &format!("ward_id={kohoku}")).await;
    assert_eq!(figures(&part["total"]), (1, 1, 1, 1));
    assert_eq!(part["groups"][0]["years"][0]["live"]["places"], json!(["港北区役所"]));

    for path in [
        format!("/api/reports/committee?ward_id={kohoku}"),
        format!("/api/reports/committee?programme_id={}", t.place.classes),
    ] {
        officer.get(&path).await.expect(404);
    }

    // A page that is asked for a ward out of reach shows the own wards and nothing of the other.
    let path = format!("/reports/committee/rows?ward={kohoku}&of=sessions");
    for path in [path.as_str(), "/reports/committee", "/reports/committee.csv"] {
        let shown: Answer = officer.get(path).await.expect(200);
        assert!(shown.text.contains("港南区役所") && !shown.text.contains("港北区役所"), "{path}");
    }

    assert_eq!(figures(&table(&officer, &format!("ward_id={konan}")).await["total"]).0, 1);
    t.finish().await;
}

#[tokio::test]
async fn yokohamas_walks_are_about_eighty_and_of_three_wards_together() {
    let t = TestApp::start().await;
    let town = t.place.yokohama;

    t.app
        .store()
        .write(&t.ctx_system(), "programme", |tx| async move {
            let row = programme::ActiveModel {
                municipality_id: Set(town),
                code: Set("r4_town_walk".into()),
                name_ja: Set("街歩き講習会".into()),
                name_en: Set("Town walk".into()),
                effects: Set(json!([])),
                ..Default::default()
            };
            programme::Entity::insert(row).exec(tx.db()).await?;
            Ok(())
        })
        .await
        .unwrap();

    for client in [t.ward_officer().await, manager(&t, town, "stranger").await] {
        let page = client.get("/reports/committee?from=2022&to=2022").await.expect(200).text;
        for words in [
            "横浜市 スマートフォン利用支援の実績",
            "約80名",
            "5回",
            "いくつかの区を合わせた数です",
            "港南区",
        ] {
            assert!(page.contains(words), "{words}");
        }
        assert!(!page.contains("区役所、6出張所"), "Chiyoda's figures are Chiyoda's");
    }
    t.finish().await;
}

#[tokio::test]
async fn years_in_the_wrong_order_or_too_many_are_refused_by_the_api() {
    let t = TestApp::start().await;
    let client = t.coordinator().await;
    for (query, field) in
        [("from=2024&to=2023", "to"), ("from=2000&to=2024", "from"), ("from=20240", "from")]
    {
        let path = format!("/api/reports/committee?{query}");
        let wrong = client.get(&path).await.expect(422).json();
        assert_eq!(wrong["fields"][0]["field"], field, "{query}");
    }
    // The page takes them for the years that it knows.
    let page = client.get("/reports/committee?from=2023&to=1066&ward=x").await.expect(200).text;
    assert!(page.contains("令和5年度（2023年度）"));
}
