//! Where powers and signatures are computed: off the threads that serve connections.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::error::Error;

type Job = Box<dyn FnOnce() + Send>;

/// Runs work that takes a processor for long, on threads of its own: as many as there are processors, so that those who serve
/// connections get theirs from the kernel whenever something arrives. First come, first served.
///
/// The threads start when they are first needed and then take one piece after the other without sleeping in between, as long
/// as there is one. A pool for blocking work would wake a thread for every piece.
#[derive(Debug)]
pub struct Compute {
    queue: Arc<Queue>,
    most_threads: usize,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.state().jobs.len()).finish_non_exhaustive()
    }
}

impl Compute {
    /// With room for so many pieces of work at once.
    #[must_use]
    pub fn new(parallelism: usize) -> Self {
        Self { queue: Arc::default(), most_threads: parallelism.max(1) }
    }

    /// Runs `work` after what waits already. Work whose caller has gone meanwhile is left out.
    ///
    /// # Errors
    /// `InternalErrorException` when the work panicked or no thread can be started.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.submit(Box::new(move || {
            if !sender.is_closed() {
                // Nobody waits any more if this fails.
                let _ = sender.send(work());
            }
        }))?;
        // A panic drops the sender.
        receiver.await.map_err(Error::internal)
    }

    fn submit(&self, job: Job) -> Result<(), Error> {
        let mut state = self.queue.state();
        state.jobs.push_back(job);
        if state.jobs.len() <= state.idle {
            drop(state);
            self.queue.filled.notify_one();
        } else if state.threads < self.most_threads {
            let queue = Arc::clone(&self.queue);
            let started = thread::Builder::new().name("compute".into()).spawn(move || queue.work());
            match started {
                Ok(_) => state.threads += 1,
                // Those that run already will come to it.
                Err(_) if state.threads > 0 => {}
                Err(error) => {
                    state.jobs.pop_back();
                    return Err(Error::internal(error));
                }
            }
        }
        Ok(())
    }
}

impl Drop for Compute {
    fn drop(&mut self) {
        self.queue.state().closed = true;
        self.queue.filled.notify_all();
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        // No job runs while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does, until the queue is closed.
    fn work(&self) {
        while let Some(job) = self.next() {
            // The hook of the process reports a panic, and whoever waits gets an error.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Barrier;
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_is_done_on_other_threads_and_a_panic_harms_nothing_else() {
        let compute = Compute::new(1);
        let here = thread::current().id();
        let there = compute.run(|| thread::current().id()).await.unwrap();
        assert_ne!(here, there);
        let failed = compute.run(|| if true { panic!("on purpose") } else { 1 }).await;
        assert!(failed.is_err());
        assert_eq!(compute.run(|| thread::current().id()).await.unwrap(), there);
    }

    #[tokio::test]
    async fn as_many_pieces_run_at_once_as_were_asked_for_and_no_more() {
        let compute = Arc::new(Compute::new(3));
        let barrier = Arc::new(Barrier::new(3));
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let (compute, barrier) = (Arc::clone(&compute), Arc::clone(&barrier));
                // Ends only if three of them run at the same time.
                tokio::spawn(async move {
                    let work = move || {
                        barrier.wait();
                        thread::current().id()
                    };
                    compute.run(work).await.unwrap()
                })
            })
            .collect();
        let mut threads = HashSet::new();
        for task in tasks {
            threads.insert(task.await.unwrap());
        }
        assert_eq!(threads.len(), 3);
    }

    #[tokio::test]
    async fn first_come_first_served_and_who_left_is_not() {
        let compute = Arc::new(Compute::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (report, reports) = mpsc::channel();
        let first = tokio::spawn({
            let compute = Arc::clone(&compute);
            async move { compute.run(move || held.recv().is_err()).await }
        });
        while compute.queue.state().threads == 0 || !compute.queue.state().jobs.is_empty() {
            tokio::task::yield_now().await;
        }
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (task_compute, report) = (Arc::clone(&compute), report.clone());
            tasks.push(tokio::spawn(async move { task_compute.run(move || report.send(number)).await }));
            while compute.queue.state().jobs.len() <= number {
                tokio::task::yield_now().await;
            }
        }
        let third = tasks.remove(2);
        third.abort();
        assert!(third.await.unwrap_err().is_cancelled());
        drop(release);
        assert!(first.await.unwrap().unwrap());
        for task in tasks {
            assert!(task.await.unwrap().unwrap().is_ok());
        }
        drop(report);
        assert_eq!(reports.into_iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    #[tokio::test]
    async fn its_threads_end_with_it() {
        let compute = Compute::new(2);
        compute.run(|| ()).await.unwrap();
        let queue = Arc::downgrade(&compute.queue);
        drop(compute);
        let limit = std::time::Duration::from_secs(30);
        tokio::time::timeout(limit, async {
            while queue.upgrade().is_some() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }
}
