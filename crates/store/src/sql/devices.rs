use super::{Query, Step, body, decode_body, encode_json, params};
use crate::aggregates::{Device, User};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

body!(Device, "devices");

static FIND: Query<Device> = Query {
    sql: "SELECT data, version FROM devices WHERE pool_id = $1 AND sub = $2 AND device_key = $3",
    decode: decode_body,
};
static OF_USER: Query<Device> = Query {
    sql: "SELECT data, version FROM devices WHERE pool_id = $1 AND sub = $2 AND device_key > $3 \
          AND remembered >= $4 ORDER BY device_key LIMIT $5",
    decode: decode_body,
};
static OF_POOL: Query<Device> = Query {
    sql: "SELECT data, version FROM devices WHERE pool_id = $1 AND (sub, device_key) > ($2, $3) \
          ORDER BY sub, device_key LIMIT $4",
    decode: decode_body,
};

impl Store {
    /// A device of a user.
    pub async fn find_device(
        &self,
        pool: &PoolId,
        sub: &Sub,
        key: &str,
    ) -> Result<Option<Device>, StoreError> {
        self.find(&FIND, params![pool, sub, key]).await
    }

    /// The devices of a user by key, from the one behind `after`: all, or those that are remembered.
    pub async fn list_devices(
        &self,
        pool: &PoolId,
        sub: &Sub,
        only_remembered: bool,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        let remembered = i64::from(only_remembered);
        self.point(&OF_USER, params![pool, sub, after.unwrap_or_default(), remembered, limit]).await
    }

    /// The devices of all users of a pool by user and key, from the one behind `after`.
    pub async fn list_devices_of_pool(
        &self,
        pool: &PoolId,
        after: Option<(Sub, String)>,
        limit: u32,
    ) -> Result<Vec<Device>, StoreError> {
        let (sub, key) = after.unwrap_or_default();
        self.list(&OF_POOL, params![pool, &sub, &*key, limit]).await
    }
}

pub(super) fn insert(device: &Device, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "SELECT 1 FROM users WHERE pool_id = $1 AND sub = $2 {share}",
        params![&device.pool_id, &device.sub],
        Conflict::VersionChanged,
    ));
    steps.push(Step::one(
        "INSERT INTO devices (pool_id, sub, device_key, version, remembered, data) \
         VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT DO NOTHING",
        vec![
            (&device.pool_id).into(),
            (&device.sub).into(),
            device.key.as_str().into(),
            i64::from(device.remembered).into(),
            encode_json(device)?,
        ],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn update(device: &Device, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "UPDATE devices SET version = version + 1, remembered = $5, data = $6 \
         WHERE pool_id = $1 AND sub = $2 AND device_key = $3 AND version = $4",
        vec![
            (&device.pool_id).into(),
            (&device.sub).into(),
            device.key.as_str().into(),
            device.version.into(),
            i64::from(device.remembered).into(),
            encode_json(device)?,
        ],
        Conflict::VersionChanged,
    ));
    Ok(())
}

pub(super) fn delete(pool: &PoolId, sub: &Sub, key: &str, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM devices WHERE pool_id = $1 AND sub = $2 AND device_key = $3",
        params![pool, sub, key],
        Conflict::VersionChanged,
    ));
}

/// Removes the devices of a user that is deleted.
pub(super) fn remove_all(user: &User) -> Step {
    Step::any("DELETE FROM devices WHERE pool_id = $1 AND sub = $2", params![&user.pool_id, &user.sub])
}
