use serde::{Deserialize, Serialize};

/// A credential of an authenticator, by which its user signs in. Part of the user's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Passkey {
    /// Chosen by the authenticator, in base64url.
    pub id: String,
    /// In COSE, in base64url.
    pub public_key: String,
    /// The key's number in COSE.
    pub algorithm: i32,
    /// Of the signature seen last; 0 where the authenticator does not count.
    pub sign_count: u32,
    pub relying_party_id: String,
    pub name: String,
    /// `platform` or `cross-platform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
    pub transports: Vec<String>,
    pub created_ms: i64,
}

/// A passkey that is being made: what the answer has to fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingPasskey {
    /// In base64url.
    pub challenge: String,
    /// The app client whose access token asked for it.
    pub client_id: String,
    pub relying_party_id: String,
    /// Whether the authenticator must verify its user.
    pub verify_user: bool,
    pub expires_ms: i64,
}
