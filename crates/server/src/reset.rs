//! Everything away, for test suites that start over.

use cenote_core::Service;
use cenote_store::Change;

/// Deletes all pools with everything in them, and empties outbox and inbox. Access keys stay.
///
/// # Errors
/// When the store failed, in words.
pub(crate) async fn reset_store(service: &Service) -> Result<(), String> {
    loop {
        let pools = service.store.list_pools(None, 100).await.map_err(|error| error.to_string())?;
        if pools.is_empty() {
            break;
        }
        for pool in pools {
            let change = Change::DeletePool { id: pool.id, version: pool.version };
            service.commit(vec![change]).await.map_err(|error| error.to_string())?;
        }
    }
    service.commit(vec![Change::ClearInbox]).await.map_err(|error| error.to_string())
}
