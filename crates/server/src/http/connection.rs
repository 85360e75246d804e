//! One connection, from the handshake to its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Limits, Observed};
use super::places::Place;
use super::routes;
use super::streams::{STREAMS, Streams};
use crate::answer::Answer;
use crate::config::ServerSection;
use crate::site::Site;

/// How much a client may send over HTTP/2 before somebody reads it: on a stream, and twice of it on a connection.
const WINDOW: u32 = 64 * 1024;

/// How long a connection without a request may take to close when it was told so.
const FAREWELL: Duration = Duration::from_secs(1);

/// What hyper takes by itself.
const HYPERS_MAX_HEADERS: usize = 100;

/// What a connection that does nothing may take at most while others wait for its place.
const CROWDED: Limits = Limits { headers: Duration::from_secs(2), idle: Duration::from_secs(1) };

/// A connection that has a place.
#[derive(Debug)]
pub(super) struct Accepted {
    pub stream: TcpStream,
    pub peer: IpAddr,
    pub place: Arc<Place>,
    pub stopping: watch::Receiver<bool>,
    pub crowded: watch::Receiver<bool>,
}

/// What the requests of a connection share, and what it watches.
struct Shared {
    peer: IpAddr,
    streams: Arc<Streams>,
    stopping: watch::Receiver<bool>,
    crowded: watch::Receiver<bool>,
}

/// Serves a connection until the client is done, it has been idle for too long, or `stopping` becomes true and the running
/// requests are answered.
pub(super) async fn serve(site: Arc<Site>, accepted: Accepted, tls: Option<TlsAcceptor>) {
    let Accepted { stream, peer, place, stopping, crowded } = accepted;
    let streams = Arc::new(Streams::new(&site.config.server, place));
    let mut shared = Shared { peer, streams, stopping, crowded };
    let _open = site.metrics.connection_opened();
    // Answers are small and complete: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_stream(site, stream, shared).await,
        Some(acceptor) => {
            let limit = Duration::from_millis(site.config.server.header_timeout_ms);
            let started = Instant::now();
            let handshake = tokio::select! {
                handshake = timeout(limit, acceptor.accept(stream)) => handshake,
                () = told(&mut shared.stopping) => return,
                () = crowded_out(&mut shared.crowded, started) => return,
            };
            match handshake {
                Ok(Ok(stream)) => serve_stream(site, stream, shared).await,
                Ok(Err(error)) => tracing::debug!(%error, "connection.handshake_failed"),
                Err(_) => tracing::debug!("connection.handshake_timed_out"),
            }
        }
    }
}

async fn serve_stream<S>(site: Arc<Site>, stream: S, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared { peer, streams, mut stopping, mut crowded } = shared;
    let server = &site.config.server;
    let relaxed = Limits {
        headers: Duration::from_millis(server.header_timeout_ms),
        idle: Duration::from_millis(server.idle_timeout_ms),
    };
    let builder = builder(server);
    let activity = Activity::new(Instant::now());
    let service = {
        let (site, activity) = (Arc::clone(&site), Arc::clone(&activity));
        service_fn(move |request: Request<Incoming>| {
            let multiplexed = request.version() == Version::HTTP_2;
            let running = activity.request_started(multiplexed);
            let site = Arc::clone(&site);
            let admitted = streams.admit(&site, &request, multiplexed);
            async move {
                let mut answer = match admitted {
                    // Over HTTP/1 hyper counts them.
                    _ if request.headers().len() > site.config.server.max_headers => {
                        let mut answer = Answer::default();
                        *answer.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                        answer
                    }
                    Some(held) => routes::answer(Arc::clone(&site), peer, held, request).await,
                    None => routes::one_too_many(&site),
                };
                // The next request shall come on a new connection, which leads elsewhere.
                if site.leaving.has_begun() && !multiplexed {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                drop(running);
                Ok::<_, Infallible>(answer)
            }
        })
    };
    let connection =
        builder.serve_connection(TokioIo::new(Observed::new(stream, Arc::clone(&activity))), service);
    let mut connection = std::pin::pin!(connection);
    let mut told_at = None;
    loop {
        let limits = if *crowded.borrow_and_update() { relaxed.at_most(CROWDED) } else { relaxed };
        let deadline = || match told_at {
            Some(told) => activity.farewell(told, FAREWELL),
            None => activity.deadline(limits),
        };
        // A request that begins or ends meanwhile moves the deadline, but never nearer than this: look again by then.
        let pause = if told_at.is_some() { FAREWELL } else { limits.idle.min(limits.headers) };
        let again = Instant::now() + pause;
        let wake = deadline().map_or(again, |deadline| deadline.min(again));
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(error = %error, "connection.broken");
                }
                return;
            }
            () = told(&mut stopping), if told_at.is_none() => {
                told_at = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
            }
            Ok(()) = crowded.changed() => {}
            () = sleep_until(wake) => {
                if deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                    if told_at.is_some() {
                        return;
                    }
                    told_at = Some(Instant::now());
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn told(what: &mut watch::Receiver<bool>) {
    // A server that is gone stops as well.
    let _ = what.wait_for(|is_so| *is_so).await;
}

/// Completes when a handshake has had its time and others wait.
async fn crowded_out(crowded: &mut watch::Receiver<bool>, started: Instant) {
    sleep_until(started + CROWDED.headers).await;
    told(crowded).await;
}

fn builder(server: &ServerSection) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Saying what is so anyway would have the places for them written to at every request.
    if server.max_headers != HYPERS_MAX_HEADERS {
        builder.http1().max_headers(server.max_headers);
    }
    builder
        .http1()
        .timer(TokioTimer::new())
        // The watchdog does this, and knows an idle connection from a slow one.
        .header_read_timeout(None)
        .max_buf_size(usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(server.max_header_bytes)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(2 * WINDOW);
    builder
}
