//! The client's side, for tests: what an application does to sign in against a server made with this crate. Written after
//! the same public description as the server's side, yet with the client's formula for the common key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::group::{self, Element, Exponent};
use super::key::{self, Identity};
use crate::encoding::decode_hex;
use crate::random::{RandomSource, token_bytes};
use crate::secret::SecretBytes;

/// A client that wants to prove a password.
#[derive(Debug)]
pub struct Client {
    secret: SecretBytes,
    public: Vec<u8>,
}

/// The challenge parameters and the identity they are for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What stands after the underscore of the pool id; of a device, its group key.
    pub pool_name_part: &'a str,
    /// `USER_ID_FOR_SRP`; of a device, its key.
    pub user_id: &'a str,
    /// SALT as received.
    pub salt: &'a str,
    /// SRP_B as received.
    pub server_public: &'a str,
    /// SECRET_BLOCK, decoded.
    pub secret_block: &'a [u8],
    /// TIMESTAMP that will be sent.
    pub timestamp: &'a str,
}

impl Client {
    /// Draws a of 128 bytes as Cognito's clients do, and computes A.
    pub fn create(random: &dyn RandomSource) -> Option<Self> {
        Self::with_secret(&Zeroizing::new(token_bytes::<128>(random))[..])
    }

    /// The client for a given a; `None` if it is longer than 128 bytes.
    pub fn with_secret(secret: &[u8]) -> Option<Self> {
        if secret.len() > 128 {
            return None;
        }
        let public = group::generator_power(&Exponent::from_be_bytes(secret)?);
        let public = group::trim(&group::to_fixed_bytes(&public)).to_vec();
        Some(Self { secret: SecretBytes::new(secret.to_vec()), public })
    }

    /// SRP_A.
    pub fn public_hex(&self) -> String {
        group::to_wire_hex(&self.public)
    }

    /// PASSWORD_CLAIM_SIGNATURE for a challenge; `None` if salt or B are no hex numbers.
    pub fn sign(&self, question: &Question<'_>, password: &str) -> Option<String> {
        let identity = Identity { scope: question.pool_name_part, id: question.user_id };
        let salt = decode_hex(question.salt)?;
        let server_public = decode_hex(question.server_public)?;
        let private_value = Exponent::from(&*identity.private_value(&salt, password));
        let scrambler = key::scrambler(&self.public, &server_public);

        // S = (B - k * g^x)^(a + u * x), the exponent written as two powers.
        let blinded = group::multiplier().mul(&group::generator_power(&private_value));
        let base = group::reduce(&server_public)?.sub(&blinded);
        let first = group::power(&base, &Exponent::from_be_bytes(self.secret.expose())?);
        let second = group::power(&group::power(&base, &private_value), &Exponent::from(&scrambler));
        let shared: Element = first.mul(&second);

        let session_key = key::session_key(&key::pseudorandom_key(&shared, &scrambler));
        let signature = identity.sign(&session_key, question.secret_block, question.timestamp);
        Some(STANDARD.encode(signature))
    }
}
