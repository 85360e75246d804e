//! How much of all requests may be in memory at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted at once.
const CHUNK: usize = 4096;

/// Bodies up to this size are not counted, so that nobody can keep ordinary requests out by filling the room with large ones.
/// The number of connections bounds them; over HTTP/2 see [`super::streams`].
pub(super) const SMALL: usize = 16 * 1024;

/// Room for bodies, shared by all connections or by the requests of one.
#[derive(Clone, Debug)]
pub(crate) struct BodyBudget(Arc<Semaphore>);

/// The room that one request takes; given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Room {
    chunks: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// Room for so many bytes, in whole chunks of 4096.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / CHUNK).min(Semaphore::MAX_PERMITS))))
    }

    /// Room for so many bytes, all of them counted. Without waiting; none if there is none.
    pub(super) fn take(&self, bytes: usize) -> Option<Room> {
        let mut room = Room::default();
        self.make(&mut room, bytes.div_ceil(CHUNK)).then_some(room)
    }

    /// Makes `room` large enough for a body of `bytes` in all, without waiting. Whether that worked.
    pub(super) fn extend(&self, room: &mut Room, bytes: usize) -> bool {
        self.make(room, bytes.saturating_sub(SMALL).div_ceil(CHUNK))
    }

    fn make(&self, room: &mut Room, chunks: usize) -> bool {
        let missing = chunks.saturating_sub(room.chunks);
        if missing == 0 {
            return true;
        }
        let Ok(count) = u32::try_from(missing) else { return false };
        let Ok(permit) = Arc::clone(&self.0).try_acquire_many_owned(count) else { return false };
        room.chunks += missing;
        match &mut room.permit {
            Some(all) => all.merge(permit),
            None => room.permit = Some(permit),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_free_again() {
        let budget = BodyBudget::new(3 * CHUNK);
        let (mut first, mut second) = (Room::default(), Room::default());
        assert!(budget.extend(&mut first, SMALL + 1) && budget.extend(&mut first, SMALL + CHUNK + 1));
        assert!(budget.extend(&mut first, SMALL + 2 * CHUNK), "the same two chunks");
        assert!(!budget.extend(&mut second, SMALL + CHUNK + 1));
        assert!(budget.extend(&mut second, SMALL + CHUNK));
        assert!(!budget.extend(&mut first, SMALL + 3 * CHUNK));
        assert!(budget.extend(&mut Room::default(), SMALL), "a small one always fits");
        drop(second);
        assert!(budget.extend(&mut first, SMALL + 3 * CHUNK));
    }
}
