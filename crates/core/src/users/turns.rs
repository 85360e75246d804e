//! Turns: what is done about one user at a time.

use std::hash::{DefaultHasher, Hash, Hasher};

use cenote_store::User;
use tokio::sync::{Mutex, MutexGuard};

/// Users share places by chance; there are enough that they seldom wait for each other.
const PLACES: usize = 512;

/// Lets whoever tries a user's password do so one after the other, as far as this process goes. A right password is not
/// written down, so without it a crowd could compare many passwords before the first wrong one is counted.
#[derive(Debug)]
pub struct Turns {
    places: Box<[Mutex<()>]>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { places: std::iter::repeat_with(Mutex::default).take(PLACES).collect() }
    }
}

impl Turns {
    /// Waits for the user's turn, which lasts as long as what this returns.
    pub async fn take(&self, user: &User) -> Option<MutexGuard<'_, ()>> {
        let mut hasher = DefaultHasher::new();
        user.sub.as_str().hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % PLACES as u64).ok()?;
        Some(self.places.get(place)?.lock().await)
    }
}
