//! The seam between the rules and the engines.

use std::fmt;
use std::sync::Arc;

use crate::change::{ChangeSet, CommitError};
use crate::engines::{Engine, PostgresEngine, PostgresOptions, SqliteEngine, SqliteOptions};
use crate::error::StoreError;
use crate::sql::{self, Query, Step, Value};

/// The state of an installation. Cheap to clone; all clones are one store.
///
/// The reads are in the files of `sql`, by aggregate. Each sees everything that was acknowledged before it began.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Arc<Engine>,
}

/// What a store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Change sets that were acknowledged.
    pub commits: u64,
    /// Transactions that wrote them: with the embedded engine one flush of the disk each.
    pub batches: u64,
    /// Change sets that were refused because a precondition did not hold.
    pub conflicts: u64,
    /// Change sets that failed or whose outcome is unknown.
    pub failures: u64,
    /// Transactions that were run again after a deadlock or a lost connection.
    pub retries: u64,
    /// Commits whose answer was lost and whose outcome was found out.
    pub resolved: u64,
}

impl Store {
    /// Opens an embedded database, creates it when it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] when the file can't be used, [`StoreError::NewerSchema`].
    pub fn open_sqlite(options: SqliteOptions) -> Result<Self, StoreError> {
        Ok(Self { engine: Arc::new(Engine::Sqlite(SqliteEngine::open(options)?)) })
    }

    /// Connects to PostgreSQL and sees to its schema.
    ///
    /// # Errors
    /// [`StoreError::Configuration`], [`StoreError::Unavailable`] when no server answers, [`StoreError::NewerSchema`],
    /// [`StoreError::OlderSchema`] when it was only to be checked.
    pub async fn open_postgres(options: PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self { engine: Arc::new(Engine::Postgres(PostgresEngine::open(options).await?)) })
    }

    /// Applies all changes in order, or none. `Ok` means that they have reached the disk and survive whatever happens
    /// next. A caller that stops waiting does not stop the changes.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] with the first precondition that did not hold; [`StoreError::Unavailable`] when nothing was
    /// changed; [`StoreError::OutcomeUnknown`] when either all or nothing was, and the database could not be asked in time.
    pub async fn commit(&self, changes: ChangeSet) -> Result<(), CommitError> {
        let steps = sql::compile(&changes)?;
        drop(changes);
        if steps.is_empty() {
            return Ok(());
        }
        self.execute(steps).await.map(drop)
    }

    /// Removes up to `limit` each of the used sessions, revocations and unknown users that have expired, of the messages that
    /// were given up long ago and of the users of a deleted pool, and tells how many rows went. Call it again while that is more than nothing: small transactions hold
    /// up nobody.
    pub async fn sweep(&self, now_ms: i64, limit: u32) -> Result<u64, StoreError> {
        let mut rows = self.execute_freely(sql::sweep(now_ms, limit)).await?;
        if let Some(pool) = self.find(&sql::purges::NEXT, Vec::new()).await? {
            rows += self.execute_freely(sql::purges::steps(&pool, limit)).await?;
        }
        Ok(rows)
    }

    /// Runs steps that have no precondition.
    pub(crate) async fn execute_freely(&self, steps: Vec<Step>) -> Result<u64, StoreError> {
        match self.execute(steps).await {
            Ok(rows) => Ok(rows),
            Err(CommitError::Store(error)) => Err(error),
            Err(CommitError::Conflict(_)) => Err(StoreError::internal("no precondition, yet a conflict")),
        }
    }

    /// Counters for metrics.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.engine.counters().read()
    }

    /// Whether reads by key are done when they are asked for, on the thread that asks, and nobody has to wait for them.
    #[must_use]
    pub fn reads_at_once(&self) -> bool {
        matches!(&*self.engine, Engine::Sqlite(_))
    }

    /// Finishes what was asked, refuses what comes later, and closes the database. Dropping the last clone does so too, but
    /// blocks the thread meanwhile.
    pub async fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close(),
        }
    }

    /// Lets `injector` make commits fail; false when another one does already.
    #[cfg(feature = "testing")]
    pub fn inject_faults(
        &self,
        injector: impl Fn(crate::testing::FaultPoint) -> Option<crate::testing::Fault> + Send + Sync + 'static,
    ) -> bool {
        self.engine.faults().inject(Box::new(injector))
    }

    /// The statements that were run since this was asked last, in their order: one for a read, those of a change set
    /// together. They are kept from the first time on.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn take_statements(&self) -> Vec<Vec<&'static str>> {
        self.engine.counters().take_statements()
    }

    /// Runs the steps in one transaction and returns how many rows they touched.
    pub(crate) async fn execute(&self, steps: Vec<Step>) -> Result<u64, CommitError> {
        #[cfg(feature = "testing")]
        self.engine.counters().count_steps(&steps);
        let waiting = self.engine.counters().progress.wait();
        let result = match &*self.engine {
            Engine::Sqlite(engine) => engine.execute(steps).await,
            Engine::Postgres(engine) => Box::pin(engine.execute(steps)).await,
        };
        waiting.comes_back();
        self.engine.counters().count(&result);
        result
    }

    /// The first row of a read by key.
    pub(crate) async fn find<T: Send + 'static>(
        &self,
        query: &'static Query<T>,
        params: Vec<Value>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.point(query, params).await?.into_iter().next())
    }

    /// The few rows of a read by key.
    pub(crate) async fn point<T: Send + 'static>(
        &self,
        query: &'static Query<T>,
        params: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        #[cfg(feature = "testing")]
        self.engine.counters().count_read(query.sql);
        match &*self.engine {
            Engine::Sqlite(engine) => engine.point(query, &params),
            // Boxed, as the embedded database's reads have no use for so large a future.
            Engine::Postgres(engine) => Box::pin(engine.point(query, &params)).await,
        }
    }

    /// The rows of a read that may take its time.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        query: &'static Query<T>,
        params: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        #[cfg(feature = "testing")]
        self.engine.counters().count_read(query.sql);
        match &*self.engine {
            Engine::Sqlite(engine) => engine.list(query, params).await,
            // Boxed, as the embedded database's reads have no use for so large a future.
            Engine::Postgres(engine) => Box::pin(engine.list(query, &params)).await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}
