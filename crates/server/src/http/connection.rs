//! One connection, from the handshake to its end.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Version};
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
use super::routes;
use crate::config::ServerSection;
use crate::site::Site;

/// How much a client may send over HTTP/2 before somebody reads it: on a stream, and twice of it on a connection.
const WINDOW: u32 = 64 * 1024;

/// How long a connection without a request may take to close when it was told so.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves a connection until the client is done, it has been idle for too long, or `stopping` becomes true and the running
/// requests are answered.
pub(super) async fn serve(
    site: Arc<Site>,
    stream: TcpStream,
    peer: IpAddr,
    tls: Option<TlsAcceptor>,
    mut stopping: watch::Receiver<bool>,
) {
    let _open = site.metrics.connection_opened();
    // Answers are small and complete: nothing is gained by waiting for more.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_stream(site, stream, peer, stopping).await,
        Some(acceptor) => {
            let limit = Duration::from_millis(site.config.server.header_timeout_ms);
            let handshake = tokio::select! {
                handshake = timeout(limit, acceptor.accept(stream)) => handshake,
                () = told_to_stop(&mut stopping) => return,
            };
            match handshake {
                Ok(Ok(stream)) => serve_stream(site, stream, peer, stopping).await,
                Ok(Err(error)) => tracing::debug!(%error, "connection.handshake_failed"),
                Err(_) => tracing::debug!("connection.handshake_timed_out"),
            }
        }
    }
}

async fn serve_stream<S>(site: Arc<Site>, stream: S, peer: IpAddr, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = &site.config.server;
    let limits = Limits {
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
            let answer = routes::answer(Arc::clone(&site), peer, request);
            async move {
                let mut answer = answer.await;
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
    let mut told = None;
    loop {
        let deadline = || match told {
            Some(told) => activity.farewell(told, FAREWELL),
            None => activity.deadline(limits),
        };
        // While a request runs there is nothing to wait for but its end; look again later.
        let pause = if told.is_some() { FAREWELL } else { limits.idle.min(limits.headers) };
        let wake = deadline().unwrap_or_else(|| Instant::now() + pause);
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(error = %error, "connection.broken");
                }
                return;
            }
            () = told_to_stop(&mut stopping), if told.is_none() => {
                told = Some(Instant::now());
                connection.as_mut().graceful_shutdown();
            }
            () = sleep_until(wake) => {
                if deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                    if told.is_some() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    let _ = timeout(FAREWELL, connection.as_mut()).await;
                    return;
                }
            }
        }
    }
}

async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // A server that is gone stops as well.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn builder(server: &ServerSection) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The watchdog does this, and knows an idle connection from a slow one.
        .header_read_timeout(None)
        .max_headers(server.max_headers)
        .max_buf_size(usize::try_from(server.max_header_bytes).unwrap_or(usize::MAX));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(server.max_header_bytes)
        .max_concurrent_streams(32)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(2 * WINDOW);
    builder
}
