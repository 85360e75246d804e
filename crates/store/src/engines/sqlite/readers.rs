//! The connections for reading.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::connection::Connection;
use crate::error::StoreError;
use crate::sql::{Query, Value};

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    keep: usize,
    lists: Semaphore,
    closed: AtomicBool,
}

impl Readers {
    pub(super) fn new(path: PathBuf, keep: usize) -> Self {
        let keep = keep.max(1);
        Self {
            path,
            idle: Mutex::new(Vec::with_capacity(keep)),
            keep,
            lists: Semaphore::new(keep),
            closed: AtomicBool::new(false),
        }
    }

    /// Reads on this thread, with a connection of its own for as long as it takes: one more is opened when all are in use,
    /// which only as many threads can do as there are.
    pub(super) fn read<T>(&self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::unavailable("it is closed"));
        }
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open_reader(&self.path)?,
        };
        let found = connection.read(query, params);
        // One that failed is not trusted again.
        if found.is_ok() {
            let mut idle = self.idle();
            if idle.len() < self.keep && !self.closed.load(Ordering::Acquire) {
                idle.push(connection);
            }
        }
        found
    }

    /// Reads on a thread for blocking work.
    pub(super) async fn list<T: Send + 'static>(
        self: &Arc<Self>,
        query: &'static Query<T>,
        params: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        let _permit = self.lists.acquire().await.map_err(|_| StoreError::unavailable("it is closed"))?;
        let readers = Arc::clone(self);
        tokio::task::spawn_blocking(move || readers.read(query, &params))
            .await
            .map_err(|_| StoreError::internal("a read was cut off"))?
    }

    /// Refuses reads from now on.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.lists.close();
        self.idle().clear();
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing can go wrong between taking and giving back a connection.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
