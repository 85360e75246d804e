use super::{Query, Step, body, decode_body, encode_json, params};
use crate::aggregates::UnknownUser;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::PoolId;
use crate::store::Store;

body!(UnknownUser, "unknown_users");

static FIND: Query<UnknownUser> = Query {
    sql: "SELECT data, version FROM unknown_users WHERE pool_id = $1 AND name_hash = $2",
    decode: decode_body,
};

pub(super) const SWEEP: &str = "DELETE FROM unknown_users WHERE (pool_id, name_hash) IN \
    (SELECT pool_id, name_hash FROM unknown_users WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)";

impl Store {
    /// What is remembered of a name without a user, even when it has expired already.
    pub async fn find_unknown_user(
        &self,
        pool: &PoolId,
        name_hash: &str,
    ) -> Result<Option<UnknownUser>, StoreError> {
        self.find(&FIND, params![pool, name_hash]).await
    }
}

pub(super) fn put(user: &UnknownUser, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    // With version 0 as the caller's, somebody else's insertion is a change since the read like any other.
    let sql = match (user.version, user.expiry_is_stored) {
        (0, _) => {
            "INSERT INTO unknown_users (pool_id, name_hash, version, data, expires_ms) \
             VALUES ($1, $2, CAST($3 AS BIGINT) + 1, $4, $5) ON CONFLICT DO NOTHING"
        }
        (_, false) => {
            "UPDATE unknown_users SET version = version + 1, data = $4, expires_ms = $5 \
             WHERE pool_id = $1 AND name_hash = $2 AND version = $3"
        }
        (_, true) => {
            "UPDATE unknown_users SET version = version + 1, data = $4 \
             WHERE pool_id = $1 AND name_hash = $2 AND version = $3"
        }
    };
    let mut params =
        vec![(&user.pool_id).into(), user.name_hash.as_str().into(), user.version.into(), encode_json(user)?];
    if user.version == 0 || !user.expiry_is_stored {
        params.push(user.expires_ms.into());
    }
    steps.push(Step::one(sql, params, Conflict::VersionChanged));
    Ok(())
}
