//! The thread that writes, and group commit.
//!
//! It takes all change sets that wait, up to [`MAX_BATCH`], runs them in one transaction, and commits: one flush for all. A
//! change set that does not hold leaves the others alone: mostly it is refused before it has written, else the transaction
//! starts over with each in a savepoint. Nobody is answered before `COMMIT` has returned, those with conflicts neither: what
//! they ran into may have been another change set of the same transaction.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::checkpoints::Checkpoints;
use super::connection::{Connection, Ran, Statements, commit_error, store_error};
use super::{Counters, SqliteOptions};
use crate::change::CommitError;
use crate::error::StoreError;
use crate::faults::{FaultPoint, Faults};
use crate::sql::{Expect, Step};

/// How many change sets one transaction takes. A batch of this size takes a few milliseconds beside its flush.
const MAX_BATCH: usize = 256;
/// How many change sets wait in the queue; more wait before it.
const MAX_WAITING: usize = 1024;

type Outcome = Result<u64, CommitError>;

enum Job {
    Execute { steps: Vec<Step>, answer: oneshot::Sender<Outcome> },
    Close { done: oneshot::Sender<()> },
}

/// The handle to the thread.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        options: SqliteOptions,
        counters: Arc<Counters>,
        faults: Faults,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let checkpoints = Checkpoints::start(options.clone())?;
        let worker = Worker { connection: Some(connection), checkpoints, options, counters, faults };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || worker.run(waiting))
            .map_err(|error| StoreError::unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self { jobs: Some(jobs), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn execute(&self, steps: Vec<Step>) -> Outcome {
        let closed = || StoreError::unavailable("it is closed");
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Job::Execute { steps, answer }).await.map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(StoreError::outcome_unknown("the writer has ended").into()))
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if let Some(jobs) = &self.jobs
            && jobs.send(Job::Close { done }).await.is_ok()
        {
            // An error means that the thread has ended, which is what was asked for.
            let _ = closed.await;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Without a sender the thread ends when the queue is empty.
        self.jobs = None;
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Worker {
    /// Missing after a failure that left it in an unknown state; opened anew for the next batch.
    connection: Option<Connection>,
    checkpoints: Checkpoints,
    options: SqliteOptions,
    counters: Arc<Counters>,
    faults: Faults,
}

impl Worker {
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        let mut closed = Vec::new();
        while waiting.blocking_recv_many(&mut jobs, MAX_BATCH) > 0 {
            let mut batch = Vec::with_capacity(jobs.len());
            for job in jobs.drain(..) {
                match job {
                    Job::Execute { steps, answer } => batch.push((steps, answer)),
                    Job::Close { done } => {
                        waiting.close();
                        closed.push(done);
                    }
                }
            }
            if !batch.is_empty() {
                self.commit(batch);
                if let Some(connection) = &self.connection {
                    self.checkpoints.after_batch(connection);
                }
            }
        }
        // Its connection must be closed before this one, which folds in the log.
        drop(self.checkpoints);
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close()
        {
            tracing::warn!(%error, "the database was closed without folding its log in; the next start does it");
        }
        for done in closed {
            let _ = done.send(());
        }
    }

    /// Commits a batch and answers everybody in it.
    fn commit(&mut self, batch: Vec<(Vec<Step>, oneshot::Sender<Outcome>)>) {
        let (sets, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let outcomes = match self.transact(&sets) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.recover();
                vec![Err(error); sets.len()]
            }
        };
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Whoever does not wait any more does not want to know.
            let _ = answer.send(outcome);
        }
    }

    /// Runs the change sets in one transaction. An error is everybody's, and may leave the transaction open.
    fn transact(&mut self, sets: &[Vec<Step>]) -> Result<Vec<Outcome>, CommitError> {
        let faults = &self.faults;
        let refused: Vec<_> = sets.iter().map(|_| faults.check(FaultPoint::BeforeApply)).collect();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            missing => missing.insert(Connection::open_writer(&self.options.path, self.options.durability)?),
        };
        let mut statements = connection.statements();
        let outcomes = match apply_all(&mut statements, sets, &refused, Isolation::None)? {
            Some(outcomes) => outcomes,
            None => apply_all(&mut statements, sets, &refused, Isolation::Savepoints)?
                .ok_or_else(|| StoreError::internal("a change set could not be taken back"))?,
        };
        if outcomes.iter().all(Result::is_err) {
            statements.control("ROLLBACK").map_err(|error| store_error(&error))?;
            return Ok(outcomes);
        }
        self.faults.check(FaultPoint::BeforeCommit)?;
        statements.control("COMMIT").map_err(|error| commit_error(&error))?;
        self.counters.count_batch();
        self.faults.check(FaultPoint::AfterCommit)?;
        Ok(outcomes)
    }

    /// After a failed batch: ends its transaction, or gives the connection up.
    fn recover(&mut self) {
        if let Some(connection) = &mut self.connection {
            let mut statements = connection.statements();
            if statements.in_transaction() && statements.control("ROLLBACK").is_err() {
                drop(statements);
                self.connection = None;
            }
        }
    }
}

/// How a change set is taken back when it turns out not to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Isolation {
    /// It can't be. That will do for nearly all: they hold, or their first precondition does not.
    None,
    /// Each is in a savepoint of its own, which costs about as much as a small change set.
    Savepoints,
}

