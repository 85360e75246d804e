use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::Sealed;

/// Credentials of an administrator or a back end: what SigV4 requests are signed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`, 20 characters.
    pub id: String,
    #[serde(skip)]
    pub version: i64,
    pub created_ms: i64,
    /// The user name in the ARN of denials.
    pub name: String,
    pub secret: Sealed,
    /// An IAM policy document.
    pub policy: Value,
}
