use super::{Query, Step, decode_json, encode_json, params};
use crate::aggregates::InboxMessage;
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{MessageId, PoolId};
use crate::store::Store;

/// Which messages of the inbox are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// The address or number, exactly.
    pub to: Option<String>,
    pub pool: Option<PoolId>,
    pub user: Option<String>,
    /// Only messages that are newer than this one.
    pub after: Option<MessageId>,
}

static LIST: Query<InboxMessage> = Query {
    sql: "SELECT data FROM inbox WHERE (CAST($1 AS TEXT) IS NULL OR recipient = $1) \
          AND (CAST($2 AS TEXT) IS NULL OR pool_id = $2) \
          AND (CAST($3 AS TEXT) IS NULL OR username = $3) \
          AND id > $4 ORDER BY id DESC LIMIT $5",
    decode: |row| decode_json(row, "inbox"),
};

impl Store {
    /// Delivered messages of `cenote dev`, newest first.
    pub async fn list_inbox(
        &self,
        filter: &InboxFilter,
        limit: u32,
    ) -> Result<Vec<InboxMessage>, StoreError> {
        let InboxFilter { to, pool, user, after } = filter;
        let (to, user) = (to.as_deref(), user.as_deref());
        let pool = pool.as_ref().map(PoolId::as_str);
        let after = after.as_ref().map_or("", MessageId::as_str);
        self.list(&LIST, params![to, pool, user, after, limit]).await
    }
}

pub(super) fn insert(message: &InboxMessage, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    steps.push(Step::one(
        "INSERT INTO inbox (id, pool_id, username, recipient, data) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        vec![
            (&message.id).into(),
            (&message.pool_id).into(),
            message.username.as_str().into(),
            message.to.as_str().into(),
            encode_json(message)?,
        ],
        Conflict::AlreadyExists,
    ));
    Ok(())
}

pub(super) fn clear(steps: &mut Vec<Step>) {
    steps.push(Step::any("DELETE FROM inbox", params![]));
}
