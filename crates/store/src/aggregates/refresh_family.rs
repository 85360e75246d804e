use serde::{Deserialize, Serialize};

use crate::ids::{PoolId, Sub};

/// Which of a sign-in's refresh tokens are good, where they rotate. There is none before the first rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RefreshFamily {
    pub pool_id: PoolId,
    /// The `origin_jti` that the tokens share.
    pub family: String,
    pub sub: Sub,
    #[serde(skip)]
    pub version: i64,
    /// The id of the newest token.
    pub current: String,
    /// The id of the one before, empty for the first of all.
    pub previous: String,
    /// Until when the one before may be used once more.
    pub previous_until_ms: i64,
    /// When the tokens expire, all at the same time.
    pub expires_ms: i64,
}
