//! Where powers and signatures are computed: off the threads that serve connections.

use tokio::sync::Semaphore;

use crate::error::Error;

/// Runs work that takes a processor for long, at most one piece per processor at a time.
#[derive(Debug)]
pub struct Compute {
    permits: Semaphore,
}

impl Compute {
    /// With room for so many pieces of work at once.
    #[must_use]
    pub fn new(parallelism: usize) -> Self {
        Self { permits: Semaphore::new(parallelism.max(1)) }
    }

    /// Runs `work` on a thread that may block, after those that wait already.
    ///
    /// # Errors
    /// `InternalErrorException` when the work panicked or the process is stopping.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let _permit = self.permits.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::unfinished(&error))
    }
}
