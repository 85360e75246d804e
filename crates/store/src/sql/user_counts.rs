//! How many users a pool has: kept, since counting walks all of them.

use std::collections::BTreeMap;

use super::{Query, Step, decode_integer, params};
use crate::aggregates::User;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

static COUNT: Query<i64> = Query {
    sql: "SELECT CAST(COALESCE(SUM(users), 0) AS BIGINT) FROM user_counts WHERE pool_id = $1",
    decode: |row| decode_integer(row, 0, "user_counts", "users"),
};

impl Store {
    /// How many users a pool has. Those of a deleted pool do not count, though they may not be removed yet.
    pub async fn count_users(&self, pool: &PoolId) -> Result<i64, StoreError> {
        Ok(self.find(&COUNT, params![pool]).await?.unwrap_or_default())
    }
}

/// By how much a change set changes each part. In the order of the parts, so that change sets do not wait for each other in a
/// circle.
#[derive(Default)]
pub(super) struct Difference<'a>(BTreeMap<(&'a PoolId, &'a str), i64>);

impl<'a> Difference<'a> {
    pub(super) fn add(&mut self, user: &'a User, users: i64) {
        *self.0.entry((&user.pool_id, part(&user.sub))).or_default() += users;
    }

    pub(super) fn steps(self) -> impl Iterator<Item = Step> {
        self.0.into_iter().filter(|(_, users)| *users != 0).map(|((pool, part), users)| {
            // Without a row to take from there is no such pool any more.
            let sql = if users > 0 {
                "INSERT INTO user_counts (pool_id, part, users) VALUES ($1, $2, $3) \
                 ON CONFLICT (pool_id, part) DO UPDATE SET users = user_counts.users + excluded.users"
            } else {
                "UPDATE user_counts SET users = users + $3 WHERE pool_id = $1 AND part = $2"
            };
            Step::any(sql, params![pool, part, users])
        })
    }
}

/// Where a user is counted: the last two characters, which are random in a UUID. The migration takes the same.
fn part(sub: &Sub) -> &str {
    let sub = sub.as_str();
    sub.char_indices().rev().nth(1).and_then(|(start, _)| sub.get(start..)).unwrap_or(sub)
}
