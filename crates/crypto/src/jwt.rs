//! JSON web tokens signed with RS256 (RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3) in the compact form of
//! RFC 7515, and the key set (RFC 7517) that verifiers fetch.
//!
//! Headers look like Cognito's: `{"kid":"…","alg":"RS256"}` in this order and nothing else.

use core::borrow::Borrow;
use core::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::hash::sha256;
use crate::secret::SecretBytes;

mod rsa_public_key;

/// The longest token that is looked at, in bytes. Tokens of identity providers can carry hundreds of groups.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// An RSA key of 2048 bits or more that signs tokens.
pub struct SigningKey {
    pair: KeyPair,
    verifying_key: VerifyingKey,
    /// The header of every token it signs, encoded, and the dot after it.
    encoded_header: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.verifying_key.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new key of 2048 bits: tens to hundreds of milliseconds of work, so never while a request waits. The
    /// random numbers come from AWS-LC directly, which has no way to be given others.
    pub fn generate() -> Result<Self, InvalidKey> {
        Self::new(KeyPair::generate(KeySize::Rsa2048).map_err(|_| InvalidKey)?)
    }

    /// Reads an unencrypted PKCS #8 document (RFC 5958) in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, InvalidKey> {
        Self::new(KeyPair::from_pkcs8(der).map_err(|_| InvalidKey)?)
    }

    fn new(pair: KeyPair) -> Result<Self, InvalidKey> {
        let (modulus, exponent) = rsa_public_key::parse(pair.public_key().as_ref()).ok_or(InvalidKey)?;
        let verifying_key = VerifyingKey::with_derived_kid(modulus, exponent)?;
        // The kid is base64, so nothing in it needs escaping.
        let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, verifying_key.kid);
        let mut encoded_header = URL_SAFE_NO_PAD.encode(header);
        encoded_header.push('.');
        Ok(Self { pair, verifying_key, encoded_header })
    }

    /// The key as an unencrypted PKCS #8 document in DER, for sealing.
    pub fn to_pkcs8(&self) -> Result<SecretBytes, InvalidKey> {
        let der: Pkcs8V1Der<'static> = self.pair.as_der().map_err(|_| InvalidKey)?;
        Ok(SecretBytes::new(der.as_ref().to_vec()))
    }

    /// The name of the key in headers and key sets.
    pub fn kid(&self) -> &str {
        &self.verifying_key.kid
    }

    /// The public half.
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// The token with these claims, a JSON text that is taken as it is.
    #[expect(
        clippy::expect_used,
        reason = "the pair was checked when it was made and the buffer has the length of its modulus, so RSA has no cause to fail"
    )]
    pub fn sign(&self, claims_json: &[u8]) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // A third more for the encoding, so that the text never has to move.
        let length = self.encoded_header.len() + (claims_json.len() + signature.len() + 3) * 4 / 3;
        let mut token = String::with_capacity(length);
        token.push_str(&self.encoded_header);
        URL_SAFE_NO_PAD.encode_string(claims_json, &mut token);
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .expect("a checked RSA key signs");
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        token
    }
}

/// The public half of a signing key, ours or an identity provider's.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    kid: String,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VerifyingKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// A key of the given name from modulus and exponent, both big-endian. Moduli of 2048 to 8192 bits are accepted.
    pub fn from_components(
        kid: impl Into<String>,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Result<Self, InvalidKey> {
        let trim =
            |number: &[u8]| -> Vec<u8> { number.iter().copied().skip_while(|byte| *byte == 0).collect() };
        let (modulus, exponent) = (trim(modulus), trim(exponent));
        let odd = modulus.last().is_some_and(|byte| byte % 2 == 1);
        if !odd || !(256..=1024).contains(&modulus.len()) || !(1..=8).contains(&exponent.len()) {
            return Err(InvalidKey);
        }
        Ok(Self { kid: kid.into(), modulus, exponent })
    }

    /// A key named by the thumbprint of RFC 7638, in standard base64 as Cognito's key names are (44 characters).
    fn with_derived_kid(modulus: &[u8], exponent: &[u8]) -> Result<Self, InvalidKey> {
        let mut key = Self::from_components("", modulus, exponent)?;
        let members =
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, key.exponent_text(), key.modulus_text());
        key.kid = STANDARD.encode(sha256(&[members.as_bytes()]));
        Ok(key)
    }

    /// The name of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// `n` of a key set: the modulus in unpadded base64url.
    pub fn modulus_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.modulus)
    }

    /// `e` of a key set: the exponent in unpadded base64url.
    pub fn exponent_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.exponent)
    }

    fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let components = PublicKeyComponents { n: self.modulus.as_slice(), e: self.exponent.as_slice() };
        components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// A key that cannot be used: not RSA, shorter than 2048 bits, or not in the expected encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a usable RSA key")]
pub struct InvalidKey;

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not three parts of unpadded base64url, header not a JSON object with `alg`, an extension we must understand
    /// (`crit`), or longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is malformed")]
    Malformed,
    /// Signed with something other than RS256, or not at all.
    #[error("the token is not signed with RS256")]
    WrongAlgorithm,
    /// Names a key that is not ours.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The signature is not this key's signature of this text.
    #[error("the signature of the token is wrong")]
    BadSignature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

/// A name for a token by which it can be known without being kept: the SHA-256 of its text.
#[must_use]
pub fn fingerprint(token: &str) -> [u8; 32] {
    sha256(&[token.as_bytes()])
}

/// Checks a token's signature and returns its claims as the bytes that were signed. Which claims are acceptable (issuer,
/// audience, expiry) is the caller's to decide. `find_key` gets the header's `kid`, if it has one.
pub fn verify<K: Borrow<VerifyingKey>>(
    token: &str,
    find_key: impl FnOnce(Option<&str>) -> Option<K>,
) -> Result<Vec<u8>, JwtError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JwtError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(JwtError::Malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed);
    let (header, claims, signature) = (decode(header)?, decode(claims)?, decode(signature)?);

    // The derived reader would take an array of the members' values as well.
    if !header.trim_ascii_start().starts_with(b"{") {
        return Err(JwtError::Malformed);
    }
    let header: Header = serde_json::from_slice(&header).map_err(|_| JwtError::Malformed)?;
    if header.crit.is_some() {
        return Err(JwtError::Malformed);
    }
    if header.alg != "RS256" {
        return Err(JwtError::WrongAlgorithm);
    }
    let key = find_key(header.kid.as_deref()).ok_or(JwtError::UnknownKey)?;
    if key.borrow().accepts(signed.as_bytes(), &signature) { Ok(claims) } else { Err(JwtError::BadSignature) }
}

/// The key set as Cognito serves it: `{"keys":[{"alg","e","kid","kty","n","use"}, …]}`.
pub fn jwks_json<'a>(keys: impl IntoIterator<Item = &'a VerifyingKey>) -> String {
    // A kid of our own is base64, an identity provider's could hold anything and is escaped.
    let entries: Vec<String> = keys
        .into_iter()
        .map(|key| {
            let (e, n) = (key.exponent_text(), key.modulus_text());
            let kid = serde_json::Value::from(key.kid());
            format!(r#"{{"alg":"RS256","e":"{e}","kid":{kid},"kty":"RSA","n":"{n}","use":"sig"}}"#)
        })
        .collect();
    format!(r#"{{"keys":[{}]}}"#, entries.join(","))
}

#[cfg(test)]
mod tests;
