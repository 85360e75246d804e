//! RSA keys made ahead, so that creating a pool need not wait for them.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use cenote_crypto::jwt::SigningKey;
use tokio::sync::Notify;

use crate::compute::Compute;
use crate::context::Service;
use crate::error::Error;

/// Enough for four pools in a row. A key takes a tenth of a second or more to make.
const CAPACITY: usize = 8;

/// The keys in stock.
#[derive(Debug, Default)]
pub struct SpareKeys {
    stock: Mutex<Stock>,
    taken: Notify,
}

#[derive(Debug, Default)]
struct Stock {
    ready: Vec<SigningKey>,
    /// PKCS #8 documents that are given out over and over.
    #[cfg(feature = "testing")]
    reused: std::collections::VecDeque<cenote_crypto::secret::SecretBytes>,
}

impl SpareKeys {
    /// A key that nobody else has. Makes one when there is none in stock.
    ///
    /// # Errors
    /// When the process is stopping.
    pub async fn take(&self, compute: &Compute) -> Result<SigningKey, Error> {
        let ready = self.stock.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.taken.notify_one();
        match ready {
            Some(key) => Ok(key),
            None => make(compute).await,
        }
    }

    fn count(&self) -> usize {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner).ready.len()
    }

    fn add(&self, key: SigningKey) {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner).ready.push(key);
    }

    /// Gives out these keys in turn instead of new ones: making keys is most of the time of a test that only needs a pool.
    #[cfg(feature = "testing")]
    pub fn reuse(&self, keys: impl IntoIterator<Item = cenote_crypto::secret::SecretBytes>) {
        self.stock.lock().unwrap_or_else(PoisonError::into_inner).reused.extend(keys);
    }
}

impl Stock {
    fn take(&mut self) -> Option<SigningKey> {
        #[cfg(feature = "testing")]
        if let Some(document) = self.reused.pop_front() {
            let key = SigningKey::from_pkcs8(document.expose()).ok();
            self.reused.push_back(document);
            return key;
        }
        self.ready.pop()
    }
}

async fn make(compute: &Compute) -> Result<SigningKey, Error> {
    compute.run(SigningKey::generate).await?.map_err(Error::internal)
}

/// Keeps the stock full until `shutdown` completes. The binary runs it beside the server; without it every pool waits for
/// its keys.
pub async fn keep_filled(service: Arc<Service>, shutdown: impl Future<Output = ()>) {
    let fill = async {
        loop {
            while service.spare_keys.count() < CAPACITY {
                match make(&service.compute).await {
                    Ok(key) => service.spare_keys.add(key),
                    Err(error) => {
                        tracing::warn!(cause = ?error.cause, "no signing key could be made ahead");
                        break;
                    }
                }
            }
            service.spare_keys.taken.notified().await;
        }
    };
    tokio::select! {
        () = fill => {}
        () = pin!(shutdown) => {}
    }
}
