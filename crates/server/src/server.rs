//! A server as a value: put together from its configuration, started, stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cenote_core::analytics::NoAnalytics;
use cenote_core::clock::Clock;
use cenote_core::settings::{Ineligible, IssuerForm, Limits};
use cenote_core::threat::NoThreatEngine;
use cenote_core::{Service, ServiceParts, Settings};
use cenote_crypto::{KeyRing, RandomSource, SystemRandom};
use cenote_delivery::{SettingsError, Transports, Worker, WorkerSettings};
use cenote_store::{Durability, StoreError};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::access::{Access, KeyCache};
use crate::background;
use crate::clock::{OffsetClock, SystemClock};
use crate::config::{Config, IneligibleAnswer, IssuerName, Problem};
use crate::http::{BodyBudget, Cors, Listener, Stop, TlsError, acceptor};
use crate::key_check::{self, KeyCheckError};
use crate::metrics::Metrics;
use crate::parts;
use crate::rates::Rates;
use crate::request_ids::RequestIds;
use crate::seed::{Seed, SeedError};
use crate::site::{Leaving, Site, TimeTravel};

/// What the store may take at least to close, however long everything else took.
const CLOSING: Duration = Duration::from_secs(1);

/// What kind of server it is.
#[derive(Debug)]
pub enum Mode {
    /// Signed requests need one of our access keys.
    Serve,
    /// Any signature will do, messages land in the inbox.
    Dev(DevOptions),
}

/// What only `cenote dev` has.
#[derive(Debug, Default)]
pub struct DevOptions {
    /// Opens `/_cenote/clock` and `/_cenote/reset`.
    pub clock: bool,
    /// Applied at the start.
    pub seed: Option<Seed>,
    /// Every code that is made.
    pub fixed_code: Option<String>,
    /// Other machines may reach it, under whatever name.
    pub exposed: bool,
}

/// What a server takes from the machine it runs on.
pub struct Surroundings {
    pub random: Arc<dyn RandomSource>,
    /// Of a SQLite store.
    pub durability: Durability,
    /// Makes signing keys ahead, some time after the start and behind all other work.
    pub spare_keys: bool,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { random: Arc::new(SystemRandom), durability: Durability::Full, spare_keys: true }
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("durability", &self.durability).finish_non_exhaustive()
    }
}

/// Why a server did not start, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Configuration(Problem),
    #[error("{address} can't be listened on: {cause}")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Keys(String),
    #[error("{0}")]
    Tls(String),
    #[error("{0}")]
    Delivery(#[from] SettingsError),
    #[error("{0}")]
    Triggers(String),
    #[error("{0}")]
    Seed(#[from] SeedError),
}

impl From<Problem> for StartError {
    fn from(problem: Problem) -> Self {
        Self::Configuration(problem)
    }
}

impl From<KeyCheckError> for StartError {
    fn from(error: KeyCheckError) -> Self {
        Self::Keys(error.to_string())
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error.to_string())
    }
}

/// A server that answers requests.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    url: String,
    site: Arc<Site>,
    stop: Stop,
    listener: JoinHandle<()>,
    background: background::Background,
}

impl Server {
    /// Opens the store, checks the keys, applies the seed, and listens. When this returns, requests are answered.
    ///
    /// # Errors
    /// When something of it is not possible; nothing runs then.
    pub async fn start(config: Config, keyring: KeyRing, mode: Mode) -> Result<Self, StartError> {
        Self::start_in(Surroundings::default(), config, keyring, mode).await
    }