/// Begins a transaction and runs the change sets in it. `None` when one of them failed after it had written: nothing is
/// open or changed then, and all have to be run again in savepoints. The outer error means that the transaction as a whole
/// can't go on.
fn apply_all(
    statements: &mut Statements<'_>,
    sets: &[Vec<Step>],
    refused: &[Result<(), CommitError>],
    isolation: Isolation,
) -> Result<Option<Vec<Outcome>>, CommitError> {
    statements.control("BEGIN IMMEDIATE").map_err(|error| store_error(&error))?;
    let mut outcomes = Vec::with_capacity(sets.len());
    for (steps, refused) in sets.iter().zip(refused) {
        if let Err(error) = refused {
            outcomes.push(Err(error.clone()));
            continue;
        }
        match isolation {
            Isolation::Savepoints => outcomes.push(apply(statements, steps)?),
            Isolation::None => match run(statements, steps) {
                Ok(rows) => outcomes.push(Ok(rows)),
                Err(Stop { error: error @ CommitError::Conflict(_), written: false }) => {
                    outcomes.push(Err(error));
                }
                Err(_) => {
                    if statements.in_transaction() {
                        statements.control("ROLLBACK").map_err(|error| store_error(&error))?;
                    }
                    return Ok(None);
                }
            },
        }
    }
    Ok(Some(outcomes))
}

/// Runs one change set in a savepoint. The inner result is this set's; the outer error means that the transaction as a whole
/// can't go on.
fn apply(statements: &mut Statements<'_>, steps: &[Step]) -> Result<Outcome, CommitError> {
    statements.control("SAVEPOINT change_set").map_err(|error| store_error(&error))?;
    let outcome = run(statements, steps).map_err(|stop| stop.error);
    if let Err(error) = &outcome {
        // Some failures, a full disk for one, make SQLite roll back everything by itself.
        if !statements.in_transaction() {
            return Err(error.clone());
        }
        statements.control("ROLLBACK TO change_set").map_err(|error| store_error(&error))?;
    }
    statements.control("RELEASE change_set").map_err(|error| store_error(&error))?;
    Ok(outcome)
}

/// Why a change set ended before its last step.
struct Stop {
    error: CommitError,
    /// Whether a step before had changed something.
    written: bool,
}

fn run(statements: &mut Statements<'_>, steps: &[Step]) -> Result<u64, Stop> {
    let (mut total, mut written) = (0, false);
    for step in steps {
        let ran =
            statements.run(step).map_err(|error| Stop { error: store_error(&error).into(), written })?;
        match step.expect {
            Expect::One(conflict) if ran.rows() != 1 => {
                // Should it have touched several rows, it has written too.
                let written = written || matches!(ran, Ran::Touched(1..));
                return Err(Stop { error: conflict.into(), written });
            }
            Expect::One(_) | Expect::Any => total += ran.rows(),
        }
        written |= matches!(ran, Ran::Touched(1..));
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;
    use crate::{Change, Durability, UsedSession};

    fn mark(id: &str) -> Vec<Step> {
        sql::compile(&[Change::MarkSessionUsed(UsedSession { id: id.into(), expires_ms: 1 })]).unwrap()
    }

    #[test]
    fn a_full_disk_loses_nothing_and_passes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cenote.db");
        let options = SqliteOptions { path: path.clone(), durability: Durability::Off, readers: 1 };
        let mut connection = Connection::open_writer(&path, Durability::Off).unwrap();
        connection.migrate().unwrap();
        let mut worker = Worker {
            connection: Some(connection),
            checkpoints: Checkpoints::start(options.clone()).unwrap(),
            options,
            counters: Arc::default(),
            faults: Faults::default(),
        };
        let limit = |worker: &mut Worker, sql: &'static str| {
            let step = Step { sql, params: Vec::new(), expect: Expect::Any };
            worker.connection.as_mut().unwrap().statements().run(&step).unwrap();
        };
        let committed = |worker: &mut Worker, sets: &[Vec<Step>]| -> Vec<bool> {
            let outcome = worker.transact(sets);
            if let Err(error) = &outcome {
                assert!(matches!(error, CommitError::Store(StoreError::Unavailable { .. })), "{error:?}");
                worker.recover();
            }
            outcome.map_or(vec![false; sets.len()], |all| all.iter().map(Result::is_ok).collect())
        };
        assert_eq!(committed(&mut worker, &[mark("before")]), [true]);
        // As small as the database is now: no page can be added.
        limit(&mut worker, "PRAGMA max_page_count = 1");
        let large = mark(&"large".repeat(10_000));
        let outcomes = committed(&mut worker, &[mark("first"), large.clone(), mark("last")]);
        assert!(!outcomes[1]);
        limit(&mut worker, "PRAGMA max_page_count = 100000");
        assert_eq!(committed(&mut worker, std::slice::from_ref(&large)), [true]);
        // Those who shared the transaction are there if they were told so, and else can be marked now.
        for (id, there) in [("before", true), ("first", outcomes[0]), ("last", outcomes[2])] {
            assert_eq!(committed(&mut worker, &[mark(id)]), [!there], "{id}");
        }
    }
}
