//! Names that no user has: counted and answered as if one had.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::keyring::{KeyRing, MacPurpose, MasterKey};
use cenote_store::{Change, CommitError, Conflict, UnknownUser};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// Longer than any window or lock that is kept in here.
const KEPT_MS: i64 = 2 * 3_600_000;
const ATTEMPTS: usize = 32;

/// A keyed hash of a name. It is the same on every instance and after every restart and change of master keys: the pool's
/// own secret stands behind it.
#[must_use]
pub fn keyed_hash(pool: &Pool, used_for: &str, name: &str) -> [u8; 32] {
    let ring = KeyRing::new(MasterKey::from_bytes(pool.secret), Vec::new());
    ring.mac(MacPurpose::UnknownUser, &[pool.id().as_str(), used_for], pool.fold(name).as_bytes())
}

fn name_hash(pool: &Pool, name: &str) -> String {
    URL_SAFE_NO_PAD.encode(keyed_hash(pool, "counts", name))
}

/// What is remembered of a name.
///
/// # Errors
/// When the store can't be read.
pub async fn find(context: &Context, pool: &Pool, name: &str) -> Result<UnknownUser, Error> {
    let name_hash = name_hash(pool, name);
    let known = context.store.find_unknown_user(pool.id(), &name_hash).await?;
    Ok(known.filter(|known| context.now_ms < known.expires_ms).unwrap_or_else(|| UnknownUser {
        pool_id: pool.id().clone(),
        name_hash,
        ..UnknownUser::default()
    }))
}

/// Applies `decide` to what is remembered of a name and commits the difference.
///
/// # Errors
/// Those of `decide`, without a write; `TooManyRequestsException` when others are always faster.
pub async fn update<T>(
    context: &Context,
    pool: &Pool,
    name: &str,
    mut decide: impl FnMut(&mut UnknownUser) -> Result<T, Error>,
) -> Result<T, Error> {
    for _ in 0..ATTEMPTS {
        let name_hash = name_hash(pool, name);
        let stored = context.store.find_unknown_user(pool.id(), &name_hash).await?;
        let version = stored.as_ref().map_or(0, |stored| stored.version);
        let before = stored.filter(|stored| context.now_ms < stored.expires_ms).unwrap_or_else(|| {
            UnknownUser { pool_id: pool.id().clone(), name_hash, version, ..UnknownUser::default() }
        });
        let mut after = before.clone();
        let answer = decide(&mut after)?;
        if after == before {
            return Ok(answer);
        }
        after.expires_ms = context.now_ms + KEPT_MS;
        match context.commit(vec![Change::PutUnknownUser(after)]).await {
            Ok(()) => return Ok(answer),
            Err(CommitError::Conflict(Conflict::VersionChanged | Conflict::AlreadyExists)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
