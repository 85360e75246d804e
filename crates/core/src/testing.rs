//! A service as a value, for tests: a store of its own, a clock moved by hand, seeded randomness, and every operation by its
//! name, through the same table that the server uses.

mod authenticator_app;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cenote_crypto::keyring::{KeyRing, MasterKey};
use cenote_crypto::random::SeededRandom;
use cenote_delivery::{Message, Transports};
use cenote_model::Operation;
use cenote_store::testing::TemporaryStore;
use cenote_store::{InboxMessage, Store};
use cenote_triggers::{Invoker, TriggerSettings};
use serde_json::{Value, json};

use crate::analytics::{AnalyticsSink, NoAnalytics};
use crate::clock::{Clock, ManualClock};
use crate::context::{Caller, Service, ServiceParts};
use crate::operations;
use crate::settings::Settings;
use crate::threat::{NoThreatEngine, ThreatEngine};

pub use authenticator_app::AuthenticatorApp;

/// 2026-11-23T16:00:00Z, in milliseconds: where every test's clock starts.
pub const START_MS: i64 = 1_795_449_600_000;

/// An error as a test compares it: code and message.
pub type WireError = (String, String);

/// What a test may choose before the service starts.
pub struct TestServiceBuilder {
    settings: Settings,
    triggers: TriggerSettings,
    transports: Transports,
    threat: Arc<dyn ThreatEngine>,
    analytics: Arc<dyn AnalyticsSink>,
    keyring: KeyRing,
    store: Option<TemporaryStore>,
    seeds: Arc<AtomicU64>,
    own_keys: bool,
}

/// A running service.
pub struct TestService {
    pub service: Arc<Service>,
    pub clock: Arc<ManualClock>,
    pub caller: Caller,
    worker: cenote_delivery::Worker,
    database: Arc<TemporaryStore>,
    /// Instances over one database do not draw the same numbers, not even one after the other.
    seeds: Arc<AtomicU64>,
}

impl std::fmt::Debug for TestService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestService")
    }
}

impl std::fmt::Debug for TestServiceBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestServiceBuilder")
    }
}

impl TestServiceBuilder {
    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Sends every trigger to this endpoint.
    #[must_use]
    pub fn lambda(mut self, endpoint: &str) -> Self {
        self.triggers.endpoint = Some(endpoint.to_owned());
        self
    }

    /// Changes how messages travel; by default they land in the inbox.
    #[must_use]
    pub fn transports(mut self, transports: Transports) -> Self {
        self.transports = transports;
        self
    }

    /// Listens to what threat protection is told.
    #[must_use]
    pub fn threat(mut self, engine: Arc<dyn ThreatEngine>) -> Self {
        self.threat = engine;
        self
    }

    /// Listens to what analytics are told.
    #[must_use]
    pub fn analytics(mut self, sink: Arc<dyn AnalyticsSink>) -> Self {
        self.analytics = sink;
        self
    }

    /// Gives every pool keys of its own, as it has outside of tests; making them takes most of a second.
    #[must_use]
    pub fn own_keys(mut self) -> Self {
        self.own_keys = true;
        self
    }

    /// Holds these master keys.
    #[must_use]
    pub fn keyring(mut self, keyring: KeyRing) -> Self {
        self.keyring = keyring;
        self
    }

    /// Starts on this store.
    #[must_use]
    pub fn store(mut self, store: TemporaryStore) -> Self {
        self.store = Some(store);
        self
    }

    /// Starts the service, on a temporary SQLite store unless it was given another.
    ///
    /// # Panics
    /// When the store can't be made.
    pub async fn start(mut self) -> TestService {
        let database = match self.store.take() {
            Some(store) => store,
            None => cenote_store::testing::temporary_sqlite().await,
        };
        let clock = Arc::new(ManualClock::new(START_MS));
        self.start_on(database.store.clone(), Arc::new(database), clock)
    }

    /// Starts another instance over the store and the clock of a running one.
    #[must_use]
    pub fn start_beside(mut self, other: &TestService) -> TestService {
        self.seeds = Arc::clone(&other.seeds);
        self.start_on(other.service.store.clone(), Arc::clone(&other.database), Arc::clone(&other.clock))
    }

    /// Starts another instance, with connections of its own, over the database and the clock of a running one.
    ///
    /// # Panics
    /// When the database can't be opened again.
    pub async fn start_again(mut self, other: &TestService) -> TestService {
        let store = other.database.open_again().await.unwrap_or_else(|error| panic!("{error}"));
        self.seeds = Arc::clone(&other.seeds);
        self.start_on(store, Arc::clone(&other.database), Arc::clone(&other.clock))
    }

