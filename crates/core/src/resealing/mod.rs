//! What the store holds under an older master key, sealed again under the active one, so that the older one can go.
//!
//! Servers may run meanwhile: every record is compared and swapped. What is not in the store stays as it is (refresh tokens,
//! sessions that clients hold, page tokens), and so do messages on their way, which are gone soon.

mod record;

use std::future::Future;
use std::sync::Arc;

use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::RandomSource;
use cenote_crypto::sealed::UnsealError;
use cenote_store::{CommitError, PoolId, Store, StoreError};
use tokio::task::JoinSet;

use record::Record;

/// How many records are looked at before the next are read. They are written side by side.
const PAGE: u32 = 64;
/// How often a record is sealed again because somebody else has changed it meanwhile.
const ATTEMPTS: usize = 32;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Records that were looked at.
    pub seen: u64,
    /// Records that held something under an older key.
    pub changed: u64,
    /// Records that stay as they are, and why.
    pub left: Vec<Left>,
}

/// A record that could not be sealed again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct Left {
    pub name: String,
    pub reason: Reason,
}

/// Why a record stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error(transparent)]
    Sealed(#[from] UnsealError),
    #[error("it changes all the time: try again")]
    Busy,
}

enum Outcome {
    Unchanged,
    Changed,
    Left(Left),
}

/// Seals again whatever the store has under an older key of the ring. `progress` is told after every portion how many records
/// were seen so far.
///
/// # Errors
/// When the store can't be read or written. What was done until then is done; call it again.
pub async fn reseal(
    store: &Store,
    keyring: &Arc<KeyRing>,
    random: &Arc<dyn RandomSource>,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Resealed, StoreError> {
    let sealer = Sealer { keyring: Arc::clone(keyring), random: Arc::clone(random) };
    let mut work = Work { store, sealer, done: Resealed::default(), progress };
    work.portion(store.list_access_keys().await?).await?;
    let mut pools = None;
    loop {
        let page = store.list_pools(pools, PAGE).await?;
        let Some(last) = page.last() else { break };
        pools = Some((last.created_ms, last.id.clone()));
        let ids: Vec<PoolId> = page.iter().map(|pool| pool.id.clone()).collect();
        work.portion(page).await?;
        for id in &ids {
            work.pool(id).await?;
        }
    }
    Ok(work.done)
}

struct Work<'a> {
    store: &'a Store,
    sealer: Sealer,
    done: Resealed,
    progress: &'a mut (dyn FnMut(u64) + Send),
}

impl Work<'_> {
    /// What is in a pool.
    async fn pool(&mut self, id: &PoolId) -> Result<(), StoreError> {
        let store = self.store;
        self.portion(store.signing_keys(id).await?).await?;
        self.pages(
            |after| store.list_clients(id, after, PAGE),
            |client| (client.created_ms, client.id.clone()),
        )
        .await?;
        self.pages(
            |after| store.list_users(id, None, after, PAGE),
            |user| (user.created_ms, user.sub.clone()),
        )
        .await?;
        self.pages(
            |after| store.list_devices_of_pool(id, after, PAGE),
            |device| (device.sub.clone(), device.key.clone()),
        )
        .await
    }

    async fn pages<R: Record, P, F>(
        &mut self,
        list: impl Fn(Option<P>) -> F,
        place: impl Fn(&R) -> P,
    ) -> Result<(), StoreError>
    where
        F: Future<Output = Result<Vec<R>, StoreError>>,
    {
        let mut after = None;
        loop {
            let page = list(after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(place(last));
            self.portion(page).await?;
        }
    }

    async fn portion<R: Record>(&mut self, records: Vec<R>) -> Result<(), StoreError> {
        self.done.seen += records.len() as u64;
        let mut tasks = JoinSet::new();
        for record in records {
            let (store, sealer) = (self.store.clone(), self.sealer.clone());
            tasks.spawn(async move { settle(&store, &sealer, record).await });
        }
        while let Some(ended) = tasks.join_next().await {
            match ended.map_err(|error| StoreError::Internal { reason: error.to_string() })?? {
                Outcome::Unchanged => {}
                Outcome::Changed => self.done.changed += 1,
                Outcome::Left(left) => self.done.left.push(left),
            }
        }
        (self.progress)(self.done.seen);
        Ok(())
    }
}

/// Seals one record again, the newer one when somebody was faster.
async fn settle<R: Record>(store: &Store, sealer: &Sealer, record: R) -> Result<Outcome, StoreError> {
    let name = record.name();
    let mut before = record;
    for _ in 0..ATTEMPTS {
        let mut after = before.clone();
        match after.seal_again(sealer) {
            Err(error) => return Ok(Outcome::Left(Left { name, reason: error.into() })),
            Ok(()) if after == before => return Ok(Outcome::Unchanged),
            Ok(()) => {}
        }
        match store.commit(R::replace(&before, after)).await {
            Ok(()) => return Ok(Outcome::Changed),
            Err(CommitError::Store(error)) => return Err(error),
            Err(CommitError::Conflict(_)) => match before.read_again(store).await? {
                Some(newer) => before = newer,
                None => return Ok(Outcome::Unchanged),
            },
        }
    }
    Ok(Outcome::Left(Left { name, reason: Reason::Busy }))
}

/// Opens with any key of the ring, and seals with the active one.
#[derive(Clone)]
struct Sealer {
    keyring: Arc<KeyRing>,
    random: Arc<dyn RandomSource>,
}
