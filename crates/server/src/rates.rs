//! Request rates: a token bucket for each quota category. Each instance counts for itself.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cenote_model::QuotaCategory;

use crate::config::RequestRates;

/// A bucket for each category that has a limit.
#[derive(Debug)]
pub struct Rates(Vec<(QuotaCategory, Bucket)>);

impl Rates {
    /// Full buckets.
    #[must_use]
    pub fn new(rates: &RequestRates) -> Self {
        let limited = QuotaCategory::ALL.iter().filter_map(|one| Some((*one, Bucket::new(rates.of(*one))?)));
        Self(limited.collect())
    }

    /// Takes one request of the category, if there is room.
    pub fn take(&self, category: QuotaCategory, now: Instant) -> bool {
        self.0.iter().find(|(one, _)| *one == category).is_none_or(|(_, bucket)| bucket.take(now))
    }
}

/// A bucket that fills at `per_second` and holds one second's worth.
#[derive(Debug)]
pub struct Bucket {
    per_second: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tokens: f64,
    filled: Option<Instant>,
}

impl Bucket {
    /// None when there is no limit.
    #[must_use]
    pub fn new(per_second: u32) -> Option<Self> {
        let per_second = f64::from(per_second);
        (per_second > 0.0)
            .then(|| Self { per_second, state: Mutex::new(State { tokens: per_second, filled: None }) })
    }

    /// Takes one token, if there is one.
    pub fn take(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = state.filled.map_or(0.0, |filled| now.saturating_duration_since(filled).as_secs_f64());
        state.tokens = (state.tokens + elapsed * self.per_second).min(self.per_second);
        state.filled = Some(now);
        if state.tokens < 1.0 {
            return false;
        }
        state.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_bucket_gives_its_rate_and_fills_again() {
        let bucket = Bucket::new(3).unwrap();
        let start = Instant::now();
        let take = |bucket: &Bucket, ms| bucket.take(start + Duration::from_millis(ms));
        assert!((0..3).all(|_| take(&bucket, 0)));
        assert!(!take(&bucket, 0));
        assert!(!take(&bucket, 300));
        assert!(take(&bucket, 400));
        assert!(!take(&bucket, 400));
        // However long it rests, it holds one second's worth.
        assert!((0..3).all(|_| take(&bucket, 100_000)));
        assert!(!take(&bucket, 100_000));
    }

    #[test]
    fn zero_is_no_limit() {
        assert!(Bucket::new(0).is_none());
    }
}
