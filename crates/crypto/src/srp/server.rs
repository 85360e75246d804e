//! The server's side: the challenge and the check of the answer.

use zeroize::Zeroizing;

use super::group::{self, ELEMENT_BYTES, Element, Exponent};
use super::key::{self, Identity};
use super::verifier::Verifier;
use crate::encoding::{decode_base64_lenient, decode_hex};
use crate::random::{RandomSource, token_bytes};
use crate::secret::{Secret, SecretBytes, constant_time_eq};

/// Most digits read of SRP_A. N has 768, and multiples of N that are a little longer get a challenge, too.
const MAX_PUBLIC_DIGITS: usize = 1024;

/// The client's public value A as sent. Kept unreduced, since u is a hash of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPublic(Vec<u8>);

impl ClientPublic {
    /// Reads SRP_A: 1 to 1024 hex digits of any case, without sign or prefix. A multiple of N is let through here and
    /// fails in [`Challenge::verify`], as it does at Cognito.
    pub fn parse(hex: &str) -> Result<Self, ClientPublicError> {
        if hex.is_empty() {
            return Err(ClientPublicError::Empty);
        }
        if hex.len() > MAX_PUBLIC_DIGITS {
            return Err(ClientPublicError::TooLong);
        }
        let bytes = decode_hex(hex).ok_or(ClientPublicError::NotHex)?;
        Ok(Self(group::trim(&bytes).to_vec()))
    }

    /// The number as it travels; leading zeros and upper case of the original are gone.
    pub fn to_hex(&self) -> String {
        group::to_wire_hex(&self.0)
    }
}

/// Why SRP_A was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientPublicError {
    /// No digits.
    #[error("SRP_A is empty")]
    Empty,
    /// Some character is no hex digit.
    #[error("SRP_A is not hexadecimal")]
    NotHex,
    /// More than 1024 digits.
    #[error("SRP_A is too long")]
    TooLong,
}

/// The server's key pair for one attempt: b secret, B = k·v + g^b sent to the client.
#[derive(Debug, Clone)]
pub struct Challenge {
    secret: SecretBytes,
    public: [u8; ELEMENT_BYTES],
}

/// What the client sends back, with what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What stands after the underscore of the pool id; of a device, its group key.
    pub pool_name_part: &'a str,
    /// `USER_ID_FOR_SRP`; of a device, its key.
    pub user_id: &'a str,
    /// SRP_A of the request that got the challenge.
    pub client_public: &'a ClientPublic,
    /// PASSWORD_CLAIM_SECRET_BLOCK, decoded.
    pub secret_block: &'a [u8],
    /// TIMESTAMP as sent. Whether it is well-formed and recent is [`super::timestamp`]'s business.
    pub timestamp: &'a str,
    /// PASSWORD_CLAIM_SIGNATURE as sent, base64.
    pub signature: &'a str,
}

impl Challenge {
    /// Draws b of 256 bits, which gives the full strength of the group, and computes B. Costs one power.
    pub fn create(verifier: &Verifier, random: &dyn RandomSource) -> Self {
        // A second turn, for B = 0, happens once in 2^3072 times.
        loop {
            let secret = Zeroizing::new(token_bytes::<32>(random));
            if let Some(challenge) = Self::with_secret(verifier, &*secret) {
                return challenge;
            }
        }
    }

    /// The challenge for a given b, `None` if b is longer than 384 bytes or B would be 0.
    pub(super) fn with_secret(verifier: &Verifier, secret: &[u8]) -> Option<Self> {
        let exponent = Exponent::from_be_bytes(secret)?;
        let blinded = Zeroizing::new(group::multiplier().mul(&verifier.element()));
        let public = blinded.add(&group::generator_power(&exponent));
        (public != Element::ZERO).then(|| Self {
            secret: SecretBytes::new(secret.to_vec()),
            public: group::to_fixed_bytes(&public),
        })
    }

    /// B as it travels in SRP_B.
    pub fn server_public_hex(&self) -> String {
        group::to_wire_hex(&self.public)
    }

    /// For keeping between the two requests, sealed: 384 bytes of B, then b.
    pub fn to_bytes(&self) -> SecretBytes {
        SecretBytes::new([&self.public, self.secret.expose().as_slice()].concat())
    }

    /// The reverse of [`Challenge::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidChallenge> {
        let (public, secret) = bytes.split_first_chunk().ok_or(InvalidChallenge)?;
        if secret.len() < 32 || secret.len() > ELEMENT_BYTES {
            return Err(InvalidChallenge);
        }
        Ok(Self { public: *public, secret: Secret::new(secret.to_vec()) })
    }

    /// Whether the answer proves the password behind `verifier`. Costs two powers, whatever the outcome; an A that is a
    /// multiple of N (whose common key anyone can compute) never passes. The caller sees to it that a challenge is
    /// answered once and that the timestamp is good.
    pub fn verify(&self, verifier: &Verifier, answer: &Answer<'_>) -> bool {
        let signature = decode_base64_lenient(answer.signature).unwrap_or_default();
        let Some(common) = self.common_key(verifier, answer.client_public) else {
            return false;
        };
        let identity = Identity { scope: answer.pool_name_part, id: answer.user_id };
        let expected = identity.sign(&common.key, answer.secret_block, answer.timestamp);
        constant_time_eq(&expected, &signature) & common.acceptable
    }

    /// `None` for numbers that no constructor lets through.
    pub(super) fn common_key(&self, verifier: &Verifier, client_public: &ClientPublic) -> Option<CommonKey> {
        let client = group::reduce(&client_public.0)?;
        let scrambler = key::scrambler(&client_public.0, &self.public);
        let secret = Exponent::from_be_bytes(self.secret.expose())?;

        // S = (A * v^u)^b
        let base = group::power(&verifier.element(), &Exponent::from(&scrambler)).mul(&client);
        let shared = Zeroizing::new(group::power(&base, &secret));
        let pseudorandom_key = key::pseudorandom_key(&shared, &scrambler);
        Some(CommonKey {
            acceptable: client != Element::ZERO && scrambler != [0; 32],
            key: key::session_key(&pseudorandom_key),
            #[cfg(test)]
            trace: Trace { scrambler, shared, pseudorandom_key },
        })
    }
}

/// The key the server arrives at, and whether A and u were such that it may count.
pub(super) struct CommonKey {
    pub(super) acceptable: bool,
    pub(super) key: Zeroizing<[u8; 16]>,
    #[cfg(test)]
    pub(super) trace: Trace,
}

/// The steps on the way, which the published vectors list.
#[cfg(test)]
pub(super) struct Trace {
    pub(super) scrambler: [u8; 32],
    pub(super) shared: Zeroizing<Element>,
    pub(super) pseudorandom_key: Zeroizing<[u8; 32]>,
}

/// Stored bytes that are no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes are not an SRP challenge")]
pub struct InvalidChallenge;
