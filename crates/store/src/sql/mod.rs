//! The SQL, one aggregate a file, the same text for every engine.
//!
//! A change becomes a few [`Step`]s. A precondition that does not hold shows in the number of rows a step touched, never
//! in an error of the driver: `INSERT … ON CONFLICT DO NOTHING`, `UPDATE … WHERE version = $n`. Parameters are `$1`, `$2`,
//! …; of what the engines do not share there is only `{share}`, the row lock that PostgreSQL needs and SQLite has no use
//! for.

mod access_keys;
mod clients;
mod devices;
mod groups;
mod inbox;
mod messages;
mod meta;
mod pools;
pub(crate) mod purges;
mod refresh_families;
mod sessions;
mod signing_keys;
pub(crate) mod text;
mod unknown_names;
mod user_counts;
mod user_index;
mod user_sessions;
mod users;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use inbox::InboxFilter;
pub use messages::MessageCount;
pub use unknown_names::{NameSearch, Named};
pub use user_index::{FilterOperation, UserFilter};
pub use users::UserUpdate;

use crate::change::{Change, Conflict};
use crate::error::StoreError;
use crate::ids::{ClientId, MessageId, PoolId, Sub};

/// What goes into a parameter.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
}

impl fmt::Debug for Value {
    /// Without what it holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Integer(_) => "Integer",
            Self::Text(_) => "Text",
        })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text::escape(text).into_owned())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

macro_rules! value_from_identifier {
    ($($name:ident),*) => {$(
        impl From<&$name> for Value {
            fn from(id: &$name) -> Self {
                Self::from(id.as_str())
            }
        }
    )*};
}
value_from_identifier!(PoolId, ClientId, Sub, MessageId);

macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use params;

/// How many rows a step must touch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Any,
    /// One row, or the change set is refused for this reason.
    One(Conflict),
}

/// One statement of a transaction. A `SELECT` counts the rows it finds.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
    pub(crate) expect: Expect,
}

impl Step {
    fn any(sql: &'static str, params: Vec<Value>) -> Self {
        Self { sql, params, expect: Expect::Any }
    }

    fn one(sql: &'static str, params: Vec<Value>, conflict: Conflict) -> Self {
        Self { sql, params, expect: Expect::One(conflict) }
    }
}

/// A row that was found, whatever the engine.
pub(crate) trait Columns {
    /// The text in a column, `None` when it holds none.
    fn text(&self, index: usize) -> Option<&str>;
    /// The number in a column, `None` when it holds none.
    fn integer(&self, index: usize) -> Option<i64>;
}

/// A read: its text and how a row becomes a value.
pub(crate) struct Query<T> {
    pub(crate) sql: &'static str,
    pub(crate) decode: fn(&dyn Columns) -> Result<T, StoreError>,
}

/// An aggregate that is kept as JSON in `data`.
trait Body: Serialize + DeserializeOwned {
    const TABLE: &'static str;
    fn set_version(&mut self, version: i64);
}

macro_rules! body {
    ($name:ident, $table:literal) => {
        impl $crate::sql::Body for $name {
            const TABLE: &'static str = $table;
            fn set_version(&mut self, version: i64) {
                self.version = version;
            }
        }
    };
}
use body;

/// Decodes the columns `data, version`.
fn decode_body<T: Body>(row: &dyn Columns) -> Result<T, StoreError> {
    decode_body_at(row, 0)
}

/// Decodes the columns `data, version` from a place on.
fn decode_body_at<T: Body>(row: &dyn Columns, place: usize) -> Result<T, StoreError> {
    let mut value: T = decode_json_at(row, place, T::TABLE)?;
    value.set_version(decode_integer(row, place + 1, T::TABLE, "version")?);
    Ok(value)
}

/// Decodes the JSON in the first column, `data`.
fn decode_json<T: DeserializeOwned>(row: &dyn Columns, table: &'static str) -> Result<T, StoreError> {
    decode_json_at(row, 0, table)
}

fn decode_json_at<T: DeserializeOwned>(
    row: &dyn Columns,
    place: usize,
    table: &'static str,
) -> Result<T, StoreError> {
    row.text(place)
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or(StoreError::Corrupt { table, column: "data" })
}

fn decode_integer(
    row: &dyn Columns,
    index: usize,
    table: &'static str,
    column: &'static str,
) -> Result<i64, StoreError> {
    row.integer(index).ok_or(StoreError::Corrupt { table, column })
}

/// The JSON for `data`.
fn encode_json<T: Serialize>(value: &T) -> Result<Value, StoreError> {
    // JSON escapes control characters itself.
    serde_json::to_string(value)
        .map(Value::Text)
        .map_err(|_| StoreError::internal("an aggregate can't be written as JSON"))
}

