//! Everything away, for test suites that start over.

use cenote_core::Service;
use cenote_store::{Change, CommitError};

/// How often a pool that somebody changes meanwhile is tried again.
const ATTEMPTS: usize = 100;

/// Deletes all pools with everything in them, and empties outbox and inbox. Access keys stay.
///
/// # Errors
/// When the store failed, in words.
pub(crate) async fn reset_store(service: &Service) -> Result<(), String> {
    let mut conflicts = 0;
    loop {
        let pools = service.store.list_pools(None, 100).await.map_err(|error| error.to_string())?;
        if pools.is_empty() {
            break;
        }
        for pool in pools {
            match service.commit(vec![Change::DeletePool { id: pool.id, version: pool.version }]).await {
                Ok(()) => {}
                // Somebody was faster with another change; the next round sees it.
                Err(CommitError::Conflict(_)) if conflicts < ATTEMPTS => conflicts += 1,
                Err(error) => return Err(error.to_string()),
            }
        }
    }
    service.commit(vec![Change::ClearInbox]).await.map_err(|error| error.to_string())
}
