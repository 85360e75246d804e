//! One connection to a SQLite file.

use std::collections::HashMap;
use std::ffi::c_int;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, ErrorCode, OpenFlags, ToSql, ffi};

use super::Durability;
use crate::directory::sync_directory;
use crate::error::StoreError;
use crate::migrations;
use crate::sql::{Columns, Expect, Query, Step, Value};

/// More than there are statements.
const STATEMENTS: usize = 128;

pub(super) struct Connection {
    inner: rusqlite::Connection,
    /// The shared SQL texts in SQLite's dialect.
    texts: HashMap<&'static str, String>,
    /// How many pages the log had after the last commit.
    log_pages: Arc<AtomicU32>,
}

impl Connection {
    /// Opens a database for writing and creates it when it is missing, readable for nobody but its owner.
    pub(super) fn open_writer(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        create_private(path, durability)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Self::open(path, flags)?;
        // With the log in a file of its own, readers and the writer do not wait for each other, and a commit is one flush.
        let mode: String = connection
            .inner
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(|error| store_error(&error))?;
        if mode != "wal" {
            return Err(StoreError::configuration(
                "the file system of the database can't do write-ahead logs",
            ));
        }
        let synchronous = match durability {
            // FULL flushes the log at every commit; NORMAL would do so only at checkpoints. The two others are for macOS,
            // where an ordinary flush stops at the disk's own cache.
            Durability::Full => {
                "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
            }
            Durability::Off => "PRAGMA synchronous = OFF;",
        };
        // Checkpoints are made beside the commits; the log shrinks back to 64 MiB after a burst, and is else overwritten where
        // it is, so that a flush need not make a file longer. 32 MiB of cache. What is deleted is overwritten, so that users
        // who are gone are not found in a copy of the file; that writes a few hundredths more, where a page is freed.
        // Statements keep the references between tables themselves, the same way on every engine.
        let others = "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; \
                      PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; \
                      PRAGMA secure_delete = ON;";
        for pragmas in [synchronous, others] {
            connection.inner.execute_batch(pragmas).map_err(|error| store_error(&error))?;
        }
        let log_pages = Arc::clone(&connection.log_pages);
        let count = move |_: &mut Wal, pages: c_int| {
            log_pages.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        connection.inner.wal_hook(Some(count)).map_err(|error| store_error(&error))?;
        Ok(connection)
    }

    /// Opens a database that exists, for reading only.
    pub(super) fn open_reader(path: &Path) -> Result<Self, StoreError> {
        let connection =
            Self::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection
            .inner
            .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")
            .map_err(|error| store_error(&error))?;
        Ok(connection)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let inner = rusqlite::Connection::open_with_flags(path, flags)
            .map_err(|error| StoreError::configuration(format!("can't open the database: {error}")))?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS);
        // Else SQLite plans a statement anew whenever it is given other values, in case another index suits those better.
        // There are no statistics it could tell by, and planning costs several times what a read does.
        inner
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|error| store_error(&error))?;
        // Locks are only met when another process has the database open, or while a log is recovered.
        inner.busy_timeout(std::time::Duration::from_secs(5)).map_err(|error| store_error(&error))?;
        Ok(Self { inner, texts: HashMap::new(), log_pages: Arc::default() })
    }

    /// Runs a read.
    pub(super) fn read<T>(&mut self, query: &Query<T>, params: &[Value]) -> Result<Vec<T>, StoreError> {
        let text = self.texts.entry(query.sql).or_insert_with(|| dialect(query.sql));
        let mut statement = self.inner.prepare_cached(text).map_err(|error| store_error(&error))?;
        let mut rows =
            statement.query(rusqlite::params_from_iter(params)).map_err(|error| store_error(&error))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|error| store_error(&error))? {
            found.push((query.decode)(row)?);
        }
        Ok(found)
    }

    /// For running steps.
    pub(super) fn statements(&mut self) -> Statements<'_> {
        Statements { connection: &self.inner, texts: &mut self.texts, in_use: Vec::new() }
    }

    /// How many pages the log had after the last commit.
    pub(super) fn log_pages(&self) -> u32 {
        self.log_pages.load(Ordering::Relaxed)
    }

    /// Folds as much of the log into the database as is possible without waiting for anybody, and says how many pages are
    /// left; nothing if another process is at it.
    pub(super) fn checkpoint(&self) -> rusqlite::Result<Option<u32>> {
        self.inner.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?.query_row([], |row| {
            let (busy, pages, folded): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(u32::try_from(pages - folded).ok().filter(|_| !busy))
        })
    }

    /// Folds the log into the database and closes.
    pub(super) fn close(self) -> rusqlite::Result<()> {
        self.inner.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.inner.close().map_err(|(_, error)| error)
    }

    /// Brings the schema up to date.
    pub(super) fn migrate(&mut self) -> Result<(), StoreError> {
        self.migrate_in_transaction().inspect_err(|_| {
            // What failed is what counts; closing the connection rolls back as well.
            let _ = self.inner.execute_batch("ROLLBACK");
        })
    }

    fn migrate_in_transaction(&self) -> Result<(), StoreError> {
        let run = |sql: &str| self.inner.execute_batch(&schema(sql)).map_err(|error| store_error(&error));
        run("BEGIN IMMEDIATE")?;
        run(migrations::META)?;
        run(migrations::INITIAL_VERSION)?;
        let found: String = self
            .inner
            .query_row(migrations::READ_VERSION, [], |row| row.get(0))
            .map_err(|error| store_error(&error))?;
        let found: i64 = found.parse().map_err(|_| StoreError::Corrupt { table: "meta", column: "value" })?;
        let known = migrations::known_version();
        if found > known {
            return Err(StoreError::NewerSchema { found, known });
        }
        for (version, migration) in migrations::missing(found) {
            run(migration.sql)?;
            self.inner
                .execute(&dialect(migrations::WRITE_VERSION), [version.to_string()])
                .map_err(|error| store_error(&error))?;
        }
        run("COMMIT")
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    /// A `SELECT` found so many rows.
    Found(u64),
    /// Anything else touched so many.
    Touched(u64),
}

