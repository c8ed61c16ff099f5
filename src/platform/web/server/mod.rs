//! The accept loop: what the framework's own leaves out (see `docs/decisions`).
//!
//! Time limits for heads, idle connections and clients that never read, TCP_NODELAY, a pause when
//! accepting fails, and a stop that lets running requests finish.

mod patience;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Request, Response};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::patience::Patient;

/// A head must be complete within this time; also how long an idle connection stays open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a stop waits for running requests.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once.
const MAX_CONNECTIONS: usize = 10_000;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// Bytes of an answer that the kernel keeps for a client (it doubles them for its own use). The
/// kernel tells that a client reads only when a third of them is gone, so with its own megabytes
/// somebody on a slow line would look like somebody who never reads.
const SEND_BUFFER: u32 = 64 * 1024;
/// Bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// Opens a port.
///
/// # Errors
/// What the system says, such as that the port is taken.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // Every connection inherits it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves `endpoint` on `listener` until `stop` ends.
pub async fn serve<E>(listener: TcpListener, endpoint: E, stop: impl Future<Output = ()>)
where
    E: Endpoint<Output = Response> + 'static,
{
    let endpoint = Arc::new(endpoint);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    tokio::pin!(stop);

    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };

        let (stream, remote, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: a tight loop would make it worse.
                tracing::warn!(kind = ?error.kind(), "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };

        let local = stream.local_addr().unwrap_or(remote);
        let endpoint = endpoint.clone();
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let endpoint = endpoint.clone();
            let local = LocalAddr(Addr::SocketAddr(local));
            let remote = RemoteAddr(Addr::SocketAddr(remote));
            async move {
                let request = Request::from((request, local, remote, Scheme::HTTP));
                let response: http::Response<_> = endpoint.get_response(request).await.into();
                Ok::<_, std::convert::Infallible>(response)
            }
        });

        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(Patient::new(stream)), service);
        let connection = graceful.watch(connection);

        tokio::spawn(async move {
            // A client that goes away is no event of ours.
            let _ = connection.await;
            drop(place);
        });
    }

    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// One connection, with its place among the connections allowed at once.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, remote) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, remote, place))
}
