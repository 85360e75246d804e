//! The secret block of DEVICE_PASSWORD_VERIFIER.

use serde::{Deserialize, Serialize};

use crate::sign_in::secret_block::SecretBlock;
use crate::sign_in::session::Session;

/// What it holds.
#[derive(Serialize, Deserialize)]
pub struct DeviceBlock {
    pub id: String,
    /// The device.
    pub key: String,
    /// The sign-in that waits for the proof.
    pub session: Session,
    /// SRP_A.
    pub client_public: String,
    /// Both keys of the server, in base64.
    pub challenge: String,
    pub expires_ms: i64,
}

impl std::fmt::Debug for DeviceBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceBlock(***)")
    }
}

impl SecretBlock for DeviceBlock {
    const SCOPE: &'static [&'static str] = &["device"];

    fn id(&self) -> &str {
        &self.id
    }

    fn expires_ms(&self) -> i64 {
        self.expires_ms
    }
}
