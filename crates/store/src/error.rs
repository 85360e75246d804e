//! What can go wrong with the store itself.

/// A failure of the store. The texts are for the log of the operator: they never contain what is stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was changed. Trying again may help.
    #[error("the store is unavailable: {reason}")]
    Unavailable { reason: String },
    /// The changes were sent and no answer came: they are in the store as a whole, or not at all.
    #[error("the store did not confirm the changes: {reason}")]
    OutcomeUnknown { reason: String },
    /// A stored row can't be read.
    #[error("a row of table {table} has an unreadable {column}")]
    Corrupt { table: &'static str, column: &'static str },
    /// A later release has migrated this database.
    #[error(
        "the database has schema version {found}, and this release knows only {known}: use a later release"
    )]
    NewerSchema { found: i64, known: i64 },
    /// The migrations were only to be checked, and some are missing.
    #[error(
        "the database has schema version {found}, and this release needs {known}: start a server with store.migrations = \
         \"apply\", which brings it up to date"
    )]
    OlderSchema { found: i64, known: i64 },
    /// The options can't work.
    #[error("the store's configuration is wrong: {reason}")]
    Configuration { reason: String },
    /// A defect: the database refused something that should be right.
    #[error("the store failed: {reason}")]
    Internal { reason: String },
}

impl StoreError {
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into() }
    }

    pub(crate) fn outcome_unknown(reason: impl Into<String>) -> Self {
        Self::OutcomeUnknown { reason: reason.into() }
    }

    pub(crate) fn configuration(reason: impl Into<String>) -> Self {
        Self::Configuration { reason: reason.into() }
    }

    pub(crate) fn internal(reason: impl Into<String>) -> Self {
        Self::Internal { reason: reason.into() }
    }
}
