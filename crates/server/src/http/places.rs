//! Places for connections: how many there are in all, how many one address may have, and whether they are all taken.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::source::Source;

/// All places of a server.
#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_an_address: u32,
    taken: Mutex<HashMap<Source, u32>>,
    crowded: watch::Sender<bool>,
}

/// A place that nobody has taken yet. None when there will be none any more.
#[derive(Debug)]
pub(super) struct FreePlace {
    _permit: Option<OwnedSemaphorePermit>,
}

/// A connection's place. It is free again when the connection is closed *and* everything that was asked on it is done: who
/// asks and hangs up must not get more done than who waits.
#[derive(Debug)]
pub(crate) struct Place {
    _free: FreePlace,
    /// Where it counts, if its address has a limit.
    counted: Option<(Arc<Places>, Source)>,
}

impl Places {
    /// `of_an_address` 0 is no limit.
    pub(super) fn new(count: u32, of_an_address: u32) -> Arc<Self> {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            all: Arc::new(Semaphore::new(count)),
            of_an_address,
            taken: Mutex::default(),
            crowded: watch::Sender::new(false),
        })
    }

    /// Waits for a place for somebody who is here. It is crowded from then on, until [`Self::nobody_waits`].
    pub(super) async fn free(&self) -> FreePlace {
        let permit = match Arc::clone(&self.all).try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                self.set_crowded(true);
                // The semaphore is never closed.
                Arc::clone(&self.all).acquire_owned().await.ok()
            }
        };
        FreePlace { _permit: permit }
    }

    /// It is not crowded any more. Not to be said between two who come one right after the other: every connection looks at
    /// its time limits each time this changes.
    pub(super) fn nobody_waits(&self) {
        self.set_crowded(false);
    }

    fn set_crowded(&self, crowded: bool) {
        self.crowded.send_if_modified(|value| std::mem::replace(value, crowded) != crowded);
    }

    /// Whether somebody waits for a place: then those who do nothing with theirs have to give it up.
    pub(super) fn crowded(&self) -> watch::Receiver<bool> {
        self.crowded.subscribe()
    }

    /// Takes a place for an address; none when it has as many as it may.
    pub(super) fn take(
        self: &Arc<Self>,
        free: FreePlace,
        address: IpAddr,
        limited: bool,
    ) -> Option<Arc<Place>> {
        if !limited || self.of_an_address == 0 {
            return Some(Arc::new(Place { _free: free, counted: None }));
        }
        let source = Source::of(address);
        let mut taken = self.taken();
        let count = taken.entry(source).or_default();
        if *count >= self.of_an_address {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Arc::new(Place { _free: free, counted: Some((Arc::clone(self), source)) }))
    }

    /// Completes when every one of `count` places is free.
    pub(super) async fn all_free(&self, count: u32) {
        let _ = self.all.acquire_many(count).await;
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Source, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((places, source)) = &self.counted else { return };
        let mut taken = places.taken();
        if let Some(count) = taken.get_mut(source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_has_its_part_and_no_more() {
        let places = Places::new(10, 2);
        let take =
            async |from: &str, limited| places.take(places.free().await, from.parse().unwrap(), limited);
        let first = take("192.0.2.1", true).await;
        let second = take("192.0.2.1", true).await;
        assert!(first.is_some() && second.is_some());
        assert!(take("192.0.2.1", true).await.is_none());
        assert!(take("192.0.2.1", false).await.is_some(), "a proxy's");
        assert!(take("192.0.2.2", true).await.is_some());
        let network = (take("2001:db8::1", true).await, take("2001:db8::2", true).await);
        assert!(take("2001:db8::3", true).await.is_none(), "one network");
        // A request that still runs has the place of its connection.
        let running = second.clone();
        drop((first, second, network));
        let third = take("192.0.2.1", true).await;
        assert!(third.is_some());
        assert!(take("192.0.2.1", true).await.is_none());
        drop((running, third));
        assert!(places.taken().is_empty());
        places.all_free(10).await;
    }

    #[tokio::test]
    async fn it_is_crowded_while_somebody_waits() {
        let places = Places::new(1, 0);
        let mut crowded = places.crowded();
        let first = places.free().await;
        assert!(!*crowded.borrow());
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.free().await }
        });
        crowded.wait_for(|crowded| *crowded).await.unwrap();
        drop(first);
        let second = waiting.await.unwrap();
        places.nobody_waits();
        assert!(!*crowded.borrow(), "every place is taken, but nobody waits");
        drop(second);
        drop(places.free().await);
        assert!(!*crowded.borrow());
    }
}
