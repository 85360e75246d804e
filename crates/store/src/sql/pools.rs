use super::{Query, Step, body, decode_body, encode_json, params, purges};
use crate::aggregates::Pool;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::PoolId;
use crate::store::Store;

body!(Pool, "pools");

static FIND: Query<Pool> =
    Query { sql: "SELECT data, version FROM pools WHERE id = $1", decode: decode_body };
static LIST: Query<Pool> = Query {
    sql: "SELECT data, version FROM pools WHERE (created_ms, id) > ($1, $2) ORDER BY created_ms, id LIMIT $3",
    decode: decode_body,
};

impl Store {
    pub async fn find_pool(&self, id: &PoolId) -> Result<Option<Pool>, StoreError> {
        self.find(&FIND, params![id]).await
    }

    /// The pools by time of creation, from the one behind `after` (its `created_ms` and id).
    pub async fn list_pools(
        &self,
        after: Option<(i64, PoolId)>,
        limit: u32,
    ) -> Result<Vec<Pool>, StoreError> {
        let (time, id) = after.unwrap_or((i64::MIN, PoolId::default()));
        self.list(&LIST, params![time, &id, limit]).await
    }
}

pub(super) fn insert(pool: &Pool, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "INSERT INTO pools (id, version, created_ms, data) \
         SELECT CAST($1 AS TEXT), 1, CAST($2 AS BIGINT), CAST($3 AS TEXT) \
         WHERE NOT EXISTS (SELECT 1 FROM purges WHERE pool_id = $1) ON CONFLICT DO NOTHING",
        vec![(&pool.id).into(), pool.created_ms.into(), encode_json(pool)?],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn update(pool: &Pool, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "UPDATE pools SET version = version + 1, data = $3 WHERE id = $1 AND version = $2",
        vec![(&pool.id).into(), pool.version.into(), encode_json(pool)?],
        Conflict::VersionChanged,
    ));
    Ok(())
}

/// The pool goes first: its row is what insertions of clients, keys and users lock.
pub(super) fn delete(id: &PoolId, version: i64, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM pools WHERE id = $1 AND version = $2",
        params![id, version],
        Conflict::VersionChanged,
    ));
    for sql in [
        "INSERT INTO purges (pool_id) VALUES ($1) ON CONFLICT DO NOTHING",
        "DELETE FROM user_counts WHERE pool_id = $1",
        "DELETE FROM clients WHERE pool_id = $1",
        "DELETE FROM signing_keys WHERE pool_id = $1",
        "DELETE FROM outbox WHERE pool_id = $1",
        "DELETE FROM inbox WHERE pool_id = $1",
    ] {
        steps.push(Step::any(sql, params![id]));
    }
    steps.extend(purges::steps(id, purges::AT_ONCE));
}

/// Needs the pool to be there, and keeps it there until the transaction ends.
pub(super) fn must_exist(id: &PoolId) -> Step {
    Step::one("SELECT 1 FROM pools WHERE id = $1 {share}", params![id], Conflict::VersionChanged)
}
