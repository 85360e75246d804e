//! The worker that empties the outbox.
//!
//! Any number of workers, in any number of processes, may serve one store. A worker takes a message by moving its due
//! time on with a compare-and-swap: whoever commits first has it until then. Should it crash in between, the message is
//! due again and another worker sends it, perhaps for the second time: delivery is at least once. Leases are compared
//! with the clocks of other machines, which must agree within a quarter of the lease.

mod attempt;
mod running;
#[cfg(test)]
mod tests;
mod to_inbox;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cenote_crypto::{KeyRing, RandomSource};
use cenote_store::{Change, ChangeSet, Channel, CommitError, OutboxMessage, Queue, Store, StoreError};
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

use self::running::Running;
use crate::retry::RetrySchedule;
use crate::statistics::DeliveryStatistics;
use crate::transport::Transports;

/// Tells the time: epoch milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// How long a message belongs to the worker that took it. Longer than the timeouts of the transports: an attempt is
    /// cut short after three quarters of it.
    pub lease_ms: i64,
    /// How many messages of one channel are sent at the same time: a mail server that does not answer holds up no text
    /// message.
    pub concurrency: usize,
    /// When a failed message is tried again.
    pub retry: RetrySchedule,
    /// After so many attempts a message is given up, if its code has not expired before.
    pub max_attempts: i64,
    /// How often the outbox is looked at when nobody wakes the worker.
    pub poll_interval: Duration,
}

impl Default for WorkerSettings {
    /// A minute's lease, eight at a time, 120 attempts (more than a day), a look every second.
    fn default() -> Self {
        Self {
            lease_ms: 60_000,
            concurrency: 8,
            retry: RetrySchedule::default(),
            max_attempts: 120,
            poll_interval: Duration::from_secs(1),
        }
    }
}

/// What became of the messages of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Accepted by a mail server or gateway, or put into the inbox.
    pub sent: u64,
    /// Failed, and due again later.
    pub retried: u64,
    /// Given up.
    pub dead: u64,
    /// Dropped because the code had expired.
    pub expired: u64,
}

impl Delivered {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Sent => self.sent += 1,
            Outcome::Retried => self.retried += 1,
            Outcome::Dead => self.dead += 1,
            Outcome::Expired => self.expired += 1,
            Outcome::Taken => {}
        }
    }
}

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Sent,
    Retried,
    Dead,
    Expired,
    /// Another worker was faster.
    Taken,
}

