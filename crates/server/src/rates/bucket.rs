//! Token buckets, each one number: the moment at which it will be full again.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What every bucket holds: so many nanoseconds' worth of its rate.
const CAPACITY_NS: u64 = 1_000_000_000;
/// Buckets that share a lock and a place in a [`Buckets`].
const WAYS: usize = 8;

/// How long a bucket takes to fill by one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval(u64);

impl Interval {
    /// Of a rate that is not 0.
    pub(super) fn of(per_second: u32) -> Self {
        Self(CAPACITY_NS / u64::from(per_second.max(1)))
    }

    /// When a bucket is full again that loses a token now; none if there is none in it.
    fn take(self, full_at_ns: u64, now_ns: u64) -> Option<u64> {
        let next = full_at_ns.max(now_ns) + self.0;
        (next <= now_ns + CAPACITY_NS).then_some(next)
    }
}

/// One bucket.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

impl Bucket {
    /// Takes a token, if there is one.
    pub(super) fn take(&self, interval: Interval, now_ns: u64) -> bool {
        let take = |full_at_ns| interval.take(full_at_ns, now_ns);
        self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// Buckets for whatever names itself, in a fixed piece of memory.
///
/// A name belongs to one of many small sets, by a hash that nobody outside knows. A new name takes the fullest bucket of its
/// set *as it is*. So an idle bucket costs nobody anything, and who invents names to be rid of an empty bucket gets none that
/// is fuller than what the others left: in no second does a set give more than its eight buckets hold. Under such a flood names
/// may share a bucket, never more than that.
#[derive(Debug)]
pub(super) struct Buckets {
    hasher: RandomState,
    sets: Box<[Mutex<[Slot; WAYS]>]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Of the name.
    hash: u64,
    full_at_ns: u64,
}

impl Buckets {
    /// Full buckets.
    pub(super) fn new(count: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            sets: (0..count.div_ceil(WAYS)).map(|_| Mutex::default()).collect(),
        }
    }

    /// Takes a token from the bucket of a name, if there is one.
    pub(super) fn take(&self, name: impl Hash, interval: Interval, now_ns: u64) -> bool {
        self.take_hashed(self.hasher.hash_one(name), interval, now_ns)
    }

    fn take_hashed(&self, hash: u64, interval: Interval, now_ns: u64) -> bool {
        let place = usize::try_from(hash >> 32).unwrap_or(0) % self.sets.len().max(1);
        let Some(set) = self.sets.get(place) else { return true };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        // The name's own, else the one that is full first.
        let slot =
            set.iter_mut().min_by_key(|slot| if slot.hash == hash { 0 } else { slot.full_at_ns.max(1) });
        let Some(slot) = slot else { return true };
        slot.hash = hash;
        match interval.take(slot.full_at_ns, now_ns) {
            Some(full_at_ns) => slot.full_at_ns = full_at_ns,
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_bucket_gives_its_rate_and_fills_again() {
        let (bucket, three) = (Bucket::default(), Interval::of(3));
        assert!((0..3).all(|_| bucket.take(three, 0)));
        assert!(!bucket.take(three, 0));
        assert!(!bucket.take(three, 300 * MS));
        assert!(bucket.take(three, 400 * MS));
        assert!(!bucket.take(three, 400 * MS));
        // However long it rests, it holds one second's worth.
        assert!((0..3).all(|_| bucket.take(three, 100_000 * MS)));
        assert!(!bucket.take(three, 100_000 * MS));
    }

    #[test]
    fn every_rate_is_given_exactly() {
        for rate in [1, 2, 3, 7, 120, 1000, 30_000] {
            let bucket = Bucket::default();
            let given = (0..=rate).filter(|_| bucket.take(Interval::of(rate), 5 * MS)).count();
            assert_eq!(given, rate as usize);
        }
    }

    #[test]
    fn names_have_buckets_of_their_own() {
        let buckets = Buckets::new(1024);
        for name in 0..100 {
            assert!((0..5).all(|_| buckets.take(name, Interval::of(5), 0)), "{name}");
            assert!(!buckets.take(name, Interval::of(5), 0), "{name}");
        }
        assert!((0..100).all(|name| !buckets.take(name, Interval::of(5), 0)));
    }

    #[test]
    fn inventing_names_neither_empties_nor_refills_a_bucket() {
        let (buckets, five) = (Buckets::new(WAYS), Interval::of(5));
        assert!((0..5).all(|_| buckets.take("mine", five, 0)));
        let given = (0..100_000).filter(|name| buckets.take(name, five, 0)).count();
        assert_eq!(given, (WAYS - 1) * 5, "what was left in the set");
        assert!(!buckets.take("mine", five, 0));
        // All have rested: whoever comes finds full buckets, as many as there are.
        let later = 1_000 * MS;
        assert!((0..5).all(|_| buckets.take("mine", five, later)));
        assert!(!buckets.take("mine", five, later));
    }

    #[test]
    fn a_bucket_in_use_is_not_taken_while_another_is_fuller() {
        let (buckets, ten) = (Buckets::new(WAYS), Interval::of(10));
        assert!((0..10).all(|_| buckets.take("mine", ten, 0)));
        for name in 0..1000 {
            // Each comes once, when the one before it has long been full again.
            assert!(buckets.take(name, ten, 0) || name >= 70);
        }
        assert!(!buckets.take("mine", ten, 0));
        assert!(buckets.take("mine", ten, 100 * MS));
    }

    #[test]
    fn threads_share_a_bucket() {
        let (bucket, buckets) = (Bucket::default(), Buckets::new(64));
        let given = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let taken = usize::from(bucket.take(Interval::of(100), 0))
                            + usize::from(buckets.take("name", Interval::of(100), 0));
                        given.fetch_add(taken, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(given.into_inner(), 200);
    }
}
