//! The house itself: writes, the outbox, repeated requests, the gate, the wire.

mod ended;
mod jobs;
mod patience;
mod proxies;
mod storage;
mod ways_back;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use entity::platform::{audit, rate_counter};
use futures_util::FutureExt;
use poem::listener::{Acceptor, Listener};
use sea_orm::{
    ActiveValue, ColumnTrait, ConnectOptions, Database, DatabaseConnection, EntityTrait,
    PaginatorTrait, QueryFilter, TransactionTrait,
};
use serde_json::json;
use shirube::platform::idempotency::Once;
use shirube::platform::rate::{self, Limit};
use shirube::platform::{Ctx, Error, Store, words};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApp, on_postgres};

async fn counters(t: &TestApp) -> u64 {
    rate_counter::Entity::find().count(t.app.store().reader()).await.unwrap()
}

fn counter(bucket: &str, t: &TestApp) -> rate_counter::ActiveModel {
    rate_counter::ActiveModel {
        bucket: ActiveValue::Set(bucket.to_owned()),
        window_start: ActiveValue::Set(t.now()),
        hits: ActiveValue::Set(1),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_leaves_nothing_and_one_that_succeeds_is_audited() {
    let t = TestApp::start().await;
    let row = &counter("first", &t);
    let store = t.app.store();

    let failed: Result<(), Error> = store
        .write(&t.ctx_system(), "try", |tx| async move {
            rate_counter::Entity::insert(row.clone()).exec_without_returning(tx.db()).await?;
            tx.audit("test", 1, json!({}));
            Err(Error::refused("session_full"))
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(counters(&t).await, 0);

    let lines = |action: &'static str| {
        audit::Entity::find().filter(audit::Column::Action.eq(action)).all(store.reader())
    };
    assert_eq!(lines("try").await.unwrap().len(), 0);
    store
        .write(&t.ctx_system(), "try", |tx| async move {
            rate_counter::Entity::insert(row.clone()).exec_without_returning(tx.db()).await?;
            tx.audit("test", 7, json!({ "field": "hits" }));
            Ok(())
        })
        .await
        .unwrap();

    let lines = lines("try").await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].actor.as_str(), lines[0].subject_id), ("system", Some(7)));
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer_and_another_body_is_refused() {
    let t = TestApp::start().await;
    let runs = AtomicUsize::new(0);
    let ask = async |key: &str, body: &[u8]| {
        let once = Once::new(key, body);
        let runs = &runs;
        t.app
            .store()
            .write_once(&t.ctx_system(), "count_up", Some(&once), |_| async move {
                Ok(runs.fetch_add(1, Ordering::SeqCst) + 1)
            })
            .await
    };
    assert_eq!(ask("a", b"1").await.unwrap(), 1);
    assert_eq!(ask("a", b"1").await.unwrap(), 1);
    assert_eq!(ask("b", b"1").await.unwrap(), 2);
    assert!(matches!(ask("a", b"2").await, Err(Error::Mismatch)));
    t.advance(TimeDelta::hours(25));
    assert_eq!(ask("a", b"2").await.unwrap(), 3, "keys are kept for a day");
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_intent_fifty_times_at_once_happens_once() {
    let t = TestApp::start().await;
    let once = Once::new("the same", b"body");
    let tasks: Vec<_> = (0..50)
        .map(|i| {
            let (app, ctx, once) = (t.app.clone(), t.ctx_system(), once.clone());
            let row = counter(&format!("intent-{i}"), &t);
            tokio::spawn(async move {
                let row = &row;
                app.store()
                    .write_once(&ctx, "intent", Some(&once), |tx| async move {
                        rate_counter::Entity::insert(row.clone())
                            .exec_without_returning(tx.db())
                            .await?;
                        Ok(())
                    })
                    .await
            })
        })
        .collect();

    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(counters(&t).await, 1);
    t.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_count_across_processes_and_end_with_their_window() {
    let t = TestApp::start().await;
    let other = t.again().await;
    let limit = Limit { name: "test", hits: 3, minutes: 15 };
    let somebody = [limit.of(&["somebody"])];
    for i in 0..3 {
        let app = if i % 2 == 0 { &t.app } else { &other.app };
        rate::count(app, &t.ctx_system(), &somebody).await.unwrap();
    }
    let refused = rate::count(&t.app, &t.ctx_system(), &somebody).await;
    assert!(matches!(refused, Err(Error::TooMany(seconds)) if seconds <= 901), "{refused:?}");
    rate::count(&t.app, &t.ctx_system(), &[limit.of(&["somebody else"])]).await.unwrap();
    t.advance(TimeDelta::minutes(16));
    rate::count(&t.app, &t.ctx_system(), &somebody).await.unwrap();
    let stored = rate_counter::Entity::find().all(t.app.store().reader()).await.unwrap();
    assert!(stored.iter().all(|row| !row.bucket.contains("somebody")), "who is hashed");
}

/// How a test begins and writes.
#[derive(Clone)]
enum Way {
    /// As the service does.
    Ours(Box<Store>, Ctx),
    /// A plain pool and the library's own transactions: the control.
    Librarys(DatabaseConnection),
}

impl Way {
    /// Begins a write and drops it after a few looks at it, wherever it stands then.
    #[expect(clippy::disallowed_methods, reason = "the control is about begin when dropped")]
    async fn cancelled(&self, looks: usize) {
        match self {
            Self::Ours(store, ctx) => {
                let forever = |_| std::future::pending::<Result<(), Error>>();
                drop_after(looks, store.write(ctx, "hasty", forever)).await;
            }
            Self::Librarys(db) => drop_after(looks, db.begin()).await,
        }
    }

    /// Writes a row; whether that was acknowledged.
    async fn put(&self, row: rate_counter::ActiveModel) -> bool {
        let row = &row;
        match self {
            Self::Ours(store, ctx) => {
                let written = store.write(ctx, "patient", |tx| async move {
                    let row = rate_counter::Entity::insert(row.clone());
                    Ok(row.exec_without_returning(tx.db()).await?)
                });
                written.await.is_ok()
            }
            Self::Librarys(db) => {
                let row = rate_counter::Entity::insert(row.clone());
                row.exec_without_returning(db).await.is_ok()
            }
        }
    }

    async fn close(self) {
        match self {
            Self::Ours(store, _) => store.close().await.unwrap(),
            Self::Librarys(db) => db.close().await.unwrap(),
        }
    }
}

/// The control: a plain pool, as the library makes it. What it does wrong stays out of PostgreSQL's
/// log, where `scripts/test` wants no warning.
async fn plain_pool(t: &TestApp) -> DatabaseConnection {
    let mut options = ConnectOptions::new(t.database_url().to_owned());
    options.max_connections(6).sqlx_logging(false);
    options.map_sqlx_postgres_opts(|plain| plain.options([("log_min_messages", "error")]));
    Database::connect(options).await.unwrap()
}

/// Looks at `work` so many times, then drops it.
async fn drop_after<T>(looks: usize, work: impl Future<Output = T>) {
    let mut work = Box::pin(work);
    for _ in 0..looks {
        if work.as_mut().now_or_never().is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Cancels begins half way while others write, and counts acknowledged writes that are gone.
async fn lost_writes(way: Way, rounds: usize, name: &str, t: &TestApp) -> usize {
    let mut tasks = Vec::new();
    for task in 0..6 {
        let (way, name, now) = (way.clone(), name.to_owned(), t.now());
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = 0;
            for round in 0..rounds / 6 {
                for polls in [1, 2, 3] {
                    way.cancelled(polls + round % 4).await;
                }
                let row = rate_counter::ActiveModel {
                    bucket: ActiveValue::Set(format!("{name}-{task}-{round}")),
                    window_start: ActiveValue::Set(now),
                    hits: ActiveValue::Set(1),
                };
                acknowledged += usize::from(way.put(row).await);
            }
            acknowledged
        }));
    }

    let mut acknowledged = 0;
    for task in tasks {
        acknowledged += task.await.unwrap();
    }

    // Whatever transaction is still open on a pooled connection ends here.
    way.close().await;
    assert!(acknowledged > rounds / 2, "{acknowledged} of {rounds} were acknowledged");

    let kept = rate_counter::Entity::find()
        .filter(rate_counter::Column::Bucket.starts_with(name))
        .count(t.app.store().reader())
        .await
        .unwrap();
    acknowledged - usize::try_from(kept).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_when_begins_are_cancelled() {
    let t = TestApp::start().await;
    let cured = t.again().await;
    let ours = Way::Ours(Box::new(cured.app.store().clone()), cured.ctx_system());
    assert_eq!(lost_writes(ours, 600, "cured", &t).await, 0);
    if on_postgres() {
        let plain = plain_pool(&t).await;
        let lost = lost_writes(Way::Librarys(plain), 3000, "plain", &t).await;
        assert!(lost > 0, "the uncured control lost nothing: this test tests nothing");
    }
}

/// Sends a request and is gone after `micros`, without waiting for the answer.
async fn hang_up(address: SocketAddr, request: &str, micros: u64) {
    let mut hasty = TcpStream::connect(address).await.unwrap();
    hasty.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_micros(micros)).await;
    // Without a farewell, as when the power goes.
    hasty.set_zero_linger().unwrap();
}

/// Sends a request and reads the answer, which must be 201.
async fn create(address: SocketAddr, request: &str) -> String {
    let mut patient = TcpStream::connect(address).await.unwrap();
    patient.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = patient.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_cancels_nothing() {
    let t = TestApp::start().await;
    let address = t.listen().await;
    let operator = t.operator().await;
    let token = operator.token.clone().unwrap();
    let mut acknowledged = Vec::new();

    for i in 0..300_u32 {
        let body = json!({ "kana": format!("きる{}", "あいうえおかきくけこ".chars().nth((i % 10) as usize).unwrap()) });
        let body = body.to_string();
        let request = format!(
            "POST /api/residents HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        hang_up(address, &request, u64::from(i % 9) * 200).await;
        if i % 3 == 0 {
            let answer = create(address, &request).await;
            let id = answer.split("location: /api/residents/").nth(1).unwrap();
            acknowledged.push(id.split_whitespace().next().unwrap().parse::<i64>().unwrap());
        }
    }

    // Whatever arrived whole was carried out, heard or not; what was acknowledged is there.
    let known: std::collections::HashSet<i64> = entity::residents::resident::Entity::find()
        .all(t.app.store().reader())
        .await
        .unwrap()
        .into_iter()
        .map(|person| person.id.0)
        .collect();

    assert_eq!(acknowledged.len(), 100);
    assert!(acknowledged.iter().all(|id| known.contains(id)));
    assert!(known.len() > 200, "{} people: hang-ups cancelled requests", known.len());
    t.check_invariants().await;
}

/// A service as framework and pool make it by themselves: `/hasty/x` begins transactions,
/// `/patient/x` writes a row, both on the task of the connection.
async fn uncured(db: DatabaseConnection, now: DateTime<Utc>) -> SocketAddr {
    let listener = poem::listener::TcpListener::bind("127.0.0.1:0");
    let acceptor = listener.into_acceptor().await.unwrap();
    let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();

    let write = poem::endpoint::make(move |request| {
        let (db, path) = (db.clone(), request.uri().path().to_owned());
        async move {
            let row = rate_counter::Entity::insert(rate_counter::ActiveModel {
                bucket: ActiveValue::Set(path.clone()),
                window_start: ActiveValue::Set(now),
                hits: ActiveValue::Set(1),
            });
            if path.starts_with("/hasty") {
                // Many, so that a hang-up at any time is likely to meet a begin.
                for _ in 0..30 {
                    #[expect(clippy::disallowed_methods, reason = "what we do not do elsewhere")]
                    let tx = db.begin().await.unwrap();
                    tx.commit().await.unwrap();
                }
            } else {
                row.exec_without_returning(&db).await.unwrap();
            }
            Ok::<_, poem::Error>(poem::http::StatusCode::CREATED)
        }
    });

    tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(write));
    address
}

/// How many writes that an uncured service acknowledged are gone, of 300 with three hang-ups each.
async fn lost_over_http(t: &TestApp, batch: usize) -> u64 {
    const ROUNDS: u64 = 300;
    let plain = plain_pool(t).await;
    let address = uncured(plain.clone(), t.now()).await;

    let post = |who: &str, n: u64| {
        let head = format!("host: {address}\r\ncontent-length: 0");
        format!("POST /{who}/{batch}/{n} HTTP/1.1\r\n{head}\r\n\r\n")
    };

    for round in 0..ROUNDS {
        let hasty = [0, 1, 2].map(|n| round * 3 + n);
        let [a, b, c] = hasty.map(|n| (post("hasty", n), n % 10 * 100));
        tokio::join!(
            hang_up(address, &a.0, a.1),
            hang_up(address, &b.0, b.1),
            hang_up(address, &c.0, c.1)
        );
        create(address, &post("patient", round)).await;
    }

    // Whatever transaction is still open ends here.
    plain.close().await.unwrap();
    let kept = rate_counter::Entity::find()
        .filter(rate_counter::Column::Bucket.starts_with(format!("/patient/{batch}/")))
        .count(t.app.store().reader())
        .await
        .unwrap();
    ROUNDS - kept
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_cures_a_hang_up_loses_what_others_were_told_is_written() {
    let t = TestApp::start().await;
    if !on_postgres() {
        // SQLite's driver leaves no transaction open behind a dropped begin.
        assert_eq!(lost_over_http(&t, 0).await, 0);
        return;
    }
    for batch in 0..20 {
        if lost_over_http(&t, batch).await > 0 {
            return;
        }
    }
    panic!("the uncured control lost nothing: the tests of the cures test nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_heads_and_large_or_endless_bodies_are_cut_off() {
    let t = TestApp::start().await;
    let address = t.listen().await;
    let send = async |bytes: Vec<u8>| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may answer and close before everything is sent.
        let _ = stream.write_all(&bytes).await;
        let mut answer = Vec::new();
        let reading = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(20), reading).await.expect("an end");
        String::from_utf8_lossy(&answer).into_owned()
    };

    let head = "POST /login HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let announced = format!("{head}content-length: 100000000\r\n\r\n").into_bytes();
    assert!(send(announced).await.starts_with("HTTP/1.1 413"));

    let mut endless = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for _ in 0..20 {
        endless.extend_from_slice(b"10000\r\n");
        endless.extend_from_slice(&[b'a'; 0x10000]);
        endless.extend_from_slice(b"\r\n");
    }
    assert!(send(endless).await.starts_with("HTTP/1.1 413"));

    let long_head = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(64 * 1024));
    assert!(send(long_head.into_bytes()).await.starts_with("HTTP/1.1 431"));

    let started = Instant::now();
    let answer = send(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow:".to_vec()).await;
    assert!(started.elapsed() < Duration::from_secs(18), "{:?}", started.elapsed());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers_and_no_page_is_stored() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    for (path, status) in [
        ("/", 200),
        ("/desk", 200),
        ("/nowhere", 404),
        ("/api/nowhere", 404),
        ("/api/sessions", 200),
        ("/healthz", 200),
        ("/readyz", 200),
    ] {
        let answer = operator.get(path).await.expect(status);
        let csp = answer.header("content-security-policy");
        assert!(
            csp.contains("default-src 'self'") && csp.contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!csp.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }

    let style = operator.get("/").await.text;
    let link = style.split('"').find(|part| part.starts_with("/assets/base-")).unwrap().to_owned();
    let asset = operator.get(&link).await.expect(200);
    assert!(asset.header("cache-control").contains("immutable"));
    assert!(asset.header("content-type").starts_with("text/css"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_page_says_so_in_words_and_gives_the_phone_number() {
    let t = TestApp::start().await;
    let answer = t.anonymous().get("/nowhere").await.expect(404);
    assert!(answer.text.contains("ページが見つかりません") && answer.text.contains("03-0000-0100"));
    let english = t.anonymous().get("/nowhere?lang=en").await.expect(404);
    assert!(english.text.contains("Page not found"));
    let problem = t.anonymous().get("/api/nowhere").await.expect(404).json();
    assert_eq!(problem["code"], "not_found");
    assert!(problem["request_id"].as_str().is_some_and(|id| id.len() == 16));
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_from_other_sites_are_refused() {
    let t = TestApp::start().await;
    let somebody = t.anonymous();
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("sec-fetch-site", "same-origin", 422),
    ] {
        let form = [("login", "x"), ("password", "y")];
        let answer = somebody.with_header(name, value).post_form("/login", &form).await;
        assert_eq!(answer.code(), status, "{name}: {value}");
    }
}

#[test]
fn every_text_exists_in_both_languages_with_the_same_placeholders() {
    assert_eq!(words::problems(), Vec::<String>::new());
}

#[test]
fn every_key_that_the_sources_name_has_a_text() {
    let mut missing = Vec::new();
    for file in crate::architecture::files_below("src", &["rs", "html"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for call in [".t(\"", ".f1(\"", ".f(\"", "FieldError::new(", ".field("] {
            for rest in text.split(call).skip(1) {
                let key = match call {
                    // The second text of the two is the key; a value in its place says nothing.
                    "FieldError::new(" | ".field(" if rest.split('"').nth(2) != Some(", ") => None,
                    "FieldError::new(" | ".field(" => rest.split('"').nth(3),
                    _ => rest.split('"').next(),
                };
                let Some(key) = key.filter(|key| key.contains('.') && !key.contains('{')) else {
                    continue;
                };
                if !words::exists(key) {
                    missing.push(format!("{}: {key}", file.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_lets_running_requests_finish() {
    let t = TestApp::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let endpoint = shirube::site::endpoint(t.app.clone());
    let serving = tokio::spawn(shirube::platform::web::server::serve(listener, endpoint, async {
        let _ = stopped.await;
    }));
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stream.write_all(b"=b").await.unwrap();
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1");
    tokio::time::timeout(Duration::from_secs(12), serving).await.expect("an end in time").unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_and_writes_meet_without_a_refusal_and_all_are_recorded() {
    const EACH: i64 = 40;
    let t = TestApp::start().await;
    let both = (0..EACH).map(|at| {
        let (store, ctx) = (t.app.store().clone(), t.ctx_system());
        let bucket = counter(&format!("beside-{at}"), &t);
        async move {
            let look = store.look(&ctx, "look_beside", |tx| async move {
                tx.audit("resident", at, json!({ "why": "test" }));
                Ok(())
            });
            let bucket = &bucket;
            let write = store.write(&ctx, "write_beside", |tx| async move {
                rate_counter::Entity::insert(bucket.clone())
                    .exec_without_returning(tx.db())
                    .await?;
                tx.audit("none", at, json!({}));
                Ok(())
            });
            let (look, write) = futures_util::future::join(look, write).await;
            look.unwrap();
            write.unwrap();
        }
    });

    futures_util::future::join_all(both).await;
    for action in ["look_beside", "write_beside"] {
        let lines = audit::Entity::find().filter(audit::Column::Action.eq(action));
        let count = lines.count(t.app.store().reader()).await.unwrap();
        assert_eq!(count, EACH as u64, "{action}");
    }
    t.finish().await;
}
