//! Several processes of the real binary on one PostgreSQL, and what they promise together.
//! On SQLite one process serves; there the same requests go to it alone.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bookings::{class, consultation, person};
use crate::support::{PASSWORD, TestApp, on_postgres};

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
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(env!("CARGO_BIN_EXE_shirube"))
            .args(["serve", "--listen", &address, "--database", database])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
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
    async fn send(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let Ok(mut stream) = TcpStream::connect(&self.address).await else { return (0, Value::Null) };
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

    async fn token(&self) -> String {
        let body = json!({ "login": "operator", "password": PASSWORD });
        let (status, answer) = self.send("POST", "/api/tokens", None, &body).await;
        assert_eq!(status, 201, "{answer}");
        answer["token"].as_str().unwrap().to_owned()
    }
}

/// The system's clock runs in the processes, so the sessions lie in its future.
fn next_year() -> chrono::DateTime<chrono::Utc> {
    let now = shirube::platform::clock::SystemClock;
    let today = shirube::platform::clock::Clock::now(&now) + chrono::TimeDelta::days(365);
    crate::support::at(chrono::Datelike::year(&today), 7, 10, 14, 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_never_overbook_and_refuse_in_words() {
    let t = TestApp::start().await;
    let seats = class(&t, next_year(), 3).await;
    let slots = consultation(&t, next_year() + chrono::TimeDelta::days(1), &[t.place.teacher]).await;
    let free =
        shirube::sessions::queries::free_slots(t.app.store().reader(), &t.scope(), slots).await.unwrap();
    let slot = free[0].0.id.0;
    let mut people = Vec::new();
    for i in 0..50 {
        let kana: String = "さしすせそたちつてと".chars().cycle().skip(i % 10).take(3 + i / 10).collect();
        people.push(person(&t, &kana).await.0);
    }
    let count = if on_postgres() { 3 } else { 1 };
    let mut processes = Vec::new();
    for _ in 0..count {
        processes.push(std::sync::Arc::new(Process::start(t.database_url()).await));
    }
    let token = processes[0].token().await;
    for (session, slot, places, code) in
        [(seats.0, None, 3, "session_full"), (slots.0, Some(slot), 1, "slot_taken")]
    {
        let tasks: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(i, who)| {
                let (process, token) = (processes[i % count].clone(), token.clone());
                let mut body = json!({
                    "session_id": session, "resident_id": who, "via": "phone", "may_wait": false,
                });
                if let Some(slot) = slot {
                    body["slot_id"] = json!(slot);
                }
                tokio::spawn(async move {
                    process.send("POST", "/api/bookings", Some(&token), &body).await
                })
            })
            .collect();
        let (mut booked, mut refused) = (0, 0);
        for task in tasks {
            match task.await.unwrap() {
                (201, answer) if answer["state"] == "confirmed" => booked += 1,
                (409, answer) if answer["code"] == code => refused += 1,
                other => panic!("neither a booking nor the refusal: {other:?}"),
            }
        }
        assert_eq!((booked, refused), (places, 50 - places), "{code}");
    }
    drop(processes);
    t.check_invariants().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let t = TestApp::start().await;
    let process = Process::start(t.database_url()).await;
    let token = process.token().await;
    let mut acknowledged = Vec::new();
    let mut process = Some(process);
    for round in 0..3 {
        let running = process.take().unwrap();
        for i in 0..40 {
            let kana: String = "なにぬねのはひふへほ".chars().cycle().skip(i % 10).take(4 + i / 10).collect();
            let body = json!({ "kana": kana });
            let (status, answer) = running.send("POST", "/api/residents", Some(&token), &body).await;
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
