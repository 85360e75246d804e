//! Delivery to the inbox of `cenote dev`: exactly once, because leaving the outbox and entering the inbox is one commit.

use cenote_store::{Change, InboxMessage, OutboxMessage, StoreError};

use super::{Outcome, Worker};
use crate::message::{new_message_id, unseal};
use crate::statistics::count;

impl Worker {
    /// Moves messages to the inbox, all in one commit if nobody interferes.
    ///
    /// Each gets a new id, larger than those of the messages before it: a reader that asks for what came after the newest
    /// message it knows misses none, whatever order they were made in.
    pub(super) async fn deliver_to_inbox(&self, due: Vec<OutboxMessage>) -> Result<Vec<Outcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(due.len());
        let mut moves = Vec::with_capacity(due.len());
        // Held until the commit, so that ids appear in their order.
        let mut newest_ms = self.inner.newest_inbox_ms.lock().await;
        let now_ms = (self.inner.clock)();
        for message in due {
            if message.expires_ms <= now_ms {
                outcomes.push(self.drop_expired(&message).await?);
                continue;
            }
            let Ok(content) = unseal(&message, &self.inner.keyring) else {
                // The ordinary way says why, and tries again.
                outcomes.push(self.attempt(message).await?);
                continue;
            };
            *newest_ms = now_ms.max(*newest_ms + 1);
            let arrived = InboxMessage {
                id: new_message_id(*newest_ms, &*self.inner.random),
                pool_id: message.pool_id.clone(),
                time_ms: now_ms,
                username: content.username,
                channel: content.channel,
                to: content.to,
                subject: content.subject,
                body: content.body,
                code: content.code,
                purpose: content.purpose,
            };
            moves.push((message, arrived));
        }
        if moves.is_empty() {
            return Ok(outcomes);
        }
        let together = moves.iter().flat_map(|(message, arrived)| changes(message, arrived)).collect();
        if self.commit(together).await? {
            for (message, _) in &moves {
                outcomes.push(self.arrived(message));
            }
            return Ok(outcomes);
        }
        for (message, arrived) in &moves {
            let moved = self.commit(changes(message, arrived).into()).await?;
            outcomes.push(if moved { self.arrived(message) } else { Outcome::Taken });
        }
        Ok(outcomes)
    }

    fn arrived(&self, message: &OutboxMessage) -> Outcome {
        count(&self.counters(message).sent);
        Outcome::Sent
    }
}

fn changes(message: &OutboxMessage, arrived: &InboxMessage) -> [Change; 2] {
    [
        Change::DeleteMessage { id: message.id.clone(), version: message.version },
        Change::InsertInboxMessage(arrived.clone()),
    ]
}
