use std::collections::HashMap;

use cenote_store::{Channel, MessageId, OutboxMessage};
use tokio::task::JoinSet;

use super::Worker;

/// The attempts of [`Worker::run`] that are under way.
#[derive(Default)]
pub(super) struct Running {
    attempts: JoinSet<()>,
    messages: HashMap<tokio::task::Id, (MessageId, Channel)>,
}

impl Running {
    pub(super) fn len(&self) -> usize {
        self.attempts.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// How many are of this channel.
    pub(super) fn of(&self, channel: Channel) -> usize {
        self.messages.values().filter(|(_, running)| *running == channel).count()
    }

    pub(super) fn contains(&self, id: &MessageId) -> bool {
        self.messages.values().any(|(running, _)| running == id)
    }

    pub(super) fn start(&mut self, worker: Worker, message: OutboxMessage) {
        let started = (message.id.clone(), message.channel);
        let handle = self.attempts.spawn(async move {
            if let Err(error) = worker.attempt(message).await {
                tracing::warn!(%error, "delivery.outbox_unavailable");
            }
        });
        self.messages.insert(handle.id(), started);
    }

    pub(super) async fn finish_one(&mut self) {
        let finished = match self.attempts.join_next_with_id().await {
            None => return,
            Some(Ok((task, ()))) => task,
            Some(Err(error)) => {
                // What it said may hold what it was about.
                tracing::error!("delivery.attempt_panicked");
                error.id()
            }
        };
        self.messages.remove(&finished);
    }
}