    /// The same in other surroundings, for tests.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_in(
        surroundings: Surroundings,
        config: Config,
        keyring: KeyRing,
        mode: Mode,
    ) -> Result<Self, StartError> {
        let Surroundings { random, durability, spare_keys } = surroundings;
        let tls = config.tls.files().map(|(certificate, key)| acceptor(certificate, key)).transpose()?;
        let (dev, options) = match mode {
            Mode::Serve => (false, DevOptions::default()),
            Mode::Dev(options) => (true, options),
        };
        let address = config.server.listen;
        let listener =
            Listener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })?;
        let address = listener.address;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{address}");

        let store = parts::open_store(&config.store, durability).await?;
        key_check::ensure(&store, &keyring, random.as_ref()).await?;

        let offset = options.clock.then(|| Arc::new(OffsetClock::new(Arc::new(SystemClock))));
        let clock: Arc<dyn Clock> = match &offset {
            Some(offset) => Arc::clone(offset) as Arc<dyn Clock>,
            None => Arc::new(SystemClock),
        };
        let now: Arc<dyn Fn() -> i64 + Send + Sync> = {
            let clock = Arc::clone(&clock);
            Arc::new(move || clock.now_ms())
        };
        let transports = Transports { email: parts::email(&config, dev)?, sms: parts::sms(&config, dev)? };
        let keyring = Arc::new(keyring);
        let worker = Worker::new(
            store.clone(),
            Arc::clone(&keyring),
            transports.clone(),
            Arc::clone(&now),
            Arc::clone(&random),
            WorkerSettings::default(),
        );
        let invoker = parts::invoker(&config, now)?;
        let service = Service::new(ServiceParts {
            store,
            keyring,
            clock,
            random,
            invoker,
            transports,
            threat: Arc::new(NoThreatEngine),
            analytics: Arc::new(NoAnalytics),
            settings: settings(&config, &url, dev, options.fixed_code),
            parallelism: std::thread::available_parallelism().map_or(2, usize::from),
        });
        if let Some(seed) = &options.seed {
            seed.apply(&service).await?;
        }

        let stop = Stop::new();
        let site = Arc::new(Site {
            access: if dev { Access::Anybody } else { Access::Keys(KeyCache::default()) },
            rates: Rates::new(&config.limits, Instant::now()),
            cors: Cors::new(&config.cors),
            bodies: BodyBudget::new(config.server.max_buffered_bytes),
            request_ids: RequestIds::new(Arc::clone(&service.random)),
            metrics: Metrics::new(),
            delivery: worker.statistics(),
            dev,
            guards_host: dev && !options.exposed,
            time_travel: offset.map(|clock| TimeTravel { clock, seed: options.seed }),
            leaving: Leaving::default(),
            service: Arc::clone(&service),
            config,
        });
        let background = background::start(service, worker, spare_keys);
        let listener = tokio::spawn(listener.run(Arc::clone(&site), tls, stop.clone()));
        Ok(Self { address, url, site, stop, listener, background })
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS:PORT` or `https://ADDRESS:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The rules behind the requests, for tests that look at what HTTP does not show.
    #[must_use]
    pub fn service(&self) -> &Arc<Service> {
        &self.site.service
    }

    /// Lets load balancers know and goes on for as long as the configuration says. Then stops accepting, waits for what runs
    /// as long as the configuration allows, ends the background work, and closes the store, unless its disk hangs.
    pub async fn stop(self) {
        self.site.leaving.begin();
        sleep(Duration::from_millis(self.site.config.server.drain_delay_ms)).await;
        let patience = Duration::from_millis(self.site.config.server.drain_timeout_ms);
        let started = Instant::now();
        self.stop.stop();
        // A listener that panicked has nothing to wait for.
        let _ = self.listener.await;
        self.background.stop(patience.saturating_sub(started.elapsed())).await;
        let store = self.site.service.store.clone();
        let left = patience.saturating_sub(started.elapsed()).max(CLOSING);
        if timeout(left, store.close()).await.is_err() {
            tracing::warn!("server.store_not_closed");
            // Whoever drops it last waits for its disk.
            std::mem::forget(store);
        }
    }
}

fn settings(config: &Config, url: &str, dev: bool, fixed_code: Option<String>) -> Settings {
    let public_url = if config.server.public_url.is_empty() { url } else { &config.server.public_url };
    Settings {
        region: config.aws.region.clone(),
        account_id: config.aws.account_id.clone(),
        public_url: public_url.to_owned(),
        issuer: match config.aws.issuer {
            IssuerName::Own => IssuerForm::Own,
            IssuerName::Aws => IssuerForm::Aws,
        },
        limits: Limits::from(&config.limits),
        ineligible: match config.recovery.ineligible {
            IneligibleAnswer::Simulate => Ineligible::Simulate,
            IneligibleAnswer::Error => Ineligible::Error,
        },
        reuse_revokes: config.tokens.reuse_revokes,
        acr_in_every_token: config.tokens.acr_in_every_token,
        custom_ids: dev,
        fixed_code,
    }
}
