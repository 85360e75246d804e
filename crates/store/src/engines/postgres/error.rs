//! What PostgreSQL's errors mean.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::error::StoreError;

/// What failed before a commit was asked for: nothing has changed.
pub(super) enum Failure {
    /// The connection is gone, or leads to a server that can't write any more.
    Lost(String),
    /// A deadlock or a serialization failure: the same again may work.
    Again(String),
    Other(StoreError),
}

impl Failure {
    /// Whether the connection is of no use any more.
    pub(super) fn is_of_the_connection(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

pub(super) fn classify(error: &Error) -> Failure {
    let reason = describe(error);
    let Some(code) = error.code() else {
        let broken = error.is_closed()
            || error.source().is_some_and(|source| source.downcast_ref::<std::io::Error>().is_some());
        return if broken { Failure::Lost(reason) } else { Failure::Other(StoreError::internal(reason)) };
    };
    match code {
        code if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED => {
            Failure::Again(reason)
        }
        // After a fail-over an old connection may lead to what is now a replica.
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION
            || *code == SqlState::ADMIN_SHUTDOWN
            || *code == SqlState::CRASH_SHUTDOWN
            // A transaction that its client has forgotten is rolled back, and its connection closed.
            || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            || *code == SqlState::CANNOT_CONNECT_NOW
            || code.code().starts_with("08") =>
        {
            Failure::Lost(reason)
        }
        // Out of resources, locked, interrupted, or the machine failed: not ours to mend.
        code if ["53", "55", "57", "58"].iter().any(|class| code.code().starts_with(class)) => {
            Failure::Other(StoreError::unavailable(reason))
        }
        _ => Failure::Other(StoreError::internal(reason)),
    }
}

/// What an error of `COMMIT`, or of a statement that commits itself, means. `None`: its outcome is not known.
pub(super) fn classify_commit(error: &Error) -> Option<Failure> {
    let code = error.code()?;
    let refused = *code != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
        && ["22", "23", "25", "40", "42", "53", "55"].iter().any(|class| code.code().starts_with(class))
        // It waited too long for somebody else's lock.
        || *code == SqlState::QUERY_CANCELED;
    refused.then(|| classify(error))
}

/// The error for the log. The server's own words are left out where they can quote what is stored.
pub(super) fn describe(error: &Error) -> String {
    if let Some(refusal) = error.as_db_error() {
        let code = refusal.code().code();
        return if code.starts_with("22") || code.starts_with("23") {
            format!("SQLSTATE {code}")
        } else {
            format!("{} (SQLSTATE {code})", refusal.message())
        };
    }
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
