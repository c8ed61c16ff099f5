//! A connection that does not wait for ever for a client that never reads.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long a client may take for [`LEAST`] bytes of an answer. The slowest line we serve brings
/// them in less than a second.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes that must be taken within the time; one byte now and then is no reading.
const LEAST: usize = 1024;

/// A stream whose writes end in an error when the other side takes nothing.
pub(super) struct Patient {
    stream: TcpStream,
    /// Runs while a write waits, and what was taken since it began.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, waiting: None }
    }

    /// What became of a write of `size` bytes.
    fn judge(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        size: usize,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(taken)) = written {
            if let Some((_, so_far)) = &mut self.waiting {
                *so_far += taken;
                if taken == size || *so_far >= LEAST {
                    self.waiting = None;
                }
            }
            return written;
        }
        if written.is_ready() {
            return written;
        }
        let (timer, _) = self.waiting.get_or_insert_with(|| (Box::pin(sleep(WRITE_TIMEOUT)), 0));
        ready!(timer.as_mut().poll(context));
        // Without this the kernel would keep what nobody reads.
        self.stream.set_zero_linger()?;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.judge(context, written, parts.iter().map(|part| part.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
