use std::sync::Arc;

use cenote_core::Service;
use cenote_core::clients::Client;
use cenote_core::tokens::access_token;
use cenote_store::{ClientId, PoolId};

use super::counted::Named;

/// The app client and the pool that a request names, as far as they exist.
#[derive(Debug)]
pub(super) struct Owners {
    names_client: bool,
    client: Option<Arc<Client>>,
    names_pool: bool,
    pool_id: Option<PoolId>,
}

impl Owners {
    /// Reads nothing that the operation would not read. What can't be read counts as what does not exist; the operation says
    /// so. A token is believed, as whoever could forge one may as well name the client itself.
    pub(super) async fn find(service: &Service, named: Named<'_>) -> Self {
        let of_token = || access_token::claimed_client(named.access_token?);
        let client_id = named.client_id.map(ClientId::new).or_else(of_token);
        let client = match &client_id {
            Some(id) => service.cache.find_client(service, id).await.ok().flatten(),
            None => None,
        };
        let pool_id = match named.pool_id.map(PoolId::new) {
            Some(id) => service.cache.find_pool(service, &id).await.ok().flatten().map(|_| id),
            None => client.as_ref().map(|client| client.record.pool_id.clone()),
        };
        Self {
            names_client: client_id.is_some(),
            names_pool: client_id.is_some() || named.pool_id.is_some(),
            client,
            pool_id,
        }
    }

    pub(super) fn named_client(&self) -> bool {
        self.names_client
    }

    pub(super) fn client_id(&self) -> Option<&str> {
        self.client.as_ref().map(|client| client.id())
    }

    pub(super) fn named_pool(&self) -> bool {
        self.names_pool
    }

    pub(super) fn pool_id(&self) -> Option<&str> {
        self.pool_id.as_ref().map(PoolId::as_str)
    }
}