impl Ran {
    pub(super) fn rows(self) -> u64 {
        match self {
            Self::Found(rows) | Self::Touched(rows) => rows,
        }
    }
}

/// Runs steps, and keeps their statements at hand: the same few are run again and again in a transaction.
pub(super) struct Statements<'a> {
    connection: &'a rusqlite::Connection,
    texts: &'a mut HashMap<&'static str, String>,
    in_use: Vec<(&'static str, CachedStatement<'a>)>,
}

impl Statements<'_> {
    pub(super) fn run(&mut self, step: &Step) -> rusqlite::Result<Ran> {
        let known = self.in_use.iter().position(|(sql, _)| *sql == step.sql);
        let mut statement = match known {
            Some(index) => self.in_use.swap_remove(index).1,
            None => {
                let text = self.texts.entry(step.sql).or_insert_with(|| dialect(step.sql));
                self.connection.prepare_cached(text)?
            }
        };
        let ran = execute(&mut statement, &step.params);
        self.in_use.push((step.sql, statement));
        ran
    }

    /// Runs a statement without parameters, such as `COMMIT`.
    pub(super) fn control(&mut self, sql: &'static str) -> rusqlite::Result<()> {
        self.run(&Step { sql, params: Vec::new(), expect: Expect::Any }).map(drop)
    }

    /// Whether a transaction is open.
    pub(super) fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }
}

fn execute(statement: &mut CachedStatement<'_>, params: &[Value]) -> rusqlite::Result<Ran> {
    let params = rusqlite::params_from_iter(params);
    if statement.column_count() == 0 {
        return statement.execute(params).map(|rows| Ran::Touched(rows as u64));
    }
    let mut rows = statement.query(params)?;
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(Ran::Found(count))
}

impl Columns for rusqlite::Row<'_> {
    fn text(&self, index: usize) -> Option<&str> {
        self.get_ref(index).ok()?.as_str().ok()
    }

    fn integer(&self, index: usize) -> Option<i64> {
        self.get_ref(index).ok()?.as_i64().ok()
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// A shared statement in SQLite's dialect: `?1` for `$1`, which would be a name; its one writer needs no row locks.
fn dialect(sql: &str) -> String {
    sql.replace('$', "?").replace("{share}", "")
}

/// A migration in SQLite's dialect. Its text compares byte by byte, which in UTF-8 is by code point.
fn schema(sql: &str) -> String {
    sql.replace("{text}", "TEXT").replace("{bigint}", "BIGINT").replace("{clustered}", " WITHOUT ROWID")
}

/// What an error means when nothing was committed. SQLite's texts name tables and files, never values.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed,
        ) => StoreError::unavailable(reason(error)),
        _ => StoreError::internal(reason(error)),
    }
}

/// SQLite's text and, for what the disk did, what was asked of it.
fn reason(error: &rusqlite::Error) -> String {
    let doing = match error.sqlite_error().map(|error| error.extended_code) {
        Some(ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ) => "reading",
        Some(ffi::SQLITE_IOERR_WRITE) => "writing",
        Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => "flushing",
        Some(ffi::SQLITE_IOERR_TRUNCATE) => "cutting the log",
        Some(ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMOPEN | ffi::SQLITE_IOERR_SHMMAP) => {
            "making the index of the log; is the disk full?"
        }
        _ => return error.to_string(),
    };
    format!("{error} while {doing}")
}

