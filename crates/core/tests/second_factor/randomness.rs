//! Where random sequences come from.

use proptest::test_runner::{RngAlgorithm, TestRng};

pub fn is_long() -> bool {
    std::env::var("CENOTE_LONG").is_ok_and(|long| long == "1")
}

/// The same for every short run. Of the long form `CENOTE_SEED` chooses another one.
pub fn random() -> TestRng {
    if !is_long() {
        return TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    }
    let number: u64 = std::env::var("CENOTE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &seed)
}
