use super::{Query, Step, body, decode_body, encode_json, params};
use crate::aggregates::AccessKey;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::store::Store;

body!(AccessKey, "access_keys");

static FIND: Query<AccessKey> =
    Query { sql: "SELECT data, version FROM access_keys WHERE id = $1", decode: decode_body };
static LIST: Query<AccessKey> =
    Query { sql: "SELECT data, version FROM access_keys ORDER BY created_ms, id", decode: decode_body };

impl Store {
    pub async fn find_access_key(&self, id: &str) -> Result<Option<AccessKey>, StoreError> {
        self.find(&FIND, params![id]).await
    }

    /// All access keys, oldest first. They are few: one for each administrator or back end.
    pub async fn list_access_keys(&self) -> Result<Vec<AccessKey>, StoreError> {
        self.list(&LIST, params![]).await
    }
}

pub(super) fn insert(key: &AccessKey, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "INSERT INTO access_keys (id, version, created_ms, data) VALUES ($1, 1, $2, $3) ON CONFLICT DO NOTHING",
        vec![key.id.as_str().into(), key.created_ms.into(), encode_json(key)?],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn delete(id: &str, version: i64, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM access_keys WHERE id = $1 AND version = $2",
        params![id, version],
        Conflict::VersionChanged,
    ));
}
