//! Work that is not cut short: neither by a client that goes away nor by a panic.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Why there is no result. What a panic said may hold what it was about, and stays out of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfinished {
    #[error("a task panicked")]
    Panicked,
    #[error("a task was stopped")]
    Stopped,
}

/// Work whose panic becomes an error.
pub(crate) struct Caught<T>(Pin<Box<dyn Future<Output = T> + Send>>);

/// Runs `work`; a panic becomes an error.
pub(crate) fn caught<T>(work: impl Future<Output = T> + Send + 'static) -> Caught<T> {
    Caught(Box::pin(work))
}

impl<T> Future for Caught<T> {
    type Output = Result<T, Unfinished>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // What panicked is not polled again, and what it shares with others is behind locks that say so.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Unfinished::Panicked)),
        }
    }
}

/// Runs `work` to its end even if nobody waits for it any more: half an operation is worse than a wasted one. What need not
/// wait for anything is done here and now; the rest of what has to becomes a task of its own.
pub(crate) fn to_the_end<T, F>(work: F) -> impl Future<Output = Result<T, Unfinished>> + Send
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    // Boxed before it is waited for, and not in an asynchronous function, which would hold it a second time.
    let mut work = caught(work);
    async move {
        match poll_fn(|context| Poll::Ready(Pin::new(&mut work).poll(context))).await {
            Poll::Ready(done) => done,
            // The task looks again at once, so that it is woken from now on.
            Poll::Pending => match tokio::spawn(work).await {
                Ok(done) => done,
                // The runtime ends.
                Err(_) => Err(Unfinished::Stopped),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_is_ready_is_done_at_once() {
        // Were it a task, it would have to be polled twice.
        let mut work = pin!(to_the_end(async { 7 }));
        let first = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        assert!(matches!(first, Poll::Ready(Ok(7))));
    }

    #[tokio::test]
    async fn what_waits_goes_on_without_its_caller() {
        let (go, done, finished) =
            (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let work = {
            let (go, done, finished) = (Arc::clone(&go), Arc::clone(&done), Arc::clone(&finished));
            async move {
                go.notified().await;
                finished.store(true, Ordering::SeqCst);
                done.notify_one();
            }
        };
        {
            let mut work = pin!(to_the_end(work));
            let first = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
            assert!(first.is_pending());
        }
        assert!(!finished.load(Ordering::SeqCst));
        go.notify_one();
        done.notified().await;
        assert!(finished.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_whenever_it_happens() {
        let panicked = Err::<(), _>(Unfinished::Panicked);
        assert_eq!(to_the_end(async { panic!("at once") }).await, panicked);
        let later = async {
            tokio::task::yield_now().await;
            panic!("later");
        };
        assert_eq!(to_the_end(later).await, panicked);
        assert_eq!(caught(async { panic!("inside") }).await, panicked);
    }
}
