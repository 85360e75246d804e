//! How the outcome of a commit is found out when its answer was lost.
//!
//! Every transaction belongs to a writer, a row of the table `writers`, and writes its number there. A writer has one
//! transaction at a time, so its row tells which was committed last. Whoever lost an answer closes the writer on another
//! connection, and reads the number in the same statement:
//!
//! - The lost transaction still runs: it holds the row, and the statement waits for its end.
//! - It was committed: the number is there. That the statement writes too makes it wait for the replicas that the lost
//!   transaction should have waited for.
//! - It never arrived, and may yet: it finds a closed writer, and fails.
//!
//! So the answer is final. It takes ordinary rows and no transaction numbers, which replicas and other makers of the protocol
//! may not share. There are as many rows as transactions ran at once, and they are updated in place.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Client;
use tokio::time::{Instant, sleep, timeout};

use super::Shared;
use super::error::{Failure, classify};
use crate::error::StoreError;
use crate::sql::Value;

/// How long an outcome is asked for, in the patience for one answer. A fail-over fits into it.
const PATIENCES: u32 = 2;
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Milliseconds since the epoch, by the server's clock.
macro_rules! now {
    () => {
        "CAST(EXTRACT(EPOCH FROM now()) * 1000 AS BIGINT)"
    };
}

/// Fails when the writer is closed: the column takes no `NULL`.
macro_rules! on_conflict {
    () => {
        " ON CONFLICT (id) DO UPDATE SET number = CASE WHEN writers.closed = 0 THEN excluded.number END, \
         changed_rows = excluded.changed_rows, used_ms = excluded.used_ms"
    };
}

/// Begins a transaction. That it is deferrable has no effect on one that writes, and tells that it was begun.
pub(super) const BEGIN: &str = "BEGIN DEFERRABLE";

/// The first statement of a transaction: `$1` writer, `$2` number. It is sent with those behind it before the server has said that
/// a transaction was begun. Where none was, each would commit itself: so this one ends the connection, and they are not run.
pub(super) const SIGN: &str = concat!(
    "INSERT INTO writers (id, number, changed_rows, used_ms) SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), 0, ",
    now!(),
    " WHERE CASE current_setting('transaction_deferrable') WHEN 'on' THEN TRUE \
     ELSE pg_terminate_backend(pg_backend_pid()) END",
    on_conflict!()
);

/// A statement that is a whole transaction, signed; returns how many rows it touched. `$count + 1` writer, `$count + 2` number.
pub(super) fn signed(sql: &str, count: usize) -> String {
    format!(
        "WITH changed AS ({sql} RETURNING 1) INSERT INTO writers (id, number, changed_rows, used_ms) \
         SELECT CAST(${} AS TEXT), CAST(${} AS BIGINT), (SELECT COUNT(*) FROM changed), {}{} RETURNING changed_rows",
        count + 1,
        count + 2,
        now!(),
        on_conflict!()
    )
}

const CLOSE: &str = concat!(
    "INSERT INTO writers (id, number, changed_rows, closed, used_ms) VALUES ($1, 0, 0, 1, ",
    now!(),
    ") ON CONFLICT (id) DO UPDATE SET closed = 1, used_ms = excluded.used_ms RETURNING number, changed_rows"
);

/// Rows of processes that have ended. Nobody asks for an outcome a day later, and a writer that is still in use makes its row
/// anew.
const SWEEP: &str = concat!("DELETE FROM writers WHERE used_ms < ", now!(), " - 86400000");

/// The writers of a store that are free.
pub(super) struct Writers {
    store: String,
    made: AtomicU64,
    free: Mutex<Vec<Writer>>,
}

/// The right to run a transaction.
pub(super) struct Writer {
    id: String,
    /// Of its transaction.
    number: i64,
}

impl Writer {
    pub(super) fn params(&self) -> [Value; 2] {
        [Value::Text(self.id.clone()), Value::Integer(self.number)]
    }
}

impl Writers {
    pub(super) async fn open(client: &Client) -> Result<Self, tokio_postgres::Error> {
        client.batch_execute(SWEEP).await?;
        let row = client.query_one("SELECT CAST(gen_random_uuid() AS TEXT)", &[]).await?;
        Ok(Self { store: row.try_get(0)?, made: AtomicU64::new(0), free: Mutex::default() })
    }

    /// A writer for one transaction.
    pub(super) fn take(&self) -> Writer {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut writer = free.unwrap_or_else(|| {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            Writer { id: format!("{}-{number}", self.store), number: 0 }
        });
        writer.number += 1;
        writer
    }

    /// Takes back a writer whose transaction has certainly ended.
    pub(super) fn give_back(&self, writer: Writer) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(writer);
    }
}

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// And so many rows were touched, if its statement counted them.
    Committed(u64),
    /// And never will be.
    NotCommitted,
    /// The database did not say in time.
    Unknown,
}

/// Finds out what became of a writer's transaction, and closes the writer.
pub(super) async fn find_outcome(shared: &Shared, writer: &Writer) -> Outcome {
    let deadline = Instant::now() + shared.patience * PATIENCES;
    let mut pause = Duration::from_millis(10);
    loop {
        match timeout(deadline.saturating_duration_since(Instant::now()), close(shared, writer)).await {
            Ok(Ok(outcome)) => {
                shared.counters.count_resolved();
                return outcome;
            }
            Ok(Err(error)) => tracing::debug!(%error, "store.outcome_not_found_yet"),
            Err(_) => {}
        }
        if Instant::now() >= deadline {
            return Outcome::Unknown;
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn close(shared: &Shared, writer: &Writer) -> Result<Outcome, StoreError> {
    let client = shared.client().await?;
    let asked = async {
        let row = client.query_one(CLOSE, &[&writer.id]).await?;
        Ok::<(i64, i64), tokio_postgres::Error>((row.try_get(0)?, row.try_get(1)?))
    };
    match timeout(shared.patience, asked).await {
        Ok(Ok((number, rows))) if number == writer.number => {
            Ok(Outcome::Committed(u64::try_from(rows).unwrap_or_default()))
        }
        Ok(Ok(_)) => Ok(Outcome::NotCommitted),
        Ok(Err(error)) => {
            let failure = classify(&error);
            if failure.is_of_the_connection() {
                shared.discard(client);
            }
            Err(match failure {
                Failure::Lost(reason) | Failure::Again(reason) => StoreError::unavailable(reason),
                Failure::Other(error) => error,
            })
        }
        Err(_) => {
            shared.discard(client);
            Err(StoreError::unavailable("the database takes too long"))
        }
    }
}
