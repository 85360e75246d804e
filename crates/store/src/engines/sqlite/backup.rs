//! Copies of a database that a server may be writing meanwhile, and the way back.
//!
//! A copy is made through SQLite's backup interface, in steps, inside one read transaction. With the log in a file of its own
//! that is a snapshot: the writer does not wait for it and can't change it, so the copy is of one moment and never starts
//! over, as it would without the transaction whenever another process writes. What it costs is that the log grows until the
//! copy is done. `VACUUM INTO` reads a snapshot too, but builds every table and index anew and tells nothing on its way.
//!
//! Beside a backup `FILE` stands its manifest, `FILE.sha256`. It gets its name first, and both are flushed before: a file
//! that has its name is whole.

mod files;
mod takeover;

use std::ffi::c_int;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rusqlite::backup::StepResult;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};

use super::connection::store_error;
use crate::directory::sync_directory;
use crate::error::StoreError;
use crate::{migrations, sql};
use files::{Partial, at, beside, exists, pump};
use takeover::Takeover;

/// 4 MiB: a few milliseconds each.
const PAGES_PER_STEP: c_int = 1024;
const READ_WRITE: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What is known about a backup, kept beside it as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// The version of the schema of the database in it.
    pub schema_version: i64,
    /// When it was begun, as its maker wrote it: RFC 3339 in UTC. Everything acknowledged before is in it.
    pub created: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file in lower-case hexadecimal.
    pub sha256: String,
    pub pools: u64,
    pub users: u64,
}

/// What is being done, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupProgress {
    pub stage: BackupStage,
    /// Bytes done.
    pub done: u64,
    /// Bytes to do in this stage.
    pub total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupStage {
    Copy,
    Checksum,
    /// SQLite looks at every row and index; it does not tell how far it is.
    Integrity,
}

/// Hears how far it is.
pub type OnProgress<'a> = &'a mut dyn FnMut(BackupProgress);

/// Why there is no backup, or why it was not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("{} exists: another backup or restore is writing it, or one was cut off; remove it in that case", .0.display())]
    Unfinished(PathBuf),
    #[error("{} is open in another process: stop the server first", .0.display())]
    InUse(PathBuf),
    #[error(
        "the database is too damaged to tell whether a server has it open, and {} may be that server's: stop it, then remove \
         this file", .0.display()
    )]
    Uncertain(PathBuf),
    #[error("{} is damaged: {reason}", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: {error}", .path.display())]
    Store { path: PathBuf, error: StoreError },
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
}

/// A backup that was found whole.
#[derive(Debug)]
pub struct Backup {
    path: PathBuf,
    manifest: BackupManifest,
}

