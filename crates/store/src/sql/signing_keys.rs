use super::{Query, Step, decode_json, encode_json, params, pools};
use crate::aggregates::SigningKey;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::PoolId;
use crate::store::Store;

static OF_POOL: Query<SigningKey> = Query {
    sql: "SELECT data FROM signing_keys WHERE pool_id = $1 ORDER BY created_ms, kid",
    decode: |row| decode_json(row, "signing_keys"),
};

impl Store {
    /// All keys of a pool, oldest first: those that sign, those that did and those that will.
    pub async fn signing_keys(&self, pool: &PoolId) -> Result<Vec<SigningKey>, StoreError> {
        self.point(&OF_POOL, params![pool]).await
    }
}

pub(super) fn insert(key: &SigningKey, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(pools::must_exist(&key.pool_id));
    steps.push(Step::one(
        "INSERT INTO signing_keys (pool_id, kid, created_ms, data) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        vec![(&key.pool_id).into(), key.kid.as_str().into(), key.created_ms.into(), encode_json(key)?],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn delete(pool: &PoolId, kid: &str, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM signing_keys WHERE pool_id = $1 AND kid = $2",
        params![pool, kid],
        Conflict::VersionChanged,
    ));
}