/// Delivers the messages of the outbox. Clones are the same worker.
#[derive(Clone)]
pub struct Worker {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    keyring: Arc<KeyRing>,
    transports: Transports,
    clock: Clock,
    random: Arc<dyn RandomSource>,
    settings: WorkerSettings,
    statistics: Arc<DeliveryStatistics>,
    /// The time in the newest id this worker gave to an inbox message.
    newest_inbox_ms: Mutex<i64>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("transports", &self.inner.transports)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// A worker that has not started.
    #[must_use]
    pub fn new(
        store: Store,
        keyring: Arc<KeyRing>,
        transports: Transports,
        clock: Clock,
        random: Arc<dyn RandomSource>,
        settings: WorkerSettings,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                keyring,
                transports,
                clock,
                random,
                settings,
                statistics: Arc::default(),
                newest_inbox_ms: Mutex::new(0),
            }),
        }
    }

    /// What this worker has done so far.
    #[must_use]
    pub fn statistics(&self) -> Arc<DeliveryStatistics> {
        Arc::clone(&self.inner.statistics)
    }

    /// Delivers everything that is due now, and returns when each message was tried once.
    ///
    /// # Errors
    /// When the store failed for one of the messages; the others were tried all the same.
    pub async fn deliver_due(&self) -> Result<Delivered, StoreError> {
        let mut running = Running::default();
        let mut failure = None;
        loop {
            let mut more = false;
            if failure.is_none() {
                match self.start_due(&mut running).await {
                    Ok(wait) => more = wait.is_zero(),
                    Err(error) => failure = Some(error),
                }
            }
            match running.finish_one().await {
                Some(Ok(())) => {}
                Some(Err(error)) => failure = Some(error),
                None if more => {}
                None => return failure.map_or(Ok(running.delivered), Err),
            }
        }
    }

    /// Delivers until `shutdown` completes, then finishes what it is sending. Looks at the outbox whenever `wake` is
    /// notified (`notify_one`, after each commit that appended a message), when a retry falls due, and every
    /// `poll_interval`.
    pub async fn run(&self, wake: Arc<Notify>, shutdown: impl Future<Output = ()> + Send) {
        tokio::pin!(shutdown);
        let poll = self.inner.settings.poll_interval;
        let mut running = Running::default();
        // While the store fails, messages stay due, and trying them again at once is no use.
        let mut resumes = Instant::now();
        let unavailable = |error| {
            tracing::warn!(%error, "delivery.outbox_unavailable");
            Instant::now() + poll
        };
        loop {
            let mut wait = resumes.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                wait = self.start_due(&mut running).await.unwrap_or_else(|error| {
                    resumes = unavailable(error);
                    poll
                });
            }
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(finished) = running.finish_one() => if let Err(error) = finished {
                    resumes = unavailable(error);
                },
                () = wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        while let Some(finished) = running.finish_one().await {
            let _ = finished.map_err(unavailable);
        }
    }

    /// Starts what is due as far as there is room in its channel, and says how long nothing else will be due.
    async fn start_due(&self, running: &mut Running) -> Result<Duration, StoreError> {
        let now_ms = (self.inner.clock)();
        let mut next_ms = None;
        let mut more = self.drop_decoys(now_ms).await?;
        let mut to_inbox = Vec::new();
        for channel in [Channel::Email, Channel::Sms] {
            let queue = Queue::Channel(channel);
            if self.inner.transports.is_inbox(channel) {
                let due = self.inner.store.due_messages(queue, now_ms, self.batch()).await?;
                more |= due.len() >= self.batch() as usize;
                to_inbox.extend(due);
            } else if !self.start(channel, now_ms, running).await? {
                // Whichever finishes makes room.
                continue;
            }
            let next = self.inner.store.next_due_ms(queue).await?;
            next_ms = [next_ms, next].into_iter().flatten().min();
        }
        to_inbox.sort_by(|one, other| (one.due_ms, &one.id).cmp(&(other.due_ms, &other.id)));
        for outcome in self.deliver_to_inbox(to_inbox).await? {
            running.delivered.add(outcome);
        }
        if more {
            return Ok(Duration::ZERO);
        }
        let poll = self.inner.settings.poll_interval;
        let until_next = next_ms.map_or(poll, |next_ms| {
            Duration::from_millis(u64::try_from(next_ms.saturating_sub(now_ms)).unwrap_or(0))
        });
        // Something that is due at once is being taken right now, here or by another worker.
        Ok(until_next.max(Duration::from_millis(50)).min(poll))
    }

    /// Starts what is due of a channel, and says whether there is room for more.
    async fn start(&self, channel: Channel, now_ms: i64, running: &mut Running) -> Result<bool, StoreError> {
        let room = |running: &Running| running.of(channel) < self.concurrency();
        if room(running) {
            // Those that were started but not yet taken are still due; they are not more than this.
            let limit = u32::try_from(self.concurrency()).unwrap_or(u32::MAX);
            for message in self.inner.store.due_messages(Queue::Channel(channel), now_ms, limit).await? {
                if room(running) && !running.contains(&message.id) {
                    running.start(self.clone(), message);
                }
            }
        }
        Ok(room(running))
    }

    fn concurrency(&self) -> usize {
        self.inner.settings.concurrency.max(1)
    }

    /// How many messages are dropped or put into the inbox at once.
    fn batch(&self) -> u32 {
        u32::try_from(self.concurrency().saturating_mul(8)).unwrap_or(u32::MAX)
    }

    /// Drops messages to nobody, all in one commit if nobody interferes, and says whether there may be more.
    async fn drop_decoys(&self, now_ms: i64) -> Result<bool, StoreError> {
        let decoys = self.inner.store.due_messages(Queue::Decoys, now_ms, self.batch()).await?;
        if !decoys.is_empty() && !self.commit(decoys.iter().map(deletion).collect()).await? {
            for decoy in &decoys {
                self.delete(decoy).await?;
            }
        }
        Ok(decoys.len() >= self.batch() as usize)
    }

    /// Whether the changes were made; not if somebody else changed a message first.
    async fn commit(&self, changes: ChangeSet) -> Result<bool, StoreError> {
        match self.inner.store.commit(changes).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    async fn delete(&self, message: &OutboxMessage) -> Result<bool, StoreError> {
        self.commit(vec![deletion(message)]).await
    }
}

fn deletion(message: &OutboxMessage) -> Change {
    Change::DeleteMessage { id: message.id.clone(), version: message.version }
}