/// What an error of `COMMIT` means. When the flush of the log fails, the changes may still be found after a crash.
pub(super) fn commit_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy | ErrorCode::DiskFull | ErrorCode::OutOfMemory | ErrorCode::ReadOnly,
        ) => store_error(error),
        _ => StoreError::outcome_unknown(reason(error)),
    }
}

/// Creates the file for its owner alone; SQLite gives the log the same permissions.
fn create_private(path: &Path, durability: Durability) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let created = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        created => created,
    };
    created
        .and_then(|file| file.sync_all())
        .and_then(|()| match durability {
            Durability::Full => sync_directory(path),
            Durability::Off => Ok(()),
        })
        .map_err(|error| StoreError::configuration(format!("can't create the database: {error}")))
}

#[cfg(test)]
impl Connection {
    /// How SQLite goes about each statement it was given so far: the statement, and the lines of its plan.
    pub(super) fn plans(&self) -> Vec<(&'static str, Vec<String>)> {
        let plan = |text: &String| {
            let mut statement = self.inner.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
            let parameters = vec![Value::Null; statement.parameter_count()];
            let lines = statement.query_map(rusqlite::params_from_iter(&parameters), |row| row.get(3));
            lines.unwrap().collect::<Result<_, _>>().unwrap()
        };
        self.texts.iter().map(|(sql, text)| (*sql, plan(text))).collect()
    }

    /// The statements it was given so far that SQLite has planned more than once.
    pub(super) fn planned_again(&self) -> Vec<&'static str> {
        let again = |text: &String| {
            let statement = self.inner.prepare_cached(text).unwrap();
            statement.get_status(rusqlite::StatementStatus::RePrepare) > 0
        };
        self.texts.iter().filter(|(_, text)| again(text)).map(|(sql, _)| *sql).collect()
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn every_step_is_harmless_when_applied_twice_and_a_fresh_install_is_their_sum() {
        let describe = |connection: &Connection| -> Vec<(String, String)> {
            connection
                .inner
                .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
                .unwrap()
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap()
        };
        let memory = || Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        let mut fresh = memory();
        fresh.migrate().unwrap();
        let stepwise = memory();
        stepwise.inner.execute_batch(&schema(migrations::META)).unwrap();
        for (_, migration) in migrations::missing(0) {
            stepwise.inner.execute_batch(&schema(migration.sql)).unwrap();
            let once = describe(&stepwise);
            stepwise.inner.execute_batch(&schema(migration.sql)).unwrap();
            assert_eq!(describe(&stepwise), once);
        }
        assert_eq!(describe(&stepwise), describe(&fresh));
        fresh.migrate().unwrap();
        assert_eq!(describe(&stepwise), describe(&fresh));
    }

    #[test]
    fn users_of_older_releases_are_counted() {
        let mut connection = Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        connection.migrate().unwrap();
        let before = "DROP TABLE user_counts; UPDATE meta SET value = '4' WHERE key = 'schema_version'; \
            INSERT INTO pools VALUES ('p', 1, 1, ''), ('q', 1, 1, ''); \
            INSERT INTO users VALUES ('p', '1-aa', 1, 1, ''), ('p', '2-aa', 1, 1, ''), ('p', '3-ab', 1, 1, ''), \
                ('q', '1-aa', 1, 1, ''), ('q', 'a', 1, 1, ''), ('deleted', '1-aa', 1, 1, '');";
        connection.inner.execute_batch(before).unwrap();
        connection.migrate().unwrap();
        let sql = "SELECT group_concat(pool_id || part || users) FROM user_counts";
        let counts: String = connection.inner.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(counts, "paa2,pab1,qa1,qaa1");
    }

    #[test]
    fn statements_are_compiled_once_whatever_their_parameters() {
        let mut connection = Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        connection.migrate().unwrap();
        let page = "SELECT data FROM user_groups WHERE pool_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let query = Query { sql: page, decode: |_| Ok(()) };
        for (after, limit) in [("", 1), ("a", 20), ("b", 60)] {
            let params = [Value::Text("pool".into()), Value::Text(after.into()), Value::Integer(limit)];
            connection.read(&query, &params).unwrap();
        }
        let statement = connection.inner.prepare_cached(&dialect(page)).unwrap();
        assert_eq!(statement.get_status(StatementStatus::Run), 3);
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut connection = Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        connection.migrate().unwrap();
        let newer = migrations::known_version() + 1;
        connection.inner.execute(&dialect(migrations::WRITE_VERSION), [newer.to_string()]).unwrap();
        let refused = StoreError::NewerSchema { found: newer, known: newer - 1 };
        assert_eq!(connection.migrate(), Err(refused));
        assert!(!connection.statements().in_transaction());
    }
}
