//! The keys that sign a pool's tokens, and the two public documents by which anybody can check them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cenote_crypto::jwt::{self, SigningKey, VerifyingKey};
use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::RandomSource;
use cenote_crypto::sealed::Purpose;
use cenote_model::types::IssuerType;
use cenote_store::{KeyUse, PoolId, Sealed};
use serde_json::{Value, json};

use crate::context::Service;
use crate::error::Error;
use crate::pools::Pool;
use crate::settings::{IssuerForm, Settings};

/// A pool's keys, unsealed. Cognito signs ID tokens and access tokens with different ones.
#[derive(Debug)]
pub struct PoolKeys {
    pub access: Arc<SigningKey>,
    pub id: Arc<SigningKey>,
    /// By `kid`. The retired keys are among them: their last tokens may still be in use.
    public: BTreeMap<String, (KeyUse, VerifyingKey)>,
}

impl PoolKeys {
    /// The key that an access token's header names. An ID token's key is none.
    #[must_use]
    pub fn find_access_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.public.get(kid).filter(|(key_use, _)| *key_use == KeyUse::Access).map(|(_, key)| key)
    }

    fn from_records(records: &[cenote_store::SigningKey], keyring: &KeyRing) -> Result<Self, Error> {
        let (mut access, mut id, mut public) = (None, None, BTreeMap::new());
        // Oldest first, so the newest that is not retired signs.
        for record in records {
            let key = Arc::new(unseal(record, keyring)?);
            public.insert(record.kid.clone(), (record.key_use, key.verifying_key().clone()));
            match (record.retired_ms, record.key_use) {
                (Some(_), _) => {}
                (None, KeyUse::Access) => access = Some(key),
                (None, KeyUse::Id) => id = Some(key),
            }
        }
        let missing = || Error::internal("a pool has no key to sign with");
        Ok(Self { access: access.ok_or_else(missing)?, id: id.ok_or_else(missing)?, public })
    }
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
        retired_ms: None,
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
    /// The pool's keys, read from the store the first time.
    ///
    /// # Errors
    /// When the store can't be read, or the master key does not open what it holds.
    pub async fn keys(&self, service: &Service) -> Result<Arc<PoolKeys>, Error> {
        if let Some(keys) = self.keys.get() {
            return Ok(Arc::clone(keys));
        }
        let load = async || {
            let records = service.store.signing_keys(self.id()).await?;
            PoolKeys::from_records(&records, &service.keyring).map(Arc::new)
        };
        // Boxed, since it is rare.
        Box::pin(self.keys.get_or_try_init(load)).await.map(Arc::clone)
    }

    /// The `iss` of the pool's tokens, without a trailing slash. `IssuerConfiguration` chooses between AWS's two forms; a
    /// server that names its own address has only that one.
    #[must_use]
    pub fn issuer(&self, settings: &Settings) -> String {
        let updated = self
            .configuration
            .user_pool
            .issuer_configuration
            .as_ref()
            .is_some_and(|issuer| issuer.type_ == Some(IssuerType::Updated));
        match settings.issuer {
            IssuerForm::Aws if updated => {
                format!("https://issuer-cognito-idp.{}.amazonaws.com/{}", self.id().region(), self.id())
            }
            _ => settings.issuer_of(self.id()),
        }
    }
}

/// `/{pool}/.well-known/jwks.json`: two keys, more while old ones are being retired. Public.
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