/// The statements of a change set, in its order.
pub(crate) fn compile(changes: &[Change]) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::with_capacity(changes.len() * 4 + 1);
    let mut configuration = false;
    let mut counts = user_counts::Difference::default();
    for change in changes {
        configuration |= touches_configuration(change);
        match change {
            Change::InsertPool(pool) => pools::insert(pool, &mut steps)?,
            Change::UpdatePool(pool) => pools::update(pool, &mut steps)?,
            Change::DeletePool { id, version } => pools::delete(id, *version, &mut steps),
            Change::InsertClient(client) => clients::insert(client, &mut steps)?,
            Change::UpdateClient(client) => clients::update(client, &mut steps)?,
            Change::DeleteClient { id, version } => clients::delete(id, *version, &mut steps),
            Change::InsertSigningKey(key) => signing_keys::insert(key, &mut steps)?,
            Change::DeleteSigningKey { pool_id, kid } => signing_keys::delete(pool_id, kid, &mut steps),
            Change::InsertUser(user) => {
                users::insert(user, &mut steps)?;
                counts.add(user, 1);
            }
            Change::UpdateUser(update) => users::update(update, &mut steps)?,
            Change::DeleteUser(user) => {
                users::delete(user, &mut steps);
                counts.add(user, -1);
            }
            Change::InsertGroup(group) => groups::insert(group, &mut steps)?,
            Change::UpdateGroup(group) => groups::update(group, &mut steps)?,
            Change::DeleteGroup { pool_id, name, version } => {
                groups::delete(pool_id, name, *version, &mut steps);
            }
            Change::AddMember(membership) => groups::add_member(membership, &mut steps),
            Change::RemoveMember { pool_id, group_name, sub } => {
                groups::remove_member(pool_id, group_name, sub, &mut steps);
            }
            Change::PutUnknownName { name, now_ms } => unknown_names::put(name, *now_ms, &mut steps)?,
            Change::AppendMessage(message) => messages::insert(message, &mut steps)?,
            Change::UpdateMessage(message) => messages::update(message, &mut steps)?,
            Change::DeleteMessage { id, version } => messages::delete(id, *version, &mut steps),
            Change::InsertInboxMessage(message) => inbox::insert(message, &mut steps)?,
            Change::ClearInbox => inbox::clear(&mut steps),
            Change::MarkSessionUsed(session) => sessions::mark_used(session, &mut steps),
            Change::Revoke(revocation) => sessions::revoke(revocation, &mut steps),
            Change::PutRefreshFamily(family) => refresh_families::put(family, &mut steps)?,
            Change::InsertUserSession(session) => user_sessions::insert(session, &mut steps)?,
            Change::TouchUserSession { pool_id, sub, id, activity } => {
                user_sessions::touch(pool_id, sub, id, activity, &mut steps)?;
            }
            Change::DeleteUserSession { pool_id, sub, id } => {
                user_sessions::delete(pool_id, sub, id, &mut steps);
            }
            Change::InsertDevice(device) => devices::insert(device, &mut steps)?,
            Change::UpdateDevice(device) => devices::update(device, &mut steps)?,
            Change::DeleteDevice { pool_id, sub, key } => devices::delete(pool_id, sub, key, &mut steps),
            Change::InsertAccessKey(key) => access_keys::insert(key, &mut steps)?,
            Change::DeleteAccessKey { id, version } => access_keys::delete(id, *version, &mut steps),
        }
    }
    // Last, so that others wait for these rows as briefly as possible.
    steps.extend(counts.steps());
    if configuration {
        steps.push(meta::advance_configuration());
    }
    Ok(steps)
}

/// The statements that remove up to `limit` expired rows of each kind.
pub(crate) fn sweep(now_ms: i64, limit: u32) -> Vec<Step> {
    [sessions::SWEEP_USED, sessions::SWEEP_REVOKED, refresh_families::SWEEP, user_sessions::SWEEP]
        .into_iter()
        .map(|sql| Step::any(sql, params![now_ms, limit]))
        .chain([unknown_names::sweep(now_ms, limit), messages::sweep(now_ms, limit)])
        .collect()
}

/// Whether caches of configuration must look again.
fn touches_configuration(change: &Change) -> bool {
    match change {
        Change::InsertPool(_)
        | Change::UpdatePool(_)
        | Change::DeletePool { .. }
        | Change::InsertClient(_)
        | Change::UpdateClient(_)
        | Change::DeleteClient { .. }
        | Change::InsertSigningKey(_)
        | Change::DeleteSigningKey { .. }
        | Change::InsertAccessKey(_)
        | Change::DeleteAccessKey { .. } => true,
        Change::InsertUser(_)
        | Change::UpdateUser(_)
        | Change::DeleteUser(_)
        | Change::InsertGroup(_)
        | Change::UpdateGroup(_)
        | Change::DeleteGroup { .. }
        | Change::AddMember(_)
        | Change::RemoveMember { .. }
        | Change::PutUnknownName { .. }
        | Change::AppendMessage(_)
        | Change::UpdateMessage(_)
        | Change::DeleteMessage { .. }
        | Change::InsertInboxMessage(_)
        | Change::ClearInbox
        | Change::MarkSessionUsed(_)
        | Change::Revoke(_)
        | Change::InsertDevice(_)
        | Change::UpdateDevice(_)
        | Change::DeleteDevice { .. }
        | Change::PutRefreshFamily(_)
        | Change::InsertUserSession(_)
        | Change::TouchUserSession { .. }
        | Change::DeleteUserSession { .. } => false,
    }
}
