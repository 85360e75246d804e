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
use cenote_store::{Change, ChangeSet, Channel, CommitError, OutboxMessage, Store, StoreError};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinSet;

use self::running::Running;
use crate::retry::RetrySchedule;
use crate::statistics::DeliveryStatistics;
use crate::transport::Transports;

/// How many due messages are looked at, at most, for one of a channel that has room.
const MOST_LOOKED_AT: u32 = 4096;

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
        let batch = self.batch();
        let mut delivered = Delivered::default();
        loop {
            let due = self.inner.store.due_messages((self.inner.clock)(), batch).await?;
            let last = due.len() < batch as usize;
            let (due, mut tried) = self.drop_decoys(due).await?;
            let (inbox, others) = self.split(due);
            let mut others = others.into_iter();
            for outcome in self.deliver_to_inbox(inbox).await? {
                delivered.add(outcome);
                tried += u64::from(outcome != Outcome::Taken);
            }
            let mut running = JoinSet::new();
            let mut failure = None;
            loop {
                while running.len() < self.concurrency()
                    && let Some(message) = others.next()
                {
                    let worker = self.clone();
                    running.spawn(async move { worker.attempt(message).await });
                }
                match running.join_next().await {
                    None => break,
                    Some(Ok(Ok(outcome))) => {
                        delivered.add(outcome);
                        tried += u64::from(outcome != Outcome::Taken);
                    }
                    Some(Ok(Err(error))) => failure = Some(error),
                    Some(Err(_)) => tracing::error!("delivery.attempt_panicked"),
                }
            }
            if let Some(failure) = failure {
                return Err(failure);
            }
            if last || tried == 0 {
                return Ok(delivered);
            }
        }
    }

    /// Delivers until `shutdown` completes, then finishes what it is sending. Looks at the outbox whenever `wake` is
    /// notified (`notify_one`, after each commit that appended a message), when a retry falls due, and every
    /// `poll_interval`.
    pub async fn run(&self, wake: Arc<Notify>, shutdown: impl Future<Output = ()> + Send) {
        tokio::pin!(shutdown);
        let mut running = Running::default();
        loop {
            let wait = match self.start_due(&mut running).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "delivery.outbox_unavailable");
                    self.inner.settings.poll_interval
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = running.finish_one(), if !running.is_empty() => {}
                () = wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        while !running.is_empty() {
            running.finish_one().await;
        }
    }

    /// Starts what is due as far as there is room in its channel, and says how long nothing else will be due.
    async fn start_due(&self, running: &mut Running) -> Result<Duration, StoreError> {
        let poll = self.inner.settings.poll_interval;
        let room = |running: &Running, channel| running.of(channel) < self.concurrency();
        let channels = [Channel::Email, Channel::Sms];
        if !channels.iter().any(|one| self.inner.transports.is_inbox(*one) || room(running, *one)) {
            return Ok(poll);
        }
        let now_ms = (self.inner.clock)();
        // Messages that were started but not yet taken are still due: leave room for them.
        let started = u32::try_from(running.len()).unwrap_or(u32::MAX);
        let mut limit = self.batch().saturating_add(started);
        let more = loop {
            let due = self.inner.store.due_messages(now_ms, limit).await?;
            let all = due.len() < limit as usize;
            let (due, dropped) = self.drop_decoys(due).await?;
            let (inbox, others) = self.split(due);
            let more = inbox.len() >= self.batch() as usize || dropped >= u64::from(self.batch());
            self.deliver_to_inbox(inbox).await?;
            for message in others {
                if room(running, message.channel) && !running.contains(&message.id) {
                    running.start(self.clone(), message);
                }
            }
            // Behind many messages of a channel that is full those of another may wait unseen.
            if all || more || limit >= MOST_LOOKED_AT || !channels.iter().any(|one| room(running, *one)) {
                break more;
            }
            limit = limit.saturating_mul(4).min(MOST_LOOKED_AT);
        };
        if more {
            return Ok(Duration::ZERO);
        }
        let next_ms = self.inner.store.next_due_ms().await?;
        let until_next = next_ms.map_or(poll, |next_ms| {
            Duration::from_millis(u64::try_from(next_ms.saturating_sub(now_ms)).unwrap_or(0))
        });
        // Something that is due at once is being taken right now, here or by another worker, or waits for room.
        Ok(until_next.max(Duration::from_millis(50)).min(poll))
    }

    fn concurrency(&self) -> usize {
        self.inner.settings.concurrency.max(1)
    }

    /// How many messages are fetched at once.
    fn batch(&self) -> u32 {
        u32::try_from(self.concurrency().saturating_mul(8)).unwrap_or(u32::MAX)
    }

    /// Those that go to the inbox, and the others.
    fn split(&self, due: Vec<OutboxMessage>) -> (Vec<OutboxMessage>, Vec<OutboxMessage>) {
        due.into_iter().partition(|message| self.inner.transports.is_inbox(message.channel))
    }

    /// Drops the messages to nobody, all in one commit if nobody interferes, and returns the others. However many there are,
    /// they hold up no real one.
    async fn drop_decoys(&self, due: Vec<OutboxMessage>) -> Result<(Vec<OutboxMessage>, u64), StoreError> {
        let (decoys, others): (Vec<_>, Vec<_>) = due.into_iter().partition(|message| message.decoy);
        if decoys.is_empty() {
            return Ok((others, 0));
        }
        let dropped = u64::try_from(decoys.len()).unwrap_or(u64::MAX);
        if !self.commit(decoys.iter().map(deletion).collect()).await? {
            for decoy in &decoys {
                self.delete(decoy).await?;
            }
        }
        Ok((others, dropped))
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
