//! The schema's steps: linear, additive first, each harmless when applied twice. A fresh database runs all of them.

/// One step. Its version is its place in [`MIGRATIONS`], from 1.
pub(crate) struct Migration {
    pub(crate) sql: &'static str,
    /// The oldest version whose release works with the schema after this step, and loses nothing that newer releases write:
    /// it may go on running, and start again, while the others are replaced. Every release before the one that reads this
    /// refuses nevertheless.
    pub(crate) compatible_from: i64,
}

/// All steps in order. A released step never changes.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("../migrations/0001_initial.sql"), compatible_from: 1 },
    Migration { sql: include_str!("../migrations/0002_groups.sql"), compatible_from: 2 },
    Migration { sql: include_str!("../migrations/0003_writers.sql"), compatible_from: 2 },
    Migration { sql: include_str!("../migrations/0004_sign_in.sql"), compatible_from: 4 },
    // Older releases would neither count nor find what waits.
    Migration { sql: include_str!("../migrations/0005_counts_and_queues.sql"), compatible_from: 5 },
];

/// What is there before the first step, with the columns that steps and `schema_version` need.
pub(crate) const META: &str =
    "CREATE TABLE IF NOT EXISTS meta (key {text} NOT NULL PRIMARY KEY, value {text} NOT NULL)";
pub(crate) const INITIAL_VERSION: &str =
    "INSERT INTO meta (key, value) VALUES ('schema_version', '0') ON CONFLICT DO NOTHING";
/// Writes the row, so that instances that start together wait for each other here.
pub(crate) const LOCK_VERSION: &str = "UPDATE meta SET value = value WHERE key = 'schema_version'";
pub(crate) const READ_VERSION: &str = "SELECT value FROM meta WHERE key = 'schema_version'";
pub(crate) const WRITE_VERSION: &str = "UPDATE meta SET value = $1 WHERE key = 'schema_version'";
/// What a later release has declared; nothing before the first one that did.
pub(crate) const READ_COMPATIBLE_FROM: &str = "SELECT value FROM meta WHERE key = 'schema_compatible_from'";
pub(crate) const WRITE_COMPATIBLE_FROM: &str = "INSERT INTO meta (key, value) VALUES ('schema_compatible_from', $1) \
    ON CONFLICT (key) DO UPDATE SET value = excluded.value";

/// The version of the schema this release works with.
pub(crate) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The steps that a database of version `found` lacks, each with the version it leads to.
pub(crate) fn missing(found: i64) -> impl Iterator<Item = (i64, &'static Migration)> {
    (1..).zip(MIGRATIONS).filter(move |(version, _)| *version > found)
}
