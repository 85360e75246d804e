//! Where powers and signatures are computed: off the threads that serve connections.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::{task, thread};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::Error;

/// A piece of work: what hands its result to whoever waits, unless nobody does any more.
type Job = Box<dyn FnOnce() -> Option<Delivery> + Send>;
type Delivery = Box<dyn FnOnce()>;

/// How many results a thread holds back at most, to deliver them together.
const HELD: usize = 4;

thread_local! {
    /// Whether this is one of the threads.
    static COMPUTES: Cell<bool> = const { Cell::new(false) };
}

/// Runs work that takes a processor for long, on threads of its own: as many as there are processors, so that those who serve
/// connections get theirs from the kernel whenever something arrives. First come, first served, but what has begun is finished
/// before anything else begins: an operation waits in line once, and holds up nobody by what it holds meanwhile.
///
/// The threads start when they are first needed and then take one piece after the other without sleeping in between, as long
/// as there is one. A pool for blocking work would wake a thread for every piece.
///
/// Results wake those who serve connections, which costs more than serving does. So while more work waits than a few
/// rounds can do, and everybody waits longer than that, a thread delivers its results a few at a time.
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
    /// Of operations that have begun.
    begun: VecDeque<Job>,
    new: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl State {
    fn waiting(&self) -> usize {
        self.begun.len() + self.new.len()
    }

    fn next(&mut self) -> Option<Job> {
        self.begun.pop_front().or_else(|| self.new.pop_front())
    }
}

/// Whose work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Begun,
    New,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.state().waiting()).finish_non_exhaustive()
    }
}

impl Compute {
    /// With room for so many pieces of work at once.
    #[must_use]
    pub fn new(parallelism: usize) -> Self {
        Self { queue: Arc::default(), most_threads: parallelism.max(1) }
    }

    /// How many pieces of work wait for a thread.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.state().waiting()
    }

    /// Runs `work` after what waits already, or at once within what was begun by [`Self::begin`]. Work whose caller has gone
    /// meanwhile is left out.
    ///
    /// # Errors
    /// `InternalErrorException` when the work panicked or no thread can be started.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.run_in(Line::New, work).await
    }

    /// The same, ahead of what has not begun: further work of an operation that has waited in line already.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_further<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.run_in(Line::Begun, work).await
    }

    async fn run_in<T, F>(&self, line: Line, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        if COMPUTES.get() {
            return Ok(work());
        }
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(move || {
            if sender.is_closed() {
                return None;
            }
            let result = work();
            // Nobody waits any more if this fails.
            Some(Box::new(move || drop(sender.send(result))) as Delivery)
        });
        self.submit(line, job)?;
        // A panic drops the sender. What it said may hold what it was about, and stays out of the log.
        receiver.await.map_err(|_| Error::internal("a piece of work panicked"))
    }

    /// Runs a future on the threads until it first has to wait for something; from there on it runs where this is awaited. An
    /// operation that computes several times and waits for nothing else, as sign-ins on an embedded database do, goes to
    /// another thread and back once.
    ///
    /// # Errors
    /// As [`Self::run`], for the part up to the first wait.
    pub async fn begin<F>(&self, future: F) -> Result<F::Output, Error>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = Handle::current();
        let mut future = Box::pin(future);
        let begun = self.run(move || {
            let _inside = runtime.enter();
            // Nobody need be woken: who awaits the future polls it anew.
            match future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
                Poll::Ready(output) => Begun::Ended(output),
                Poll::Pending => Begun::Waits(future),
            }
        });
        match begun.await? {
            Begun::Ended(output) => Ok(output),
            Begun::Waits(future) => Ok(future.await),
        }
    }

    fn submit(&self, line: Line, job: Job) -> Result<(), Error> {
        let mut state = self.queue.state();
        match line {
            Line::Begun => state.begun.push_back(job),
            Line::New => state.new.push_back(job),
        }
        if state.waiting() <= state.idle {
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
                    // Where no thread runs nothing else waits.
                    drop(state.next());
                    return Err(Error::internal(error));
                }
            }
        }
        Ok(())
    }
}