impl Backup {
    /// Copies the database at `database` to `out` and its manifest beside it, both for nobody but their owner. Everything
    /// acknowledged before the call is in it. Servers go on meanwhile.
    ///
    /// # Errors
    /// [`BackupError::Exists`] when `out` does; those of reading the database and writing the files, of which nothing stays.
    pub fn create(
        database: &Path,
        out: &Path,
        created: &str,
        progress: OnProgress<'_>,
    ) -> Result<BackupManifest, BackupError> {
        if !exists(database)? {
            return Err(BackupError::Missing(database.to_owned()));
        }
        if exists(out)? {
            return Err(BackupError::Exists(out.to_owned()));
        }
        let partial = Partial::create(out)?;
        copy(database, partial.path(), progress)?;
        partial.sync()?;
        let (bytes, sha256) = pump(partial.path(), None, BackupStage::Checksum, progress)?;
        let manifest = describe(partial.path(), created, bytes, sha256)?;
        let mut beside = Partial::create(&Self::manifest_path(out))?;
        let written = serde_json::to_writer_pretty(&mut beside.file, &manifest)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(beside.file));
        written.map_err(at(beside.path()))?;
        beside.finish()?;
        partial.finish()?;
        Ok(manifest)
    }

    /// Reads a backup from its first byte to its last: the checksum, SQLite's own check of every table and index, and
    /// whether this release knows its schema. Changes nothing.
    ///
    /// # Errors
    /// [`BackupError::Damaged`], [`StoreError::NewerSchema`] in [`BackupError::Store`].
    pub fn verify(path: &Path, progress: OnProgress<'_>) -> Result<Self, BackupError> {
        if !exists(path)? {
            return Err(BackupError::Missing(path.to_owned()));
        }
        let beside = Self::manifest_path(path);
        if !exists(&beside)? {
            return Err(BackupError::Missing(beside));
        }
        let text = std::fs::read(&beside).map_err(at(&beside))?;
        let manifest: BackupManifest = serde_json::from_slice(&text)
            .map_err(|error| BackupError::Damaged { path: beside, reason: error.to_string() })?;
        let backup = Self { path: path.to_owned(), manifest };
        let (bytes, sha256) = pump(path, None, BackupStage::Checksum, progress)?;
        backup.compare(bytes, &sha256)?;
        progress(BackupProgress { stage: BackupStage::Integrity, done: 0, total: bytes });
        let connection = open_immutable(path)?;
        let verdict: String = connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| database_error(path, &error))?;
        if verdict != "ok" {
            // Under a headline it names tables and pages, never what is stored.
            return Err(backup.damaged(verdict.lines().last().unwrap_or_default().to_owned()));
        }
        if schema_version(&connection, path)? != backup.manifest.schema_version {
            return Err(backup.damaged("its manifest names another version of the schema".into()));
        }
        Ok(backup)
    }

    /// Where the manifest of a backup is.
    #[must_use]
    pub fn manifest_path(backup: &Path) -> PathBuf {
        beside(backup, ".sha256")
    }

    #[must_use]
    pub fn manifest(&self) -> &BackupManifest {
        &self.manifest
    }

    /// As [`crate::Store::find_meta`], of the database in the backup.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn find_meta(&self, key: &str) -> Result<Option<String>, BackupError> {
        find_meta(&open_immutable(&self.path)?, &self.path, key)
    }

    /// Puts the database in the backup at `target`, for nobody but its owner. What is there is replaced at one stroke when
    /// `replace` allows it and no process has it open; a failure leaves it as it is. The next start brings the schema up to
    /// date.
    ///
    /// # Errors
    /// [`BackupError::Exists`], [`BackupError::InUse`], [`BackupError::Damaged`] when the backup is not what was verified.
    pub fn restore(&self, target: &Path, replace: bool, progress: OnProgress<'_>) -> Result<(), BackupError> {
        // A log that was left alone counts too: SQLite would take it for a part of what is put beside it.
        let logs = ["-wal", "-shm", "-journal"].map(|suffix| beside(target, suffix));
        let refuse_existing = || -> Result<(), BackupError> {
            for path in logs.iter().map(PathBuf::as_path).chain([target]) {
                if !replace && exists(path)? {
                    return Err(BackupError::Exists(path.to_owned()));
                }
            }
            Ok(())
        };
        refuse_existing()?;
        let takeover = Takeover::of(target)?;
        let mut partial = Partial::create(target)?;
        let (bytes, sha256) = pump(&self.path, Some(&mut partial), BackupStage::Copy, progress)?;
        self.compare(bytes, &sha256)?;
        partial.sync()?;
        // A server may have been started while this was copying.
        refuse_existing()?;
        for path in &logs {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(path)(error)),
                _ => {}
            }
        }
        // They must be gone before the new database has its name, after a power cut as well.
        sync_directory(target).map_err(at(target))?;
        partial.finish()?;
        takeover.retire();
        Ok(())
    }

    fn compare(&self, bytes: u64, sha256: &str) -> Result<(), BackupError> {
        let expected = &self.manifest;
        if bytes != expected.bytes {
            return Err(self.damaged(format!("it has {bytes} bytes, and {} were written", expected.bytes)));
        }
        if sha256 != expected.sha256 {
            return Err(self.damaged("its contents do not have the checksum in its manifest".into()));
        }
        Ok(())
    }

    fn damaged(&self, reason: String) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), reason }
    }
}

