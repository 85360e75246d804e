use serde::{Deserialize, Serialize};

use crate::aggregates::{Attempts, Lockout};
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
    pub attempts: Attempts,
    pub lockout: Lockout,
    /// Until when a simulated reset code counts as live.
    pub reset_until_ms: i64,
    /// When nothing in here matters any more.
    pub expires_ms: i64,
}