/// How far a future came.
enum Begun<F: Future> {
    Ended(F::Output),
    Waits(Pin<Box<F>>),
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
        COMPUTES.set(true);
        let mut results = Vec::with_capacity(HELD);
        while let Some(first) = self.wait() {
            let mut next = Some(first);
            while let Some(job) = next {
                // The hook of the process reports a panic, and whoever waits gets an error.
                results.extend(catch_unwind(AssertUnwindSafe(job)).ok().flatten());
                let many_wait;
                (next, many_wait) = self.take();
                if !many_wait || results.len() >= HELD {
                    results.drain(..).for_each(|deliver| deliver());
                }
            }
        }
    }

    /// The first piece of work, once there is one.
    fn wait(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.next() {
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

    /// The first piece of work, if there is one, and whether the last one has to wait for longer than results are held back.
    fn take(&self) -> (Option<Job>, bool) {
        let mut state = self.state();
        let job = state.next();
        (job, state.waiting() >= HELD * state.threads)
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
    async fn what_waits_for_nothing_else_is_done_in_one_go() {
        let compute = Arc::new(Compute::new(2));
        let inner = Arc::clone(&compute);
        let [outside, first, second] = compute
            .begin(async move {
                let here = || thread::current().id();
                [here(), inner.run(here).await.unwrap(), inner.run(here).await.unwrap()]
            })
            .await
            .unwrap();
        assert_eq!([first, second], [outside; 2]);
        assert_ne!(outside, thread::current().id());
    }

    #[tokio::test]
    async fn what_waits_goes_on_where_it_came_from() {
        let compute = Arc::new(Compute::new(1));
        let inner = Arc::clone(&compute);
        let (sender, receiver) = oneshot::channel();
        let began = Arc::new(Barrier::new(2));
        let begins = Arc::clone(&began);
        let task = tokio::spawn(async move {
            let outer = Arc::clone(&inner);
            outer
                .begin(async move {
                    let here = || thread::current().id();
                    let before = here();
                    begins.wait();
                    // Needs the runtime's clock, and is not there yet.
                    let limit = std::time::Duration::from_secs(60);
                    tokio::time::timeout(limit, receiver).await.unwrap().unwrap();
                    [before, here(), inner.run(here).await.unwrap()]
                })
                .await
                .unwrap()
        });
        while compute.queue.state().threads == 0 {
            tokio::task::yield_now().await;
        }
        began.wait();
        // Its thread is free meanwhile.
        compute.run(|| ()).await.unwrap();
        sender.send(()).unwrap();
        let [before, after, computed] = task.await.unwrap();
        assert_eq!(after, thread::current().id());
        assert_eq!(before, computed);
        assert_ne!(before, after);
    }

    #[tokio::test]
    async fn a_panic_of_what_was_begun_harms_nothing_else() {
        let compute = Compute::new(1);
        let failed = compute.begin(async { if true { panic!("on purpose") } else { 1 } }).await;
        assert!(failed.is_err());
        assert_eq!(compute.begin(async { 2 }).await.unwrap(), 2);
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
        while compute.queue.state().threads == 0 || compute.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (task_compute, report) = (Arc::clone(&compute), report.clone());
            tasks.push(tokio::spawn(async move { task_compute.run(move || report.send(number)).await }));
            while compute.waiting() <= number {
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
    async fn what_has_begun_goes_before_what_has_not() {
        let compute = Arc::new(Compute::new(1));
        let (release, held) = mpsc::channel::<()>();
        let (report, reports) = mpsc::channel();
        let mut tasks = Vec::new();
        let queued = |report: &mpsc::Sender<&'static str>, begun: bool, name: &'static str| {
            let (compute, report) = (Arc::clone(&compute), report.clone());
            tokio::spawn(async move {
                let work = move || report.send(name).unwrap();
                if begun { compute.run_further(work).await } else { compute.run(work).await }
            })
        };
        let first = tokio::spawn({
            let compute = Arc::clone(&compute);
            async move { compute.run(move || held.recv().is_err()).await }
        });
        while compute.queue.state().threads == 0 || compute.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        for (number, (begun, name)) in
            [(false, "third"), (false, "fourth"), (true, "first"), (true, "second")].into_iter().enumerate()
        {
            tasks.push(queued(&report, begun, name));
            while compute.waiting() <= number {
                tokio::task::yield_now().await;
            }
        }
        drop((release, report));
        assert!(first.await.unwrap().unwrap());
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(reports.into_iter().collect::<Vec<_>>(), ["first", "second", "third", "fourth"]);
    }

    #[test]
    fn results_are_delivered_together_only_while_many_wait() {
        let compute = Compute::new(1);
        let (release, held) = mpsc::channel::<()>();
        let (report, reports) = mpsc::channel();
        let submit = |number, wait: Option<mpsc::Receiver<()>>| {
            let (works, delivers) = (report.clone(), report.clone());
            let work = move || {
                if let Some(held) = wait {
                    held.recv().unwrap_err();
                }
                works.send(("work", number)).unwrap();
                Some(Box::new(move || delivers.send(("deliver", number)).unwrap()) as Delivery)
            };
            compute.submit(Line::New, Box::new(work)).unwrap();
        };
        submit(0, Some(held));
        while compute.waiting() > 0 {
            thread::yield_now();
        }
        (1..10).for_each(|number| submit(number, None));
        drop(release);
        drop(report);
        drop(compute);
        let rounds = [vec![0, 1, 2, 3], vec![4, 5], vec![6], vec![7], vec![8], vec![9]];
        let expected = rounds.iter().flat_map(|round| {
            let done = |what| round.iter().map(move |number| (what, *number));
            done("work").chain(done("deliver"))
        });
        assert_eq!(reports.into_iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
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
