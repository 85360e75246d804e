//! Access keys in memory, never more than a second out of date.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use cenote_core::{Error, Service};
use cenote_crypto::sigv4::{self, Presented, SigV4Error};
use cenote_crypto::{KeyRing, Purpose, Secret, SecretString};
use cenote_store::{AccessKey, StoreError};
use tokio::sync::Mutex;

use super::Policy;
use super::authenticate::SERVICE;

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
    last: Lock<Option<SigningKey>>,
}

/// What an access key signs with on a day in a region, derived from its secret.
#[derive(Debug)]
struct SigningKey {
    date: String,
    region: String,
    key: Secret<[u8; 32]>,
}

impl Key {
    /// Checks a signature. The signing key of the last good one is kept: its clients are in one region, and a day is long.
    ///
    /// # Errors
    /// Why it is no good one.
    pub(super) fn verify(
        &self,
        presented: &Presented<'_>,
        request: &sigv4::Request<'_>,
        now: i64,
    ) -> Result<(), SigV4Error> {
        let Presented { date, region, .. } = presented;
        if let Some(key) = self.known(date, region) {
            return presented.verify_with_key(request, key.expose(), now);
        }
        let key = Secret::new(sigv4::derive_signing_key(&self.secret, date, region, SERVICE));
        presented.verify_with_key(request, key.expose(), now)?;
        let last = SigningKey { date: date.to_string(), region: region.to_string(), key };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(())
    }

    fn known(&self, date: &str, region: &str) -> Option<Secret<[u8; 32]>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|last| last.date == date && last.region == region).map(|last| last.key.clone())
    }
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
            // Boxed, since it is rare.
            None => Box::pin(Read::now(service)).await,
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
    let key = Key {
        name: record.name,
        secret: SecretString::new(secret),
        policy: Arc::new(policy),
        last: Lock::default(),
    };
    Some((record.id, Arc::new(key)))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use aws_credential_types::Credentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;

    use super::*;

    const NOON: u64 = 1_795_435_200;
    const DAY: u64 = 24 * 60 * 60;

    /// Whether a key accepts what somebody signed then, there.
    fn verify(key: &Key, secret: &str, region: &str, time: u64) -> Result<(), SigV4Error> {
        let identity = Credentials::new("AKID", secret, None, None, "test").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(SERVICE)
            .time(UNIX_EPOCH + Duration::from_secs(time))
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let host = std::iter::once(("host", "localhost"));
        let request =
            SignableRequest::new("POST", "http://localhost/", host, SignableBody::Bytes(b"{}")).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let mut headers = vec![("host", "localhost")];
        headers.extend(instructions.headers());
        let payload_sha256 = sigv4::payload_sha256(b"{}");
        let request =
            sigv4::Request { method: "POST", path: "/", query: "", headers: &headers, payload_sha256 };
        key.verify(&sigv4::parse(&request).unwrap(), &request, i64::try_from(time).unwrap())
    }

    fn remembered(key: &Key) -> Option<(String, String)> {
        key.last.lock().unwrap().as_ref().map(|last| (last.date.clone(), last.region.clone()))
    }

    #[test]
    fn a_signing_key_is_kept_for_its_day_and_region_alone() {
        let key = Key {
            name: "test".into(),
            secret: SecretString::from("secret"),
            policy: Arc::new(Policy::parse(&Policy::administrator()).unwrap()),
            last: Lock::default(),
        };
        assert_eq!(verify(&key, "another", "eu-west-1", NOON), Err(SigV4Error::Mismatch));
        assert_eq!(remembered(&key), None);
        for (region, time) in
            [("eu-west-1", NOON), ("us-east-1", NOON), ("us-east-1", NOON + DAY), ("eu-west-1", NOON)]
        {
            for _ in 0..2 {
                assert_eq!(verify(&key, "secret", region, time), Ok(()));
                let last = remembered(&key).unwrap();
                assert_eq!(verify(&key, "another", region, time), Err(SigV4Error::Mismatch));
                assert_eq!(verify(&key, "another", "ap-south-1", time), Err(SigV4Error::Mismatch));
                assert_eq!(remembered(&key).unwrap(), last);
                assert_eq!(last.1, region);
            }
        }
        assert!(
            !format!("{key:?}")
                .contains(&format!("{:?}", key.known("20261123", "eu-west-1").unwrap().expose()))
        );
    }
}
