//! Passkeys: what an authenticator says when a credential is made, and when it is used.
//!
//! `passki` checks the two ceremonies. Around it are the shapes that Cognito's clients send, the origins that a relying party
//! has, and which keys are taken. The challenge is the caller's; an attestation is never looked at, since nobody is asked
//! for one.

mod authentication;
mod key;
mod origin;
mod registration;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

use passki::{ClientData, Passki, PasskiError};
use serde_json::{Value, json};

pub use authentication::{AuthenticationAnswer, Credential, Shown};
pub use key::Algorithm;
pub use registration::{NewCredential, RegistrationAnswer};

/// The longest member of an answer that is read. The largest attestations have some kilobytes.
const MAX_MEMBER_BYTES: usize = 64 * 1024;

/// What the relying party knows of a ceremony.
#[derive(Debug, Clone, Copy)]
pub struct Ceremony<'a> {
    /// As it was sent, decoded.
    pub challenge: &'a [u8],
    /// A domain.
    pub relying_party_id: &'a str,
    /// Whether the authenticator must have verified who used it.
    pub verify_user: bool,
}

/// The answer is none: it is not in the form of the specification's `RegistrationResponseJSON` or
/// `AuthenticationResponseJSON`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential is unreadable")]
pub struct Unreadable;

/// Why an answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something in it is not in its form, or it is of the other ceremony.
    #[error("the credential is not valid")]
    Invalid,
    /// It answers another challenge.
    #[error("the challenge is another one")]
    Challenge,
    /// The page that asked is none of the relying party's, or was a frame in somebody else's.
    #[error("the origin is not allowed")]
    Origin,
    /// The authenticator signed for another relying party.
    #[error("the relying party is another one")]
    RelyingParty,
    /// Nobody was there.
    #[error("the user was not present")]
    UserAbsent,
    /// The authenticator did not verify who used it, and had to.
    #[error("the user was not verified")]
    UserNotVerified,
    /// The key is of a kind that was not asked for.
    #[error("the key is not supported")]
    KeyNotSupported,
    /// The credential is somebody else's.
    #[error("the user is another one")]
    User,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The authenticator counts its signatures, and this one comes before one that was seen: there are two of it.
    #[error("the signature count went back")]
    SignCount,
}

impl From<PasskiError> for Refusal {
    fn from(error: PasskiError) -> Self {
        match error {
            PasskiError::ChallengeMismatch => Self::Challenge,
            PasskiError::OriginMismatch { .. }
            | PasskiError::CrossOriginNotAllowed
            | PasskiError::TopOriginMismatch { .. } => Self::Origin,
            PasskiError::RpIdHashMismatch => Self::RelyingParty,
            PasskiError::UserNotPresent => Self::UserAbsent,
            PasskiError::UserVerificationRequired => Self::UserNotVerified,
            PasskiError::UnsupportedAlgorithm(_) | PasskiError::InvalidCoseKey(_) => Self::KeyNotSupported,
            PasskiError::SignatureVerificationFailed => Self::Signature,
            PasskiError::CounterRegression => Self::SignCount,
            _ => Self::Invalid,
        }
    }
}

/// The library for one ceremony: the one origin it allows is the one that the client names, if it is the relying party's.
fn relying_party(ceremony: &Ceremony<'_>, client_data: &str) -> Result<Passki, Refusal> {
    let origin = ClientData::from_base64(client_data)?.origin;
    let allowed = origin::is_allowed(&origin, ceremony.relying_party_id);
    let origins: &[String] = if allowed { &[origin] } else { &[] };
    let id = ceremony.relying_party_id;
    Ok(Passki::new(id, origins, id))
}

/// What the library keeps between the two steps, made of what is kept here instead.
fn state(ceremony: &Ceremony<'_>) -> Value {
    json!({
        "challenge": ceremony.challenge,
        "user_verification": if ceremony.verify_user { "required" } else { "preferred" },
        "user": { "id": "", "name": "", "displayName": "" },
        "allowed_credentials": [],
    })
}

/// The two objects that both answers consist of, and the id of the credential.
fn parts(answer: &Value) -> Result<(&Value, String), Unreadable> {
    let kind = answer.get("type").filter(|kind| !kind.is_null());
    if kind.is_some_and(|kind| kind != "public-key") {
        return Err(Unreadable);
    }
    let ids = ["rawId", "id"].into_iter().filter_map(|name| text(answer, name).transpose());
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    let id = ids.first().ok_or(Unreadable)?;
    if ids.iter().any(|other| other != id) {
        return Err(Unreadable);
    }
    let response = answer.get("response").filter(|response| response.is_object()).ok_or(Unreadable)?;
    Ok((response, id.clone()))
}

/// A member that is text if it is there. Padding of base64 is taken off.
fn text(object: &Value, name: &str) -> Result<Option<String>, Unreadable> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_MEMBER_BYTES => {
            Ok(Some(text.trim_end_matches('=').to_owned()))
        }
        Some(_) => Err(Unreadable),
    }
}

/// A member that must be text.
fn required(object: &Value, name: &str) -> Result<String, Unreadable> {
    text(object, name)?.ok_or(Unreadable)
}

#[cfg(test)]
mod tests;
