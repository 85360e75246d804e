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
mod failover_wait;
mod hosts;
mod migrate;
mod options;
mod readers;
mod session;
mod tls;
mod transaction;
mod writers;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use deadpool_postgres::{
    Client, ClientWrapper, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod,
    Runtime,
};
use tokio::time::timeout;
use tokio_postgres::types::{IsNull, ToSql, Type, WrongType, to_sql_checked};

pub use options::{MigrationMode, PostgresOptions};

use super::Counters;
use crate::change::CommitError;
use crate::error::StoreError;
use crate::faults::Faults;
use crate::sql::{Columns, Query, Step, Value};
use error::{Failure, classify, describe};
use failover_wait::FailoverWait;
use hosts::Hosts;
use readers::{Readers, Reading};
use writers::Writers;

/// How long a free connection may take.
const WAIT: Duration = Duration::from_secs(10);

pub(crate) struct PostgresEngine {
    shared: Arc<Shared>,
}

/// What transactions need while they run on their own.
struct Shared {
    /// Connections for one transaction or one long read at a time.
    pool: Pool,
    readers: Readers,
    /// How long the server may take for an answer, before the connection is given up.
    patience: Duration,
    failover_wait: Duration,
    writers: Writers,
    counters: Counters,
    faults: Faults,
}

impl PostgresEngine {
    pub(crate) async fn open(options: PostgresOptions) -> Result<Self, StoreError> {
        let share = Readers::share_of(options.max_connections);
        let pool = open_pool(&options, options.max_connections - share)?;
        migrate::migrate(&pool, options.migrations).await?;
        let client = take(&pool).await?;
        let writers = Writers::open(&client).await.map_err(|error| match classify(&error) {
            Failure::Lost(reason) | Failure::Again(reason) => StoreError::unavailable(reason),
            Failure::Other(error) => error,
        })?;
        drop(client);
        let shared = Shared {
            pool,
            readers: Readers::new(share),
            patience: options.patience,
            failover_wait: options.failover_wait,
            writers,
            counters: Counters::default(),
            faults: Faults::default(),
        };
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

    /// Runs a read by key.
    pub(crate) async fn point<T>(&self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        self.read(query, params, true).await
    }

    /// Runs a read that may take its time.
    pub(crate) async fn list<T>(&self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        self.read(query, params, false).await
    }

    /// Runs a read, on another connection when the first one turns out to be dead.
    async fn read<T>(
        &self,
        query: &Query<T>,
        params: &[Value],
        is_short: bool,
    ) -> Result<Vec<T>, StoreError> {
        let mut wait = FailoverWait::begin(self.shared.failover_wait);
        let mut retried = false;
        loop {
            let client = self.shared.reading(is_short, &mut wait).await?;
            let failure = match timeout(self.shared.patience, read_once(&client, query, params)).await {
                Ok(Ok(rows)) => return rows.iter().map(|row| (query.decode)(row)).collect(),
                Ok(Err(error)) => classify(&error),
                Err(_) => {
                    self.shared.discard_reading(client);
                    if !wait.goes_on().await {
                        return Err(StoreError::unavailable("the database takes too long"));
                    }
                    self.shared.counters.count_retry();
                    continue;
                }
            };
            if failure.is_of_the_connection() {
                self.shared.discard_reading(client);
            }
            match failure {
                Failure::Lost(reason) | Failure::Again(reason) => {
                    if retried && !wait.goes_on().await {
                        return Err(StoreError::unavailable(reason));
                    }
                    self.shared.counters.count_retry();
                    retried = true;
                }
                Failure::Other(error) => return Err(error),
            }
        }
    }

    pub(crate) fn close(&self) {
        self.shared.pool.close();
        self.shared.readers.close();
    }
}

async fn read_once<T>(
    client: &ClientWrapper,
    query: &Query<T>,
    params: &[Value],
) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let statement = client.prepare_cached(&dialect(query.sql)).await?;
    let params: Vec<_> = params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
    client.query(&statement, &params).await
}

/// The pool of connections, none of which is open yet.
fn open_pool(options: &PostgresOptions, size: usize) -> Result<Pool, StoreError> {
    let (config, tls) = options.connection()?;
    let (session, patience): (Arc<str>, _) = (session::settings(options.patience).into(), options.patience);
    let hosts = Hosts::new(&config, tls);
    let longest = hosts.longest_connect();
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_connect(config, hosts, recycling))
        .max_size(size.max(1))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(move |client, _| {
            let session = Arc::clone(&session);
            Box::pin(async move {
                match timeout(patience, client.batch_execute(&session)).await {
                    Ok(done) => done.map_err(HookError::Backend),
                    Err(_) => Err(HookError::message("the database takes too long")),
                }
            })
        }))
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(longest))
        .recycle_timeout(Some(WAIT))
        .build()
        .map_err(|_| StoreError::internal("the pool of connections can't be built"))
}

async fn take(pool: &Pool) -> Result<Client, StoreError> {
    pool.get().await.map_err(|error| {
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

impl Shared {
    async fn client(&self) -> Result<Client, StoreError> {
        take(&self.pool).await
    }

    /// A connection, once there is one.
    async fn client_in_time(&self, wait: &mut FailoverWait) -> Result<Client, StoreError> {
        loop {
            match self.client().await {
                Err(_) if !self.pool.is_closed() && wait.goes_on().await => {}
                outcome => return outcome,
            }
        }
    }

    /// A connection to read on; a shared one if the read is short.
    async fn reading(&self, is_short: bool, wait: &mut FailoverWait) -> Result<Reading, StoreError> {
        if !is_short {
            return self.client_in_time(wait).await.map(|client| Reading::Alone(Box::new(client)));
        }
        match self.readers.next() {
            Some(shared) => Ok(shared),
            None => Ok(self.readers.share(self.client_in_time(wait).await?)),
        }
    }

    fn discard_reading(&self, client: Reading) {
        match client {
            Reading::Shared { generation, .. } => {
                self.readers.give_up(generation);
                self.pool.retain(|_, _| false);
            }
            Reading::Alone(client) => self.discard(*client),
        }
    }

    /// Closes a connection that failed, and those that wait to be used: they most likely lead to the same server, and whoever
    /// tries again must not have to find out about each.
    fn discard(&self, client: Client) {
        drop(Object::take(client));
        self.pool.retain(|_, _| false);
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
    async fn a_server_forgets_whom_it_does_not_hear() {
        let Some(temporary) = temporary_postgres().await else { return };
        let options = temporary.postgres_options().unwrap();
        let options = PostgresOptions { patience: Duration::from_millis(1250), ..options };
        for (preferred, used) in [("0", "1s"), ("99s", "99s")] {
            let url = format!("{}&options=-cstatement_timeout%3D{preferred}", options.url);
            let engine = PostgresEngine::open(PostgresOptions { url, ..options.clone() }).await.unwrap();
            let client = engine.shared.client().await.unwrap();
            let row = client.query_one("SHOW statement_timeout", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), used);
            let row = client.query_one("SHOW idle_in_transaction_session_timeout", &[]).await.unwrap();
            assert_eq!(row.get::<_, &str>(0), "1s");
        }
    }

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
