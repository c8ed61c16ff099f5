//! Connections to the database that somebody else ends: a failover, an administrator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApp, on_postgres};

/// One page over a connection of its own: the head of the answer.
async fn head_of(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase()
}

/// SQLite has no connections that others can end; `tests/faults` fills its disk instead.
#[tokio::test(flavor = "multi_thread")]
async fn whose_database_connection_was_ended_is_told_to_come_back() {
    let t = TestApp::start().await;
    let address = t.listen().await;
    if !on_postgres() {
        assert!(head_of(address, "/events").await.starts_with("http/1.1 200"));
        return;
    }

    let over = Arc::new(AtomicBool::new(false));
    let until = over.clone();
    let killer = Database::connect(t.database_url()).await.unwrap();
    // A backend that is gone before its turn is a warning, which no log of ours shall hold.
    killer.execute_unprepared("SET log_min_messages = error").await.unwrap();
    let killing = tokio::spawn(async move {
        let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        while !until.load(Ordering::Relaxed) {
            killer.execute_unprepared(all).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });

    let clients = (0..4).map(|_| async {
        let mut heads = Vec::new();
        for path in ["/events", "/progress", "/events?from=2024-07-01"].iter().cycle().take(120) {
            heads.push(head_of(address, path).await);
        }
        heads
    });
    let heads = futures_util::future::join_all(clients).await.concat();
    over.store(true, Ordering::Relaxed);
    killing.await.unwrap();

    let (fine, rest): (Vec<_>, Vec<_>) =
        heads.iter().partition(|head| head.starts_with("http/1.1 200"));
    assert!(!fine.is_empty() && !rest.is_empty(), "{} fine, {} ended", fine.len(), rest.len());
    for head in rest {
        assert!(head.starts_with("http/1.1 503") && head.contains("retry-after:"), "{head}");
    }
}
