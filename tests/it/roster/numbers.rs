//! Booking number and end of the phone are the proof of `/my`: whoever may not act for a person
//! sees a row number in the place of the booking number, behind every door.

use entity::bookings::booking;
use entity::staff::role_grant::Role;
use entity::surveys::follow_up;
use entity::{ProgrammeId, VenueId};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{attendance, class, looks, three};
use crate::api::{PAGES, answer_to, document, mounted_pages, operations};
use crate::subsidies::City;
use crate::support::{Answer, Client, TestApp, at};

/// Everybody who works here and may act for no resident.
const OTHERS: [&str; 5] = ["teacher", "ward_officer", "other_officer", "administrator", "auditor"];

/// Every number that opens something to who knows it, as it is stored: of bookings, whatever became
/// of them, and of sheets.
async fn all_numbers(t: &TestApp) -> Vec<i32> {
    let db = t.app.store().reader();
    let bookings = booking::Entity::find().all(db).await.unwrap();
    let sheets = follow_up::Entity::find().all(db).await.unwrap();
    let numbers = bookings.iter().map(|row| row.number);
    numbers.chain(sheets.iter().map(|row| row.code)).collect()
}

/// Which of the numbers stand in an answer, in whatever notation.
fn told(answer: &Answer, numbers: &[i32]) -> Vec<i32> {
    let header = |(name, value): (_, &poem::http::HeaderValue)| format!("{name}: {value:?}\n");
    let mut text: String = answer.headers.iter().map(header).collect();
    text.push_str(&answer.text);
    let joined: String = text.chars().filter(|c| !matches!(c, '-' | ' ' | '－' | '‐')).collect();
    numbers.iter().copied().filter(|number| joined.contains(&format!("{number:08}"))).collect()
}

async fn person(client: &Client, kana: &str, phone: &str) -> i64 {
    let body = json!({ "kana": kana, "phones": [phone] });
    client.post_json("/api/residents", &body).await.expect(201).json()["id"].as_i64().unwrap()
}

async fn booked(client: &Client, door: &str, session: i64, resident: i64) -> Value {
    let wish = json!({ "session_id": session, "resident_id": resident, "via": "phone" });
    client.post_json(door, &wish).await.expect(201).json()
}

/// Ids of records that exist, for the variable parts of paths.
struct Known {
    session: i64,
    booking: i64,
    person: i64,
    project: i64,
    follow_up: i64,
}

impl Known {
    /// The path with the right id behind each noun.
    fn fill(&self, path: &str, is_variable: impl Fn(&str) -> bool) -> String {
        let mut before = "";
        let mut parts = Vec::new();
        for part in path.split('/') {
            let id = match before {
                "sessions" => self.session,
                "bookings" => self.booking,
                "people" | "residents" => self.person,
                "projects" => self.project,
                "followup" | "follow-ups" => self.follow_up,
                _ => 1,
            };
            parts.push(if is_variable(part) { id.to_string() } else { part.to_owned() });
            before = part;
        }
        parts.join("/")
    }
}

async fn yokohama_class(t: &TestApp, programme: ProgrammeId, venue: VenueId) -> i64 {
    let new = super::new_session(programme, 10, 14, 9).venue(venue);
    new.in_town(t.place.yokohama).create(t).await.0
}

