use super::{Query, Step, body, decode_body, decode_integer, encode_json, params, pools};
use crate::aggregates::{Group, Membership, User};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

body!(Group, "user_groups");

static FIND: Query<Group> = Query {
    sql: "SELECT data, version FROM user_groups WHERE pool_id = $1 AND name = $2",
    decode: decode_body,
};
static LIST: Query<Group> = Query {
    sql: "SELECT data, version FROM user_groups WHERE pool_id = $1 AND name > $2 ORDER BY name LIMIT $3",
    decode: decode_body,
};
static COUNT: Query<i64> = Query {
    sql: "SELECT COUNT(*) FROM user_groups WHERE pool_id = $1",
    decode: |row| decode_integer(row, 0, "user_groups", "count"),
};
// CROSS JOIN keeps SQLite to this order of the tables: from the members to what they belong to, by its key.
static OF_USER: Query<Group> = Query {
    sql: "SELECT g.data, g.version FROM memberships m CROSS JOIN user_groups g \
          WHERE m.pool_id = $1 AND m.sub = $2 AND m.group_name > $3 \
          AND g.pool_id = m.pool_id AND g.name = m.group_name ORDER BY m.group_name LIMIT $4",
    decode: decode_body,
};
static MEMBERS: Query<User> = Query {
    sql: "SELECT u.data, u.version FROM memberships m CROSS JOIN users u \
          WHERE m.pool_id = $1 AND m.group_name = $2 AND m.sub > $3 \
          AND u.pool_id = m.pool_id AND u.sub = m.sub ORDER BY m.sub LIMIT $4",
    decode: decode_body,
};

impl Store {
    pub async fn find_group(&self, pool: &PoolId, name: &str) -> Result<Option<Group>, StoreError> {
        self.find(&FIND, params![pool, name]).await
    }

    /// A pool's groups by name, from the one behind `after`.
    pub async fn list_groups(
        &self,
        pool: &PoolId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Group>, StoreError> {
        self.list(&LIST, params![pool, after.unwrap_or_default(), limit]).await
    }

    /// How many groups a pool has. Walks an index: for rare calls.
    pub async fn count_groups(&self, pool: &PoolId) -> Result<i64, StoreError> {
        Ok(self.list(&COUNT, params![pool]).await?.into_iter().sum())
    }

    /// The groups a user is in by name, from the one behind `after`.
    pub async fn list_groups_of_user(
        &self,
        pool: &PoolId,
        sub: &Sub,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Group>, StoreError> {
        self.point(&OF_USER, params![pool, sub, after.unwrap_or_default(), limit]).await
    }

    /// The users in a group by sub, from the one behind `after`.
    pub async fn list_users_in_group(
        &self,
        pool: &PoolId,
        group: &str,
        after: Option<&Sub>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let first = Sub::default();
        self.list(&MEMBERS, params![pool, group, after.unwrap_or(&first), limit]).await
    }

    /// Takes up to `portion` users out of a group that has more than that, leaves as many in it, and tells how many went. For
    /// whoever is about to delete a large one: small transactions hold up nobody.
    pub async fn shrink_group(&self, pool: &PoolId, group: &str, portion: u32) -> Result<u64, StoreError> {
        let step = Step::any(
            "DELETE FROM memberships WHERE pool_id = $1 AND group_name = $2 AND sub IN \
             (SELECT sub FROM memberships WHERE pool_id = $1 AND group_name = $2 ORDER BY sub LIMIT $3 OFFSET $3)",
            params![pool, group, portion],
        );
        self.execute_freely(vec![step]).await
    }
}

pub(super) fn insert(group: &Group, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(pools::must_exist(&group.pool_id));
    steps.push(Step::one(
        "INSERT INTO user_groups (pool_id, name, version, data) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING",
        vec![(&group.pool_id).into(), group.name.as_str().into(), encode_json(group)?],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn update(group: &Group, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "UPDATE user_groups SET version = version + 1, data = $4 \
         WHERE pool_id = $1 AND name = $2 AND version = $3",
        vec![(&group.pool_id).into(), group.name.as_str().into(), group.version.into(), encode_json(group)?],
        Conflict::VersionChanged,
    ));
    Ok(())
}

/// The group goes before its members, whose insertions lock it.
pub(super) fn delete(pool: &PoolId, name: &str, version: i64, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM user_groups WHERE pool_id = $1 AND name = $2 AND version = $3",
        params![pool, name, version],
        Conflict::VersionChanged,
    ));
    steps.push(Step::any(
        "DELETE FROM memberships WHERE pool_id = $1 AND group_name = $2",
        params![pool, name],
    ));
}

/// Locks user, group, membership in this order, which is that of purges too.
pub(super) fn add_member(membership: &Membership, steps: &mut Vec<Step>) {
    let Membership { pool_id, group_name, sub, created_ms } = membership;
    steps.push(Step::one(
        "SELECT 1 FROM users WHERE pool_id = $1 AND sub = $2 {share}",
        params![pool_id, sub],
        Conflict::VersionChanged,
    ));
    steps.push(Step::one(
        "SELECT 1 FROM user_groups WHERE pool_id = $1 AND name = $2 {share}",
        params![pool_id, group_name.as_str()],
        Conflict::VersionChanged,
    ));
    steps.push(Step::any(
        "INSERT INTO memberships (pool_id, group_name, sub, created_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        params![pool_id, group_name.as_str(), sub, *created_ms],
    ));
}

pub(super) fn remove_member(pool: &PoolId, group: &str, sub: &Sub, steps: &mut Vec<Step>) {
    steps.push(Step::any(
        "DELETE FROM memberships WHERE pool_id = $1 AND group_name = $2 AND sub = $3",
        params![pool, group, sub],
    ));
}

/// Takes a user that is deleted out of all its groups.
pub(super) fn remove_from_all(user: &User) -> Step {
    Step::any("DELETE FROM memberships WHERE pool_id = $1 AND sub = $2", params![&user.pool_id, &user.sub])
}
