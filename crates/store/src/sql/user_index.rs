//! What `ListUsers` can filter by: every attribute, and `username`, `cognito:user_status`, `status` and `sub`.

use std::collections::BTreeSet;

use super::{Query, Step, Value, decode_body, params, text};
use crate::aggregates::{NameKind, User};
use crate::ids::PoolId;

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterOperation {
    /// `=`
    Equal,
    /// `^=`
    StartsWith,
}

/// A filter of `ListUsers`. Compares code point by code point, and only the first 256 characters.
///
/// `username` compares the key of the user name (folded where the pool ignores case), `cognito:user_status` the lower-cased
/// status, `status` is `Enabled` or `Disabled`; everything else is the attribute of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFilter {
    pub name: String,
    pub operation: FilterOperation,
    pub value: String,
}

static EQUAL: Query<User> = Query {
    sql: "SELECT u.data, u.version FROM user_index i JOIN users u ON u.pool_id = i.pool_id AND u.sub = i.sub \
          WHERE i.pool_id = $1 AND i.name = $2 AND i.value = $3 AND (i.created_ms, i.sub) > ($4, $5) \
          ORDER BY i.created_ms, i.sub LIMIT $6",
    decode: decode_body,
};
/// Matches are ordered by value and must be sorted: their index entries, before the users are looked up.
static RANGE: Query<User> = Query {
    sql: "SELECT u.data, u.version FROM (\
              SELECT pool_id, created_ms, sub FROM user_index \
              WHERE pool_id = $1 AND name = $2 AND value >= $3 AND value < $4 AND (created_ms, sub) > ($5, $6) \
              ORDER BY created_ms, sub LIMIT $7 \
          ) matched JOIN users u ON u.pool_id = matched.pool_id AND u.sub = matched.sub \
          ORDER BY matched.created_ms, matched.sub",
    decode: decode_body,
};
static SUB_EQUAL: Query<User> = Query {
    sql: "SELECT data, version FROM users WHERE pool_id = $1 AND sub = $2 AND (created_ms, sub) > ($3, $4) \
          ORDER BY created_ms, sub LIMIT $5",
    decode: decode_body,
};
static SUB_RANGE: Query<User> = Query {
    sql: "SELECT data, version FROM users WHERE pool_id = $1 AND sub >= $2 AND sub < $3 \
          AND (created_ms, sub) > ($4, $5) ORDER BY created_ms, sub LIMIT $6",
    decode: decode_body,
};

impl UserFilter {
    /// The query and its parameters but for the last three: the position to go on from, and the limit.
    pub(super) fn query(&self, pool: &PoolId) -> (&'static Query<User>, Vec<Value>) {
        let value = text::indexed(&self.value);
        let end = || text::after_prefix(value);
        match (self.operation, self.name.as_str()) {
            (FilterOperation::Equal, "sub") => (&SUB_EQUAL, params![pool, value]),
            (FilterOperation::StartsWith, "sub") => (&SUB_RANGE, params![pool, value, end().as_str()]),
            (FilterOperation::Equal, name) => (&EQUAL, params![pool, name, value]),
            (FilterOperation::StartsWith, name) => (&RANGE, params![pool, name, value, end().as_str()]),
        }
    }
}

/// One value a user can be found by. The borrowed name and value are those of the index.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<'a> {
    name: &'a str,
    value: std::borrow::Cow<'a, str>,
}

impl Entry<'_> {
    pub(super) fn insert(&self, user: &User) -> Step {
        Step::any(
            "INSERT INTO user_index (pool_id, name, value, created_ms, sub) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING",
            self.params(user),
        )
    }

    pub(super) fn delete(&self, user: &User) -> Step {
        Step::any(
            "DELETE FROM user_index \
             WHERE pool_id = $1 AND name = $2 AND value = $3 AND created_ms = $4 AND sub = $5",
            self.params(user),
        )
    }

    fn params(&self, user: &User) -> Vec<Value> {
        params![&user.pool_id, self.name, &*self.value, user.created_ms, &user.sub]
    }
}

/// Whether two states of a user have the same entries, as far as can be told cheaply: it is so for nearly every change.
pub(super) fn surely_same(before: &User, after: &User) -> bool {
    before.enabled == after.enabled
        && before.status == after.status
        && before.names == after.names
        && before.attributes == after.attributes
}

/// All entries of a user. Changing what this returns needs a migration that writes the index anew, and perhaps
/// a change of [`surely_same`].
pub(super) fn entries(user: &User) -> BTreeSet<Entry<'_>> {
    let attributes = user.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let username = user.names.iter().filter(|name| name.kind == NameKind::Username);
    let state = if user.enabled { "Enabled" } else { "Disabled" };
    let mut entries: BTreeSet<Entry<'_>> = attributes
        .chain(username.map(|name| ("username", name.key.as_str())))
        .chain([("status", state)])
        .map(|(name, value)| Entry { name, value: text::indexed(value).into() })
        .collect();
    let status = user.status.as_str().to_ascii_lowercase();
    entries.insert(Entry { name: "cognito:user_status", value: status.into() });
    entries
}
