//! RSA keys made ahead, so that creating a pool need not wait for them.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use cenote_crypto::jwt::SigningKey;
use tokio::sync::{Notify, oneshot};

use crate::compute::Compute;
use crate::context::Service;
use crate::error::Error;

/// Enough for four pools in a row. A key takes a tenth of a second or more to make.
const CAPACITY: usize = 8;

/// The keys in stock.
#[derive(Debug, Default)]
pub struct SpareKeys {
    ready: Mutex<Vec<SigningKey>>,
    taken: Notify,
    #[cfg(feature = "testing")]
    shared: std::sync::atomic::AtomicBool,
}

impl SpareKeys {
    /// The two keys of a new pool, which nobody else has. Makes what is not in stock.
    ///
    /// # Errors
    /// When the process is stopping.
    pub async fn take_pair(&self, compute: &Compute) -> Result<[SigningKey; 2], Error> {
        #[cfg(feature = "testing")]
        if self.shared.load(std::sync::atomic::Ordering::Relaxed) {
            return shared::pair(compute).await;
        }
        let [first, second] = {
            let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            [ready.pop(), ready.pop()]
        };
        self.taken.notify_one();
        let (first, second) = tokio::join!(or_make(first, compute), or_make(second, compute));
        Ok([first?, second?])
    }

    /// How many keys are in stock.
    pub fn count(&self) -> usize {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn add(&self, key: SigningKey) {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// From now on every pool of the process gets the same two keys: making keys is most of the time of a test that only
    /// needs a pool.
    #[cfg(feature = "testing")]
    pub fn share(&self) {
        self.shared.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

async fn or_make(key: Option<SigningKey>, compute: &Compute) -> Result<SigningKey, Error> {
    match key {
        Some(key) => Ok(key),
        None => make(compute).await,
    }
}

async fn make(compute: &Compute) -> Result<SigningKey, Error> {
    compute.run(SigningKey::generate).await?.map_err(Error::internal)
}

/// Keeps the stock full until `shutdown` completes. The binary runs it beside the server; without it every pool waits for
/// its keys.
///
/// Nobody waits for these keys, so they are made one at a time, each on a thread of its own, on which `lower_priority` is
/// called first.
pub async fn keep_filled(service: Arc<Service>, lower_priority: fn(), shutdown: impl Future<Output = ()>) {
    let fill = async {
        loop {
            while service.spare_keys.count() < CAPACITY {
                match make_beside(lower_priority).await {
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

async fn make_beside(lower_priority: fn()) -> Result<SigningKey, Error> {
    let (send, made) = oneshot::channel();
    let work = move || {
        lower_priority();
        // Whoever does not wait any more is stopping.
        let _ = send.send(SigningKey::generate());
    };
    std::thread::Builder::new().name("spare-keys".into()).spawn(work).map_err(Error::internal)?;
    made.await.map_err(Error::internal)?.map_err(Error::internal)
}

#[cfg(feature = "testing")]
mod shared {
    use cenote_crypto::secret::SecretBytes;
    use tokio::sync::OnceCell;

    use super::{Compute, Error, SigningKey, make};

    static PAIR: OnceCell<[SecretBytes; 2]> = OnceCell::const_new();

    pub(super) async fn pair(compute: &Compute) -> Result<[SigningKey; 2], Error> {
        let make = async || make(compute).await?.to_pkcs8().map_err(Error::internal);
        let [first, second] =
            PAIR.get_or_try_init(async || Ok::<_, Error>([make().await?, make().await?])).await?;
        let open = |key: &SecretBytes| SigningKey::from_pkcs8(key.expose()).map_err(Error::internal);
        Ok([open(first)?, open(second)?])
    }
}
