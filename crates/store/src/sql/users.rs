use super::{
    Query, Step, Value, body, decode_body, decode_integer, devices, encode_json, groups, params, pools,
    refresh_families, text, user_index, user_sessions,
};
use crate::aggregates::{NameKind, User, UserName};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

body!(User, "users");

static FIND: Query<User> =
    Query { sql: "SELECT data, version FROM users WHERE pool_id = $1 AND sub = $2", decode: decode_body };
static TOKEN_HOLDER: Query<(User, bool)> = Query {
    sql: "SELECT data, version, (SELECT COUNT(*) FROM revocations WHERE pool_id = $1 AND family = $3) \
          FROM users WHERE pool_id = $1 AND sub = $2",
    decode: |row| {
        let revocations = decode_integer(row, 2, "revocations", "count")?;
        Ok((decode_body(row)?, revocations > 0))
    },
};
static TOKEN_HOLDER_VERSION: Query<(i64, bool)> = Query {
    sql: "SELECT version, (SELECT COUNT(*) FROM revocations WHERE pool_id = $1 AND family = $3) \
          FROM users WHERE pool_id = $1 AND sub = $2",
    decode: |row| {
        let revocations = decode_integer(row, 1, "revocations", "count")?;
        Ok((decode_integer(row, 0, "users", "version")?, revocations > 0))
    },
};
static BY_KEY: Query<(NameKind, User)> = Query {
    sql: "SELECT u.data, u.version, n.kind FROM user_names n \
          JOIN users u ON u.pool_id = n.pool_id AND u.sub = n.sub \
          WHERE n.pool_id = $1 AND n.key = $2",
    decode: |row| {
        let kind = row.text(2).and_then(NameKind::parse);
        let kind = kind.ok_or(StoreError::Corrupt { table: "user_names", column: "kind" })?;
        Ok((kind, decode_body(row)?))
    },
};
static BY_NAME: Query<User> = Query {
    sql: "SELECT u.data, u.version FROM user_names n \
          JOIN users u ON u.pool_id = n.pool_id AND u.sub = n.sub \
          WHERE n.pool_id = $1 AND n.key = $2 AND n.kind = $3",
    decode: decode_body,
};
static LIST: Query<User> = Query {
    sql: "SELECT data, version FROM users WHERE pool_id = $1 AND (created_ms, sub) > ($2, $3) \
          ORDER BY created_ms, sub LIMIT $4",
    decode: decode_body,
};

impl Store {
    pub async fn find_user(&self, pool: &PoolId, sub: &Sub) -> Result<Option<User>, StoreError> {
        self.find(&FIND, params![pool, sub]).await
    }

    /// The user of a token and whether the tokens of its sign-in (`family`) were revoked, both at the same moment.
    pub async fn find_token_holder(
        &self,
        pool: &PoolId,
        sub: &Sub,
        family: Option<&str>,
    ) -> Result<Option<(User, bool)>, StoreError> {
        self.find(&TOKEN_HOLDER, params![pool, sub, family]).await
    }

    /// The version of [`Self::find_token_holder`]'s user instead of the user: as long as it stays the same, so does the user.
    pub async fn find_token_holder_version(
        &self,
        pool: &PoolId,
        sub: &Sub,
        family: Option<&str>,
    ) -> Result<Option<(i64, bool)>, StoreError> {
        self.find(&TOKEN_HOLDER_VERSION, params![pool, sub, family]).await
    }

    /// Everybody who owns `key` as a name of any kind, by kind: user name first.
    pub async fn find_users_by_name(
        &self,
        pool: &PoolId,
        key: &str,
    ) -> Result<Vec<(NameKind, User)>, StoreError> {
        let mut found = self.point(&BY_KEY, params![pool, &*text::name_key(key)]).await?;
        found.sort_unstable_by_key(|(kind, _)| *kind);
        Ok(found)
    }

    /// The owner of a name. `key` is compared as it is: the caller folds it where the pool ignores case.
    pub async fn find_user_by_name(
        &self,
        pool: &PoolId,
        kind: NameKind,
        key: &str,
    ) -> Result<Option<User>, StoreError> {
        self.find(&BY_NAME, params![pool, &*text::name_key(key), kind.as_str()]).await
    }

