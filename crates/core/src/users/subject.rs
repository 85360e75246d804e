//! Whom a public caller names: a user, or a name that nobody has. Both are looked for, decided about and written in one way,
//! so that where users are hidden neither the answer nor the work behind it tells which it is.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::keyring::{KeyRing, MacPurpose, MasterKey};
use cenote_crypto::random::uuid_of;
use cenote_store::{Change, NameKind, PoolId, Sealed, Sub, UnknownUser, User, UserName, UserStatus};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::resolve::{Names, find_user};
use crate::users::update::user_change;

/// How long a name without a user is remembered after it was last asked about: longer than the hour of the windows, the codes
/// and the longest lock.
const LEAST_KEPT_MS: i64 = 75 * 60_000;
/// From when it is written first, so that its expiry, and the index of it, is not written each time.
const KEPT_MS: i64 = 120 * 60_000;

/// The user name of what stands in for a user, where the typed one is not kept.
const NOBODY: &str = "nobody";

/// Read where a name leads to no user.
const NAME_ROW: &str =
    r#"{"pool_id":"us-east-1_123456789","name_hash":"nobody@example.invalid","expires_ms":0}"#;

/// A user, or what stands in for one.
#[derive(Clone, Debug)]
pub struct Subject {
    /// For a name that nobody has: a confirmed user without password and verified contact, with the counters and codes of the
    /// name.
    pub user: User,
    who: Who,
}

#[derive(Clone, Debug)]
enum Who {
    User,
    /// A name that nobody has, and the row that is kept of it, but for what stands in for the user.
    Nobody(UnknownUser),
}

impl From<User> for Subject {
    fn from(user: User) -> Self {
        Self { user, who: Who::User }
    }
}

impl Subject {
    /// Whether it is a user.
    #[must_use]
    pub fn exists(&self) -> bool {
        matches!(self.who, Who::User)
    }

    /// The same in another state, which is stored.
    #[must_use]
    pub fn with(self, user: User) -> Self {
        let written = user.version != self.user.version;
        let who = match self.who {
            Who::User => Who::User,
            Who::Nobody(row) => Who::Nobody(UnknownUser {
                version: user.version,
                expiry_is_stored: row.expiry_is_stored || written,
                ..row
            }),
        };
        Self { user, who }
    }

    /// The change from this state to another one.
    #[must_use]
    pub fn change_to(&self, after: &User) -> Change {
        match &self.who {
            Who::User => user_change(&self.user, after),
            Who::Nobody(row) => {
                // The change of a user holds both states, and compares them.
                let before = Box::new(self.user.clone());
                black_box((before.names == after.names, before.attributes == after.attributes));
                // The name as it was typed is not kept.
                let user = Box::new(User { username: NOBODY.to_owned(), version: 0, ..after.clone() });
                Change::PutUnknownUser(UnknownUser { user, ..row.clone() })
            }
        }
    }

    /// The same as it is now; `None` for a user who is gone.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn reread(&self, context: &Context) -> Result<Option<Self>, Error> {
        let (pool_id, username) = (&self.user.pool_id, &self.user.username);
        match &self.who {
            Who::User => Ok(context.store.find_user(pool_id, &self.user.sub).await?.map(Self::from)),
            Who::Nobody(row) => {
                let stored = context.store.find_unknown_user(pool_id, &row.name_hash).await?;
                let row = kept(context, pool_id, row.name_hash.clone(), stored);
                stand_in(context, row, username).map(Some)
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
            let row = kept(context, pool.id(), name_hash, stored);
            match user {
                Some(user) => Ok(user.into()),
                None => {
                    // A user is found by way of its name, which is a row more to read.
                    black_box(serde_json::from_str::<UnknownUser>(NAME_ROW).map_err(Error::internal)?);
                    stand_in(context, row, name)
                }
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

/// A sub that nobody has, for a name that nobody has: always the same.
#[must_use]
pub fn invented_sub(pool: &Pool, name: &str) -> String {
    let hash = keyed_hash(pool, "srp user", name);
    let (bytes, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    uuid_of(*bytes)
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

/// What is remembered of a name, or will be: when it expires too soon it is to be kept longer.
fn kept(context: &Context, pool_id: &PoolId, name_hash: String, stored: Option<UnknownUser>) -> UnknownUser {
    let stored = stored.unwrap_or_default();
    let expiry_is_stored = stored.expires_ms >= context.now_ms + LEAST_KEPT_MS;
    let is_valid = context.now_ms < stored.expires_ms;
    UnknownUser {
        pool_id: pool_id.clone(),
        name_hash,
        version: stored.version,
        user: if is_valid { stored.user } else { Box::default() },
        expires_ms: if expiry_is_stored { stored.expires_ms } else { context.now_ms + KEPT_MS },
        expiry_is_stored,
    }
}

/// Stands in for the user of a name that nobody has.
fn stand_in(context: &Context, mut row: UnknownUser, name: &str) -> Result<Subject, Error> {
    let stored = std::mem::take(&mut row.user);
    let is_empty = stored.username.is_empty();
    let user =
        if is_empty { serde_json::from_str(&context.nobody).map_err(Error::internal)? } else { *stored };
    let user = User {
        pool_id: row.pool_id.clone(),
        sub: Sub::new(row.name_hash.clone()),
        version: row.version,
        username: name.to_owned(),
        ..user
    };
    Ok(Subject { user, who: Who::Nobody(row) })
}
