//! How a change set is committed: all statements are sent at once, their results awaited, then the end is sent. That is two
//! round trips, however many statements there are; one statement alone is a transaction of its own and takes one.
//!
//! Each transaction carries its writer's number, so that its outcome can be found out when the last answer is lost.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio::time::{sleep, timeout};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

use super::error::{Failure, classify, classify_commit};
use super::failover_wait::FailoverWait;
use super::writers::{self, Outcome, Writer, find_outcome};
use super::{Shared, dialect};
use crate::change::{CommitError, Conflict};
use crate::error::StoreError;
use crate::faults::FaultPoint;
use crate::sql::{Expect, Step, Value};

/// How often a transaction is run again after a deadlock or a serialization failure.
const ATTEMPTS: u32 = 10;

/// Why an attempt was not acknowledged.
enum Stop {
    Failed(Failure),
    /// Settled, and the connection is in order.
    Refused(CommitError),
    /// Settled, and nothing was changed, but the connection can't be used again.
    Broken(StoreError),
    /// It may be committed. If so, it touched these rows, where that is known.
    Unanswered {
        reason: &'static str,
        rows: Option<u64>,
    },
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Conflict> for Stop {
    fn from(conflict: Conflict) -> Self {
        Self::Refused(conflict.into())
    }
}

pub(super) async fn execute(shared: &Shared, steps: &[Step]) -> Result<u64, CommitError> {
    let mut wait = FailoverWait::begin(shared.failover_wait);
    let mut lost = false;
    let mut attempt = 0;
    loop {
        let client = shared.client_in_time(&mut wait).await?;
        let writer = shared.writers.take();
        let stop = match run(shared, &client, &writer, steps).await {
            Ok(rows) => {
                shared.writers.give_back(writer);
                return Ok(rows);
            }
            Err(stop) => stop,
        };
        // A writer whose transaction may still run on its server is not used again.
        let failure = match stop {
            Stop::Refused(error) => {
                shared.writers.give_back(writer);
                return Err(error);
            }
            Stop::Broken(error) => {
                shared.discard(client);
                if !wait.goes_on().await {
                    return Err(error.into());
                }
                shared.counters.count_retry();
                continue;
            }
            Stop::Unanswered { reason, rows } => {
                shared.discard(client);
                match find_outcome(shared, &writer).await {
                    Outcome::Committed(counted) => {
                        return acknowledge(shared, steps, rows.unwrap_or(counted));
                    }
                    Outcome::NotCommitted => Failure::Lost(reason.into()),
                    Outcome::Unknown => return Err(StoreError::outcome_unknown(reason).into()),
                }
            }
            Stop::Failed(failure) => {
                match &failure {
                    Failure::Lost(_) => shared.discard(client),
                    Failure::Other(_) => drop(Object::take(client)),
                    Failure::Again(_) => {
                        drop(client);
                        shared.writers.give_back(writer);
                    }
                }
                failure
            }
        };
        match failure {
            Failure::Other(error) => return Err(error.into()),
            // Nothing has changed, and a new connection may lead to a server that works.
            Failure::Lost(reason) => {
                if lost && !wait.goes_on().await {
                    return Err(StoreError::unavailable(reason).into());
                }
                lost = true;
            }
            Failure::Again(reason) => {
                attempt += 1;
                if attempt == ATTEMPTS {
                    return Err(StoreError::unavailable(reason).into());
                }
                // Gives whoever was first the time to finish.
                sleep(Duration::from_millis(1 << attempt)).await;
            }
        }
        shared.counters.count_retry();
    }
}

/// The answer to what was found to be committed.
fn acknowledge(shared: &Shared, steps: &[Step], rows: u64) -> Result<u64, CommitError> {
    if let [step] = steps {
        check(step, rows)?;
    }
    shared.counters.count_batch();
    Ok(rows)
}

async fn run(shared: &Shared, client: &Client, writer: &Writer, steps: &[Step]) -> Result<u64, Stop> {
    shared.faults.check(FaultPoint::BeforeApply).map_err(Stop::Refused)?;
    let total = match steps {
        [step] => run_alone(shared, client, writer, step).await?,
        _ => run_together(shared, client, writer, steps).await?,
    };
    shared.counters.count_batch();
    shared.faults.check(FaultPoint::AfterCommit).map_err(Stop::Refused)?;
    Ok(total)
}

/// Gives up on a server that does not answer, before it was asked to commit.
async fn patient<F: Future>(shared: &Shared, future: F) -> Result<F::Output, Stop> {
    timeout(shared.patience, future)
        .await
        .map_err(|_| Stop::Broken(StoreError::unavailable("the database takes too long")))
}

async fn prepare(client: &Client, sql: &str) -> Result<Statement, Failure> {
    client.prepare_cached(sql).await.map_err(|error| classify(&error))
}

/// Runs a step that is the whole transaction. When it does not touch the row it must, nothing has changed either.
async fn run_alone(shared: &Shared, client: &Client, writer: &Writer, step: &Step) -> Result<u64, Stop> {
    let sql = writers::signed(&dialect(step.sql), step.params.len());
    let statement = patient(shared, prepare(client, &sql)).await??;
    shared.faults.check(FaultPoint::BeforeCommit).map_err(Stop::Refused)?;
    if client.is_closed() {
        return Err(Failure::Lost("the connection was closed".into()).into());
    }
    let signature = writer.params();
    let params: Vec<_> =
        step.params.iter().chain(&signature).map(|value| value as &(dyn ToSql + Sync)).collect();
    let row = settle(shared, None, client.query_one(&statement, &params)).await?;
    let rows: i64 = row.try_get(0).map_err(|error| classify(&error))?;
    let rows = u64::try_from(rows).unwrap_or_default();
    check(step, rows)?;
    Ok(rows)
}

async fn run_together(
    shared: &Shared,
    client: &Client,
    writer: &Writer,
    steps: &[Step],
) -> Result<u64, Stop> {
    let (signing, statements) = patient(shared, async {
        let signing = prepare(client, writers::SIGN).await?;
        let mut statements = Vec::with_capacity(steps.len());
        for step in steps {
            statements.push(prepare(client, &dialect(step.sql)).await?);
        }
        Ok::<_, Failure>((signing, statements))
    })
    .await??;
    let signature: [Value; 2] = writer.params();
    let mut sent: Vec<Sent<'_>> = vec![
        Sent::new(async { client.batch_execute(writers::BEGIN).await.map(|()| 0) }),
        Sent::new(client.execute_raw(&signing, &signature)),
    ];
    for (step, statement) in steps.iter().zip(&statements) {
        sent.push(Sent::new(client.execute_raw(statement, &step.params)));
    }
    let results = patient(shared, in_order(sent)).await?;
    match judge(steps, results) {
        Ok(total) => {
            if let Err(error) = shared.faults.check(FaultPoint::BeforeCommit) {
                roll_back(shared, client).await?;
                return Err(Stop::Refused(error));
            }
            if client.is_closed() {
                return Err(Failure::Lost("the connection was closed".into()).into());
            }
            settle(shared, Some(total), client.batch_execute("COMMIT")).await?;
            Ok(total)
        }
        Err(stop) => {
            if !matches!(&stop, Stop::Failed(failure) if failure.is_of_the_connection()) {
                roll_back(shared, client).await?;
            }
            Err(stop)
        }
    }
}

