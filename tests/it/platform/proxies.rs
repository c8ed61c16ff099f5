//! A proxy that nobody named makes a town one network: it is noticed.

use std::net::SocketAddr;

use shirube::platform::config::Config;
use shirube::platform::web::forwarded;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::TestApp;

async fn get(address: SocketAddr, header: &str) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /login HTTP/1.1\r\nhost: {address}\r\n{header}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

async fn noticed(t: &TestApp) -> bool {
    forwarded::noticed(t.app.store(), t.now()).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarding_peer_that_is_not_named_is_noticed_for_a_day() {
    let forwards = "x-forwarded-for: 198.51.100.7\r\n";
    let t = TestApp::start().await;
    let address = t.listen().await;
    get(address, "").await;
    assert!(!noticed(&t).await, "nobody forwards");
    get(address, forwards).await;
    assert!(noticed(&t).await);
    t.advance(chrono::TimeDelta::days(1));
    assert!(!noticed(&t).await);
    get(address, forwards).await;
    assert!(noticed(&t).await);
    t.finish().await;

    let named = vec!["127.0.0.0/8".parse().unwrap()];
    let t = TestApp::start_with(Config { trusted_proxies: named, ..Config::default() }).await;
    get(t.listen().await, forwards).await;
    assert!(!noticed(&t).await, "a named proxy may forward");
    t.finish().await;
}
