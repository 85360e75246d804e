use serde::{Deserialize, Serialize};

use crate::ids::{PoolId, Sub};

/// A group of users in a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Group {
    pub pool_id: PoolId,
    pub name: String,
    #[serde(skip)]
    pub version: i64,
    pub created_ms: i64,
    pub modified_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The lowest comes first; none comes last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedence: Option<i32>,
}

/// That a user is in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    pub pool_id: PoolId,
    pub group_name: String,
    pub sub: Sub,
    pub created_ms: i64,
}
