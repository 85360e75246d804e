use std::time::Duration;

use tokio::time::{Instant, sleep};

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// How much longer a caller waits for a database that is away. Only what has certainly changed nothing may be tried again.
pub(super) struct FailoverWait {
    until: Instant,
    pause: Duration,
}

impl FailoverWait {
    pub(super) fn begin(limit: Duration) -> Self {
        Self { until: Instant::now() + limit, pause: FIRST_PAUSE }
    }

    /// Whether it is worth another try, which is after a pause.
    pub(super) async fn goes_on(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_it_should_with_a_last_try_at_the_end() {
        let (started, limit) = (Instant::now(), Duration::from_secs(5));
        let mut wait = FailoverWait::begin(limit);
        let mut tries = 0;
        while wait.goes_on().await {
            tries += 1;
        }
        assert_eq!(started.elapsed(), limit);
        assert!((20..30).contains(&tries), "{tries}");
        assert!(!FailoverWait::begin(Duration::ZERO).goes_on().await);
    }
}
