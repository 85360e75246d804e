//! A durable group commit of rows like those of ForgotPassword: a user replaced if its version is the one expected, and a
//! message added. The same settings of SQLite as the store's; nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::Cost;
use crate::Failure;
use crate::process::processor_time;

/// As many users as keep the tables' pages from all being the same.
const USERS: i64 = 4096;
/// Bytes of the store's own rows for a user with a password and a reset code, and for the message with that code, sealed.
const USER_BYTES: usize = 1330;
const MESSAGE_BYTES: usize = 720;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2048;
    PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;
    CREATE TABLE users (pool_id TEXT NOT NULL, sub TEXT NOT NULL, version BIGINT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (pool_id, sub));
    CREATE TABLE outbox (id TEXT NOT NULL PRIMARY KEY, pool_id TEXT NOT NULL, state TEXT NOT NULL,
        due_ms BIGINT NOT NULL, data TEXT NOT NULL);
    CREATE INDEX outbox_by_due ON outbox (state, due_ms, id);";
const UPDATE: &str =
    "UPDATE users SET version = version + 1, data = ?3 WHERE pool_id = ?1 AND sub = ?2 AND version >= 0";
const INSERT: &str =
    "INSERT INTO outbox (id, pool_id, state, due_ms, data) VALUES (?1, ?2, 'pending', ?3, ?4)";
const POOL: &str = "us-east-1_Example01";

/// Commits `batch` rows at a time for this long.
pub fn measure(directory: &Path, batch: u16, duration: Duration) -> Result<Cost, Failure> {
    let place = tempfile::tempdir_in(directory)?;
    let mut connection = Connection::open(place.path().join("floor.db"))?;
    connection.execute_batch(SCHEMA)?;
    let (user, message) = ("u".repeat(USER_BYTES), "m".repeat(MESSAGE_BYTES));
    let transaction = connection.transaction()?;
    for number in 0..USERS {
        let sub = name(number);
        transaction.execute("INSERT INTO users VALUES (?1, ?2, 1, ?3)", params![POOL, sub, user])?;
    }
    transaction.commit()?;

    let (mut rows, mut times) = (0_i64, Vec::new());
    let before = processor_time(std::process::id())?;
    let started = Instant::now();
    while started.elapsed() < duration {
        let begun = Instant::now();
        let transaction = connection.transaction()?;
        {
            let mut update = transaction.prepare_cached(UPDATE)?;
            let mut insert = transaction.prepare_cached(INSERT)?;
            for _ in 0..batch {
                update.execute(params![POOL, name(rows % USERS), user])?;
                insert.execute(params![name(rows), POOL, rows, message])?;
                rows += 1;
            }
        }
        transaction.commit()?;
        times.push(begun.elapsed());
    }
    let elapsed = started.elapsed().as_secs_f64();
    let used = processor_time(std::process::id())?.saturating_sub(before).as_secs_f64();
    times.sort_unstable();
    let percentile = |percent: usize| {
        let index = times.len().saturating_sub(1) * percent / 100;
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    Ok(Cost {
        per_second: rows as f64 / elapsed,
        p50_ms: percentile(50),
        p99_ms: percentile(99),
        cpu_ms: used * 1000.0 / rows.max(1) as f64,
    })
}

/// Spread over the index as random ids are.
fn name(number: i64) -> String {
    let spread = number.wrapping_mul(0x5851_f42d_4c95_7f2d);
    format!("{spread:016x}-{number:019}")
}