/// Awaits what commits. From here on no answer means that it has to be found out.
async fn settle<T>(
    shared: &Shared,
    rows: Option<u64>,
    commit: impl Future<Output = Result<T, Error>>,
) -> Result<T, Stop> {
    match timeout(shared.patience, commit).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match classify_commit(&error) {
            Some(failure) => failure.into(),
            None => Stop::Unanswered { reason: "the connection was lost during the commit", rows },
        }),
        Err(_) => Err(Stop::Unanswered { reason: "the database takes too long", rows }),
    }
}

async fn roll_back(shared: &Shared, client: &Client) -> Result<(), Stop> {
    patient(shared, client.batch_execute("ROLLBACK")).await?.map_err(|error| classify(&error).into())
}

/// The sum of the rows, or what stands in the way. The first conflict counts, for what comes after it may follow from it.
fn judge(steps: &[Step], results: Vec<Result<u64, Error>>) -> Result<u64, Stop> {
    let mut results = results.into_iter();
    // The beginning and the writer's number.
    for result in results.by_ref().take(2) {
        result.map_err(|error| classify(&error))?;
    }
    let mut total = 0;
    for (step, result) in steps.iter().zip(results) {
        let rows = result.map_err(|error| classify(&error))?;
        check(step, rows)?;
        total += rows;
    }
    Ok(total)
}

fn check(step: &Step, rows: u64) -> Result<(), Conflict> {
    match step.expect {
        Expect::One(conflict) if rows != 1 => Err(conflict),
        Expect::One(_) | Expect::Any => Ok(()),
    }
}

/// A statement on its way. The driver sends it when it is polled first.
struct Sent<'a> {
    future: Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>>,
    result: Option<Result<u64, Error>>,
}

impl<'a> Sent<'a> {
    fn new(future: impl Future<Output = Result<u64, Error>> + Send + 'a) -> Self {
        Self { future: Box::pin(future), result: None }
    }
}

/// Sends everything in order, then waits for the results in order, which is how they come.
async fn in_order(mut all: Vec<Sent<'_>>) -> Vec<Result<u64, Error>> {
    poll_fn(|cx| {
        for sent in &mut all {
            if let Poll::Ready(result) = sent.future.as_mut().poll(cx) {
                sent.result = Some(result);
            }
        }
        Poll::Ready(())
    })
    .await;
    let mut results = Vec::with_capacity(all.len());
    for sent in all {
        results.push(match sent.result {
            Some(result) => result,
            None => sent.future.await,
        });
    }
    results
}
