//! How a change set is committed: all statements are sent at once, their results awaited, then the end is sent. That is two
//! round trips, however many statements there are; one statement alone is a transaction of its own and takes one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Error, Statement};

use super::error::{Failure, classify, classify_commit};
use super::{PATIENCE, Shared, dialect};
use crate::change::{CommitError, Conflict};
use crate::error::StoreError;
use crate::faults::FaultPoint;
use crate::sql::{Expect, Step};

/// How often a transaction is run again after a deadlock or a serialization failure.
const ATTEMPTS: u32 = 8;

/// Why an attempt did not commit.
enum Stop {
    Failed(Failure),
    /// Settled, and the connection is in order.
    Refused(CommitError),
    /// Settled, but the connection can't be used again.
    Broken(StoreError),
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
    let mut lost = false;
    let mut attempt = 0;
    loop {
        let client = shared.client().await?;
        let stop = match run(shared, &client, steps).await {
            Ok(rows) => return Ok(rows),
            Err(stop) => stop,
        };
        match stop {
            Stop::Refused(error) => return Err(error),
            Stop::Broken(error) => {
                drop(Object::take(client));
                return Err(error.into());
            }
            Stop::Failed(Failure::Other(error)) => {
                drop(Object::take(client));
                return Err(error.into());
            }
            // Nothing has changed, and a new connection may lead to a server that works.
            Stop::Failed(Failure::Lost(reason)) => {
                drop(Object::take(client));
                if lost {
                    return Err(StoreError::unavailable(reason).into());
                }
                lost = true;
            }
            Stop::Failed(Failure::Again(reason)) => {
                drop(client);
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

async fn run(shared: &Shared, client: &Client, steps: &[Step]) -> Result<u64, Stop> {
    shared.faults.check(FaultPoint::BeforeApply).map_err(Stop::Refused)?;
    let statements = patient(prepare(client, steps)).await??;
    let total = match (steps, statements.as_slice()) {
        ([step], [statement]) => run_alone(shared, client, step, statement).await?,
        _ => run_together(shared, client, steps, &statements).await?,
    };
    shared.counters.count_batch();
    shared.faults.check(FaultPoint::AfterCommit).map_err(Stop::Refused)?;
    Ok(total)
}

/// Gives up on a server that does not answer, before it was asked to commit.
async fn patient<F: Future>(future: F) -> Result<F::Output, Stop> {
    timeout(PATIENCE, future)
        .await
        .map_err(|_| Stop::Broken(StoreError::unavailable("the database takes too long")))
}

async fn prepare(client: &Client, steps: &[Step]) -> Result<Vec<Statement>, Failure> {
    let mut statements = Vec::with_capacity(steps.len());
    for step in steps {
        let statement = client.prepare_cached(&dialect(step.sql)).await;
        statements.push(statement.map_err(|error| classify(&error))?);
    }
    Ok(statements)
}

/// Runs a step that is the whole transaction. When it does not touch the row it must, nothing has changed either.
async fn run_alone(
    shared: &Shared,
    client: &Client,
    step: &Step,
    statement: &Statement,
) -> Result<u64, Stop> {
    shared.faults.check(FaultPoint::BeforeCommit).map_err(Stop::Refused)?;
    if client.is_closed() {
        return Err(Failure::Lost("the connection was closed".into()).into());
    }
    let rows = settle(client.execute_raw(statement, &step.params)).await?;
    check(step, rows)?;
    Ok(rows)
}

async fn run_together(
    shared: &Shared,
    client: &Client,
    steps: &[Step],
    statements: &[Statement],
) -> Result<u64, Stop> {
    let mut sent: Vec<Sent<'_>> = vec![Sent::new(async { client.batch_execute("BEGIN").await.map(|()| 0) })];
    for (step, statement) in steps.iter().zip(statements) {
        sent.push(Sent::new(client.execute_raw(statement, &step.params)));
    }
    let results = patient(in_order(sent)).await?;
    match judge(steps, results) {
        Ok(total) => {
            if let Err(error) = shared.faults.check(FaultPoint::BeforeCommit) {
                roll_back(client).await?;
                return Err(Stop::Refused(error));
            }
            settle(client.batch_execute("COMMIT")).await?;
            Ok(total)
        }
        Err(stop) => {
            if !matches!(&stop, Stop::Failed(failure) if failure.is_of_the_connection()) {
                roll_back(client).await?;
            }
            Err(stop)
        }
    }
}

/// Awaits what commits. From here on no answer means that the outcome is unknown.
async fn settle<T>(commit: impl Future<Output = Result<T, Error>>) -> Result<T, Stop> {
    let unknown = |reason: &str| Stop::Broken(StoreError::outcome_unknown(reason));
    match timeout(PATIENCE, commit).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match classify_commit(&error) {
            Some(failure) => failure.into(),
            None => unknown("the connection was lost during the commit"),
        }),
        Err(_) => Err(unknown("the database takes too long")),
    }
}

async fn roll_back(client: &Client) -> Result<(), Stop> {
    patient(client.batch_execute("ROLLBACK")).await?.map_err(|error| classify(&error).into())
}

/// The sum of the rows, or what stands in the way. The first conflict counts, for what comes after it may follow from it.
fn judge(steps: &[Step], results: Vec<Result<u64, Error>>) -> Result<u64, Stop> {
    let mut results = results.into_iter();
    if let Some(Err(error)) = results.next() {
        return Err(classify(&error).into());
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
