//! Sessions that were used, and sign-ins that were revoked.

use super::{Query, Step, decode_integer, params};
use crate::aggregates::{Revocation, UsedSession};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::PoolId;
use crate::store::Store;

static USED: Query<i64> = Query {
    sql: "SELECT expires_ms FROM used_sessions WHERE id = $1",
    decode: |row| decode_integer(row, 0, "used_sessions", "expires_ms"),
};
static REVOKED: Query<i64> = Query {
    sql: "SELECT expires_ms FROM revocations WHERE pool_id = $1 AND family = $2",
    decode: |row| decode_integer(row, 0, "revocations", "expires_ms"),
};

pub(super) const SWEEP_USED: &str = "DELETE FROM used_sessions WHERE id IN \
    (SELECT id FROM used_sessions WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)";
pub(super) const SWEEP_REVOKED: &str = "DELETE FROM revocations WHERE (pool_id, family) IN \
    (SELECT pool_id, family FROM revocations WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)";

impl Store {
    /// Whether a challenge session was answered before. `id` is [`UsedSession::id`].
    pub async fn is_session_used(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.find(&USED, params![id]).await?.is_some())
    }

    /// Whether there is a revocation. `family` is [`Revocation::family`]. Those who look at a token read it with the user.
    pub async fn is_revoked(&self, pool: &PoolId, family: &str) -> Result<bool, StoreError> {
        Ok(self.find(&REVOKED, params![pool, family]).await?.is_some())
    }
}

pub(super) fn mark_used(session: &UsedSession, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "INSERT INTO used_sessions (id, expires_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![session.id.as_str(), session.expires_ms],
        Conflict::SessionUsed,
    ));
}

pub(super) fn revoke(revocation: &Revocation, steps: &mut Vec<Step>) {
    steps.push(Step::any(
        "INSERT INTO revocations (pool_id, family, expires_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (pool_id, family) DO UPDATE SET expires_ms = excluded.expires_ms \
         WHERE excluded.expires_ms > revocations.expires_ms",
        params![&revocation.pool_id, revocation.family.as_str(), revocation.expires_ms],
    ));
}
