use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, PoolId, Sub};

/// A sign-in that its user can see and end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserSession {
    pub pool_id: PoolId,
    pub sub: Sub,
    /// By which the wire knows it.
    pub id: String,
    /// The `origin_jti` of its tokens.
    pub family: String,
    pub client_id: ClientId,
    /// The user's generation of tokens: a sign-out everywhere ends the session.
    pub generation: u64,
    pub created_ms: i64,
    /// When its refresh token expires.
    pub expires_ms: i64,
    #[serde(skip)]
    pub activity: SessionActivity,
}

/// Its last use: its sign-in or a refresh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionActivity {
    #[serde(skip)]
    pub at_ms: i64,
    pub address: String,
    pub device: Option<String>,
}