/// Both towns with people who are there, were there, wait, hesitate or cancelled. It is 14:10 on
/// the day of the classes.
async fn towns() -> (City, Known, Known) {
    let city = City::start().await;
    let t = &city.t;
    let project = city.running("event").await;
    let yokohama = yokohama_class(t, t.place.yokohama_classes, t.place.yokohama_hall).await;
    let link = format!("/api/projects/{project}/sessions/{yokohama}");
    city.konan.put_json(&link, &json!({})).await.expect(200);

    let mut known = Vec::new();
    for (desk, session) in
        [(t.operator().await, class(t, 3).await.0), (t.stranger().await, yokohama)]
    {
        let mut people = Vec::new();
        for (kana, phone) in [
            ("しるべ いち", "03-0000-4111"),
            ("しるべ に", "03-0000-4222"),
            ("しるべ さん", "03-0000-4333"),
            ("しるべ よん", "03-0000-4444"),
        ] {
            people.push(person(&desk, kana, phone).await);
        }

        let first = booked(&desk, "/api/bookings", session, people[0]).await;
        let gone = booked(&desk, "/api/bookings", session, people[1]).await;
        booked(&desk, "/api/bookings", session, people[2]).await;
        let cancel = format!("/api/bookings/{}/cancel", gone["id"]);
        desk.post_json(&cancel, &json!({})).await.expect(200);
        booked(&desk, "/api/holds", session, people[3]).await;
        booked(&desk, "/api/bookings", session, people[1]).await;

        known.push(Known {
            session,
            booking: first["id"].as_i64().unwrap(),
            person: people[0],
            project,
            follow_up: 0,
        });
    }

    t.clock.set(at(2024, 7, 10, 14, 10));
    for (desk, known) in [(t.operator().await, &known[0]), (t.stranger().await, &known[1])] {
        let url = format!("/api/bookings/{}/attendance", known.booking);
        desk.post_json(&url, &json!({ "state": "present" })).await.expect(200);
    }

    t.run_jobs().await;
    let opened = follow_up::Entity::find().all(t.app.store().reader()).await.unwrap();
    for known in &mut known {
        let own = opened.iter().find(|row| row.resident_id.0 == known.person);
        known.follow_up = own.expect("who came is asked in three months").id.0;
    }

    let [chiyoda, yokohama]: [Known; 2] = known.try_into().ok().unwrap();
    (city, chiyoda, yokohama)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_act_for_a_resident_reads_no_booking_number_behind_any_door() {
    let (city, chiyoda, yokohama) = towns().await;
    let t = &city.t;
    let document = document(&t.anonymous()).await;
    let numbers = all_numbers(t).await;
    assert_eq!(numbers.len(), 2 * 5 + 2, "five bookings and a sheet in each town");

    let (mut open, mut wrong) = (Vec::new(), Vec::new());
    for name in OTHERS {
        let client = t.logged_in(name).await;
        let known = if name.contains("officer") { &yokohama } else { &chiyoda };
        for path in mounted_pages().keys() {
            // Whose login ends, learns nothing more.
            if path == "/logout" {
                continue;
            }
            let path = known.fill(path, |part| part.starts_with(':'));
            let answer = client.get(&path).await;
            if answer.code() == 200 {
                open.push(format!("{name} {path}"));
            }
            if !told(&answer, &numbers).is_empty() {
                wrong.push(format!("{name}: GET {path}"));
            }
        }

        for mut operation in operations(&document) {
            if operation.id == "delete_token" {
                continue;
            }
            operation.path = known.fill(&operation.path, |part| part == "1");
            let answer = answer_to(&client, &operation).await;
            if answer.code() == 200 {
                open.push(format!("{name} {}", operation.id));
            }
            if !told(&answer, &numbers).is_empty() {
                wrong.push(format!("{name}: {}", operation.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    let (class, project) = (chiyoda.session, yokohama.project);
    for door in [
        format!("teacher /sessions/{class}"),
        format!("teacher /sessions/{class}/attend"),
        format!("teacher /sessions/{class}/roster"),
        format!("teacher /sessions/{class}/answers"),
        "teacher list_bookings".to_owned(),
        format!("ward_officer /projects/{project}/attendances"),
        "ward_officer list_project_attendances".to_owned(),
        "auditor /audit".to_owned(),
        "auditor list_audit".to_owned(),
    ] {
        assert!(open.contains(&door), "{door} was not open: {open:#?}");
    }

    assert_eq!(PAGES.len(), mounted_pages().len());
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_teacher_does_at_the_door_tells_no_booking_number() {
    let (city, chiyoda, _) = towns().await;
    let t = &city.t;
    let numbers = all_numbers(t).await;
    let teacher = t.teacher().await;
    let (class, id) = (chiyoda.session, chiyoda.booking.to_string());

    let url = format!("/api/bookings/{id}/attendance");
    let answer = teacher.post_json(&url, &json!({ "state": "late" })).await.expect(200);
    assert_eq!(answer.json()["attendance"], "late");
    assert_eq!(told(&answer, &numbers), [0; 0], "{}", answer.text);

    let answers = json!({ "moment": "end_of_class", "answers": { "power": "alone" } });
    let answer = teacher.put_json(&format!("/api/bookings/{id}/answers"), &answers).await;
    assert_eq!((answer.code(), told(&answer, &numbers)), (200, Vec::new()), "{}", answer.text);

    for (door, form, status) in [
        ("attendance", [("booking", id.as_str()), ("state", "none")], 303),
        ("numbers", [("numbers", "1、2"), ("", "")], 200),
        ("present", [("booking", id.as_str()), ("", "")], 303),
        ("walk-in", [("q", "しるべ"), ("", "")], 200),
        ("walk-in", [("q", "4111"), ("", "")], 200),
    ] {
        let answer = teacher.post_form(&format!("/sessions/{class}/{door}"), &form).await;
        assert_eq!(answer.code(), status, "{door}: {}", answer.text);
        assert_eq!(told(&answer, &numbers), [0; 0], "{door}: {}", answer.text);
    }
    city.t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_number_names_nobody_at_the_door_to_a_teacher() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (class, bookings) = three(&t, &operator).await;
    let shown = operator.get(&format!("/api/bookings/{}", bookings[0])).await.expect(200).json();
    let typed = [("q", shown["number"].as_str().unwrap())];
    let path = format!("/sessions/{class}/walk-in");
    let found = operator.post_form(&path, &typed).await.expect(200);
    assert!(found.text.contains("シルベ イチ"));
    let found = t.teacher().await.post_form(&path, &typed).await.expect(200);
    assert!(!found.text.contains("シルベ イチ") && found.text.contains("見つかりませんでした"));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_number_is_the_same_on_screen_on_paper_and_in_the_api() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let class = class(&t, 2).await;

    for (kana, phone) in [
        ("しるべ いち", "03-0000-4111"),
        ("しるべ に", "03-0000-4222"),
        ("しるべ さん", "03-0000-4333"),
    ] {
        let resident = person(&operator, kana, phone).await;
        booked(&operator, "/api/bookings", class.0, resident).await;
    }

    let teacher = t.teacher().await;
    let path = format!("/api/sessions/{class}/bookings");
    let roster = teacher.get(&path).await.expect(200).json();
    let row = |item: &Value| (item["row"].clone(), item["kana"].clone(), item["state"].clone());
    let rows: Vec<_> = roster["items"].as_array().unwrap().iter().map(row).collect();

    let want = [
        (json!(1), json!("シルベ イチ"), json!("confirmed")),
        (json!(2), json!("シルベ ニ"), json!("confirmed")),
        // Who waits is numbered by themselves.
        (json!(1), json!("シルベ サン"), json!("waiting")),
    ];
    assert_eq!(rows, want);
    assert!(roster["items"][0].get("number").is_none(), "{roster}");

    let page = teacher.get(&format!("/sessions/{class}")).await.expect(200);
    let line = r#"<span class="attend-no">2</span><div><span class="attend-kana">シルベ ニ"#;
    assert!(page.text.contains(line) && !page.text.contains("受付番号"), "{}", page.text);
    assert!(page.text.contains("4222"), "the end of the phone helps to tell people apart");

    let paper = teacher.get(&format!("/sessions/{class}/roster")).await.expect(200);
    let line = r#"<th scope="row">2</th><td><span class="kana">シルベ ニ"#;
    assert!(paper.text.contains(line) && !paper.text.contains("受付番号"), "{}", paper.text);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_the_residents_sees_both_and_each_look_is_recorded() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    let (class, bookings) = three(&t, &operator).await;
    let shown = operator.get(&format!("/api/bookings/{}", bookings[0])).await.expect(200).json();
    let (number, resident) = (&shown["number"], shown["resident_id"].as_i64().unwrap());
    let before = looks(&t, resident).await;
    let path = format!("/api/sessions/{class}/bookings");
    let roster = operator.get(&path).await.expect(200).json();
    assert_eq!((&roster["items"][0]["number"], &roster["items"][0]["row"]), (number, &json!(1)));
    let page = operator.get(&format!("/sessions/{class}")).await.expect(200);
    assert!(page.text.contains("受付番号"));
    // The look that finds nothing with others finds all three here.
    assert_eq!(told(&page, &all_numbers(&t).await).len(), 3);
    assert_eq!(looks(&t, resident).await - before, 2);
    // A teacher's look is recorded as well.
    attendance(&t.teacher().await, class).await;
    assert_eq!(looks(&t, resident).await - before, 3);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_another_programme_is_no_more_than_a_teacher_in_this_one() {
    let t = TestApp::start().await;
    let (class, bookings) = three(&t, &t.operator().await).await;
    let place = &t.place;
    // Coordinates events, and teaches classes.
    t.give(place.teacher, place.chiyoda, Role::Coordinator, Some(place.events), None).await;
    let both = t.teacher().await;
    let roster = both.get(&format!("/api/sessions/{class}/bookings")).await.expect(200).json();
    assert!(roster["items"][0].get("number").is_none(), "{roster}");
    both.get(&format!("/api/bookings/{}", bookings[0])).await.expect(404);
    let page = both.get(&format!("/sessions/{class}")).await.expect(200);
    assert_eq!(told(&page, &all_numbers(&t).await), [0; 0]);
    t.finish().await;
}
