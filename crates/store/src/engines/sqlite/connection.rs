//! One connection to a SQLite file.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, OpenFlags, ToSql};

use super::Durability;
use crate::error::StoreError;
use crate::migrations;
use crate::sql::{Columns, Query, Step, Value};

/// More than there are statements.
const STATEMENTS: usize = 128;

pub(super) struct Connection {
    inner: rusqlite::Connection,
    /// The shared SQL texts in SQLite's dialect.
    texts: HashMap<&'static str, String>,
}

impl Connection {
    /// Opens a database for writing and creates it when it is missing, readable for nobody but its owner.
    pub(super) fn open_writer(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        create_private(path, durability)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Self::open(path, flags)?;
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
        // A checkpoint every 16 MiB of log instead of 4 folds more changes of the same pages into one write; the log shrinks
        // back to 64 MiB after a burst. 32 MiB of cache. What is deleted is overwritten, so that users who are gone are not found
        // in a copy of the file; that writes a few hundredths more, where a page is freed. Statements keep the references between tables themselves, the same
        // way on every engine.
        let others = "PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864; \
                      PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; \
                      PRAGMA secure_delete = ON;";
        for pragmas in [synchronous, others] {
            connection.inner.execute_batch(pragmas).map_err(|error| store_error(&error))?;
        }
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
        // Locks are only met when another process has the database open, or while a log is recovered.
        inner.busy_timeout(std::time::Duration::from_secs(5)).map_err(|error| store_error(&error))?;
        Ok(Self { inner, texts: HashMap::new() })
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

    /// Runs a step and returns how many rows it touched or, for a `SELECT`, found.
    pub(super) fn run(&mut self, step: &Step) -> rusqlite::Result<u64> {
        let text = self.texts.entry(step.sql).or_insert_with(|| dialect(step.sql));
        let mut statement = self.inner.prepare_cached(text)?;
        let params = rusqlite::params_from_iter(&step.params);
        if statement.column_count() == 0 {
            return statement.execute(params).map(|rows| rows as u64);
        }
        let mut rows = statement.query(params)?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// Runs a statement without parameters, such as `COMMIT`.
    pub(super) fn control(&self, sql: &str) -> rusqlite::Result<()> {
        self.inner.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// Whether a transaction is open.
    pub(super) fn in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
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
        ) => StoreError::unavailable(error.to_string()),
        _ => StoreError::internal(error.to_string()),
    }
}

/// What an error of `COMMIT` means. When the flush of the log fails, the changes may still be found after a crash.
pub(super) fn commit_error(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy | ErrorCode::DiskFull | ErrorCode::OutOfMemory | ErrorCode::ReadOnly,
        ) => store_error(error),
        _ => StoreError::outcome_unknown(error.to_string()),
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
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    created
        .and_then(|file| file.sync_all())
        .and_then(|()| match durability {
            // The file's name must survive a power cut too.
            Durability::Full => fs::File::open(directory)?.sync_all(),
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
}

#[cfg(test)]
mod tests {
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
    fn a_newer_schema_is_refused_and_left_alone() {
        let mut connection = Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        connection.migrate().unwrap();
        let newer = migrations::known_version() + 1;
        connection.inner.execute(&dialect(migrations::WRITE_VERSION), [newer.to_string()]).unwrap();
        let refused = StoreError::NewerSchema { found: newer, known: newer - 1 };
        assert_eq!(connection.migrate(), Err(refused));
        assert!(!connection.in_transaction());
    }
}
