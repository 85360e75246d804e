//! The keys that sign a pool's tokens, and the two public documents by which anybody can check them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use cenote_crypto::jwt::{self, SigningKey, VerifyingKey};
use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::RandomSource;
use cenote_crypto::sealed::Purpose;
use cenote_model::types::IssuerType;
use cenote_store::{KeyUse, PoolId, Sealed};
use serde_json::{Value, json};

use crate::clock;
use crate::context::Service;
use crate::error::Error;
use crate::pools::Pool;
use crate::settings::{IssuerForm, Settings};
use crate::tokens::validity::LONGEST_TOKEN_MS;

/// How long copies of the JWKS may be kept. New keys are published for so long before they sign.
pub const JWKS_CACHED_MS: i64 = 3_600_000;

/// How long a key is published after another one signs in its place: as long as a token can live, and what clocks differ.
const OUTLIVED_MS: i64 = LONGEST_TOKEN_MS + clock::DIFFERENCE_MS;

/// A pool's keys at a moment, unsealed. Cognito signs ID tokens and access tokens with different ones.
#[derive(Debug)]
pub struct PoolKeys {
    pub access: Arc<SigningKey>,
    pub id: Arc<SigningKey>,
    /// By `kid`. Those that signed before are among them: their last tokens may still be in use. Those that will sign, too.
    public: BTreeMap<String, (KeyUse, VerifyingKey)>,
    /// When another key signs, or one need not be published any more.
    until_ms: i64,
}

impl PoolKeys {
    /// The key that an access token's header names. An ID token's key is none.
    #[must_use]
    pub fn find_access_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.find(kid, KeyUse::Access)
    }

    /// The key that an ID token's header names.
    #[must_use]
    pub fn find_id_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.find(kid, KeyUse::Id)
    }

    fn find(&self, kid: &str, wanted: KeyUse) -> Option<&VerifyingKey> {
        self.public.get(kid).filter(|(key_use, _)| *key_use == wanted).map(|(_, key)| key)
    }

    fn from_records(
        records: &[cenote_store::SigningKey],
        keyring: &KeyRing,
        now_ms: i64,
    ) -> Result<Self, Error> {
        let (mut access, mut id, mut public) = (None, None, BTreeMap::new());
        for (record, outlived_ms) in in_order(records) {
            if outlived_ms <= now_ms {
                continue;
            }
            let key = Arc::new(unseal(record, keyring)?);
            public.insert(record.kid.clone(), (record.key_use, key.verifying_key().clone()));
            let signs = match record.key_use {
                KeyUse::Access => &mut access,
                KeyUse::Id => &mut id,
            };
            // The first one signs even before its time: the clock that set it may be ahead of this one.
            if record.signs_from_ms <= now_ms || signs.is_none() {
                *signs = Some(key);
            }
        }
        let changes = in_order(records).into_iter().flat_map(|(key, end)| [key.signs_from_ms, end]);
        let until_ms = changes.filter(|at| *at > now_ms).min().unwrap_or(i64::MAX);
        let missing = || Error::internal("a pool has no key to sign with");
        Ok(Self { access: access.ok_or_else(missing)?, id: id.ok_or_else(missing)?, public, until_ms })
    }
}

/// The keys in the order in which they sign, each with the moment from which nobody needs it.
fn in_order(records: &[cenote_store::SigningKey]) -> Vec<(&cenote_store::SigningKey, i64)> {
    let mut keys: Vec<_> = records.iter().collect();
    keys.sort_by(|a, b| {
        (a.signs_from_ms, a.created_ms, &a.kid).cmp(&(b.signs_from_ms, b.created_ms, &b.kid))
    });
    let end = |place: usize, key: &cenote_store::SigningKey| {
        let next = keys.iter().skip(place + 1).find(|next| next.key_use == key.key_use);
        next.map_or(i64::MAX, |next| next.signs_from_ms.saturating_add(OUTLIVED_MS))
    };
    keys.iter().enumerate().map(|(place, key)| (*key, end(place, key))).collect()
}

/// The names of those that nobody needs any more.
pub(super) fn outlived(records: &[cenote_store::SigningKey], now_ms: i64) -> BTreeSet<String> {
    let keys = in_order(records).into_iter();
    keys.filter(|(_, outlived_ms)| *outlived_ms <= now_ms).map(|(key, _)| key.kid.clone()).collect()
}

