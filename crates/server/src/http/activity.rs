//! When a connection was last of use: what the time limits of idle and slow connections are measured with.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// From the first byte of a request, or of the connection, to the end of the headers.
    pub headers: Duration,
    /// Without a byte, between requests.
    pub idle: Duration,
}

impl Limits {
    /// The shorter of both.
    pub(super) fn at_most(self, most: Self) -> Self {
        Self { headers: self.headers.min(most.headers), idle: self.idle.min(most.idle) }
    }
}

/// Shared by the connection's reader, its requests and its watchdog.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    running: usize,
    /// HTTP/2 connections speak between requests: only idleness counts there.
    multiplexed: bool,
    quiet_since: Instant,
    reading_since: Option<Instant>,
}

impl Activity {
    /// A new connection has to send headers.
    pub(super) fn new(now: Instant) -> Arc<Self> {
        let state = State { running: 0, multiplexed: false, quiet_since: now, reading_since: Some(now) };
        Arc::new(Self(Mutex::new(state)))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn bytes_read(&self) {
        self.with(|state| {
            if state.running == 0 && state.reading_since.is_none() {
                state.reading_since = Some(Instant::now());
            }
        });
    }

    /// The headers are here.
    pub(super) fn request_started(self: &Arc<Self>, multiplexed: bool) -> RunningRequest {
        self.with(|state| {
            state.running += 1;
            state.multiplexed = multiplexed;
            state.reading_since = None;
        });
        RunningRequest(Arc::clone(self))
    }

    /// When a connection that was told to close has had its time for it: so long without a request, since it was told or
    /// since the last answer; none while a request runs.
    pub(super) fn farewell(&self, told: Instant, patience: Duration) -> Option<Instant> {
        self.with(|state| (state.running == 0).then(|| state.quiet_since.max(told) + patience))
    }

    /// When the connection has been useless for too long; none while a request runs.
    pub(super) fn deadline(&self, limits: Limits) -> Option<Instant> {
        self.with(|state| match (state.running, state.reading_since) {
            (0, Some(since)) if !state.multiplexed => Some(since + limits.headers),
            (0, _) => Some(state.quiet_since + limits.idle),
            _ => None,
        })
    }
}

/// A request whose answer is not there yet.
#[derive(Debug)]
pub(super) struct RunningRequest(Arc<Activity>);

impl Drop for RunningRequest {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.running = state.running.saturating_sub(1);
            state.quiet_since = Instant::now();
        });
    }
}

/// A stream that tells when something arrives.
#[derive(Debug)]
pub(super) struct Observed<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Observed<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.activity.bytes_read();
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
