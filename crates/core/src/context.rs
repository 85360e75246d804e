//! The process and the request, as the operations see them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::RandomSource;
use cenote_delivery::Transports;
use cenote_store::{Change, ChangeSet, CommitError, PoolId, Sealed, Store, StoreError, User};
use cenote_triggers::Invoker;
use tokio::sync::Notify;

use crate::analytics::AnalyticsSink;
use crate::cache::ConfigurationCache;
use crate::clock::{self, Clock};
use crate::compute::Compute;
use crate::error::Error;
use crate::settings::Settings;
use crate::threat::ThreatEngine;
use crate::tokens::spare_keys::SpareKeys;
use crate::tokens::verified_tokens::VerifiedTokens;
use crate::users::turns::Turns;
use crate::users::{password, subject};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    pub request_id: String,
    /// The peer, or what a trusted proxy says of it.
    pub source_ip: IpAddr,
    pub user_agent: Option<String>,
    /// From the scope of the signature, else the settings' own.
    pub region: String,
    /// The ARN of whoever signed.
    pub principal: Option<String>,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            request_id: String::new(),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: None,
            region: "us-east-1".into(),
            principal: None,
        }
    }
}

/// What a service is made of; the binary and the tests put it together.
pub struct ServiceParts {
    pub store: Store,
    pub keyring: Arc<KeyRing>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub invoker: Invoker,
    pub transports: Transports,
    pub threat: Arc<dyn ThreatEngine>,
    pub analytics: Arc<dyn AnalyticsSink>,
    pub settings: Settings,
    /// Pieces of heavy work at once.
    pub parallelism: usize,
}

impl std::fmt::Debug for ServiceParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceParts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The process: everything that outlives a request.
pub struct Service {
    pub store: Store,
    pub keyring: Arc<KeyRing>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
    pub invoker: Invoker,
    pub transports: Transports,
    pub threat: Arc<dyn ThreatEngine>,
    pub analytics: Arc<dyn AnalyticsSink>,
    pub settings: Settings,
    pub compute: Compute,
    pub cache: ConfigurationCache,
    pub spare_keys: SpareKeys,
    pub verified_tokens: VerifiedTokens,
    pub password_turns: Turns,
    /// Grows when this instance adds or removes users: what was counted before is out of date.
    pub(crate) population: AtomicU64,
    /// Stands in for the verifier of whoever has no password.
    pub decoy_verifier: Sealed,
    /// Stands in for the user of a name that nobody has.
    pub nobody: User,
    /// Rung after every commit that appended a message.
    pub outbox_wake: Arc<Notify>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Service {
    /// Puts a service together. Nothing runs yet: the caller starts the outbox worker and the key maker.
    #[must_use]
    pub fn new(parts: ServiceParts) -> Arc<Self> {
        let decoy_verifier = password::decoy_verifier(&parts.keyring, parts.random.as_ref());
        Arc::new(Self {
            store: parts.store,
            keyring: parts.keyring,
            clock: parts.clock,
            random: parts.random,
            invoker: parts.invoker,
            transports: parts.transports,
            threat: parts.threat,
            analytics: parts.analytics,
            settings: parts.settings,
            compute: Compute::new(parts.parallelism),
            cache: ConfigurationCache::default(),
            spare_keys: SpareKeys::default(),
            verified_tokens: VerifiedTokens::default(),
            password_turns: Turns::default(),
            population: AtomicU64::new(0),
            nobody: subject::template(&decoy_verifier),
            decoy_verifier,
            outbox_wake: Arc::new(Notify::new()),
        })
    }

    /// A request that starts now.
    #[must_use]
    pub fn context(self: &Arc<Self>, caller: Caller) -> Context {
        Context {
            now_ms: self.clock.now_ms(),
            came: self.password_turns.now(),
            has_begun: AtomicBool::new(false),
            service: Arc::clone(self),
            caller,
        }
    }

    /// Commits, if there is anything to, forgets cached configuration that changed, and wakes the outbox worker.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        if changes.is_empty() {
            return Ok(());
        }
        let configuration = changes.iter().any(is_configuration);
        let message = changes.iter().any(|change| matches!(change, Change::AppendMessage(_)));
        let population =
            changes.iter().any(|change| matches!(change, Change::InsertUser(_) | Change::DeleteUser(_)));
        let outcome = self.store.commit(changes).await;
        if population {
            self.population.fetch_add(1, Ordering::Release);
        }
        if configuration {
            self.cache.invalidate();
        }
        if message && outcome.is_ok() {
            self.outbox_wake.notify_one();
        }
        outcome
    }

    /// Removes up to `limit` rows of each kind that have expired, and says how many went. By every instance's clock they must
    /// have: where a session has not expired, and nothing says any more that it was used, it would be good once more.
    ///
    /// # Errors
    /// When the store can't be written.
    pub async fn sweep(&self, limit: u32) -> Result<u64, StoreError> {
        self.store.sweep(self.clock.now_ms() - clock::DIFFERENCE_MS, limit).await
    }
}

