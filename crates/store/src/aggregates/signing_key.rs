use serde::{Deserialize, Serialize};

use crate::ids::{PoolId, Sealed};

/// Which tokens a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyUse {
    Access,
    Id,
}

/// An RS256 key of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    pub pool_id: PoolId,
    /// The `kid` of the JWKS.
    pub kid: String,
    pub key_use: KeyUse,
    pub created_ms: i64,
    /// When it signs instead of the one before, which stays in the JWKS until its last token has expired.
    #[serde(default)]
    pub signs_from_ms: i64,
    /// PKCS#8.
    pub private: Sealed,
}
