//! The state of Cenote: aggregates, change sets, and the two engines that keep them.
//!
//! Reads are typed point reads, index reads and paged lists on [`Store`]. Writes are a [`ChangeSet`]: typed changes with
//! preconditions that commit atomically, or not at all. Nothing else writes, and no transaction is open across other I/O.
//!
//! | module | holds |
//! | --- | --- |
//! | [`aggregates`] | the things that are kept, one file each |
//! | [`change`] | what can be done to them, and why it may be refused |
//! | [`store`] | the seam: opening, `commit` |
//! | `sql` | the statements and the reads of [`Store`], one aggregate a file |
//! | `engines` | SQLite (embedded, group commit) and PostgreSQL |
//! | `migrations` | the schema's steps |
//! | `testing` | throw-away databases and fault injection, with the cargo feature of that name |

pub mod aggregates;
pub mod change;
mod directory;
mod engines;
mod error;
mod faults;
pub mod ids;
mod migrations;
mod sql;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use aggregates::*;
pub use change::{Change, ChangeSet, CommitError, Conflict};
pub use directory::sync_directory;
pub use engines::{
    Backup, BackupError, BackupManifest, BackupProgress, BackupStage, Durability, MigrationMode,
    PostgresOptions, SqliteOptions,
};
pub use error::StoreError;
pub use ids::{ClientId, MessageId, PoolId, Sealed, Sub};
pub use sql::{FilterOperation, InboxFilter, MessageCount, NameSearch, Named, UserFilter};
pub use store::{Statistics, Store};
