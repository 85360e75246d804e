//! Pools and clients in memory, never more than half a second out of date.
//!
//! The store counts every change of configuration. A reader that finds the last check older than [`RECHECK`] compares the
//! count first and forgets everything when it moved. So a change on one instance is seen on all within a second, at the
//! cost of two tiny reads a second.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cenote_store::{ClientId, PoolId};

use crate::clients::Client;
use crate::context::Service;
use crate::error::Error;
use crate::pools::Pool;

/// How long a check of the count is trusted.
const RECHECK: Duration = Duration::from_millis(500);

#[derive(Default)]
struct State {
    generation: i64,
    /// Grows with every invalidation: what was read before it must not be remembered after it.
    epoch: u64,
    checked: Option<Instant>,
    pools: HashMap<PoolId, Arc<Pool>>,
    clients: HashMap<ClientId, Arc<Client>>,
}

impl State {
    fn is_fresh(&self) -> bool {
        self.checked.is_some_and(|at| at.elapsed() < RECHECK)
    }
}

/// The cache. Clones of what it holds stay valid for the request that got them.
#[derive(Default)]
pub struct ConfigurationCache(RwLock<State>);

impl std::fmt::Debug for ConfigurationCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfigurationCache")
    }
}

impl ConfigurationCache {
    /// Forgets everything, at once.
    pub fn invalidate(&self) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.epoch += 1;
        state.checked = None;
        state.pools.clear();
        state.clients.clear();
    }

    /// The pool, if there is one.
    ///
    /// # Errors
    /// When the store can't be read or what it holds can't be understood.
    pub async fn find_pool(&self, service: &Service, id: &PoolId) -> Result<Option<Arc<Pool>>, Error> {
        match self.fresh(|state| state.pools.get(id).map(Arc::clone)) {
            Some(pool) => Ok(Some(pool)),
            // What is rare is boxed: else the future of nearly every request would be kilobytes larger, and be moved so.
            None => Box::pin(self.read_pool(service, id)).await,
        }
    }

    async fn read_pool(&self, service: &Service, id: &PoolId) -> Result<Option<Arc<Pool>>, Error> {
        let epoch = self.refresh(service).await?;
        if let Some(pool) = self.0.read().unwrap_or_else(PoisonError::into_inner).pools.get(id) {
            return Ok(Some(Arc::clone(pool)));
        }
        let Some(record) = service.store.find_pool(id).await? else { return Ok(None) };
        let pool = Arc::new(Pool::from_record(record, &service.keyring)?);
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.epoch == epoch {
            state.pools.insert(id.clone(), Arc::clone(&pool));
        }
        Ok(Some(pool))
    }

    /// The client, if there is one.
    ///
    /// # Errors
    /// When the store can't be read or what it holds can't be understood.
    pub async fn find_client(&self, service: &Service, id: &ClientId) -> Result<Option<Arc<Client>>, Error> {
        match self.fresh(|state| state.clients.get(id).map(Arc::clone)) {
            Some(client) => Ok(Some(client)),
            // What is rare is boxed: else the future of nearly every request would be kilobytes larger, and be moved so.
            None => Box::pin(self.read_client(service, id)).await,
        }
    }

    async fn read_client(&self, service: &Service, id: &ClientId) -> Result<Option<Arc<Client>>, Error> {
        let epoch = self.refresh(service).await?;
        if let Some(client) = self.0.read().unwrap_or_else(PoisonError::into_inner).clients.get(id) {
            return Ok(Some(Arc::clone(client)));
        }
        let Some(record) = service.store.find_client(id).await? else { return Ok(None) };
        let client = Arc::new(Client::from_record(record, &service.keyring)?);
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.epoch == epoch {
            state.clients.insert(id.clone(), Arc::clone(&client));
        }
        Ok(Some(client))
    }

    /// What is known, if the last check of the count counts.
    fn fresh<T>(&self, find: impl FnOnce(&State) -> Option<T>) -> Option<T> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if state.is_fresh() { find(&state) } else { None }
    }

    /// Compares the count if the last comparison is too old. Returns the epoch that what is read next belongs to.
    async fn refresh(&self, service: &Service) -> Result<u64, Error> {
        let (fresh, epoch) = {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            (state.is_fresh(), state.epoch)
        };
        if fresh {
            return Ok(epoch);
        }
        // The moment before the read is what the answer is as old as.
        let asked = Instant::now();
        let generation = service.store.configuration_generation().await?;
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.epoch == epoch {
            if state.generation != generation {
                state.generation = generation;
                state.epoch += 1;
                state.pools.clear();
                state.clients.clear();
            }
            state.checked = Some(asked);
        }
        Ok(state.epoch)
    }
}
