//! The data sets say what the public papers say, and loading them twice changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use chrono::{Datelike, NaiveDate, Weekday};
use entity::sessions::session;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use shirube::platform::Store;
use shirube::platform::japan::MunicipalityCode;
use shirube::platform::japan::holidays::holiday_name;
use shirube::platform::japan::time::local_date;

use crate::support::{Database, TestApp};

/// A row of a data file by the names of its columns.
type Row = BTreeMap<String, String>;

fn rows(path: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(format!("seeds/{path}")).unwrap();
    let names = reader.headers().unwrap().clone();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

fn number(row: &Row, column: &str) -> i64 {
    row[column].parse().unwrap()
}

#[test]
fn the_results_of_the_years_before_are_those_of_the_paper() {
    let found: Vec<(i64, String, i64, i64)> = rows("chiyoda/results.csv")
        .iter()
        .map(|row| {
            let (year, kind) = (number(row, "fiscal_year"), row["kind"].clone());
            (year, kind, number(row, "session_count"), number(row, "people"))
        })
        .collect();
    let want = [
        (2021, "class", 2, 45),
        (2022, "class", 3, 30),
        (2023, "class", 15, 156),
        (2023, "consultation", 16, 85),
    ];
    assert_eq!(
        found,
        want.map(|(year, kind, count, people)| (year, kind.to_owned(), count, people))
    );
}

#[test]
fn the_plan_of_r6_is_that_of_the_paper() {
    let plans = rows("chiyoda/plans.csv");
    let planned: BTreeMap<&str, i64> = plans
        .iter()
        .filter(|row| !row["planned_count"].is_empty())
        .map(|row| (row["kind"].as_str(), number(row, "planned_count")))
        .collect();

    let want = [
        ("class_applied", 10),
        ("class_basic", 10),
        ("consultation", 20),
        ("event_game", 6),
        ("event_quiz", 6),
        ("event_walk", 6),
    ];
    assert_eq!(planned, BTreeMap::from(want));
    assert!(plans.iter().all(|row| row["fiscal_year"] == "2024" && !row["words"].is_empty()));
    let hours = plans.iter().find(|row| row["kind"] == "consultation").unwrap();
    assert_eq!(number(hours, "hours_each"), 2);

    // The dated sessions are ours, but as many as planned, and on days when the office is open.
    let mut dated: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows("chiyoda/sessions_r6.csv") {
        *dated.entry(row["kind"].clone()).or_default() += 1;
        let day: NaiveDate = row["on_date"].parse().unwrap();
        let weekend = [Weekday::Sat, Weekday::Sun].contains(&day.weekday());
        assert!(!weekend && holiday_name(day).is_none(), "{} {day}", row["code"]);
        let (first, last) = ("2024-07-01".parse().unwrap(), "2025-03-31".parse().unwrap());
        assert!((first..=last).contains(&day), "{} {day}", row["code"]);
    }
    let planned: BTreeMap<String, i64> =
        planned.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    assert_eq!(dated, planned);
}

#[test]
fn no_staff_member_and_no_venue_is_planned_twice_at_once() {
    let mut taken = BTreeSet::new();
    for row in rows("chiyoda/sessions_r6.csv") {
        let who = row["staff"].split(',').chain([row["venue"].as_str()]);
        for who in who {
            // All sessions lie within one half of a day.
            let half = row["starts"].as_str() < "12:00";
            let key = (row["on_date"].clone(), half, who.to_owned());
            assert!(taken.insert(key.clone()), "{key:?}");
        }
    }
}

#[test]
fn the_call_centre_opens_on_5_june_2024_on_weekdays_from_10_to_17() {
    let text = std::fs::read_to_string("seeds/chiyoda/municipality.toml").unwrap();
    let town: toml::Table = toml::from_str(&text).unwrap();
    let centre = &town["call_centre"];
    assert_eq!(centre["opens_on"].to_string(), "2024-06-05");
    assert_eq!((centre["from"].as_str(), centre["to"].as_str()), (Some("10:00"), Some("17:00")));
    let days: Vec<&str> =
        centre["weekdays"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(days, ["mon", "tue", "wed", "thu", "fri"]);
}

#[test]
fn an_approximate_figure_keeps_its_value_its_flag_and_its_words() {
    let walks = rows("yokohama/sessions_r4.csv");
    assert_eq!(walks.len(), 1);
    let walk = &walks[0];
    assert_eq!(
        (number(walk, "session_count"), number(walk, "people_total"), walk["approx"].as_str()),
        (5, 80, "true")
    );
    assert_eq!(walk["words"], "約80名");
    assert_eq!(walk["wards"].split('|').collect::<Vec<_>>(), ["konan", "kohoku", "tsuzuki"]);
    for path in ["chiyoda/results.csv", "chiyoda/survey_r4.csv", "yokohama/sessions_r4.csv"] {
        for row in rows(path) {
            let round_words =
                ["約", "程度", "以上", "ほど"].iter().any(|word| row["words"].contains(word));
            assert!(row["approx"] == "true" || row["approx"] == "false", "{path}: {row:?}");
            assert!(row["approx"] == "true" || !row["words"].contains('約'), "{path}: {row:?}");
            assert!(row["approx"] == "false" || round_words, "{path}: {row:?}");
            assert!(!row["source"].is_empty(), "{path}: {row:?}");
        }
    }
}

#[test]
fn every_municipality_code_has_its_check_digit() {
    let codes: BTreeSet<String> = rows("japan/municipalities.csv")
        .iter()
        .map(|row| row["code"].clone())
        .chain(rows("yokohama/wards.csv").iter().map(|row| row["municipality_code"].clone()))
        .collect();
    assert_eq!(codes.len(), 22);
    for code in &codes {
        assert!(MunicipalityCode::parse(code).is_ok(), "{code}");
        // The control: with another last digit it is none.
        let other = (code[5..].parse::<u8>().unwrap() + 1) % 10;
        assert!(MunicipalityCode::parse(&format!("{}{other}", &code[..5])).is_err(), "{code}");
    }
    assert_eq!(rows("yokohama/wards.csv").len(), 18);
}

#[test]
fn the_effects_of_the_programmes_are_those_printed_in_the_paper() {
    let mut printed: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for row in rows("chiyoda/effects.csv") {
        printed
            .entry(row["programme"].clone())
            .or_default()
            .push((number(&row, "printed_order"), row["tag"].clone()));
    }
    for programme in rows("chiyoda/programmes.csv") {
        let mut tags = printed.remove(&programme["code"]).unwrap_or_default();
        tags.sort();
        let tags: Vec<&str> = tags.iter().map(|(_, tag)| tag.as_str()).collect();
        assert_eq!(
            programme["effects"].split('|').collect::<Vec<_>>(),
            tags,
            "{}",
            programme["code"]
        );
    }
    assert!(printed.is_empty());
}

/// Runs the program itself.
pub async fn shirube(url: &str, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.args(args).env("SHIRUBE_DATABASE", url).env("SHIRUBE_LOG", "warn");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn seeded(database: &Database, args: &[&str]) {
    let done = shirube(&database.url, args).await;
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

const TABLES: [&str; 18] = [
    "municipality",
    "ward",
    "area",
    "venue",
    "room",
    "programme",
    "programme_plan",
    "staff_member",
    "role_grant",
    "resident",
    "session",
    "slot",
    "booking",
    "inquiry",
    "path",
    "path_step",
    "notice",
    "delivery",
];

async fn counts(store: &Store) -> Vec<(&'static str, i64)> {
    let db = store.reader();
    let mut found = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
        found.push((table, row.unwrap().unwrap().try_get("", "n").unwrap()));
    }
    found
}

/// The rows of one of the tables that were counted.
fn of(counts: &[(&str, i64)], table: &str) -> i64 {
    counts.iter().find(|(name, _)| *name == table).unwrap().1
}

async fn counted(store: &Store, sql: &str) -> usize {
    let db = store.reader();
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_all_raw(statement).await.unwrap().len()
}

/// Each list that somebody works through has something in it.
async fn every_screen_is_filled(store: &Store, day: &str) {
    for (what, sql) in [
        ("somebody waits", "SELECT id FROM booking WHERE state = 'waiting'"),
        ("a session to come is full", "SELECT id FROM session WHERE taken = capacity"),
        (
            "letters are to be printed",
            "SELECT id FROM delivery WHERE channel = 'letter' AND state = 'waiting'",
        ),
        (
            "calls are to be made",
            "SELECT id FROM delivery WHERE channel = 'phone' AND state = 'waiting'",
        ),
        (
            "a call is promised",
            "SELECT id FROM inquiry WHERE call_back_at IS NOT NULL AND called_back_at IS NULL",
        ),
        ("attendance is recorded", "SELECT id FROM booking WHERE attendance = 'no_show'"),
        ("somebody is still to be asked", "SELECT id FROM follow_up WHERE state = 'waiting'"),
        ("somebody was asked", "SELECT id FROM follow_up WHERE state = 'asked'"),
        (
            "somebody is to be called",
            "SELECT id FROM follow_up WHERE state = 'calling' AND attempts > 0",
        ),
        ("answers by link", "SELECT id FROM follow_up WHERE answered_via = 'web'"),
        ("answers on paper", "SELECT id FROM follow_up WHERE answered_via = 'paper'"),
        ("answers by telephone", "SELECT id FROM follow_up WHERE answered_via = 'phone'"),
        ("somebody kept silent", "SELECT id FROM follow_up WHERE close_reason = 'no_answer'"),
        ("somebody moved away", "SELECT id FROM follow_up WHERE close_reason = 'silent'"),
        (
            "an attendance was taken back",
            "SELECT id FROM follow_up WHERE close_reason = 'taken_back'",
        ),
        (
            "answers of people with a path",
            "SELECT id FROM follow_up WHERE state = 'answered' AND path_base IS NOT NULL",
        ),
        ("somebody declined", "SELECT id FROM follow_up WHERE close_reason = 'declined'"),
        ("a path is to be looked at", "SELECT id FROM follow_up WHERE replan = 'open'"),
        ("gains are known", "SELECT id FROM follow_up WHERE gain > 0"),
        (
            "an edition of goals is a draft",
            "SELECT id FROM goal_edition WHERE state = 'draft' AND code = 'demo_r6'",
        ),
        (
            "each judgement is made once",
            "SELECT id FROM goal_review WHERE achievement = 'not_achieved'",
        ),
        (
            "every state of a ward project is there",
            "SELECT 1 WHERE (SELECT COUNT(DISTINCT state) FROM project) = 17",
        ),
        ("a step is done", "SELECT id FROM path_step WHERE state = 'done'"),
    ] {
        assert!(counted(store, sql).await > 0, "{what}, on {day}");
    }
}

/// A first look, as the README has it, until the demo is whole: what it prints before it answers,
/// and how many bookings there were then.
async fn look_for_the_first_time(database: &Database, password: &str) -> (String, i64) {
    let store = database.connect().await;
    let mut demo = Command::new(env!("CARGO_BIN_EXE_shirube"))
        .args(["demo", "--listen", "127.0.0.1:0", "--password", password])
        .env("SHIRUBE_DATABASE", &database.url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = String::new();
    while !told.contains("Ctrl+C") {
        told += &lines.next().expect("the demo says how to end it");
        told.push('\n');
    }
    let at_first = counts(&store).await;
    let address = told.split("http://").nth(1).unwrap().lines().next().unwrap();
    assert!(TcpStream::connect(address).is_ok(), "nobody answers at {address}");

    let deadline = Instant::now() + Duration::from_secs(120);
    while counted(&store, "SELECT id FROM goal_edition WHERE code = 'demo_r6'").await == 0 {
        assert!(Instant::now() < deadline, "the demo does not become whole");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let told_to_stop = Command::new("kill").arg(demo.id().to_string()).status().unwrap();
    assert!(told_to_stop.success() && demo.wait().unwrap().success());
    assert_eq!(lines.next(), None, "no progress where nobody reads it");
    (told, of(&at_first, "booking"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_answers_before_it_is_whole_and_loading_it_twice_adds_nothing() {
    let database = Database::empty().await;
    let store = database.connect().await;
    store.migrate().await.unwrap();
    let password = "しるべの試験のための長い合い言葉";
    let (told, at_first) = look_for_the_first_time(&database, password).await;
    assert!(told.contains("annai") && told.contains(password), "{told}");

    let load = ["seed", "japan", "chiyoda", "yokohama", "demo", "--password", password];
    let first = counts(&store).await;
    let of = |table: &str| of(&first, table);
    assert_eq!(of("municipality"), 4);
    assert_eq!(of("ward"), 18);
    assert!(at_first < of("booking"), "the past was told before anybody could look");

    // The plan of R6 and its people, and what each room's own demo adds.
    assert!(of("area") == 6 && of("venue") >= 9, "{first:?}");
    assert!(of("session") >= 58 && of("resident") >= 40 && of("staff_member") >= 11, "{first:?}");
    assert_eq!(of("slot"), 20 * 8);
    assert!(of("booking") > 50 && of("inquiry") > 20 && of("path") > 5, "{first:?}");
    every_screen_is_filled(&store, "today").await;

    seeded(&database, &load).await;
    assert_eq!(counts(&store).await, first);
    let checked = shirube(&database.url, &["check"]).await;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    // What nobody has judged stands in the chart of the achievement too.
    let t = TestApp::over(database).await;
    let progress = t.anonymous().get("/progress/141003/demo_r5").await.expect(200).text;
    let twin = "達成は1件、おおむね達成は1件、未達は1件、まだ決めていないは5件";
    assert!(progress.contains(twin), "{progress}");
}

/// Loads the demo as of a day, and looks at its lists and at the days of its sessions.
async fn demo_of(day: &str) {
    let database = Database::empty().await;
    let store = database.connect().await;
    store.migrate().await.unwrap();
    seeded(&database, &["seed", "japan", "chiyoda", "yokohama", "demo", "--today", day]).await;
    every_screen_is_filled(&store, day).await;
    let sessions = session::Entity::find().all(store.reader()).await.unwrap();
    let days = sessions.iter().map(|session| local_date(session.starts_at));
    let to_come: Vec<NaiveDate> = days.filter(|date| date.to_string().as_str() > day).collect();
    assert!(to_come.len() > 10, "{day}: {to_come:?}");
    for date in to_come {
        let rest = holiday_name(date).is_some()
            || matches!((date.month(), date.day()), (12, 29..) | (1, ..=3));
        assert!(!rest, "{day}: a session on {date}");
    }
}

/// A newcomer may try it on any day: when everybody is away for a week and interviews move past
/// it, and before the holidays of May.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_fills_every_screen_in_every_season() {
    tokio::join!(demo_of("2027-01-03"), demo_of("2027-04-25"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ward_projects_of_r4_are_those_of_the_paper_and_nothing_is_made_up() {
    let database = Database::empty().await;
    let store = database.connect().await;
    store.migrate().await.unwrap();
    seeded(&database, &["seed", "yokohama"]).await;
    // A second time changes nothing.
    seeded(&database, &["seed", "yokohama"]).await;
    let db = store.reader();
    let rows = async |sql: &str| {
        let rows = Statement::from_string(db.get_database_backend(), sql.to_owned());
        db.query_all_raw(rows).await.unwrap()
    };

    let found: Vec<(String, String, String, String)> = rows(
        "SELECT ward.name_ja AS ward, project.kind, project.title, project.state FROM project \
         JOIN ward ON ward.id = project.ward_id ORDER BY project.id",
    )
    .await
    .iter()
    .map(|row| {
        let text = |column: &str| row.try_get::<String>("", column).unwrap();
        (text("ward"), text("kind"), text("title"), text("state"))
    })
    .collect();

    let want = [
        ("緑区", "event", "緑区デジタル活用促進事業", "adopted"),
        (
            "磯子区",
            "study",
            "オンライン相談窓口(サテライト区役所)の設置に向けた調査委託",
            "adopted",
        ),
    ];
    assert_eq!(
        found,
        want.map(|(ward, kind, title, state)| {
            (ward.to_owned(), kind.to_owned(), title.to_owned(), state.to_owned())
        })
    );

    // No amount, no day, no application, no session and nobody who came.
    let known = rows(
        "SELECT project.id FROM project JOIN subsidy_round ON subsidy_round.id = round_id \
         WHERE granted_yen IS NOT NULL OR opens_on IS NOT NULL OR cap_yen IS NOT NULL \
         OR fiscal_year <> 2022 OR project.source IS NULL",
    );
    assert_eq!(known.await.len(), 0);
    for table in ["application_version", "payment", "project_session", "session", "booking"] {
        assert_eq!(rows(&format!("SELECT 1 FROM {table}")).await.len(), 0, "{table}");
    }

    let walk =
        rows("SELECT session_count, people_count, people_unit, words FROM practice WHERE approx")
            .await;
    assert_eq!(walk.len(), 1);
    let number = |column: &str| walk[0].try_get::<i32>("", column).unwrap();
    assert_eq!((number("session_count"), number("people_count")), (5, 80));
    assert_eq!(walk[0].try_get::<String>("", "people_unit").unwrap(), "unknown");
    assert_eq!(walk[0].try_get::<String>("", "words").unwrap(), "約80名");

    let tried = rows("SELECT 1 FROM practice_step WHERE state = 'trial' AND on_date IS NULL").await;
    assert_eq!(tried.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synthetic_municipality_is_the_same_for_the_same_seed() {
    let mut seen = Vec::new();
    for seed in ["7", "7", "8"] {
        let database = Database::empty().await;
        let store = database.connect().await;
        store.migrate().await.unwrap();
        let args = ["seed", "synthetic", "--residents", "1200", "--seed", seed];
        seeded(&database, &args).await;
        seeded(&database, &args).await;

        let db = store.reader();
        let sql = "SELECT kana, birth_year FROM resident ORDER BY address, kana";
        let rows =
            db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        assert_eq!(rows.len(), 1200);
        let people: Vec<(String, i32)> = rows
            .iter()
            .map(|row| (row.try_get("", "kana").unwrap(), row.try_get("", "birth_year").unwrap()))
            .collect();

        let lines = "SELECT id FROM timeline_entry";
        let lines =
            db.query_all_raw(Statement::from_string(db.get_database_backend(), lines)).await;
        assert_eq!(lines.unwrap().len(), 6000);
        seen.push(people);
    }

    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_in_one_line_why_it_failed() {
    let database = Database::empty().await;
    let wrong = shirube(&database.url, &["seed", "nowhere"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    let nobody =
        shirube(&database.url, &["serve", "--listen", "127.0.0.1:0", "--home", "999999"]).await;
    assert_eq!(nobody.status.code(), Some(1));
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert_eq!(said.lines().filter(|line| line.starts_with("shirube: ")).count(), 1, "{said}");
    let document = shirube(&database.url, &["openapi"]).await;
    let document: serde_json::Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..2]), Some("3."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_database_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (here, copy) = (path("here.db"), path("copy.db"));
    let run = async |database: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        command.args(args).env("SHIRUBE_DATABASE", format!("sqlite://{database}"));
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    };

    assert!(run(&here, &["seed", "chiyoda"]).await.status.success());
    let running = Store::connect(&format!("sqlite://{here}")).await.unwrap();
    assert!(run(&here, &["backup", &copy]).await.status.success());
    assert!(!run(&here, &["backup", &copy]).await.status.success(), "overwrote a copy");
    running.close().await.unwrap();

    assert!(run(&here, &["seed", "yokohama"]).await.status.success());
    assert!(!run(&here, &["restore", &copy]).await.status.success(), "overwrote without --force");
    std::fs::write(path("no.db"), "SQLite format 3\0 but no more").unwrap();
    assert!(!run(&here, &["restore", &path("no.db"), "--force"]).await.status.success());
    assert!(run(&here, &["restore", &copy, "--force"]).await.status.success());

    let store = Store::connect(&format!("sqlite://{here}")).await.unwrap();
    let restored = counts(&store).await;
    assert_eq!((of(&restored, "municipality"), of(&restored, "ward")), (1, 0));
}
