//! Whether change sets come back: a disk or a database that hangs gives no error that could be seen.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long nothing may come back while somebody waits. A flush takes milliseconds, on a bad disk tenths of a second.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(crate) struct Progress(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: usize,
    /// When one came back last, or began to wait alone.
    since: Option<Instant>,
}

/// One that waits.
pub(crate) struct Waiting<'a>(&'a Progress);

impl Progress {
    /// Waits until [`Waiting::comes_back`], or until the value is dropped, which says nothing of the store.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        let mut state = self.lock();
        if state.waiting == 0 {
            state.since = Some(Instant::now());
        }
        state.waiting += 1;
        Waiting(self)
    }

    /// For how long nothing has come back, if that is too long.
    pub(crate) fn hangs_for(&self) -> Option<Duration> {
        let state = self.lock();
        let since = state.since.filter(|_| state.waiting > 0)?;
        Some(since.elapsed()).filter(|time| *time >= PATIENCE)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    pub(crate) fn comes_back(self) {
        self.0.lock().since = Some(Instant::now());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_hangs_only_while_somebody_waits_and_nobody_comes_back() {
        let progress = Progress::default();
        advance(PATIENCE * 2).await;
        let (first, second) = (progress.wait(), progress.wait());
        advance(PATIENCE / 2).await;
        assert_eq!(progress.hangs_for(), None);
        second.comes_back();
        advance(PATIENCE / 2).await;
        assert_eq!(progress.hangs_for(), None, "another one came back meanwhile");
        advance(PATIENCE / 2).await;
        assert_eq!(progress.hangs_for(), Some(PATIENCE));
        let third = progress.wait();
        assert_eq!(progress.hangs_for(), Some(PATIENCE), "whoever comes later changes nothing");
        drop(third);
        assert_eq!(progress.hangs_for(), Some(PATIENCE), "nor whoever gives up");
        drop(first);
        assert_eq!(progress.hangs_for(), None, "nobody waits");
        let _fourth = progress.wait();
        assert_eq!(progress.hangs_for(), None, "its time begins now");
    }
}
