use super::{Query, Step, body, decode_body, decode_integer, encode_json, params};
use crate::aggregates::{Channel, MessageState, OutboxMessage, Queue};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::MessageId;
use crate::store::Store;

body!(OutboxMessage, "outbox");

/// How many messages the outbox holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCount {
    pub pending: i64,
    pub dead: i64,
}

static DUE: Query<OutboxMessage> = Query {
    sql: "SELECT data, version FROM outbox WHERE state = $1 AND due_ms <= $2 ORDER BY due_ms, id LIMIT $3",
    decode: decode_body,
};
static NEXT_DUE: Query<i64> = Query {
    sql: "SELECT due_ms FROM outbox WHERE state = $1 ORDER BY due_ms LIMIT 1",
    decode: |row| decode_integer(row, 0, "outbox", "due_ms"),
};
static DEAD: Query<OutboxMessage> = Query {
    sql: "SELECT data, version FROM outbox WHERE state = 'dead' AND id > $1 ORDER BY id LIMIT $2",
    decode: decode_body,
};
#[cfg(feature = "testing")]
static PENDING: Query<OutboxMessage> = Query {
    sql: "SELECT data, version FROM outbox WHERE state <> 'dead' ORDER BY due_ms, id",
    decode: decode_body,
};
static COUNT: Query<MessageCount> = Query {
    sql: "SELECT (SELECT COUNT(*) FROM outbox WHERE state <> 'dead'), \
          (SELECT COUNT(*) FROM outbox WHERE state = 'dead')",
    decode: |row| {
        Ok(MessageCount {
            pending: decode_integer(row, 0, "outbox", "count")?,
            dead: decode_integer(row, 1, "outbox", "count")?,
        })
    },
};

impl Store {
    /// Pending messages of a queue whose time has come, the longest waiting first.
    pub async fn due_messages(
        &self,
        queue: Queue,
        now_ms: i64,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        self.list(&DUE, params![waiting(queue), now_ms, limit]).await
    }

    /// When the next pending message of a queue is due, in the past too.
    pub async fn next_due_ms(&self, queue: Queue) -> Result<Option<i64>, StoreError> {
        self.find(&NEXT_DUE, params![waiting(queue)]).await
    }

    /// Everything that is pending, due or not.
    #[cfg(feature = "testing")]
    pub async fn pending_messages(&self) -> Result<Vec<OutboxMessage>, StoreError> {
        self.list(&PENDING, params![]).await
    }

    /// Messages that were given up, oldest first, from the one behind `after`.
    pub async fn list_dead_messages(
        &self,
        after: Option<&MessageId>,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        self.list(&DEAD, params![after.map_or("", MessageId::as_str), limit]).await
    }

    pub async fn count_messages(&self) -> Result<MessageCount, StoreError> {
        Ok(self.list(&COUNT, params![]).await?.into_iter().next().unwrap_or_default())
    }
}

/// The state of what waits in a queue.
fn waiting(queue: Queue) -> &'static str {
    match queue {
        Queue::Channel(Channel::Email) => "email",
        Queue::Channel(Channel::Sms) => "sms",
        Queue::Decoys => "decoy",
    }
}

fn state(message: &OutboxMessage) -> &'static str {
    match message.state {
        MessageState::Pending => waiting(message.queue()),
        MessageState::Dead => "dead",
    }
}

/// Removes up to `limit` messages that were given up long ago.
pub(super) fn sweep(now_ms: i64, limit: u32) -> Step {
    Step::any(
        "DELETE FROM outbox WHERE id IN \
         (SELECT id FROM outbox WHERE state = 'dead' AND due_ms <= $1 ORDER BY due_ms LIMIT $2)",
        params![now_ms.saturating_sub(OutboxMessage::DEAD_KEPT_MS), limit],
    )
}

pub(super) fn insert(message: &OutboxMessage, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "INSERT INTO outbox (id, pool_id, version, state, due_ms, data) VALUES ($1, $2, 1, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        vec![
            (&message.id).into(),
            (&message.pool_id).into(),
            state(message).into(),
            message.due_ms.into(),
            encode_json(message)?,
        ],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn update(message: &OutboxMessage, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "UPDATE outbox SET version = version + 1, state = $3, due_ms = $4, data = $5 \
         WHERE id = $1 AND version = $2",
        vec![
            (&message.id).into(),
            message.version.into(),
            state(message).into(),
            message.due_ms.into(),
            encode_json(message)?,
        ],
        Conflict::VersionChanged,
    ));
    Ok(())
}

pub(super) fn delete(id: &MessageId, version: i64, steps: &mut Vec<Step>) {
    steps.push(Step::one(
        "DELETE FROM outbox WHERE id = $1 AND version = $2",
        params![id, version],
        Conflict::VersionChanged,
    ));
}