/// Seals a key for the store.
///
/// # Errors
/// Never in practice: every key has a PKCS #8 form.
pub fn seal(
    key: &SigningKey,
    key_use: KeyUse,
    pool_id: &PoolId,
    created_ms: i64,
    keyring: &KeyRing,
    random: &dyn RandomSource,
) -> Result<cenote_store::SigningKey, Error> {
    let private = key.to_pkcs8().map_err(Error::internal)?;
    let place = [pool_id.as_str(), key.kid()];
    Ok(cenote_store::SigningKey {
        pool_id: pool_id.clone(),
        kid: key.kid().to_owned(),
        key_use,
        created_ms,
        signs_from_ms: created_ms,
        private: Sealed(keyring.seal_text(Purpose::SigningKey, &place, private.expose(), random)),
    })
}

fn unseal(record: &cenote_store::SigningKey, keyring: &KeyRing) -> Result<SigningKey, Error> {
    let place = [record.pool_id.as_str(), record.kid.as_str()];
    let private =
        keyring.unseal_text(Purpose::SigningKey, &place, &record.private.0).map_err(Error::internal)?;
    SigningKey::from_pkcs8(private.expose()).map_err(Error::internal)
}

impl Pool {
    /// The pool's keys, read from the store the first time, and again when their time is over.
    ///
    /// # Errors
    /// When the store can't be read, or the master key does not open what it holds.
    pub async fn keys(&self, service: &Service) -> Result<Arc<PoolKeys>, Error> {
        let now_ms = service.clock.now_ms();
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(keys) = known.filter(|keys| now_ms < keys.until_ms) {
            return Ok(keys);
        }
        // Boxed, since it is rare.
        let records = Box::pin(service.store.signing_keys(self.id())).await?;
        let keys = Arc::new(PoolKeys::from_records(&records, &service.keyring, now_ms)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(keys)
    }

    /// The `iss` of the pool's tokens, without a trailing slash. `IssuerConfiguration` chooses between AWS's two forms; a
    /// server that names its own address has only that one.
    #[must_use]
    pub fn issuer(&self, settings: &Settings) -> String {
        let chosen = self.configuration.user_pool.issuer_configuration.as_ref();
        let updated = chosen.is_some_and(|issuer| issuer.type_ == Some(IssuerType::Updated));
        match settings.issuer {
            IssuerForm::Aws if updated => self.updated_issuer(),
            _ => settings.issuer_of(self.id()),
        }
    }

    /// Whether this is the pool's issuer in the form it has now or in the one it had before: tokens outlive the choice.
    #[must_use]
    pub fn is_issuer(&self, issuer: &str, settings: &Settings) -> bool {
        issuer == settings.issuer_of(self.id())
            || settings.issuer == IssuerForm::Aws && issuer == self.updated_issuer()
    }

    fn updated_issuer(&self) -> String {
        format!("https://issuer-cognito-idp.{}.amazonaws.com/{}", self.id().region(), self.id())
    }
}

/// `/{pool}/.well-known/jwks.json`: two keys, more around a rotation. Public.
#[must_use]
pub fn jwks_json(keys: &PoolKeys) -> String {
    // The access key first; Cognito's order is not known to mean anything.
    let current = [keys.access.kid(), keys.id.kid()];
    let others = keys.public.values().map(|(_, key)| key).filter(|key| !current.contains(&key.kid()));
    jwt::jwks_json([keys.access.verifying_key(), keys.id.verifying_key()].into_iter().chain(others))
}

/// `/{pool}/.well-known/openid-configuration`. Public.
///
/// A verifier needs the issuer and where the keys are; aws-jwt-verify derives the second from the first, the others read
/// it here, so it is always the address at which this server serves them, even when the issuer is AWS's form. Discovery
/// libraries refuse a document without `response_types_supported`, `subject_types_supported` and
/// `id_token_signing_alg_values_supported`, so these have Cognito's values. The endpoints of the domain are left out until
/// there is one: a client that goes by this document must not be sent to an address that answers nothing.
#[must_use]
pub fn openid_configuration(pool: &Pool, settings: &Settings) -> Value {
    json!({
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": pool.issuer(settings),
        "jwks_uri": format!("{}/{}/.well-known/jwks.json", settings.public_url, pool.id()),
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
    })
}
