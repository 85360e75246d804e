//! The engine for PostgreSQL and what speaks its protocol.
//!
//! Why READ COMMITTED is enough: every change is guarded by a row of its own (a version that must still be the one that was
//! read, a key that must be free), the guard and the write are one statement, and PostgreSQL evaluates the guard again after
//! it has waited for somebody else's transaction on that row. Nothing is decided by what another statement has read, except
//! that a pool exists, and there the row is locked. A stricter level only adds failures that must be retried; where one is
//! configured nevertheless, or is the only one there is, they are.
//!
//! Nothing here needs LISTEN/NOTIFY or advisory locks.

mod error;
mod migrate;
mod options;
mod tls;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio::time::timeout;
use tokio_postgres::NoTls;
use tokio_postgres::types::{IsNull, ToSql, Type, WrongType, to_sql_checked};

pub use options::{MigrationMode, PostgresOptions};

use super::Counters;
use crate::change::CommitError;
use crate::error::StoreError;
use crate::faults::Faults;
use crate::sql::{Columns, Query, Step, Value};
use error::{Failure, classify, describe};

/// How long the server may take for an answer, before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a free or new connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A server may be set to acknowledge before the disk does; for what Cenote acknowledges that will not do. The stricter settings
/// for replicas stay as they are.
const WAIT_FOR_DISK: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                             WHERE current_setting('synchronous_commit', true) = 'off'";

pub(crate) struct PostgresEngine {
    shared: Arc<Shared>,
}

/// What transactions need while they run on their own.
struct Shared {
    pool: Pool,
    counters: Counters,
    faults: Faults,
}

impl PostgresEngine {
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let (config, tls) = options.connection()?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match tls {
            Some(tls) => Manager::from_config(config, tls, recycling),
            None => Manager::from_config(config, NoTls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(options.max_connections.max(1))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async move { client.batch_execute(WAIT_FOR_DISK).await.map_err(HookError::Backend) })
            }))
            .wait_timeout(Some(CONNECT))
            .create_timeout(Some(CONNECT))
            .recycle_timeout(Some(CONNECT))
            .build()
            .map_err(|_| StoreError::internal("the pool of connections can't be built"))?;
        let shared = Shared { pool, counters: Counters::default(), faults: Faults::default() };
        migrate::migrate(&shared, options.migrations).await?;
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Runs a transaction to its end, whether or not the caller waits for it.
    pub(crate) async fn execute(&self, steps: Vec<Step>) -> Result<u64, CommitError> {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move { transaction::execute(&shared, &steps).await })
            .await
            .unwrap_or_else(|_| Err(StoreError::outcome_unknown("the transaction was cut off").into()))
    }

    /// Runs a read, on a second connection when the first one turns out to be dead.
    pub(crate) async fn read<T>(&self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        let mut retried = false;
        loop {
            let client = self.shared.client().await?;
            let failure = match timeout(PATIENCE, read_once(&client, query, params)).await {
                Ok(Ok(rows)) => return rows.iter().map(|row| (query.decode)(row)).collect(),
                Ok(Err(error)) => classify(&error),
                Err(_) => {
                    drop(Object::take(client));
                    return Err(StoreError::unavailable("the database takes too long"));
                }
            };
            if failure.is_of_the_connection() {
                drop(Object::take(client));
            }
            match failure {
                Failure::Lost(_) | Failure::Again(_) if !retried => {
                    self.shared.counters.count_retry();
                    retried = true;
                }
                Failure::Lost(reason) | Failure::Again(reason) => {
                    return Err(StoreError::unavailable(reason));
                }
                Failure::Other(error) => return Err(error),
            }
        }
    }

    pub(crate) fn close(&self) {
        self.shared.pool.close();
    }
}

async fn read_once<T>(
    client: &Client,
    query: &Query<T>,
    params: &[Value],
) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let statement = client.prepare_cached(&dialect(query.sql)).await?;
    let params: Vec<_> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    client.query(&statement, &params).await
}

impl Shared {
    async fn client(&self) -> Result<Client, StoreError> {
        self.pool.get().await.map_err(|error| {
            StoreError::unavailable(match error {
                PoolError::Backend(error) => describe(&error),
                PoolError::Closed => "it is closed".into(),
                PoolError::Timeout(_) => "no connection to the database is free".into(),
                PoolError::PostCreateHook(HookError::Backend(error)) => describe(&error),
                PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                    "connections can't be made".into()
                }
            })
        })
    }
}

/// A shared statement in PostgreSQL's dialect.
fn dialect(sql: &str) -> String {
    sql.replace("{share}", "FOR KEY SHARE")
}

impl Columns for tokio_postgres::Row {
    fn text(&self, index: usize) -> Option<&str> {
        self.try_get(index).ok()
    }

    fn integer(&self, index: usize) -> Option<i64> {
        self.try_get(index).ok()
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if <i64 as ToSql>::accepts(kind) => number.to_sql(kind, out),
            Self::Text(text) if <String as ToSql>::accepts(kind) => text.to_sql(kind, out),
            Self::Integer(_) => Err(WrongType::new::<i64>(kind.clone()).into()),
            Self::Text(_) => Err(WrongType::new::<String>(kind.clone()).into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        <i64 as ToSql>::accepts(kind) || <String as ToSql>::accepts(kind)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::temporary_postgres;

    #[tokio::test]
    async fn commits_wait_for_the_disk_whatever_the_server_prefers() {
        let Some(temporary) = temporary_postgres().await else { return };
        let options = temporary.postgres_options().unwrap();
        for (preferred, used) in [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")] {
            let url = format!("{}&options=-csynchronous_commit%3D{preferred}", options.url);
            let engine = PostgresEngine::open(PostgresOptions { url, ..options.clone() }).await.unwrap();
            let client = engine.shared.client().await.unwrap();
            let row = client.query_one("SHOW synchronous_commit", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), used);
        }
    }
}