    /// A pool's users by time of creation and sub, from the one behind `after`. Users that are inserted meanwhile neither
    /// repeat nor hide others.
    pub async fn list_users(
        &self,
        pool: &PoolId,
        filter: Option<&user_index::UserFilter>,
        after: Option<(i64, Sub)>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let (time, sub) = after.unwrap_or((i64::MIN, Sub::default()));
        match filter {
            Some(filter) => {
                let (query, mut params) = filter.query(pool);
                params.extend(params![time, &sub, limit]);
                self.list(query, params).await
            }
            None => self.list(&LIST, params![pool, time, &sub, limit]).await,
        }
    }
}

pub(super) fn insert(user: &User, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(pools::must_exist(&user.pool_id));
    steps.push(Step::one(
        "INSERT INTO users (pool_id, sub, version, created_ms, data) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT DO NOTHING",
        vec![(&user.pool_id).into(), (&user.sub).into(), user.created_ms.into(), encode_json(user)?],
        Conflict::AlreadyExists,
    ));
    for name in &user.names {
        steps.push(claim(user, name));
    }
    for entry in user_index::entries(user) {
        steps.push(entry.insert(user));
    }
    Ok(())
}

/// A change of a user. Most change nothing but the row: then all that is kept of both states is the row's new text.
#[derive(Clone, Debug)]
pub struct UserUpdate {
    pool_id: PoolId,
    sub: Sub,
    version: i64,
    /// The new `data`; none if the states can't be of one user.
    data: Option<Value>,
    /// Both states, where names or other entries of indexes may change.
    states: Option<Box<(User, User)>>,
}

impl UserUpdate {
    pub(crate) fn new(before: &User, after: &User) -> Self {
        let is_same = (&before.pool_id, &before.sub, before.created_ms)
            == (&after.pool_id, &after.sub, after.created_ms);
        let stays = user_index::surely_same(before, after);
        Self {
            pool_id: before.pool_id.clone(),
            sub: before.sub.clone(),
            version: before.version,
            data: is_same.then(|| encode_json(after).ok()).flatten(),
            states: (!stays).then(|| Box::new((before.clone(), after.clone()))),
        }
    }
}

pub(super) fn update(update: &UserUpdate, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let data = update.data.clone();
    let data = data.ok_or_else(|| StoreError::internal("an update must not make another user of a user"))?;
    steps.push(Step::one(
        "UPDATE users SET version = version + 1, data = $4 WHERE pool_id = $1 AND sub = $2 AND version = $3",
        vec![(&update.pool_id).into(), (&update.sub).into(), update.version.into(), data],
        Conflict::VersionChanged,
    ));
    let Some(states) = &update.states else { return Ok(()) };
    let (before, after) = &**states;
    for name in before.names.difference(&after.names) {
        steps.push(release(before, name));
    }
    for name in after.names.difference(&before.names) {
        steps.push(claim(after, name));
    }
    let (old, new) = (user_index::entries(before), user_index::entries(after));
    for entry in old.difference(&new) {
        steps.push(entry.delete(before));
    }
    for entry in new.difference(&old) {
        steps.push(entry.insert(after));
    }
    Ok(())
}

pub(super) fn delete(user: &User, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM users WHERE pool_id = $1 AND sub = $2 AND version = $3",
        params![&user.pool_id, &user.sub, user.version],
        Conflict::VersionChanged,
    ));
    for name in &user.names {
        steps.push(release(user, name));
    }
    for entry in user_index::entries(user) {
        steps.push(entry.delete(user));
    }
    steps.push(groups::remove_from_all(user));
    steps.push(refresh_families::remove_all(user));
    steps.push(user_sessions::remove_all(user));
    steps.push(devices::remove_all(user));
}

fn claim(user: &User, name: &UserName) -> Step {
    Step::one(
        "INSERT INTO user_names (pool_id, key, kind, sub) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![&user.pool_id, &*text::name_key(&name.key), name.kind.as_str(), &user.sub],
        Conflict::NameTaken(name.kind),
    )
}

fn release(user: &User, name: &UserName) -> Step {
    Step::any(
        "DELETE FROM user_names WHERE pool_id = $1 AND key = $2 AND kind = $3 AND sub = $4",
        params![&user.pool_id, &*text::name_key(&name.key), name.kind.as_str(), &user.sub],
    )
}
