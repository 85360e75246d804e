//! What is left of pools that were deleted.
//!
//! A pool can have millions of users, which no transaction should remove at once. So a deletion removes the pool, what makes
//! it work and the first of its users; the rest goes in sweeps. Until then its id stays taken.
//! What is remembered of names that nobody has is not its pool's by anything but a keyed hash; it is forgotten with time.

use super::{Query, Step, params};
use crate::error::StoreError;
use crate::ids::PoolId;

/// How many users go in the deletion itself, and the same number each of groups and of revocations. Smaller pools are gone at once.
pub(super) const AT_ONCE: u32 = 500;
/// Names and index entries that go for each user that does. More than this many are left for the next portion.
const NAMES: u32 = 8;
const ENTRIES: u32 = 32;
/// The same for devices.
const DEVICES: u32 = 8;
/// The same for memberships.
const MEMBERSHIPS: u32 = 8;
/// The same for families of refresh tokens.
const FAMILIES: u32 = 8;
/// The same for sessions.
const SESSIONS: u32 = 8;

pub(crate) static NEXT: Query<PoolId> = Query {
    sql: "SELECT pool_id FROM purges ORDER BY pool_id LIMIT 1",
    decode: |row| {
        let id = row.text(0).ok_or(StoreError::Corrupt { table: "purges", column: "pool_id" })?;
        Ok(PoolId::new(super::text::unescape(id)))
    },
};

/// Removes up to `users` users and what belongs to them, and the pool's entry when nothing is left. The users go before their
/// names and index entries: that is the order in which changes to a user lock them.
pub(crate) fn steps(pool: &PoolId, users: u32) -> Vec<Step> {
    [
        (
            "DELETE FROM users WHERE pool_id = $1 AND sub IN \
             (SELECT sub FROM users WHERE pool_id = $1 ORDER BY sub LIMIT $2)",
            users,
        ),
        (
            "DELETE FROM user_names WHERE pool_id = $1 AND (key, kind) IN \
             (SELECT key, kind FROM user_names WHERE pool_id = $1 ORDER BY key, kind LIMIT $2)",
            users.saturating_mul(NAMES),
        ),
        (
            "DELETE FROM user_index WHERE pool_id = $1 AND (name, value, created_ms, sub) IN \
             (SELECT name, value, created_ms, sub FROM user_index WHERE pool_id = $1 \
              ORDER BY name, value, created_ms, sub LIMIT $2)",
            users.saturating_mul(ENTRIES),
        ),
        (
            "DELETE FROM user_groups WHERE pool_id = $1 AND name IN \
             (SELECT name FROM user_groups WHERE pool_id = $1 ORDER BY name LIMIT $2)",
            users,
        ),
        (
            "DELETE FROM memberships WHERE pool_id = $1 AND (group_name, sub) IN \
             (SELECT group_name, sub FROM memberships WHERE pool_id = $1 ORDER BY group_name, sub LIMIT $2)",
            users.saturating_mul(MEMBERSHIPS),
        ),
        (
            "DELETE FROM revocations WHERE pool_id = $1 AND family IN \
             (SELECT family FROM revocations WHERE pool_id = $1 ORDER BY family LIMIT $2)",
            users,
        ),
        (
            "DELETE FROM refresh_families WHERE pool_id = $1 AND family IN \
             (SELECT family FROM refresh_families WHERE pool_id = $1 ORDER BY family LIMIT $2)",
            users.saturating_mul(FAMILIES),
        ),
        (
            "DELETE FROM user_sessions WHERE pool_id = $1 AND (sub, id) IN \
             (SELECT sub, id FROM user_sessions WHERE pool_id = $1 ORDER BY sub, id LIMIT $2)",
            users.saturating_mul(SESSIONS),
        ),
        (
            "DELETE FROM devices WHERE pool_id = $1 AND (sub, device_key) IN \
             (SELECT sub, device_key FROM devices WHERE pool_id = $1 ORDER BY sub, device_key LIMIT $2)",
            users.saturating_mul(DEVICES),
        ),
    ]
    .into_iter()
    .map(|(sql, limit)| Step::any(sql, params![pool, limit]))
    .chain([Step::any(
        "DELETE FROM purges WHERE pool_id = $1 \
         AND NOT EXISTS (SELECT 1 FROM users WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM user_names WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM user_index WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM user_groups WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM memberships WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM devices WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM revocations WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM refresh_families WHERE pool_id = $1) \
         AND NOT EXISTS (SELECT 1 FROM user_sessions WHERE pool_id = $1)",
        params![pool],
    )])
    .collect()
}
