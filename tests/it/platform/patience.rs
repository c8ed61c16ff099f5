//! Clients that never read, and what strangers may write into the figures.

use futures_util::future::join_all;
use poem::http::Method;
use shirube::platform::web::health;
use tokio::net::TcpSocket;

use super::*;

/// Requests that each connection sends at once.
const PIPELINED: usize = 20;

/// A client with a small window, so that the kernel takes little for it.
async fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_never_read_are_closed_and_slow_readers_are_not() {
    let t = TestApp::start().await;
    let address = t.listen().await;
    let whole = t.anonymous().get("/api/openapi.json").await.text.len() * PIPELINED;
    assert!(whole > 8_000_000, "too little to fill the buffers: {whole}");

    let asked =
        format!("GET /api/openapi.json HTTP/1.1\r\nhost: {address}\r\n\r\n").repeat(PIPELINED);
    let asked = asked.as_bytes();

    let silent = (0..200).map(|_| async move {
        let mut stream = connect(address).await;
        stream.write_all(asked).await.unwrap();
        // Nothing is read for longer than the server waits.
        tokio::time::sleep(Duration::from_secs(22)).await;
        let mut read = vec![0; 256 * 1024];
        let mut taken = 0;
        loop {
            match tokio::time::timeout(Duration::from_secs(5), stream.read(&mut read)).await {
                Ok(Ok(0) | Err(_)) => return taken,
                Ok(Ok(more)) => taken += more,
                Err(_) => panic!("still open and silent after {taken} bytes"),
            }
        }
    });

    // Somebody on a slow line reads a little every second, for longer than the server waits.
    let slow = async {
        let mut stream = connect(address).await;
        stream.write_all(asked).await.unwrap();
        let mut read = vec![0; 8 * 1024];
        for _ in 0..25 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(stream.read(&mut read).await.unwrap() > 0);
        }
    };

    let (taken, ()) = tokio::join!(join_all(silent), slow);
    assert_eq!(taken.len(), 200);
    let served: Vec<_> = taken.iter().filter(|taken| **taken >= whole).collect();
    assert!(served.is_empty(), "{} of 200 were still served after 22 s", served.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_ask_for_is_no_label() {
    health::start_metrics();
    let t = TestApp::start().await;
    let foreign = t.anonymous().with_header("sec-fetch-site", "cross-site");
    let operator = t.operator().await;
    let large = vec![b'a'; 1024 * 1024 + 1];

    for n in 0..30 {
        foreign.post_form(&format!("/xlabelx{n}/yamada"), &[]).await.expect(403);
        let path = format!("/api/xlabelx{n}");
        foreign.send(Method::POST, &path, "application/json", large.clone()).await.expect(413);
        foreign.get(&format!("/xlabelx{n}/taro")).await.expect(404);
        foreign.get(&format!("/api/residents/xlabelx{n}")).await;
        operator.get(&format!("/people/9{n}1")).await.expect(404);
        operator.get(&format!("/api/residents/9{n}1")).await.expect(404);
        operator.get(&format!("/sessions/new/xlabelx{n}")).await.expect(404);
    }

    let figures = health::metrics_text(&t.app).await;
    assert!(!figures.contains("xlabelx"), "a stranger's address is a label");
    for route in ["-", "/people/:id", "/api/residents/:id"] {
        assert!(figures.contains(&format!("route=\"{route}\"")), "{route} is missing: {figures}");
    }

    let routes: std::collections::BTreeSet<&str> = figures
        .lines()
        .filter_map(|line| line.split_once("route=\"")?.1.split('"').next())
        .collect();
    for route in routes {
        assert!(!route.bytes().any(|byte| byte.is_ascii_digit()), "{route}");
    }
    t.finish().await;
}
