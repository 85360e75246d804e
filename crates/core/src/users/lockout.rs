//! The lock after wrong passwords in a row: one second after the fifth, doubling, a quarter of an hour at the most.

use cenote_store::Lockout;

/// The longest lock, and how long without an attempt until all is forgotten.
const CEILING_MS: i64 = 900_000;

/// Whether attempts are refused at this moment.
#[must_use]
pub fn is_locked(lockout: &Lockout, now_ms: i64) -> bool {
    now_ms < lockout.locked_until_ms
}

/// The wrong passwords in a row that are not forgotten yet.
#[must_use]
pub fn failures(lockout: &Lockout, now_ms: i64) -> u32 {
    if now_ms - lockout.last_attempt_ms >= CEILING_MS { 0 } else { lockout.failures }
}

/// Counts a wrong password. `tolerated` wrong ones start the lock; 0 switches it off.
pub fn count_failure(lockout: &mut Lockout, tolerated: u32, now_ms: i64) {
    if tolerated == 0 {
        return;
    }
    lockout.failures = failures(lockout, now_ms).saturating_add(1);
    lockout.last_attempt_ms = now_ms;
    if let Some(doublings) = lockout.failures.checked_sub(tolerated) {
        let lock_ms = 1000_i64.checked_shl(doublings.min(20)).unwrap_or(CEILING_MS).min(CEILING_MS);
        lockout.locked_until_ms = now_ms + lock_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_double_up_to_a_quarter_of_an_hour() {
        let mut lockout = Lockout::default();
        let mut now = 1_000_000_000;
        for _ in 0..4 {
            count_failure(&mut lockout, 5, now);
            assert!(!is_locked(&lockout, now));
        }
        let mut seen = Vec::new();
        for _ in 0..12 {
            count_failure(&mut lockout, 5, now);
            seen.push((lockout.locked_until_ms - now) / 1000);
            assert!(is_locked(&lockout, lockout.locked_until_ms - 1));
            assert!(!is_locked(&lockout, lockout.locked_until_ms));
            now = lockout.locked_until_ms - 1;
        }
        assert_eq!(seen, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn a_quiet_quarter_of_an_hour_forgets() {
        let mut lockout = Lockout::default();
        for _ in 0..5 {
            count_failure(&mut lockout, 5, 1_000_000);
        }
        assert_eq!(failures(&lockout, 1_000_000 + CEILING_MS - 1), 5);
        assert_eq!(failures(&lockout, 1_000_000 + CEILING_MS), 0);
        count_failure(&mut lockout, 5, 1_000_000 + CEILING_MS);
        assert_eq!(lockout.failures, 1);
    }
}
