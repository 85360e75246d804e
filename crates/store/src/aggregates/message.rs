use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, PoolId, Sealed};

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    #[serde(rename = "EMAIL")]
    Email,
    #[serde(rename = "SMS")]
    Sms,
}

/// The queues of pending messages: a channel whose sender hangs, and promises to nobody, hold up no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    Channel(Channel),
    /// Of [decoys](OutboxMessage::decoy).
    Decoys,
}

/// Where an outbox message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageState {
    /// Waits for `due_ms`, or is leased to a worker until then.
    Pending,
    /// Given up: refused for good, or out of attempts. Kept for the operator, for [`OutboxMessage::DEAD_KEPT_MS`].
    Dead,
}

/// A message that was promised to a user, written together with the code it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxMessage {
    pub id: MessageId,
    pub pool_id: PoolId,
    #[serde(skip)]
    pub version: i64,
    pub created_ms: i64,
    /// When it may be tried next. A worker that takes the message moves this on: its lease. Of a dead one: since when it is.
    pub due_ms: i64,
    /// When the code in it expires and delivery makes no sense any more.
    pub expires_ms: i64,
    pub attempts: i64,
    pub state: MessageState,
    pub channel: Channel,
    /// Promised to nobody: written where a caller must not learn that nobody gets one, and dropped instead of sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub decoy: bool,
    /// The last failure, without addresses or contents.
    pub last_error: Option<String>,
    /// The sealed JSON of the message itself: destination, subject, body, code.
    pub content: Sealed,
}

impl OutboxMessage {
    /// How long a message that was given up is kept: a week.
    pub const DEAD_KEPT_MS: i64 = 7 * 86_400_000;

    /// Where it waits while it is pending.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        if self.decoy { Queue::Decoys } else { Queue::Channel(self.channel) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A delivered message in the inbox of `cenote dev`, in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxMessage {
    pub id: MessageId,
    pub pool_id: PoolId,
    pub time_ms: i64,
    pub username: String,
    pub channel: Channel,
    pub to: String,
    pub subject: Option<String>,
    pub body: String,
    pub code: Option<String>,
    /// The suffix of the trigger source: `SignUp`, `ForgotPassword`, …
    pub purpose: String,
}
