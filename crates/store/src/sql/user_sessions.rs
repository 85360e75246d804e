use super::{Query, Step, decode_integer, decode_json, decode_json_at, encode_json, params};
use crate::aggregates::{SessionActivity, User, UserSession};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

const TABLE: &str = "user_sessions";

static OF_USER: Query<(UserSession, bool)> = Query {
    sql: "SELECT s.data, s.activity, s.last_active_ms, \
          (SELECT COUNT(*) FROM revocations r WHERE r.pool_id = s.pool_id AND r.family = s.family) \
          FROM user_sessions s WHERE s.pool_id = $1 AND s.sub = $2 ORDER BY s.id",
    decode: |row| {
        let mut session: UserSession = decode_json(row, TABLE)?;
        session.activity = decode_json_at(row, 1, TABLE)?;
        session.activity.at_ms = decode_integer(row, 2, TABLE, "last_active_ms")?;
        Ok((session, decode_integer(row, 3, "revocations", "count")? > 0))
    },
};

pub(super) const SWEEP: &str = "DELETE FROM user_sessions WHERE (pool_id, sub, id) IN \
    (SELECT pool_id, sub, id FROM user_sessions WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2)";

impl Store {
    /// The recorded sessions of a user, by id, and of each whether its tokens were revoked. Expired ones may still be there.
    pub async fn list_user_sessions(
        &self,
        pool: &PoolId,
        sub: &Sub,
    ) -> Result<Vec<(UserSession, bool)>, StoreError> {
        self.point(&OF_USER, params![pool, sub]).await
    }
}

pub(super) fn insert(session: &UserSession, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "SELECT 1 FROM users WHERE pool_id = $1 AND sub = $2 {share}",
        params![&session.pool_id, &session.sub],
        Conflict::VersionChanged,
    ));
    steps.push(Step::one(
        "INSERT INTO user_sessions (pool_id, sub, id, family, expires_ms, data, last_active_ms, activity) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        vec![
            (&session.pool_id).into(),
            (&session.sub).into(),
            session.id.as_str().into(),
            session.family.as_str().into(),
            session.expires_ms.into(),
            encode_json(session)?,
            session.activity.at_ms.into(),
            encode_json(&session.activity)?,
        ],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn touch(
    pool: &PoolId,
    sub: &Sub,
    id: &str,
    activity: &SessionActivity,
    steps: &mut Vec<Step>,
) -> Result<(), StoreError> {
    steps.push(Step::any(
        "UPDATE user_sessions SET last_active_ms = $4, activity = $5 WHERE pool_id = $1 AND sub = $2 AND id = $3",
        vec![pool.into(), sub.into(), id.into(), activity.at_ms.into(), encode_json(activity)?],
    ));
    Ok(())
}

pub(super) fn delete(pool: &PoolId, sub: &Sub, id: &str, steps: &mut Vec<Step>) {
    steps.push(Step::any(
        "DELETE FROM user_sessions WHERE pool_id = $1 AND sub = $2 AND id = $3",
        params![pool, sub, id],
    ));
}

/// Removes the sessions of a user that is deleted.
pub(super) fn remove_all(user: &User) -> Step {
    Step::any("DELETE FROM user_sessions WHERE pool_id = $1 AND sub = $2", params![&user.pool_id, &user.sub])
}
