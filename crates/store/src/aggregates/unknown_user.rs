use serde::{Deserialize, Serialize};

use crate::aggregates::User;
use crate::ids::PoolId;

/// What is remembered of a name that no user has, so that guessing at it meets the same limits and the same answers as
/// guessing at a real one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownUser {
    pub pool_id: PoolId,
    /// A keyed hash of the folded name; the name itself is not kept.
    pub name_hash: String,
    /// 0 when it is not stored yet.
    #[serde(skip)]
    pub version: i64,
    /// Stands in for a user: counters and codes, and as much beside them as users have, so that reading and writing it takes as
    /// long.
    #[serde(default)]
    pub user: Box<User>,
    /// When nothing in here matters any more.
    pub expires_ms: i64,
    /// Whether that is stored already: then it is not written again, nor its index.
    #[serde(skip)]
    pub expiry_is_stored: bool,
}
