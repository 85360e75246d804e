use super::{Query, Step, body, decode_body, encode_json, params, pools};
use crate::aggregates::Client;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{ClientId, PoolId};
use crate::store::Store;

body!(Client, "clients");

static FIND: Query<Client> =
    Query { sql: "SELECT data, version FROM clients WHERE id = $1", decode: decode_body };
static LIST: Query<Client> = Query {
    sql: "SELECT data, version FROM clients WHERE pool_id = $1 AND (created_ms, id) > ($2, $3) \
          ORDER BY created_ms, id LIMIT $4",
    decode: decode_body,
};

impl Store {
    /// Client ids are unique in the whole installation; the caller checks the pool where it matters.
    pub async fn find_client(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.find(&FIND, params![id]).await
    }

    /// A pool's clients by time of creation, from the one behind `after` (its `created_ms` and id).
    pub async fn list_clients(
        &self,
        pool: &PoolId,
        after: Option<(i64, ClientId)>,
        limit: u32,
    ) -> Result<Vec<Client>, StoreError> {
        let (time, id) = after.unwrap_or((i64::MIN, ClientId::default()));
        self.list(&LIST, params![pool, time, &id, limit]).await
    }
}

pub(super) fn insert(client: &Client, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(pools::must_exist(&client.pool_id));
    steps.push(Step::one(
        "INSERT INTO clients (id, pool_id, version, created_ms, data) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT DO NOTHING",
        vec![(&client.id).into(), (&client.pool_id).into(), client.created_ms.into(), encode_json(client)?],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn update(client: &Client, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "UPDATE clients SET version = version + 1, data = $3 WHERE id = $1 AND version = $2",
        vec![(&client.id).into(), client.version.into(), encode_json(client)?],
        Conflict::VersionChanged,
    ));
    Ok(())
}

pub(super) fn delete(id: &ClientId, version: i64, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM clients WHERE id = $1 AND version = $2",
        params![id, version],
        Conflict::VersionChanged,
    ));
}
