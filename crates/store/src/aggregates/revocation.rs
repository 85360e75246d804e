use crate::ids::PoolId;

/// A challenge session that was answered and must not work again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedSession {
    /// A keyed hash of the session's id.
    pub id: String,
    /// When the session would have expired anyway and the mark may go.
    pub expires_ms: i64,
}

/// All tokens of one sign-in, revoked; or the key of a device, forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub pool_id: PoolId,
    /// The `origin_jti` that the tokens share, or the name of another thing that is over.
    pub family: String,
    /// When the last of these tokens would have expired anyway.
    pub expires_ms: i64,
}
