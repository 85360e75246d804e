//! Access tokens whose signature was verified, so that the next use of one need not do it again.
//!
//! What is remembered of a token can't change: that a key of its pool signed this very text, and what the text says. Whether
//! it is good for anything (its time, its client, its user, revocations) is asked at each use. A token is known by its
//! SHA-256, and only as long as the pool's keys are the ones it was verified with: with the pool, or after any change of
//! configuration, it is verified again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use cenote_model::types::GetUserResponse;
use cenote_store::{ClientId, PoolId, Sub};

use crate::encoded::Encoded;
use crate::tokens::keys::PoolKeys;

/// How many tokens are remembered at least, once so many were used; at most twice as many. Each takes a kilobyte or two.
const REMEMBERED: usize = 2048;

/// [`cenote_crypto::jwt::fingerprint`] of a token.
pub type Fingerprint = [u8; 32];

/// What a verified token says.
#[derive(Debug)]
pub struct VerifiedToken {
    pub pool_id: PoolId,
    pub sub: Sub,
    pub client_id: ClientId,
    /// Seconds.
    pub expires: i64,
    /// Whether operations by access token accept its scopes.
    pub has_admin_scope: bool,
    pub token_id: String,
    pub family: Option<String>,
    pub device_key: Option<String>,
    /// The generation of its user that its id was found to belong to; that never changes either.
    pub(super) generation: OnceLock<u64>,
    /// What GetUser said last.
    pub(super) answered: Mutex<Option<Answered>>,
    /// Whose signature it is.
    pub(super) keys: Weak<PoolKeys>,
}

/// An answer, and what it depends on.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub user_version: i64,
    pub client_version: i64,
    pub at_ms: i64,
    pub answer: Encoded<GetUserResponse>,
}

impl VerifiedToken {
    /// Whether it was verified with these keys.
    #[must_use]
    pub fn is_signed_by(&self, keys: &Arc<PoolKeys>) -> bool {
        std::ptr::eq(self.keys.as_ptr(), Arc::as_ptr(keys))
    }
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Fingerprint, Arc<VerifiedToken>>,
    /// What was used before the young ones were; dropped when they are too many.
    old: HashMap<Fingerprint, Arc<VerifiedToken>>,
}

/// The tokens.
#[derive(Debug, Default)]
pub struct VerifiedTokens(Mutex<Generations>);

impl VerifiedTokens {
    /// What was remembered under this name.
    pub fn find(&self, fingerprint: &Fingerprint) -> Option<Arc<VerifiedToken>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.young.get(fingerprint) {
            return Some(Arc::clone(found));
        }
        let found = all.old.remove(fingerprint)?;
        all.insert(*fingerprint, Arc::clone(&found));
        Some(found)
    }

    /// Remembers a token.
    pub fn remember(&self, fingerprint: Fingerprint, token: Arc<VerifiedToken>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(fingerprint, token);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let all = self.0.lock().unwrap();
        all.young.len() + all.old.len()
    }
}

impl Generations {
    fn insert(&mut self, fingerprint: Fingerprint, token: Arc<VerifiedToken>) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, token);
    }
}

#[cfg(test)]
mod tests {
    use cenote_crypto::jwt::fingerprint;

    use super::*;

    fn token(id: &str) -> Arc<VerifiedToken> {
        Arc::new(VerifiedToken {
            pool_id: PoolId::default(),
            sub: Sub::default(),
            client_id: ClientId::default(),
            expires: 0,
            has_admin_scope: true,
            token_id: id.to_owned(),
            family: None,
            device_key: None,
            generation: OnceLock::new(),
            answered: Mutex::new(None),
            keys: Weak::new(),
        })
    }

    #[test]
    fn what_is_used_stays_and_there_is_a_bound() {
        let tokens = VerifiedTokens::default();
        let used = fingerprint("used");
        tokens.remember(used, token("used"));
        for number in 0..10 * REMEMBERED {
            tokens.remember(fingerprint(&number.to_string()), token("other"));
            assert_eq!(tokens.find(&used).map(|it| it.token_id.clone()).as_deref(), Some("used"));
        }
        assert!(tokens.len() <= 2 * REMEMBERED + 1, "{}", tokens.len());
        assert!(tokens.find(&fingerprint("0")).is_none());
        assert!(tokens.find(&fingerprint("never")).is_none());
    }
}
