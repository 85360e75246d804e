//! The answer to the request for a new credential.

use ciborium::Value as Cbor;
use passki::{RegistrationCredential, RegistrationState};
use serde_json::{Value, json};

use super::{Algorithm, Ceremony, Refusal, Unreadable, key, parts, relying_party, required, state, text};

/// The longest id of a credential that the specification allows.
const MAX_ID_BYTES: usize = 1023;
const MAX_TRANSPORTS: usize = 16;
const MAX_TRANSPORT_BYTES: usize = 32;

/// What a browser sends of a new credential: `RegistrationResponseJSON`.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistrationAnswer {
    id: String,
    client_data: String,
    attestation_object: String,
    attachment: Option<String>,
    transports: Vec<String>,
}

impl core::fmt::Debug for RegistrationAnswer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RegistrationAnswer(***)")
    }
}

/// A credential that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCredential {
    pub id: Vec<u8>,
    /// In COSE.
    pub public_key: Vec<u8>,
    pub algorithm: Algorithm,
    /// How many signatures the authenticator had made; 0 when it does not count them.
    pub sign_count: u32,
    /// The model of the authenticator, as it says itself; zeros when it doesn't.
    pub aaguid: [u8; 16],
    /// `platform` or `cross-platform`, as the browser says.
    pub attachment: Option<String>,
    /// How the authenticator can be reached, as the browser says.
    pub transports: Vec<String>,
}

impl RegistrationAnswer {
    /// Reads an answer. What clients leave out may be missing: only the id, the client data and the attestation object must
    /// be there.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(answer: &Value) -> Result<Self, Unreadable> {
        let (response, id) = parts(answer)?;
        let attachment = text(answer, "authenticatorAttachment")?;
        Ok(Self {
            id,
            client_data: required(response, "clientDataJSON")?,
            attestation_object: required(response, "attestationObject")?,
            attachment: attachment.filter(|it| matches!(it.as_str(), "platform" | "cross-platform")),
            transports: transports(response)?,
        })
    }

    /// Checks the answer.
    ///
    /// # Errors
    /// With the first check that fails: form, type, challenge, origin, relying party, presence and verification of the user,
    /// key.
    pub fn verify(&self, ceremony: &Ceremony<'_>) -> Result<NewCredential, Refusal> {
        let relying_party = relying_party(ceremony, &self.client_data)?;
        let attestation_object = without_attestation(&self.attestation_object)?;
        let credential = json!({
            "rawId": self.id,
            "response": { "clientDataJSON": self.client_data, "attestationObject": attestation_object },
        });
        let credential: RegistrationCredential =
            serde_json::from_value(credential).map_err(|_| Refusal::Invalid)?;
        let state: RegistrationState =
            serde_json::from_value(state(ceremony)).map_err(|_| Refusal::Invalid)?;
        let made = relying_party.finish_passkey_registration(&credential, &state)?;
        if made.credential_id.is_empty() || made.credential_id.len() > MAX_ID_BYTES {
            return Err(Refusal::Invalid);
        }
        Ok(NewCredential {
            algorithm: key::check(&made.public_key, made.algorithm)?,
            id: made.credential_id,
            public_key: made.public_key,
            sign_count: made.counter,
            aaguid: made.aaguid,
            attachment: self.attachment.clone(),
            transports: self.transports.clone(),
        })
    }
}

/// The same object with the attestation `none`: whatever statement there is, of a format that the library knows or not, says
/// only which model the authenticator is, and nothing depends on that.
fn without_attestation(object: &str) -> Result<String, Refusal> {
    let bytes = passki::Passki::base64_decode(object)?;
    let object: Cbor = ciborium::from_reader(bytes.as_slice()).map_err(|_| Refusal::Invalid)?;
    let Cbor::Map(members) = object else { return Err(Refusal::Invalid) };
    let data = members.into_iter().find(|(name, _)| name.as_text() == Some("authData"));
    let data = data.map(|(_, data)| data).filter(Cbor::is_bytes).ok_or(Refusal::Invalid)?;
    let bare = Cbor::Map(vec![
        ("fmt".into(), "none".into()),
        ("attStmt".into(), Cbor::Map(Vec::new())),
        ("authData".into(), data),
    ]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&bare, &mut bytes).map_err(|_| Refusal::Invalid)?;
    Ok(passki::Passki::base64_encode(&bytes))
}

/// Unknown ones are kept, as the specification wants it: they are given back when the credential is asked for.
fn transports(response: &Value) -> Result<Vec<String>, Unreadable> {
    let list = match response.get("transports") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MAX_TRANSPORTS => list,
        Some(_) => return Err(Unreadable),
    };
    let mut transports = Vec::new();
    for transport in list {
        let transport = transport.as_str().ok_or(Unreadable)?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if transport.len() > MAX_TRANSPORT_BYTES || !transport.bytes().all(plain) {
            return Err(Unreadable);
        }
        if !transport.is_empty() && !transports.iter().any(|known| known == transport) {
            transports.push(transport.to_owned());
        }
    }
    Ok(transports)
}
