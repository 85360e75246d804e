use super::{Query, Step, body, decode_body, decode_body_at, decode_integer, encode_json, params};
use crate::aggregates::{RefreshFamily, User};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

body!(RefreshFamily, "refresh_families");

static FIND: Query<(bool, Option<RefreshFamily>)> = Query {
    sql: "SELECT (SELECT COUNT(*) FROM revocations WHERE pool_id = $1 AND family = $2), \
          (SELECT data FROM refresh_families WHERE pool_id = $1 AND family = $2), \
          (SELECT version FROM refresh_families WHERE pool_id = $1 AND family = $2)",
    decode: |row| {
        let revocations = decode_integer(row, 0, "revocations", "count")?;
        let family = row.text(1).is_some().then(|| decode_body_at(row, 1)).transpose()?;
        Ok((revocations > 0, family))
    },
};

static HOLDER: Query<(User, bool, Option<RefreshFamily>)> = Query {
    sql: "SELECT data, version, \
          (SELECT COUNT(*) FROM revocations WHERE pool_id = $1 AND family = $3), \
          (SELECT data FROM refresh_families WHERE pool_id = $1 AND family = $3), \
          (SELECT version FROM refresh_families WHERE pool_id = $1 AND family = $3) \
          FROM users WHERE pool_id = $1 AND sub = $2",
    decode: |row| {
        let revocations = decode_integer(row, 2, "revocations", "count")?;
        let family = row.text(3).is_some().then(|| decode_body_at(row, 3)).transpose()?;
        Ok((decode_body(row)?, revocations > 0, family))
    },
};

pub(super) const SWEEP: &str = "DELETE FROM refresh_families WHERE (pool_id, family) IN \
    (SELECT pool_id, family FROM refresh_families WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)";

impl Store {
    /// The user of a refresh token with what [`Self::find_refresh_family`] finds of its sign-in, all at the same moment.
    pub async fn find_refresh_holder(
        &self,
        pool: &PoolId,
        sub: &Sub,
        family: &str,
    ) -> Result<Option<(User, bool, Option<RefreshFamily>)>, StoreError> {
        self.find(&HOLDER, params![pool, sub, family]).await
    }

    /// Whether the tokens of a sign-in were revoked, and which of its refresh tokens are good if they were ever rotated, both
    /// at the same moment.
    pub async fn find_refresh_family(
        &self,
        pool: &PoolId,
        family: &str,
    ) -> Result<(bool, Option<RefreshFamily>), StoreError> {
        Ok(self.find(&FIND, params![pool, family]).await?.unwrap_or_default())
    }
}

pub(super) fn put(family: &RefreshFamily, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    if family.version == 0 {
        steps.push(Step::one(
            "SELECT 1 FROM users WHERE pool_id = $1 AND sub = $2 {share}",
            params![&family.pool_id, &family.sub],
            Conflict::VersionChanged,
        ));
    }
    // With version 0 as the caller's, somebody else's insertion is a change since the read like any other.
    let sql = if family.version == 0 {
        "INSERT INTO refresh_families (pool_id, family, version, sub, expires_ms, data) \
         VALUES ($1, $2, CAST($3 AS BIGINT) + 1, $4, $5, $6) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE refresh_families SET version = version + 1, expires_ms = $5, data = $6 \
         WHERE pool_id = $1 AND family = $2 AND version = $3 AND sub = $4"
    };
    steps.push(Step::one(
        sql,
        vec![
            (&family.pool_id).into(),
            family.family.as_str().into(),
            family.version.into(),
            (&family.sub).into(),
            family.expires_ms.into(),
            encode_json(family)?,
        ],
        Conflict::VersionChanged,
    ));
    Ok(())
}

/// Removes what is left of the sign-ins of a user that is deleted.
pub(super) fn remove_all(user: &User) -> Step {
    Step::any(
        "DELETE FROM refresh_families WHERE pool_id = $1 AND sub = $2",
        params![&user.pool_id, &user.sub],
    )
}
