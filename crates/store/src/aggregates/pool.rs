use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{PoolId, Sealed};

/// A user pool. Its configuration is kept in the service model's own JSON form, so that what was given is what is
/// described, member by member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    pub id: PoolId,
    #[serde(skip)]
    pub version: i64,
    pub created_ms: i64,
    pub modified_ms: i64,
    /// Members of `UserPoolType` that do not follow from the other fields.
    pub configuration: Value,
    /// 32 bytes that stand behind the simulated answers for unknown users.
    pub secret: Sealed,
}
