//! The embedded engine: SQLite in WAL mode.
//!
//! One thread writes ([`writer`]); it commits everybody who waits in one transaction, so that one flush of the disk serves
//! them all, and another keeps the log short ([`checkpoints`]). Readers ([`readers`]) have connections of their own and never
//! wait for the writer.
//!
//! Why reads by key run on the thread that asks, though they block: they take microseconds, mostly from the page cache,
//! while the way to another thread and back takes ten times as long. The worst case, one page from the disk, is what a
//! scheduler tick costs. Lists and counts can touch many pages and go to the blocking threads.

mod backup;
mod checkpoints;
mod connection;
#[cfg(test)]
mod plans;
mod readers;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

pub use backup::{Backup, BackupError, BackupManifest, BackupProgress, BackupStage};
use connection::Connection;
use readers::Readers;
use writer::Writer;

use super::Counters;
use crate::change::CommitError;
use crate::error::StoreError;
use crate::faults::Faults;
use crate::sql::{Query, Step, Value};

/// How an embedded database is opened.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The database's file. Beside it SQLite keeps `…-wal` and `…-shm`.
    pub path: PathBuf,
    pub durability: Durability,
    /// How many connections for reading are kept open; also how many lists run at the same time.
    pub readers: usize,
}

/// When a change set is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once it has reached the disk.
    Full,
    /// Once the operating system has it: for tests, a power cut loses it.
    Off,
}

pub(crate) struct SqliteEngine {
    readers: Arc<Readers>,
    writer: Writer,
    counters: Arc<Counters>,
    faults: Faults,
}

impl SqliteEngine {
    pub(crate) fn open(options: SqliteOptions) -> Result<Self, StoreError> {
        let mut connection = Connection::open_writer(&options.path, options.durability)?;
        connection.migrate()?;
        let (counters, faults) = (Arc::new(Counters::default()), Faults::default());
        let readers = Arc::new(Readers::new(options.path.clone(), options.readers));
        let writer = Writer::start(connection, options, Arc::clone(&counters), faults.clone())?;
        Ok(Self { readers, writer, counters, faults })
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    pub(crate) async fn execute(&self, steps: Vec<Step>) -> Result<u64, CommitError> {
        self.writer.execute(steps).await
    }

    pub(crate) fn point<T>(&self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        self.readers.read(query, params)
    }

    pub(crate) async fn list<T: Send + 'static>(
        &self,
        query: &'static Query<T>,
        params: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        self.readers.list(query, params).await
    }

    pub(crate) async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

impl Drop for SqliteEngine {
    fn drop(&mut self) {
        // Before the writer, whose connection folds the log into the database when it closes last.
        self.readers.close();
    }
}
