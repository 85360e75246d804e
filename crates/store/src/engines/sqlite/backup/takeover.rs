//! A database that nobody else has open, until something else has taken its place.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::{BackupError, READ_WRITE, database_error, files, is_damage};
use crate::error::StoreError;

/// Keeps other processes out for as long as it lives.
pub(super) struct Takeover {
    /// Missing when there is no database, or none that SQLite could lock.
    connection: Option<Connection>,
}

impl Takeover {
    /// Locks a database, if there is one, and folds its log in, so that it is one file that can be left or replaced whole.
    ///
    /// Every connection to a database in WAL mode holds a shared lock on it from its first statement to its end: while a
    /// server runs, however idle it is, the exclusive lock is refused.
    pub(super) fn of(database: &Path) -> Result<Self, BackupError> {
        if !files::exists(database)? {
            return Ok(Self { connection: None });
        }
        let index = files::beside(database, "-shm");
        let logged = std::fs::metadata(files::beside(database, "-wal")).is_ok_and(|log| log.len() > 0);
        match lock(database) {
            Ok((connection, mode)) if mode == "delete" => Ok(Self { connection: Some(connection) }),
            Ok(_) => {
                let error = StoreError::unavailable("its log can't be folded in");
                Err(BackupError::Store { path: database.to_owned(), error })
            }
            // Where there is something in a log, the lock is taken before the first page is read. Else a server that runs can
            // be told only by the index it has of its log, which a killed one leaves behind as well.
            Err(error) if is_damage(&error) && (logged || !files::exists(&index)?) => {
                Ok(Self { connection: None })
            }
            Err(error) if is_damage(&error) => Err(BackupError::Uncertain(index)),
            Err(error) => Err(match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    BackupError::InUse(database.to_owned())
                }
                _ => database_error(database, &error),
            }),
        }
    }

    /// Lets go of a database that has lost its name. A server that was started a moment ago may have opened it before that
    /// and be waiting for the lock; what it would write from now on could never be found again, so it is made to refuse.
    pub(super) fn retire(self) {
        if let Some(connection) = self.connection {
            // Without a journal: by its name, it would be taken for that of the new database. If this fails, the file
            // was not Cenote's.
            let _ = connection.execute_batch(
                "PRAGMA journal_mode = MEMORY; UPDATE meta SET value = '9223372036854775807' WHERE key = 'schema_version'",
            );
        }
    }
}

fn lock(database: &Path) -> rusqlite::Result<(Connection, String)> {
    let connection = Connection::open_with_flags(database, READ_WRITE)?;
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    Ok((connection, mode))
}
