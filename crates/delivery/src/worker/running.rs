use std::collections::HashMap;

use cenote_store::{Channel, MessageId, OutboxMessage, StoreError};
use tokio::task::JoinSet;

use super::{Delivered, Outcome, Worker};

/// The attempts of a [`Worker`] that are under way, and what became of the others.
#[derive(Default)]
pub(super) struct Running {
    attempts: JoinSet<Result<Outcome, StoreError>>,
    messages: HashMap<tokio::task::Id, (MessageId, Channel)>,
    pub(super) delivered: Delivered,
}

impl Running {
    /// How many are of this channel.
    pub(super) fn of(&self, channel: Channel) -> usize {
        self.messages.values().filter(|(_, running)| *running == channel).count()
    }

    pub(super) fn contains(&self, id: &MessageId) -> bool {
        self.messages.values().any(|(running, _)| running == id)
    }

    pub(super) fn start(&mut self, worker: Worker, message: OutboxMessage) {
        let started = (message.id.clone(), message.channel);
        let handle = self.attempts.spawn(async move { worker.attempt(message).await });
        self.messages.insert(handle.id(), started);
    }

    /// Waits for the end of one; none when there is none. When the store failed its message may still be due.
    pub(super) async fn finish_one(&mut self) -> Option<Result<(), StoreError>> {
        let (task, outcome) = self.attempts.join_next_with_id().await?.unwrap_or_else(|error| {
            // What it said may hold what it was about.
            (error.id(), Err(StoreError::Internal { reason: "an attempt panicked".to_owned() }))
        });
        self.messages.remove(&task);
        Some(outcome.map(|outcome| self.delivered.add(outcome)))
    }
}
