use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::change::CommitError;
use crate::store::Statistics;

/// The running numbers behind [`Statistics`].
#[derive(Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    batches: AtomicU64,
    conflicts: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    resolved: AtomicU64,
}

impl Counters {
    pub(crate) fn count<T>(&self, result: &Result<T, CommitError>) {
        let counter = match result {
            Ok(_) => &self.commits,
            Err(CommitError::Conflict(_)) => &self.conflicts,
            Err(CommitError::Store(_)) => &self.failures,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_batch(&self) {
        self.batches.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_resolved(&self) {
        self.resolved.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self) -> Statistics {
        Statistics {
            commits: self.commits.load(Relaxed),
            batches: self.batches.load(Relaxed),
            conflicts: self.conflicts.load(Relaxed),
            failures: self.failures.load(Relaxed),
            retries: self.retries.load(Relaxed),
            resolved: self.resolved.load(Relaxed),
        }
    }
}