/// Copies a database as it is at one moment into an empty file; does not flush it.
fn copy(database: &Path, partial: &Path, progress: OnProgress<'_>) -> Result<(), BackupError> {
    let failed = |error: rusqlite::Error| database_error(database, &error);
    // For writing, though it writes nothing: a connection that only reads would leave the log of a stopped server behind.
    let source = Connection::open_with_flags(database, READ_WRITE).map_err(failed)?;
    source.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
    source.execute_batch("PRAGMA query_only = ON; BEGIN").map_err(failed)?;
    // The first read fixes the moment.
    schema_version(&source, database)?;
    let number = |sql: &str| source.query_row(sql, [], |row| row.get(0)).map_err(failed);
    let (page_size, pages): (i64, i64) = (number("PRAGMA page_size")?, number("PRAGMA page_count")?);
    let size = |pages: i64| u64::try_from(pages.saturating_mul(page_size)).unwrap_or(0);
    let mut report = |remaining: i64| {
        progress(BackupProgress {
            stage: BackupStage::Copy,
            done: size(pages - remaining),
            total: size(pages),
        });
    };
    report(pages);

    let failed = |error: rusqlite::Error| database_error(partial, &error);
    let mut target = Connection::open_with_flags(partial, READ_WRITE).map_err(failed)?;
    // There is nothing to go back to in a new file, and it is flushed once, in the end.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").map_err(failed)?;
    let backup = rusqlite::backup::Backup::new(&source, &mut target).map_err(failed)?;
    loop {
        let step = backup.step(PAGES_PER_STEP).map_err(failed)?;
        report(i64::from(backup.progress().remaining));
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => {
                let error = StoreError::unavailable("it is locked by another process");
                return Err(BackupError::Store { path: database.to_owned(), error });
            }
        }
    }
    drop(backup);
    target.close().map_err(|(_, error)| failed(error))
}

/// The manifest of a finished copy.
fn describe(path: &Path, created: &str, bytes: u64, sha256: String) -> Result<BackupManifest, BackupError> {
    let connection = open_immutable(path)?;
    let count = |sql: &str| -> Result<u64, BackupError> {
        let rows: i64 =
            connection.query_row(sql, [], |row| row.get(0)).map_err(|error| database_error(path, &error))?;
        Ok(u64::try_from(rows).unwrap_or(0))
    };
    Ok(BackupManifest {
        schema_version: schema_version(&connection, path)?,
        created: created.to_owned(),
        bytes,
        sha256,
        pools: count("SELECT count(*) FROM pools")?,
        users: count("SELECT count(*) FROM users")?,
    })
}

/// Opens a file that nobody writes, without locks and without making a log beside it.
fn open_immutable(path: &Path) -> Result<Connection, BackupError> {
    let absolute = std::fs::canonicalize(path).map_err(at(path))?;
    let mut uri = String::from("file:");
    for byte in absolute.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).map_err(|error| database_error(path, &error))
}

/// The version of a database's schema, which this release must know.
fn schema_version(connection: &Connection, path: &Path) -> Result<i64, BackupError> {
    let damaged = |reason: &str| BackupError::Damaged { path: path.to_owned(), reason: reason.into() };
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", [], |row| row.get(0))
        .map_err(|error| database_error(path, &error))?;
    let version = if tables == 0 { None } else { find_meta(connection, path, "schema_version")? };
    let found: i64 =
        version.and_then(|text| text.parse().ok()).ok_or_else(|| damaged("it is no database of Cenote"))?;
    let known = migrations::known_version();
    if found > known {
        let error = StoreError::NewerSchema { found, known };
        return Err(BackupError::Store { path: path.to_owned(), error });
    }
    if found == 0 {
        return Err(damaged("it is a database of Cenote in which nothing was ever set up"));
    }
    Ok(found)
}

fn find_meta(connection: &Connection, path: &Path, key: &str) -> Result<Option<String>, BackupError> {
    let found: rusqlite::Result<String> =
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0));
    match found {
        Ok(value) => Ok(Some(sql::text::unescape(&value).into_owned())),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(database_error(path, &error)),
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn database_error(path: &Path, error: &rusqlite::Error) -> BackupError {
    if is_damage(error) {
        BackupError::Damaged { path: path.to_owned(), reason: error.to_string() }
    } else {
        BackupError::Store { path: path.to_owned(), error: store_error(error) }
    }
}