fn is_configuration(change: &Change) -> bool {
    matches!(
        change,
        Change::InsertPool(_)
            | Change::UpdatePool(_)
            | Change::DeletePool { .. }
            | Change::InsertClient(_)
            | Change::UpdateClient(_)
            | Change::DeleteClient { .. }
            | Change::InsertSigningKey(_)
            | Change::DeleteSigningKey { .. }
    )
}

/// One request. Its time stands still while it runs.
#[derive(Debug)]
pub struct Context {
    pub service: Arc<Service>,
    pub caller: Caller,
    pub now_ms: i64,
    /// When it came, as turns are counted.
    pub(crate) came: u64,
    /// Whether it has waited in line for a processor.
    has_begun: AtomicBool,
}

impl std::ops::Deref for Context {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

impl Context {
    /// Runs work that takes a processor for long, on the threads for it. It waits in line if the request has not done so yet.
    ///
    /// # Errors
    /// As [`Compute::run`].
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        if self.has_begun.load(Ordering::Relaxed) {
            return self.compute.run_further(work).await;
        }
        let result = self.compute.run(work).await;
        self.begin();
        result
    }

    /// Waits in line now, before the request takes hold of what others may wait for.
    ///
    /// # Errors
    /// As [`Compute::run`].
    pub async fn wait_in_line(&self) -> Result<(), Error> {
        if self.has_begun.load(Ordering::Relaxed) { Ok(()) } else { self.run(|| ()).await }
    }

    /// It has waited in line.
    pub(crate) fn begin(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }

    /// The pool an administrator named.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is none.
    pub async fn get_pool(&self, id: &str) -> Result<Arc<crate::pools::Pool>, Error> {
        let id = PoolId::new(id);
        self.cache.find_pool(self, &id).await?.ok_or_else(|| Error::user_pool_missing(id.as_str()))
    }

    /// The client a public caller named, if there is one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn find_client(&self, id: &str) -> Result<Option<Arc<crate::clients::Client>>, Error> {
        self.cache.find_client(self, &cenote_store::ClientId::new(id)).await
    }

    /// The client a public caller named.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is none.
    pub async fn get_client(&self, id: &str) -> Result<Arc<crate::clients::Client>, Error> {
        self.find_client(id).await?.ok_or_else(|| Error::client_missing(id))
    }

    /// A client together with its pool.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when either is missing.
    pub async fn get_client_and_pool(
        &self,
        client_id: &str,
    ) -> Result<(Arc<crate::clients::Client>, Arc<crate::pools::Pool>), Error> {
        let client = self.get_client(client_id).await?;
        let pool = self.get_pool(client.record.pool_id.as_str()).await?;
        Ok((client, pool))
    }

    /// A client of the pool that an administrator named; a client of another pool does not exist here.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when either is missing.
    pub async fn get_client_of_pool(
        &self,
        pool_id: &str,
        client_id: &str,
    ) -> Result<(Arc<crate::clients::Client>, Arc<crate::pools::Pool>), Error> {
        let pool = self.get_pool(pool_id).await?;
        let client = self.get_client(client_id).await?;
        if client.record.pool_id != pool.record.id {
            return Err(Error::client_missing(client_id));
        }
        Ok((client, pool))
    }
}
