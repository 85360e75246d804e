//! When a message that could not be delivered is tried again.

use cenote_crypto::{RandomSource, random::token_bytes};

/// Doubling delays between two bounds, each shortened at random by up to a half so that what failed together is not
/// tried again together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// The delay after the first attempt.
    pub first_ms: i64,
    /// No delay is longer.
    pub longest_ms: i64,
}

impl Default for RetrySchedule {
    /// One second to 15 minutes.
    fn default() -> Self {
        Self { first_ms: 1_000, longest_ms: 15 * 60 * 1_000 }
    }
}

impl RetrySchedule {
    /// How long to wait after `attempts` failed attempts.
    #[must_use]
    pub fn delay_ms(&self, attempts: i64, random: &dyn RandomSource) -> i64 {
        let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 40)).unwrap_or(0);
        let full = self.first_ms.max(1).saturating_mul(1_i64 << doublings).min(self.longest_ms.max(1));
        let half = full / 2;
        let part = i64::from(u16::from_be_bytes(token_bytes(random)));
        full - half.saturating_mul(part) / i64::from(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use cenote_crypto::SeededRandom;

    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let schedule = RetrySchedule::default();
        let random = SeededRandom::new(1);
        for (attempts, full) in [
            (0, 1_000),
            (1, 1_000),
            (2, 2_000),
            (5, 16_000),
            (10, 512_000),
            (11, 900_000),
            (i64::MAX, 900_000),
        ] {
            for _ in 0..20 {
                let delay = schedule.delay_ms(attempts, &random);
                assert!((full / 2..=full).contains(&delay), "{attempts}: {delay}");
            }
        }
    }

    #[test]
    fn delays_differ() {
        let schedule = RetrySchedule::default();
        let random = SeededRandom::new(1);
        let delays: std::collections::BTreeSet<_> = (0..20).map(|_| schedule.delay_ms(5, &random)).collect();
        assert!(delays.len() > 10);
    }
}
