//! Throw-away databases and faults, for tests here and in other crates.

pub mod postgres;

use std::ops::Deref;
use std::path::Path;

pub use postgres::temporary_postgres;
use tempfile::TempDir;

pub use crate::faults::{Fault, FaultPoint};
use crate::{Durability, PostgresOptions, SqliteOptions, Store, StoreError};

/// A store on a database of its own.
#[derive(Debug)]
pub struct TemporaryStore {
    // Dropped in this order: first the store, then its files.
    pub store: Store,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Directory(TempDir),
    Postgres(PostgresOptions),
}

impl TemporaryStore {
    /// Where the database is, when it is an embedded one.
    #[must_use]
    pub fn sqlite_options(&self) -> Option<SqliteOptions> {
        match &self.place {
            Place::Directory(directory) => Some(sqlite_options(directory.path())),
            Place::Postgres(_) => None,
        }
    }

    /// Where the database is, when it is on a server.
    #[must_use]
    pub fn postgres_options(&self) -> Option<PostgresOptions> {
        match &self.place {
            Place::Directory(_) => None,
            Place::Postgres(options) => Some(options.clone()),
        }
    }

    /// Opens the same database once more.
    ///
    /// # Errors
    /// Those of [`Store::open_sqlite`] and [`Store::open_postgres`].
    pub async fn open_again(&self) -> Result<Store, StoreError> {
        match &self.place {
            Place::Directory(directory) => Store::open_sqlite(sqlite_options(directory.path())),
            Place::Postgres(options) => Store::open_postgres(options.clone()).await,
        }
    }
}

impl Deref for TemporaryStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// An embedded database in a directory of its own, which goes with the store; not flushed to the disk.
///
/// # Panics
/// When it can't be made.
#[expect(clippy::expect_used, reason = "for tests, which fail by panicking")]
pub async fn temporary_sqlite() -> TemporaryStore {
    let directory = tempfile::tempdir().expect("a directory for a temporary store");
    let store = Store::open_sqlite(sqlite_options(directory.path())).expect("a temporary store");
    TemporaryStore { store, place: Place::Directory(directory) }
}

fn sqlite_options(directory: &Path) -> SqliteOptions {
    SqliteOptions { path: directory.join("cenote.db"), durability: Durability::Off, readers: 4 }
}
