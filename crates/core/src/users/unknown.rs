//! Names that no user has: counted and answered as if one had.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::keyring::MacPurpose;
use cenote_store::{Change, CommitError, Conflict, UnknownUser};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// Longer than any window or lock that is kept in here.
const KEPT_MS: i64 = 2 * 3_600_000;
const ATTEMPTS: usize = 32;

fn name_hash(context: &Context, pool: &Pool, name: &str) -> String {
    let folded = pool.fold(name);
    URL_SAFE_NO_PAD.encode(context.keyring.mac(
        MacPurpose::UnknownUser,
        &[pool.id().as_str()],
        folded.as_bytes(),
    ))
}

/// What is remembered of a name.
///
/// # Errors
/// When the store can't be read.
pub async fn find(context: &Context, pool: &Pool, name: &str) -> Result<UnknownUser, Error> {
    let name_hash = name_hash(context, pool, name);
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
        let name_hash = name_hash(context, pool, name);
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
