use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ClientId, PoolId, Sealed};

/// An app client of a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    pub id: ClientId,
    pub pool_id: PoolId,
    #[serde(skip)]
    pub version: i64,
    pub created_ms: i64,
    pub modified_ms: i64,
    /// Members of `UserPoolClientType` that do not follow from the other fields; never a secret.
    pub configuration: Value,
    /// How long other clients may use a session of managed login that this one began. The API shows it apart from the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sso_session_minutes: Option<i32>,
    /// At most two, oldest first. Both are valid.
    pub secrets: Vec<ClientSecret>,
}

/// One of a client's secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// `<client id>--<epoch>`.
    pub id: String,
    pub created_ms: i64,
    pub value: Sealed,
}
