//! How much of the work that takes its time was done, for tests that show that some requests do the same. Counted in the whole
//! process, and only with the cargo feature `testing`.

#[cfg(feature = "testing")]
use core::sync::atomic::{AtomicU64, Ordering};

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyed hash.
    Mac,
    Seal,
    Unseal,
    /// A power of SRP's generator.
    Power,
    /// A check of a passkey's answer.
    Verification,
}

#[cfg(feature = "testing")]
static DONE: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// How often each was done so far: hashes, seals, openings, powers, checks of passkeys.
#[cfg(feature = "testing")]
pub fn done() -> [u64; 5] {
    [Kind::Mac, Kind::Seal, Kind::Unseal, Kind::Power, Kind::Verification]
        .map(|kind| counter(kind).load(Ordering::SeqCst))
}

#[cfg(feature = "testing")]
const fn counter(kind: Kind) -> &'static AtomicU64 {
    let [macs, seals, unseals, powers, verifications] = &DONE;
    match kind {
        Kind::Mac => macs,
        Kind::Seal => seals,
        Kind::Unseal => unseals,
        Kind::Power => powers,
        Kind::Verification => verifications,
    }
}

#[cfg(feature = "testing")]
pub(crate) fn count(kind: Kind) {
    counter(kind).fetch_add(1, Ordering::SeqCst);
}

#[cfg(not(feature = "testing"))]
pub(crate) const fn count(_: Kind) {}
