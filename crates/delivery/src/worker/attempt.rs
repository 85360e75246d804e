//! One attempt at one message.

use std::time::Duration;

use cenote_store::{Change, MessageState, OutboxMessage, StoreError};
use tokio::time::timeout;

use super::{Outcome, Worker};
use crate::message::unseal;
use crate::statistics::count;
use crate::transport::SendError;

impl Worker {
    /// Takes the message, sends it, and writes down what came of it.
    pub(super) async fn attempt(&self, message: OutboxMessage) -> Result<Outcome, StoreError> {
        let now_ms = (self.inner.clock)();
        if message.expires_ms <= now_ms {
            return self.drop_expired(&message).await;
        }
        if message.attempts >= self.inner.settings.max_attempts {
            // Only a process that ended within each attempt leaves a message so.
            let reason = message.last_error.clone().unwrap_or_else(|| "no attempt was finished".to_owned());
            return self.bury(message, reason).await;
        }
        let Some(message) = self.take(message, now_ms).await? else {
            return Ok(Outcome::Taken);
        };
        match self.send(&message, now_ms).await {
            Ok(()) => self.settle_sent(&message).await,
            Err(SendError::Permanent(reason)) => self.bury(message, reason).await,
            Err(SendError::Temporary(reason)) if message.attempts >= self.inner.settings.max_attempts => {
                self.bury(message, reason).await
            }
            Err(SendError::Temporary(reason)) => self.postpone(message, reason).await,
        }
    }

    /// Takes the lease. None when somebody else has it.
    async fn take(&self, message: OutboxMessage, now_ms: i64) -> Result<Option<OutboxMessage>, StoreError> {
        let mut taken = OutboxMessage {
            due_ms: now_ms.saturating_add(self.inner.settings.lease_ms),
            attempts: message.attempts + 1,
            ..message
        };
        if !self.commit(vec![Change::UpdateMessage(taken.clone())]).await? {
            return Ok(None);
        }
        taken.version += 1;
        Ok(Some(taken))
    }

    async fn send(&self, message: &OutboxMessage, now_ms: i64) -> Result<(), SendError> {
        // A key that is missing here may be on its way: an operator can repair that while the code is good.
        let content = unseal(message, &self.inner.keyring)
            .map_err(|error| SendError::Temporary(format!("the content cannot be opened: {error}")))?;
        let within = Duration::from_millis(u64::try_from(self.inner.settings.lease_ms / 4 * 3).unwrap_or(0));
        match timeout(within, self.inner.transports.send(&message.id, &content, now_ms)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::Temporary("the attempt took too long".to_owned())),
        }
    }

    async fn settle_sent(&self, message: &OutboxMessage) -> Result<Outcome, StoreError> {
        count(&self.counters(message).sent);
        // When this fails the message is sent again after its lease: better twice than never.
        self.delete(message).await?;
        Ok(Outcome::Sent)
    }

    async fn postpone(&self, message: OutboxMessage, reason: String) -> Result<Outcome, StoreError> {
        count(&self.counters(&message).failed_temporarily);
        let delay_ms = self.inner.settings.retry.delay_ms(message.attempts, &*self.inner.random);
        tracing::warn!(
            message_id = %message.id, pool_id = %message.pool_id, channel = ?message.channel,
            attempts = message.attempts, delay_ms, reason, "delivery.failed_temporarily"
        );
        let due_ms = (self.inner.clock)().saturating_add(delay_ms);
        let postponed = OutboxMessage { due_ms, last_error: Some(reason), ..message };
        self.commit(vec![Change::UpdateMessage(postponed)]).await?;
        Ok(Outcome::Retried)
    }

    async fn bury(&self, message: OutboxMessage, reason: String) -> Result<Outcome, StoreError> {
        let dead = OutboxMessage {
            state: MessageState::Dead,
            due_ms: (self.inner.clock)(),
            last_error: Some(reason),
            ..message
        };
        if !self.commit(vec![Change::UpdateMessage(dead.clone())]).await? {
            return Ok(Outcome::Taken);
        }
        count(&self.counters(&dead).dead);
        tracing::error!(
            message_id = %dead.id, pool_id = %dead.pool_id, channel = ?dead.channel,
            attempts = dead.attempts, reason = dead.last_error, "delivery.given_up"
        );
        Ok(Outcome::Dead)
    }

    pub(super) async fn drop_expired(&self, message: &OutboxMessage) -> Result<Outcome, StoreError> {
        if !self.delete(message).await? {
            return Ok(Outcome::Taken);
        }
        count(&self.counters(message).expired);
        tracing::warn!(
            message_id = %message.id, pool_id = %message.pool_id, channel = ?message.channel,
            attempts = message.attempts, reason = message.last_error, "delivery.expired"
        );
        Ok(Outcome::Expired)
    }

    pub(super) fn counters(&self, message: &OutboxMessage) -> &crate::statistics::ChannelStatistics {
        self.inner.statistics.channel(message.channel)
    }
}
