//! The secret block of DEVICE_PASSWORD_VERIFIER. It is sealed apart from that of PASSWORD_VERIFIER: neither serves as the other.

use cenote_crypto::sealed::Purpose;
use cenote_store::{Change, UsedSession};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sign_in::session::Session;
use crate::sign_in::step::SignIn;

/// What a secret block holds. It is good for one proof.
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

impl DeviceBlock {
    /// The bytes that go over the wire.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal(&self, sign_in: SignIn<'_>) -> Result<Vec<u8>, Error> {
        let context = sign_in.context;
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(context.keyring.seal(Purpose::SecretBlock, &scope(&sign_in), &plain, context.random.as_ref()))
    }

    /// Opens a block of this client.
    ///
    /// # Errors
    /// `NotAuthorizedException` for what is none, or is too old.
    pub fn unseal(sign_in: SignIn<'_>, block: &[u8]) -> Result<Self, Error> {
        let context = sign_in.context;
        let plain = context.keyring.unseal(Purpose::SecretBlock, &scope(&sign_in), block);
        let plain = plain.map_err(|_| Error::incorrect_credentials())?;
        let block: Self =
            serde_json::from_slice(plain.expose()).map_err(|_| Error::incorrect_credentials())?;
        if block.expires_ms <= context.now_ms {
            return Err(Error::not_authorized("Invalid session for the user, session is expired."));
        }
        Ok(block)
    }

    /// The change that uses the block up.
    #[must_use]
    pub fn consume(&self) -> Change {
        Change::MarkSessionUsed(UsedSession { id: self.id.clone(), expires_ms: self.expires_ms })
    }
}

fn scope<'a>(sign_in: &SignIn<'a>) -> [&'a str; 3] {
    [sign_in.pool.id().as_str(), sign_in.client.id(), "device"]
}
