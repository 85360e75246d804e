//! Whom a public caller names: a user, or a name that nobody has. Both are looked for, decided about and written in one way,
//! so that where users are hidden neither the answer nor the work behind it tells which it is.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::keyring::{KeyRing, MacPurpose, MasterKey};
use cenote_store::{Change, NameKind, PoolId, Sealed, Sub, UnknownUser, User, UserName, UserStatus};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::resolve::{Names, find_user};
use crate::users::update::user_change;

/// Longer than the hour of the windows, the codes and the longest lock.
const KEPT_MS: i64 = 75 * 60_000;

/// The user name of what stands in for a user, where the typed one is not kept.
const NOBODY: &str = "nobody";

/// A user, or what stands in for one.
#[derive(Clone, Debug)]
pub struct Subject {
    /// For a name that nobody has: a confirmed user without password and verified contact, with the counters and codes of the
    /// name.
    pub user: User,
    /// The hash of a name that nobody has.
    name_hash: Option<String>,
}

impl From<User> for Subject {
    fn from(user: User) -> Self {
        Self { user, name_hash: None }
    }
}

impl Subject {
    /// Whether it is a user.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.name_hash.is_none()
    }

    /// The same in another state.
    #[must_use]
    pub fn with(self, user: User) -> Self {
        Self { user, ..self }
    }

    /// The change from this state to another one.
    #[must_use]
    pub fn change_to(&self, after: &User, now_ms: i64) -> Change {
        match &self.name_hash {
            None => user_change(&self.user, after),
            Some(name_hash) => Change::PutUnknownUser(UnknownUser {
                pool_id: self.user.pool_id.clone(),
                name_hash: name_hash.clone(),
                version: self.user.version,
                // The name as it was typed is not kept.
                user: Box::new(User { username: NOBODY.to_owned(), version: 0, ..after.clone() }),
                expires_ms: now_ms + KEPT_MS,
            }),
        }
    }

    /// The same as it is now; `None` for a user who is gone.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn reread(&self, context: &Context) -> Result<Option<Self>, Error> {
        let (pool_id, username) = (&self.user.pool_id, &self.user.username);
        match &self.name_hash {
            None => Ok(context.store.find_user(pool_id, &self.user.sub).await?.map(Self::from)),
            Some(name_hash) => {
                let stored = context.store.find_unknown_user(pool_id, name_hash).await?;
                stand_in(context, pool_id, name_hash.clone(), username, stored).map(Some)
            }
        }
    }
}

/// Finds whom a public caller names. Where users are hidden both are read whoever it is: the user, and what is remembered of
/// names that nobody has.
///
/// # Errors
/// When the store can't be read.
pub async fn find(
    context: &Context,
    pool: &Pool,
    client: &Client,
    name: &str,
    names: Names,
) -> Result<Subject, Error> {
    let user = find_user(context, pool, name, names).await?;
    match user {
        Some(user) if !client.hides_users() => Ok(user.into()),
        user => {
            let name_hash = URL_SAFE_NO_PAD.encode(keyed_hash(pool, "counts", name));
            let stored = context.store.find_unknown_user(pool.id(), &name_hash).await?;
            match user {
                Some(user) => Ok(user.into()),
                None => stand_in(context, pool.id(), name_hash, name, stored),
            }
        }
    }
}

/// A keyed hash of a name. It is the same on every instance and after every restart and change of master keys: the pool's
/// own secret stands behind it.
#[must_use]
pub fn keyed_hash(pool: &Pool, used_for: &str, name: &str) -> [u8; 32] {
    let ring = KeyRing::new(MasterKey::from_bytes(pool.secret), Vec::new());
    ring.mac(MacPurpose::UnknownUser, &[pool.id().as_str(), used_for], pool.fold(name).as_bytes())
}

/// What stands in for the user of a name that nobody has, the name and its counters aside: as large as users are, and decoded
/// as they are.
///
/// # Errors
/// Never in practice.
pub fn template(decoy_verifier: &Sealed) -> Result<String, Error> {
    let user = User {
        username: NOBODY.to_owned(),
        enabled: true,
        status: UserStatus::Confirmed,
        names: BTreeSet::from([UserName { kind: NameKind::Username, key: NOBODY.to_owned() }]),
        attributes: BTreeMap::from([
            ("email".to_owned(), "nobody@example.invalid".to_owned()),
            ("email_verified".to_owned(), "false".to_owned()),
        ]),
        // A user has one as its password.
        password_history: vec![decoy_verifier.clone()],
        ..User::default()
    };
    serde_json::to_string(&user).map_err(Error::internal)
}

fn stand_in(
    context: &Context,
    pool_id: &PoolId,
    name_hash: String,
    name: &str,
    stored: Option<UnknownUser>,
) -> Result<Subject, Error> {
    let version = stored.as_ref().map_or(0, |stored| stored.version);
    let user = match stored.filter(|stored| context.now_ms < stored.expires_ms) {
        Some(stored) => *stored.user,
        None => serde_json::from_str(&context.nobody).map_err(Error::internal)?,
    };
    let user = User {
        pool_id: pool_id.clone(),
        sub: Sub::new(name_hash.clone()),
        version,
        username: name.to_owned(),
        ..user
    };
    Ok(Subject { user, name_hash: Some(name_hash) })
}
