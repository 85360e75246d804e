//! The answer to the request for a proof by a credential.

use passki::{AuthenticationCredential, AuthenticationState, Passki, StoredPasskey};
use serde_json::{Value, json};

use super::{Ceremony, Refusal, Unreadable, parts, relying_party, required, state, text};
use crate::work;

/// Of the authenticator data: where its flags are, after the hash of the relying party's id, and the one that says that the user
/// was verified.
const FLAGS_AT: usize = 32;
const USER_VERIFIED: u8 = 4;

/// The generator of P-256 as a key. Everybody knows its private key, so what it signs is never believed.
const NOBODYS_KEY: &[u8] = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20\
    \x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\
    \x22\x58\x20\
    \x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51\xf5";

/// What a browser sends as a proof: `AuthenticationResponseJSON`.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthenticationAnswer {
    id: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

impl core::fmt::Debug for AuthenticationAnswer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("AuthenticationAnswer(***)")
    }
}

/// A credential as it was stored.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// In COSE.
    pub public_key: &'a [u8],
    /// Its number in COSE.
    pub algorithm: i32,
    /// Of the signature seen last.
    pub sign_count: u32,
    /// What the authenticator was told as the user's id.
    pub user_handle: &'a [u8],
}

/// What a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// To be stored.
    pub sign_count: u32,
    /// Whether the authenticator verified who used it, by a fingerprint or a code for example.
    pub user_verified: bool,
}

impl AuthenticationAnswer {
    /// Reads the text of an answer.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(answer: &str) -> Result<Self, Unreadable> {
        let answer: Value = serde_json::from_str(answer).map_err(|_| Unreadable)?;
        let (response, id) = parts(&answer)?;
        Ok(Self {
            id,
            client_data: required(response, "clientDataJSON")?,
            authenticator_data: required(response, "authenticatorData")?,
            signature: required(response, "signature")?,
            user_handle: text(response, "userHandle")?,
        })
    }

    /// The credential that it claims to be of, in base64url.
    #[must_use]
    pub fn credential_id(&self) -> &str {
        &self.id
    }

    /// Checks the answer by the credential that it claims to be of.
    ///
    /// # Errors
    /// With the first check that fails: form, type, challenge, origin, relying party, presence and verification of the user,
    /// count, signature, user.
    pub fn verify(&self, ceremony: &Ceremony<'_>, credential: &Credential<'_>) -> Result<Shown, Refusal> {
        work::count(work::Kind::Verification);
        let relying_party = relying_party(ceremony, &self.client_data)?;
        let answer = json!({
            "rawId": self.id,
            "response": {
                "clientDataJSON": self.client_data, "authenticatorData": self.authenticator_data,
                "signature": self.signature, "userHandle": self.user_handle,
            },
        });
        let answer: AuthenticationCredential =
            serde_json::from_value(answer).map_err(|_| Refusal::Invalid)?;
        let state: AuthenticationState =
            serde_json::from_value(state(ceremony)).map_err(|_| Refusal::Invalid)?;
        let mut stored = StoredPasskey::default();
        stored.public_key = credential.public_key.to_vec();
        stored.algorithm = credential.algorithm;
        stored.counter = credential.sign_count;
        let result = relying_party.finish_passkey_authentication(&answer, &state, &stored)?;
        if result.user_handle.is_some_and(|handle| handle != credential.user_handle) {
            return Err(Refusal::User);
        }
        let data = Passki::base64_decode(&self.authenticator_data)?;
        let flags = data.get(FLAGS_AT).ok_or(Refusal::Invalid)?;
        Ok(Shown { sign_count: result.counter, user_verified: flags & USER_VERIFIED != 0 })
    }

    /// The same work when there is no such credential.
    #[must_use]
    pub fn refuse(&self, ceremony: &Ceremony<'_>) -> Refusal {
        let nobodys = Credential {
            public_key: NOBODYS_KEY,
            algorithm: super::Algorithm::Es256.number(),
            sign_count: 0,
            user_handle: &[],
        };
        self.verify(ceremony, &nobodys).err().unwrap_or(Refusal::Signature)
    }
}
