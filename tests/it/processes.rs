//! Several processes of the real binary on one PostgreSQL, and what they promise together.
//! On SQLite one process serves; there the same requests go to it alone.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use entity::bookings::booking;
use entity::platform::heartbeat;
use entity::{BookingId, SessionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use shirube::platform::japan::FiscalYear;
use shirube::platform::japan::time::local_date;
use shirube::sessions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{PASSWORD, TestApp, class, consultation, on_postgres, person};

const WRITERS: usize = 50;

/// A running `shirube serve`; it ends with the test.
struct Process {
    child: Child,
    address: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    async fn start(database: &str) -> Self {
        Self::start_logging(database, Stdio::null()).await
    }

    /// Starts one whose log goes to `log`.
    async fn start_logging(database: &str, log: Stdio) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_shirube"))
            .args(["serve", "--listen", &address, "--database", database])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let process = Self { child, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while process.send("GET", "/readyz", None, &Value::Null).await.0 != 200 {
            assert!(Instant::now() < deadline, "the process does not become ready");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        process
    }

    /// One request on a connection of its own; status 0 when nobody listens.
    async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        let Ok(mut stream) = TcpStream::connect(&self.address).await else {
            return (0, Value::Null);
        };

        let body = if body.is_null() { String::new() } else { body.to_string() };
        let authorization =
            token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{authorization}connection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );

        let mut answer = Vec::new();
        if stream.write_all(request.as_bytes()).await.is_err()
            || stream.read_to_end(&mut answer).await.is_err()
        {
            return (0, Value::Null);
        }

        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    async fn token(&self, login: &str) -> String {
        let body = json!({ "login": login, "password": PASSWORD });
        let (status, answer) = self.send("POST", "/api/tokens", None, &body).await;
        assert_eq!(status, 201, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }
}

/// As many processes as the database serves, each with 50 people to ask it.
struct House {
    processes: Vec<Arc<Process>>,
    people: Vec<i64>,
}

impl House {
    async fn open(t: &TestApp) -> Self {
        let mut people = Vec::new();
        for i in 0..WRITERS {
            let kana: String =
                "さしすせそたちつてと".chars().cycle().skip(i % 10).take(3 + i / 10).collect();
            people.push(person(t, &kana).await.0);
        }
        let mut processes = Vec::new();
        for _ in 0..if on_postgres() { 3 } else { 1 } {
            processes.push(Arc::new(Process::start(t.database_url()).await));
        }
        Self { processes, people }
    }

    async fn token(&self, login: &str) -> String {
        self.processes[0].token(login).await
    }

    /// 50 posts at once, spread over the processes: how many were answered with each status and
    /// code of a refusal.
    async fn race(
        &self,
        token: &str,
        request: impl Fn(usize, i64) -> (String, Value),
    ) -> BTreeMap<(u16, String), usize> {
        let tasks: Vec<_> = (0..WRITERS)
            .map(|i| {
                let process = self.processes[i % self.processes.len()].clone();
                let ((path, body), token) = (request(i, self.people[i]), token.to_owned());
                tokio::spawn(async move { process.send("POST", &path, Some(&token), &body).await })
            })
            .collect();
        let mut answers = BTreeMap::new();
        for task in tasks {
            let (status, answer) = task.await.unwrap();
            let code = answer["code"].as_str().unwrap_or_default().to_owned();
            *answers.entry((status, code)).or_insert(0) += 1;
        }
        answers
    }
}

fn answered<const N: usize>(answers: [(u16, &str, usize); N]) -> BTreeMap<(u16, String), usize> {
    answers.map(|(status, code, count)| ((status, code.to_owned()), count)).into()
}

fn booking(session: SessionId, slot: Option<i64>, who: i64, may_wait: bool) -> (String, Value) {
    let body = json!({ "session_id": session.0, "slot_id": slot, "resident_id": who,
        "via": "phone", "may_wait": may_wait });
    ("/api/bookings".to_owned(), body)
}

/// The system's clock runs in the processes, so the sessions lie in its future.
fn next_year() -> DateTime<Utc> {
    let now = shirube::platform::clock::SystemClock;
    let today = local_date(shirube::platform::clock::Clock::now(&now));
    crate::support::at(FiscalYear::of(today).year() + 1, 7, 10, 14, 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_never_give_a_seat_or_a_slot_twice_and_refuse_in_words() {
    let t = TestApp::start().await;
    let seats = class(&t, next_year(), 3).await;
    let slots = consultation(&t, next_year() + TimeDelta::days(1), &[t.place.teacher]).await;
    let reader = t.app.store().reader();
    let free = sessions::queries::free_slots(reader, &t.scope(), slots).await.unwrap();
    let slot = Some(free[0].0.id.0);

    let house = House::open(&t).await;
    let token = house.token("operator").await;

    // Each process shows by a row of its own that it can store.
    for _ in 0..100 {
        let beating = heartbeat::Entity::find().count(reader).await.unwrap();
        if usize::try_from(beating).unwrap() >= house.processes.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let beating = heartbeat::Entity::find().count(reader).await.unwrap();
    assert_eq!(usize::try_from(beating).unwrap(), house.processes.len());

    let answers = house.race(&token, |_, who| booking(seats, None, who, false)).await;
    assert_eq!(answers, answered([(201, "", 3), (409, "session_full", 47)]));
    let answers = house.race(&token, |_, who| booking(slots, slot, who, false)).await;
    assert_eq!(answers, answered([(201, "", 1), (409, "slot_taken", 49)]));

    drop(house);
    t.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_never_send_a_staff_member_to_two_places() {
    let t = TestApp::start().await;
    let house = House::open(&t).await;
    let token = house.token("coordinator").await;
    let answers = house
        .race(&token, |i, _| {
            // All of them overlap, none begins with another.
            let starts_at = next_year() + TimeDelta::minutes(10 * (i as i64 % 6));
            let body = json!({ "programme_id": t.place.classes.0, "kind": "class_basic",
                "venue_id": t.place.city_office.0, "starts_at": starts_at,
                "ends_at": starts_at + TimeDelta::hours(2), "capacity": 5,
                "staff": [t.place.teacher.0] });
            ("/api/sessions".to_owned(), body)
        })
        .await;
    assert_eq!(answers, answered([(201, "", 1), (409, "staff_busy", 49)]));
    drop(house);
    t.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_give_an_offered_seat_once_and_to_nobody_else() {
    let t = TestApp::start().await;
    let session = class(&t, next_year(), 1).await;
    let house = House::open(&t).await;
    let token = house.token("operator").await;

    let mut ids = Vec::new();
    for who in [house.people[0], house.people[1]] {
        let (path, body) = booking(session, None, who, true);
        let (status, answer) = house.processes[0].send("POST", &path, Some(&token), &body).await;
        assert_eq!(status, 201, "{answer}");
        ids.push(answer["id"].as_i64().unwrap());
    }

    let cancel = format!("/api/bookings/{}/cancel", ids[0]);
    let (status, answer) =
        house.processes[0].send("POST", &cancel, Some(&token), &Value::Null).await;
    assert_eq!(status, 200, "{answer}");

    // A minute later: the seat is not kept for a slip any more.
    booking::Entity::update_many()
        .col_expr(booking::Column::KeptUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(booking::Column::Id.eq(BookingId(ids[0])))
        .exec(t.app.store().reader())
        .await
        .unwrap();

    let confirm = format!("/api/bookings/{}/confirm", ids[1]);
    // Half of them accept for the person who was asked, the others would like the seat.
    let answers = house
        .race(&token, |i, who| match i > 1 && i % 2 == 0 {
            true => booking(session, None, who, false),
            false => (confirm.clone(), Value::Null),
        })
        .await;
    let wanted = answered([(200, "", 1), (409, "not_now", 25), (409, "session_full", 24)]);
    assert_eq!(answers, wanted);

    drop(house);
    t.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let t = TestApp::start().await;
    let process = Process::start(t.database_url()).await;
    let token = process.token("operator").await;
    let mut acknowledged = Vec::new();
    let mut process = Some(process);

    for round in 0..3 {
        let running = process.take().unwrap();
        for i in 0..40 {
            let kana: String =
                "なにぬねのはひふへほ".chars().cycle().skip(i % 10).take(4 + i / 10).collect();
            let body = json!({ "kana": kana });
            let (status, answer) =
                running.send("POST", "/api/residents", Some(&token), &body).await;
            assert_eq!(status, 201, "round {round}: {answer}");
            acknowledged.push(answer["id"].as_i64().unwrap());
        }

        drop(running); // SIGKILL
        process = Some(Process::start(t.database_url()).await);
    }

    let running = process.unwrap();
    for id in acknowledged {
        let (status, _) =
            running.send("GET", &format!("/api/residents/{id}"), Some(&token), &Value::Null).await;
        assert_eq!(status, 200, "resident {id} is gone");
    }

    drop(running);
    t.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_beats_every_ten_seconds_and_logs_a_proxy_that_nobody_named() {
    let t = TestApp::start().await;
    let mut log = tempfile::tempfile().unwrap();
    let process = Process::start_logging(t.database_url(), log.try_clone().unwrap().into()).await;
    let beat = || async {
        let rows = heartbeat::Entity::find().all(t.app.store().reader()).await.unwrap();
        rows.into_iter().map(|row| row.beat_at).max().unwrap()
    };
    let first = beat().await;

    let mut stream = TcpStream::connect(&process.address).await.unwrap();
    let forwarded = "GET /events HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.51.100.7\r\n\
                     connection: close\r\n\r\n";
    stream.write_all(forwarded.as_bytes()).await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();

    let deadline = Instant::now() + Duration::from_secs(20);
    let mut second = first;
    while second == first {
        assert!(Instant::now() < deadline, "no second beat");
        tokio::time::sleep(Duration::from_millis(200)).await;
        second = beat().await;
    }
    let pause = (second - first).num_milliseconds();
    assert!((9_900..12_000).contains(&pause), "{pause} ms between two beats");

    drop(process);
    let mut said = String::new();
    log.seek(SeekFrom::Start(0)).unwrap();
    log.read_to_string(&mut said).unwrap();
    let line = said.lines().find(|line| line.contains("--trusted-proxy")).expect("a line");
    assert!(line.contains("\"level\":\"WARN\"") && line.contains("127.0.0.1"), "{line}");
    assert!(!said.contains("198.51.100.7"), "who is behind the proxy is not told");
}
