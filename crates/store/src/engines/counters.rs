use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use super::progress::Progress;
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
    /// Whether the store could not do what it was asked for last.
    failing: AtomicBool,
    pub progress: Progress,
    #[cfg(feature = "testing")]
    statements: std::sync::Mutex<Option<Vec<Vec<&'static str>>>>,
}

#[cfg(feature = "testing")]
impl Counters {
    pub(crate) fn count_read(&self, sql: &'static str) {
        if let Some(statements) = &mut *self.statements() {
            statements.push(vec![sql]);
        }
    }

    pub(crate) fn count_steps(&self, steps: &[crate::sql::Step]) {
        if let Some(statements) = &mut *self.statements() {
            statements.push(steps.iter().map(|step| step.sql).collect());
        }
    }

    pub(crate) fn take_statements(&self) -> Vec<Vec<&'static str>> {
        self.statements().replace(Vec::new()).unwrap_or_default()
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, Option<Vec<Vec<&'static str>>>> {
        self.statements.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Counters {
    pub(crate) fn count<T>(&self, result: &Result<T, CommitError>) {
        let counter = match result {
            Ok(_) => &self.commits,
            Err(CommitError::Conflict(_)) => &self.conflicts,
            Err(CommitError::Store(_)) => &self.failures,
        };
        counter.fetch_add(1, Relaxed);
        match result {
            Ok(_) => self.failing.store(false, Relaxed),
            // A change set without effect, which says nothing about the store.
            Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Store(_)) => self.failing.store(true, Relaxed),
        }
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Relaxed)
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
