//! Turns: what is done about one user at a time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use cenote_store::User;
use tokio::sync::{Mutex, MutexGuard};

/// Users share places by chance; there are enough that they seldom wait for each other.
const PLACES: usize = 512;

/// Lets whoever tries a user's password do so one after the other, as far as this process goes. A right password is not
/// written down, so without it a crowd could compare many passwords before the first wrong one is counted.
#[derive(Debug)]
pub struct Turns {
    /// What `counted` was after the last wrong password of each place.
    places: Box<[Mutex<u64>]>,
    /// Wrong passwords that this process has counted.
    counted: AtomicU64,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            places: std::iter::repeat_with(Mutex::default).take(PLACES).collect(),
            counted: AtomicU64::new(0),
        }
    }
}

impl Turns {
    /// How far it was when a request came.
    pub fn now(&self) -> u64 {
        self.counted.load(Ordering::SeqCst)
    }

    /// Waits for the user's turn.
    pub async fn take(&self, user: &User) -> Turn<'_> {
        let mut hasher = DefaultHasher::new();
        user.sub.as_str().hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % PLACES as u64).ok();
        let place = place.and_then(|place| self.places.get(place));
        let place = match place {
            Some(place) => Some(place.lock().await),
            None => None,
        };
        Turn { turns: self, place }
    }
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    turns: &'a Turns,
    place: Option<MutexGuard<'a, u64>>,
}

impl Turn<'_> {
    /// Whether a wrong password was counted since a request came, so that what it has read of the user may be out of date.
    pub fn is_later_than(&self, came: u64) -> bool {
        self.place.as_ref().is_some_and(|last| **last > came)
    }

    /// Says that a wrong password was counted.
    pub fn counted(&mut self) {
        if let Some(last) = &mut self.place {
            **last = self.turns.counted.fetch_add(1, Ordering::SeqCst) + 1;
        }
    }
}