    fn start_on(self, store: Store, database: Arc<TemporaryStore>, clock: Arc<ManualClock>) -> TestService {
        let keyring = Arc::new(self.keyring);
        let random = Arc::new(SeededRandom::new(self.seeds.fetch_add(1, Ordering::Relaxed)));
        let now = {
            let clock = Arc::clone(&clock);
            Arc::new(move || clock.now_ms()) as cenote_triggers::Clock
        };
        let service = Service::new(ServiceParts {
            store: store.clone(),
            keyring: Arc::clone(&keyring),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: random.clone(),
            invoker: Invoker::new(self.triggers, now.clone()).unwrap_or_else(|error| panic!("{error}")),
            transports: self.transports.clone(),
            threat: self.threat,
            analytics: self.analytics,
            settings: self.settings,
            parallelism: 2,
        });
        if !self.own_keys {
            service.spare_keys.share();
        }
        let worker = cenote_delivery::Worker::new(
            store,
            keyring,
            self.transports,
            now,
            random,
            cenote_delivery::WorkerSettings::default(),
        );
        TestService { service, clock, caller: Caller::default(), worker, database, seeds: self.seeds }
    }
}

impl TestService {
    /// A service with the default settings.
    pub async fn new() -> Self {
        Self::builder().start().await
    }

    /// A service that is not quite the default one.
    #[must_use]
    pub fn builder() -> TestServiceBuilder {
        TestServiceBuilder {
            settings: Settings::default(),
            triggers: TriggerSettings::new("us-east-1"),
            transports: Transports::inbox(),
            threat: Arc::new(NoThreatEngine),
            analytics: Arc::new(NoAnalytics),
            keyring: KeyRing::new(MasterKey::from_bytes([7; 32]), Vec::new()),
            store: None,
            seeds: Arc::new(AtomicU64::new(1)),
            own_keys: false,
        }
    }

    /// Calls an operation by its name; the answer as it would go over the wire, `Null` when it has no body.
    ///
    /// # Errors
    /// Code and message of the error.
    ///
    /// # Panics
    /// When there is no such operation, or its answer is no JSON.
    pub async fn call(&self, operation: &str, request: Value) -> Result<Value, WireError> {
        let operation = Operation::parse(operation).unwrap_or_else(|| panic!("no operation {operation}"));
        let context = self.service.context(self.caller.clone());
        match operations::dispatch(&context, operation, request).await {
            Ok(body) if body.is_empty() => Ok(Value::Null),
            Ok(body) => Ok(serde_json::from_slice(&body).unwrap_or_else(|error| panic!("no JSON: {error}"))),
            Err(error) => {
                if let Some(cause) = &error.cause {
                    panic!("{}: {cause}", error.code.as_str());
                }
                Err((error.code.as_str().to_owned(), error.message.unwrap_or_default()))
            }
        }
    }

    /// Calls an operation that must succeed.
    ///
    /// # Panics
    /// When it doesn't.
    pub async fn ok(&self, operation: &str, request: Value) -> Value {
        match self.call(operation, request).await {
            Ok(answer) => answer,
            Err((code, message)) => panic!("{operation}: {code}: {message}"),
        }
    }

    /// Calls an operation that must fail; its code and message.
    ///
    /// # Panics
    /// When it succeeds.
    pub async fn fails(&self, operation: &str, request: Value) -> WireError {
        match self.call(operation, request).await {
            Ok(answer) => panic!("{operation} succeeded: {answer}"),
            Err(error) => error,
        }
    }

    /// Creates a pool with these members beside its name; its id.
    pub async fn pool(&self, members: Value) -> String {
        let request = merged(json!({ "PoolName": "pool" }), members);
        text(&self.ok("CreateUserPool", request).await["UserPool"]["Id"])
    }

    /// Creates a client with these members beside pool and name; its id.
    pub async fn client(&self, pool: &str, members: Value) -> String {
        let request = merged(json!({ "UserPoolId": pool, "ClientName": "client" }), members);
        text(&self.ok("CreateUserPoolClient", request).await["UserPoolClient"]["ClientId"])
    }

    /// Delivers what is due and returns every message in the inbox, newest first.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn inbox(&self) -> Vec<InboxMessage> {
        self.worker.deliver_due().await.unwrap_or_else(|error| panic!("{error}"));
        self.service
            .store
            .list_inbox(&cenote_store::InboxFilter::default(), 1000)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The code of the newest message to this destination.
    ///
    /// # Panics
    /// When there is none.
    pub async fn code_sent_to(&self, destination: &str) -> String {
        self.inbox()
            .await
            .into_iter()
            .find(|message| message.to == destination)
            .and_then(|message| message.code)
            .unwrap_or_else(|| panic!("no message with a code was sent there"))
    }

    /// The messages that wait in the outbox, opened.
    ///
    /// # Panics
    /// When the store fails or a message can't be opened.
    pub async fn outbox(&self) -> Vec<Message> {
        let pending = self.service.store.pending_messages().await.unwrap_or_else(|error| panic!("{error}"));
        pending
            .iter()
            .map(|message| {
                cenote_delivery::unseal(message, &self.service.keyring)
                    .unwrap_or_else(|error| panic!("{error}"))
            })
            .collect()
    }
}

/// The text of a JSON string.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A JSON object with further members, which replace those of the same names.
///
/// # Panics
/// When one of the two is no object.
#[must_use]
pub fn merged(object: Value, members: Value) -> Value {
    match (object, members) {
        (Value::Object(mut object), Value::Object(members)) => {
            object.extend(members);
            Value::Object(object)
        }
        (object, members) => panic!("no objects: {object}, {members}"),
    }
}
