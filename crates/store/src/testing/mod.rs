//! Throw-away databases and faults, for tests here and in other crates.

use std::ops::Deref;

pub use crate::faults::{Fault, FaultPoint};
use crate::{Durability, SqliteOptions, Store};

/// A store whose files go when it does.
#[derive(Debug)]
pub struct TemporaryStore {
    // Dropped in this order: first the store, then its files.
    store: Store,
    directory: tempfile::TempDir,
}

impl TemporaryStore {
    /// The options of this store, to open it again.
    #[must_use]
    pub fn options(&self) -> SqliteOptions {
        SqliteOptions {
            path: self.directory.path().join("cenote.db"),
            durability: Durability::Off,
            readers: 4,
        }
    }
}

impl Deref for TemporaryStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// An embedded database in a directory of its own, not flushed to the disk.
///
/// # Panics
/// When it can't be made.
#[must_use]
#[expect(clippy::expect_used, reason = "for tests, which fail by panicking")]
pub fn temporary_sqlite() -> TemporaryStore {
    let directory = tempfile::tempdir().expect("a directory for a temporary store");
    let options =
        SqliteOptions { path: directory.path().join("cenote.db"), durability: Durability::Off, readers: 4 };
    let store = Store::open_sqlite(options).expect("a temporary store");
    TemporaryStore { store, directory }
}
