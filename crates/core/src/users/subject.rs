//! Whom a public caller names: a user, or a name that nobody has. Both are looked for, decided about and written in one way,
//! so that where users are hidden neither the answer nor the work behind it tells which it is.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::keyring::{KeyRing, MacPurpose, MasterKey};
use cenote_crypto::random::uuid_of;
use cenote_store::{
    Change, NameKind, NameSearch, Named, PoolId, Sealed, Sub, UnknownName, User, UserName, UserStatus,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::resolve::{Names, find_user, looks_like_sub};

/// The user name of what stands in for a user, where the typed one is not kept.
const NOBODY: &str = "nobody";

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
    /// A name that nobody has, and its row, but for the state that is with what stands in for the user.
    Nobody {
        row: Box<UnknownName>,
        now_ms: i64,
    },
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
        let who = match self.who {
            Who::User => Who::User,
            Who::Nobody { row, now_ms } => {
                let period = row.period_when_written(now_ms);
                let written = user.version != row.version;
                let period = if written { period } else { row.period };
                Who::Nobody { row: Box::new(UnknownName { version: user.version, period, ..*row }), now_ms }
            }
        };
        Self { user, who }
    }

    /// The change from this state to another one.
    #[must_use]
    pub fn change_to(&self, after: &User) -> Change {
        match &self.who {
            Who::User => Change::update_user(&self.user, after),
            Who::Nobody { row, now_ms } => {
                Change::PutUnknownName { name: Box::new(row.with_state_of(after)), now_ms: *now_ms }
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
            Who::Nobody { row, .. } => {
                let stored = context.store.find_unknown_name(&row.name_hash, context.now_ms).await?;
                let name_hash = row.name_hash.clone();
                Ok(Some(stand_in(context, pool_id.clone(), name_hash, stored.map(Box::new), username)))
            }
        }
    }
}

/// Finds whom a public caller names. Where users are hidden one search, of the same steps for everybody, looks for users and for
/// what is remembered of names that nobody has.
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
    let (store, now_ms) = (&context.store, context.now_ms);
    if !client.hides_users()
        && let Some(user) = find_user(context, pool, name, names).await?
    {
        return Ok(user.into());
    }
    let hash = keyed_hash(pool, "counts", name);
    let name_hash = URL_SAFE_NO_PAD.encode(hash);
    let (user, stored) = if client.hides_users() {
        let sub = (names == Names::WithSub && looks_like_sub(name)).then(|| Sub::new(name));
        let search = NameSearch {
            pool: pool.id(),
            key: &pool.fold(name),
            sub: sub.as_ref(),
            name_hash: &name_hash,
            twin: &sub_of(hash),
            now_ms,
        };
        match store.find_named(search).await? {
            Named::User(user) => (Some(user), None),
            Named::Nobody(stored) => (None, stored),
        }
    } else {
        (None, store.find_unknown_name(&name_hash, now_ms).await?.map(Box::new))
    };
    // Made for users too: it takes its time.
    let stand_in = stand_in(context, pool.id().clone(), name_hash, stored, name);
    Ok(user.map_or(stand_in, |user| Subject::from(*user)))
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
    sub_of(keyed_hash(pool, "srp user", name)).as_str().to_owned()
}

fn sub_of(hash: [u8; 32]) -> Sub {
    let (bytes, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    Sub::new(uuid_of(*bytes))
}

/// What stands in for the user of a name that nobody has, the name and its state aside: as large as users are.
#[must_use]
pub fn template(decoy_verifier: &Sealed) -> User {
    User {
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
    }
}

/// Stands in for the user of a name that nobody has.
fn stand_in(
    context: &Context,
    pool_id: PoolId,
    name_hash: String,
    stored: Option<Box<UnknownName>>,
    name: &str,
) -> Subject {
    let mut row = stored.unwrap_or_else(|| Box::new(UnknownName { name_hash, ..UnknownName::default() }));
    let user = User {
        pool_id,
        sub: Sub::new(row.name_hash.clone()),
        version: row.version,
        username: name.to_owned(),
        ..row.give_state_to(context.nobody.clone())
    };
    Subject { user, who: Who::Nobody { row, now_ms: context.now_ms } }
}
