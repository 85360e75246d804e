//! Access keys in memory, never more than a second out of date.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cenote_core::{Error, Service};
use cenote_crypto::{KeyRing, Purpose, SecretString};
use cenote_store::{AccessKey, StoreError};
use tokio::sync::Mutex;

use super::Policy;

/// How long what was read is believed.
const FRESH: Duration = Duration::from_secs(1);
/// How long the store is not asked again when it failed: whoever waits behind a slow failure need not wait for his own.
const FAILED: Duration = Duration::from_millis(100);

/// An access key, ready for use.
#[derive(Debug)]
pub(super) struct Key {
    pub name: String,
    pub secret: SecretString,
    pub policy: Arc<Policy>,
}

/// All access keys: there are few, so they are read together, and an unknown id costs nothing to find unknown.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<Option<Read>>);

/// What a read of the store gave, and until when that counts.
#[derive(Debug)]
struct Read {
    until: Instant,
    keys: Result<HashMap<String, Arc<Key>>, StoreError>,
}

impl KeyCache {
    pub(super) async fn find(&self, service: &Service, id: &str) -> Result<Option<Arc<Key>>, Error> {
        let mut cached = self.0.lock().await;
        let read = match cached.take().filter(|read| Instant::now() < read.until) {
            Some(read) => read,
            None => Read::now(service).await,
        };
        let keys = &cached.insert(read).keys;
        Ok(keys.as_ref().map_err(Clone::clone)?.get(id).cloned())
    }
}

impl Read {
    async fn now(service: &Service) -> Self {
        // The moment before the read is what the answer is as old as.
        let asked = Instant::now();
        match service.store.list_access_keys().await {
            Ok(records) => {
                let keys = records.into_iter().filter_map(|record| ready(record, &service.keyring)).collect();
                Self { until: asked + FRESH, keys: Ok(keys) }
            }
            Err(error) => Self { until: Instant::now() + FAILED, keys: Err(error) },
        }
    }
}

/// A key that can't be used is left out, and the log says so.
fn ready(record: AccessKey, keyring: &KeyRing) -> Option<(String, Arc<Key>)> {
    let unusable = |reason: String| {
        tracing::error!(access_key_id = record.id, reason, "access_key.unusable");
    };
    let plain = keyring
        .unseal_text(Purpose::AccessKeySecret, &[&record.id], &record.secret.0)
        .map_err(|error| unusable(error.to_string()))
        .ok()?;
    let secret =
        String::from_utf8(plain.expose().clone()).map_err(|error| unusable(error.to_string())).ok()?;
    let policy = Policy::parse(&record.policy).map_err(|error| unusable(error.to_string())).ok()?;
    let key = Key { name: record.name, secret: SecretString::new(secret), policy: Arc::new(policy) };
    Some((record.id, Arc::new(key)))
}
