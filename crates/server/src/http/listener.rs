//! Accepts connections, as many as are allowed, until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::{self, Accepted};
use super::places::{FreePlace, Places};
use crate::site::Site;

/// Tells everything that runs to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Completes when it is time to stop.
    pub(crate) async fn wait(&self) {
        // The sender lives in `self`, so waiting can't fail.
        let _ = self.watch().wait_for(|stopping| *stopping).await;
    }
}

/// A bound socket.
#[derive(Debug)]
pub(crate) struct Listener {
    tcp: TcpListener,
    pub address: SocketAddr,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let address = tcp.local_addr()?;
        Ok(Self { tcp, address })
    }

    /// Serves until `stop`, then waits for what runs, as long as the configuration allows.
    pub(crate) async fn run(self, site: Arc<Site>, tls: Option<TlsAcceptor>, stop: Stop) {
        let most = site.config.server.max_connections;
        let places = Places::new(most, site.config.server.max_connections_per_address);
        let mut stopping = stop.watch();
        let mut complaints = Seldom::default();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                accepted = self.accept(&places, &mut complaints) => accepted,
            };
            let (free, stream, peer) = accepted;
            let peer = peer.ip();
            let proxy = site.config.server.trusted_proxies.iter().any(|network| network.contains(peer));
            let Some(place) = places.take(free, peer, !proxy) else {
                site.metrics.connection_refused();
                if complaints.may_speak(Instant::now()) {
                    tracing::warn!(address = %peer, "server.too_many_connections_of_address");
                }
                continue;
            };
            let accepted =
                Accepted { stream, peer, place, stopping: stop.watch(), crowded: places.crowded() };
            tokio::spawn(connection::serve(Arc::clone(&site), accepted, tls.clone()));
        }
        drop(self.tcp);
        let patience = Duration::from_millis(site.config.server.drain_timeout_ms);
        let everything = async {
            // Every place free: every connection closed. Then the operations whose clients did not wait.
            places.all_free(most).await;
            site.metrics.idle().await;
        };
        if timeout(patience, everything).await.is_err() {
            tracing::warn!("server.drain_timed_out");
        }
    }

    /// Somebody who has come, and a place. One at a time comes in to wait for it; the others stay outside.
    async fn accept(&self, places: &Places, complaints: &mut Seldom) -> (FreePlace, TcpStream, SocketAddr) {
        loop {
            let nobody_comes = async {
                places.nobody_waits();
                std::future::pending().await
            };
            let accepted = tokio::select! {
                biased;
                accepted = self.tcp.accept() => accepted,
                accepted = nobody_comes => accepted,
            };
            match accepted {
                Ok((stream, peer)) => return (places.free().await, stream, peer),
                Err(error) => {
                    // Out of file descriptors, most likely: they come back when connections close.
                    if complaints.may_speak(Instant::now()) {
                        tracing::warn!(%error, "server.accept_failed");
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

/// Lets something be said once a second at most.
#[derive(Debug, Default)]
struct Seldom(Option<Instant>);

impl Seldom {
    fn may_speak(&mut self, now: Instant) -> bool {
        let due = self.0.is_none_or(|last| now.saturating_duration_since(last) >= Duration::from_secs(1));
        if due {
            self.0 = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_failing_is_said_once_a_second() {
        let (mut complaints, start) = (Seldom::default(), Instant::now());
        let said = (0..30).filter(|step| complaints.may_speak(start + Duration::from_millis(step * 100)));
        assert_eq!(said.collect::<Vec<_>>(), [0, 10, 20]);
    }
}
