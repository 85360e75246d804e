//! New signing keys for a pool, while what the old ones signed goes on.

use cenote_crypto::jwt::SigningKey;
use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::RandomSource;
use cenote_store::{Change, KeyUse, PoolId, Store};

use crate::error::Error;
use crate::tokens::keys::{self, JWKS_CACHED_MS};

/// When the new keys begin to sign, and what becomes of the old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// The new keys are published first, and sign when every copy of the old document has expired. The old ones go on being
    /// published until their last token has expired.
    Overlap,
    /// The new keys sign at once: verifiers that keep an old document refuse new tokens until they fetch another. The old ones
    /// go on as above.
    AtOnce,
    /// The new keys sign at once and the old ones are gone, with every ID and access token that they signed: for keys that
    /// were stolen. Refresh tokens are not signed by them, and go on.
    Discard,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    pub access_kid: String,
    pub id_kid: String,
    pub signs_from_ms: i64,
    /// Keys that were removed: discarded, or not needed any more.
    pub removed: Vec<String>,
}

/// Gives a pool two new keys. Every running server follows within a second.
///
/// # Errors
/// `ResourceNotFoundException` for a pool that does not exist; `InvalidParameterException` while an overlapping rotation has
/// not come to its end; when the store can't be read or written.
pub async fn rotate(
    store: &Store,
    keyring: &KeyRing,
    random: &dyn RandomSource,
    pool_id: &PoolId,
    now_ms: i64,
    handover: Handover,
) -> Result<Rotated, Error> {
    let missing = || Error::user_pool_missing(pool_id.as_str());
    store.find_pool(pool_id).await?.ok_or_else(missing)?;
    let old = store.signing_keys(pool_id).await?;
    let pending = |key: &&cenote_store::SigningKey| key.signs_from_ms > now_ms;
    if handover == Handover::Overlap && old.iter().any(|key| pending(&key)) {
        return Err(Error::invalid_parameter("the keys of the last rotation have not begun to sign yet"));
    }
    // After the keys before, whatever the clock of another machine said when they were made.
    let begun = old.iter().filter(|key| !pending(key)).map(|key| key.signs_from_ms + 1).max();
    let signs_from_ms = match handover {
        Handover::Overlap => now_ms + JWKS_CACHED_MS,
        Handover::AtOnce => now_ms.max(begun.unwrap_or(now_ms)),
        Handover::Discard => now_ms,
    };
    let mut changes = Vec::new();
    let mut names = Vec::new();
    for key_use in [KeyUse::Access, KeyUse::Id] {
        let key = SigningKey::generate().map_err(Error::internal)?;
        names.push(key.kid().to_owned());
        let sealed = keys::seal(&key, key_use, pool_id, now_ms, keyring, random)?;
        changes.push(Change::InsertSigningKey(cenote_store::SigningKey { signs_from_ms, ..sealed }));
    }
    let needless: Vec<String> = match handover {
        Handover::Discard => old.iter().map(|key| key.kid.clone()).collect(),
        Handover::AtOnce | Handover::Overlap => {
            let outlived = keys::outlived(&old, now_ms);
            old.iter()
                .filter(|key| pending(key) || outlived.contains(&key.kid))
                .map(|key| key.kid.clone())
                .collect()
        }
    };
    let delete = |kid: &String| Change::DeleteSigningKey { pool_id: pool_id.clone(), kid: kid.clone() };
    changes.extend(needless.iter().map(delete));
    store.commit(changes).await?;
    let mut names = names.into_iter();
    Ok(Rotated {
        access_kid: names.next().unwrap_or_default(),
        id_kid: names.next().unwrap_or_default(),
        signs_from_ms,
        removed: needless,
    })
}
