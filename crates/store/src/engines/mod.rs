//! The engines behind [`crate::Store`].

mod counters;
mod postgres;
mod progress;
mod sqlite;

pub(crate) use counters::Counters;
pub(crate) use postgres::PostgresEngine;
pub use postgres::{MigrationMode, PostgresOptions};
pub(crate) use sqlite::SqliteEngine;
pub use sqlite::{
    Backup, BackupError, BackupManifest, BackupProgress, BackupStage, Durability, SqliteOptions,
};

use crate::faults::Faults;

pub(crate) enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

impl Engine {
    pub(crate) fn counters(&self) -> &Counters {
        match self {
            Self::Sqlite(engine) => engine.counters(),
            Self::Postgres(engine) => engine.counters(),
        }
    }

    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only tests put faults in"))]
    pub(crate) fn faults(&self) -> &Faults {
        match self {
            Self::Sqlite(engine) => engine.faults(),
            Self::Postgres(engine) => engine.faults(),
        }
    }
}
