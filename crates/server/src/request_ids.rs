//! Ids of requests: random UUIDs, from random bytes that are drawn for many of them at once.

use std::sync::{Arc, Mutex, PoisonError};

use cenote_crypto::random::{RandomSource, uuid_of};

const ID_BYTES: usize = 16;
/// Ids that are drawn at once.
const AHEAD: usize = 64;

/// Where ids come from. Nothing depends on their being secret, so keeping some ahead does no harm.
pub(crate) struct RequestIds {
    random: Arc<dyn RandomSource>,
    ahead: Mutex<Vec<[u8; ID_BYTES]>>,
}

impl std::fmt::Debug for RequestIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestIds")
    }
}

impl RequestIds {
    pub(crate) fn new(random: Arc<dyn RandomSource>) -> Self {
        Self { random, ahead: Mutex::new(Vec::with_capacity(AHEAD)) }
    }

    /// An id that no other request has.
    pub(crate) fn next(&self) -> String {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = match ahead.pop() {
            Some(bytes) => bytes,
            None => {
                let mut drawn = [[0; ID_BYTES]; AHEAD];
                self.random.fill(drawn.as_flattened_mut());
                let [first, others @ ..] = drawn;
                ahead.extend_from_slice(&others);
                first
            }
        };
        drop(ahead);
        uuid_of(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cenote_crypto::SeededRandom;

    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let ids = RequestIds::new(Arc::new(SeededRandom::new(1)));
        let many: BTreeSet<_> = (0..10 * AHEAD).map(|_| ids.next()).collect();
        assert_eq!(many.len(), 10 * AHEAD);
        assert!(many.iter().all(|id| id.len() == 36 && id.as_bytes()[14] == b'4'));
    }
}
