//! Sealing: authenticated encryption of every secret at rest, bound to what it is and whom it belongs to.
//!
//! A sealed value is
//!
//! | bytes | content |
//! | --- | --- |
//! | 1 | version, now 1 |
//! | 4 | id of the master key |
//! | 16 | random: makes the key of this message |
//! | 12 | random: nonce |
//! | rest | AES-256-GCM ciphertext and 16 bytes of tag |
//!
//! The key of a message is HMAC-SHA256(key of the purpose, 16 random bytes), the key of the purpose is derived from the
//! master key. AES-GCM with random nonces under one key is safe for about 2^32 messages only (NIST SP 800-38D, 8.3), which
//! sessions alone would reach in a busy year. With a key per message, key and nonce together hold 28 random bytes, and a
//! repetition becomes likely near 2^112 messages.
//!
//! The associated data holds version, key id, purpose and context, each with its length, so that a value copied to another
//! row, column or use does not open there.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::encoding::append_length_prefixed;
use crate::hash::hmac_sha256_with;
use crate::keyring::{KeyId, KeyRing, MasterKey};
use crate::random::{RandomSource, token_bytes};
use crate::secret::SecretBytes;
use crate::work;

const VERSION: u8 = 1;

/// What a sealed value is. A value sealed as one thing never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// SRP verifier of a user or a device.
    PasswordVerifier,
    /// Secret of an app client.
    ClientSecret,
    /// Private key that signs tokens.
    SigningKey,
    /// A pool's own secret.
    PoolSecret,
    /// State of a sign-in between two requests.
    Session,
    /// State of a proof by SRP between two requests: its secret block.
    SecretBlock,
    /// Refresh token.
    RefreshToken,
    /// Where the next page of a list starts.
    PageToken,
    /// A message waiting to be sent.
    OutboxMessage,
    /// Secret half of an access key for signed requests.
    AccessKeySecret,
    /// Seed of a time-based one-time password.
    TotpSeed,
    /// Credentials towards an identity provider.
    ProviderSecret,
    /// A known value by which a start notices that it has the wrong master key.
    KeyCheck,
}

impl Purpose {
    /// How many there are: names the last one.
    pub(crate) const COUNT: usize = Self::KeyCheck as usize + 1;

    /// Every purpose.
    pub const ALL: [Self; Self::COUNT] = [
        Self::PasswordVerifier,
        Self::ClientSecret,
        Self::SigningKey,
        Self::PoolSecret,
        Self::Session,
        Self::SecretBlock,
        Self::RefreshToken,
        Self::PageToken,
        Self::OutboxMessage,
        Self::AccessKeySecret,
        Self::TotpSeed,
        Self::ProviderSecret,
        Self::KeyCheck,
    ];

    /// Part of every stored value: never change one.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::PasswordVerifier => "password-verifier",
            Self::ClientSecret => "client-secret",
            Self::SigningKey => "signing-key",
            Self::PoolSecret => "pool-secret",
            Self::Session => "session",
            Self::SecretBlock => "secret-block",
            Self::RefreshToken => "refresh-token",
            Self::PageToken => "page-token",
            Self::OutboxMessage => "outbox-message",
            Self::AccessKeySecret => "access-key-secret",
            Self::TotpSeed => "totp-seed",
            Self::ProviderSecret => "provider-secret",
            Self::KeyCheck => "key-check",
        }
    }
}

/// Why a sealed value did not open. A client that sends one is told nothing of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Cut short, of an unknown version, or not base64url.
    #[error("not a sealed value")]
    Malformed,
    /// Made with a master key that is not in the ring.
    #[error("sealed with master key {0}, which is not in the key ring")]
    UnknownKey(KeyId),
    /// Altered, or sealed for another purpose or context.
    #[error("the sealed value is not what was sealed here")]
    Rejected,
}

impl KeyRing {
    /// Seals `plaintext` with the active key. `context` names the place it belongs to, such as pool id and user name;
    /// [`KeyRing::unseal`] needs the same purpose and context. The result is 49 bytes longer than the plaintext.
    pub fn seal(
        &self,
        purpose: Purpose,
        context: &[&str],
        plaintext: &[u8],
        random: &dyn RandomSource,
    ) -> Vec<u8> {
        work::count(work::Kind::Seal);
        let master = self.active();
        let key_random: [u8; 16] = token_bytes(random);
        let nonce: [u8; 12] = token_bytes(random);

        let mut sealed = Vec::with_capacity(1 + 4 + 16 + 12 + plaintext.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&master.id().to_bytes());
        sealed.extend_from_slice(&key_random);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&encrypt(
            &message_key(master, purpose, &key_random),
            nonce,
            &associated_data(master.id(), purpose, context),
            plaintext,
        ));
        sealed
    }

    /// Opens what [`KeyRing::seal`] made for the same purpose and context, with whichever key of the ring made it.
    pub fn unseal(
        &self,
        purpose: Purpose,
        context: &[&str],
        sealed: &[u8],
    ) -> Result<SecretBytes, UnsealError> {
        work::count(work::Kind::Unseal);
        let parts = Parts::split(sealed).ok_or(UnsealError::Malformed)?;
        let mut error = UnsealError::UnknownKey(parts.key_id);
        // Two keys with the same id are a one in four thousand million accident, but then both must be tried.
        for master in self.keys().filter(|key| key.id() == parts.key_id) {
            let key = message_key(master, purpose, &parts.key_random);
            let mut buffer = Zeroizing::new(parts.ciphertext.to_vec());
            let associated = Aad::from(associated_data(parts.key_id, purpose, context));
            let nonce = Nonce::assume_unique_for_key(parts.nonce);
            if let Ok(plaintext) = key.open_in_place(nonce, associated, &mut buffer) {
                return Ok(SecretBytes::new(plaintext.to_vec()));
            }
            error = UnsealError::Rejected;
        }
        Err(error)
    }

    /// [`KeyRing::seal`] as unpadded base64url, for values that travel in requests.
    pub fn seal_text(
        &self,
        purpose: Purpose,
        context: &[&str],
        plaintext: &[u8],
        random: &dyn RandomSource,
    ) -> String {
        URL_SAFE_NO_PAD.encode(self.seal(purpose, context, plaintext, random))
    }

    /// Opens what [`KeyRing::seal_text`] made.
    pub fn unseal_text(
        &self,
        purpose: Purpose,
        context: &[&str],
        sealed: &str,
    ) -> Result<SecretBytes, UnsealError> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| UnsealError::Malformed)?;
        self.unseal(purpose, context, &sealed)
    }

    /// Seals again, for the same purpose and context, what an older key of the ring has sealed. `None` when the active key made
    /// it.
    ///
    /// # Errors
    /// Those of [`KeyRing::unseal_text`].
    pub fn reseal_text(
        &self,
        purpose: Purpose,
        context: &[&str],
        sealed: &str,
        random: &dyn RandomSource,
    ) -> Result<Option<String>, UnsealError> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| UnsealError::Malformed)?;
        let parts = Parts::split(&sealed).ok_or(UnsealError::Malformed)?;
        if parts.key_id == self.active().id() {
            return Ok(None);
        }
        let plain = self.unseal(purpose, context, &sealed)?;
        Ok(Some(self.seal_text(purpose, context, plain.expose(), random)))
    }
}

/// The pieces of a sealed value.
struct Parts<'a> {
    key_id: KeyId,
    key_random: [u8; 16],
    nonce: [u8; 12],
    ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(sealed: &'a [u8]) -> Option<Self> {
        let (version, rest) = sealed.split_first()?;
        let (key_id, rest) = rest.split_first_chunk()?;
        let (key_random, rest) = rest.split_first_chunk()?;
        let (nonce, ciphertext) = rest.split_first_chunk()?;
        (*version == VERSION && ciphertext.len() >= AES_256_GCM.tag_len()).then_some(Self {
            key_id: KeyId::from_bytes(*key_id),
            key_random: *key_random,
            nonce: *nonce,
            ciphertext,
        })
    }
}

#[expect(
    clippy::expect_used,
    reason = "only a key that is not 32 bytes long is refused, and the type says it is"
)]
fn message_key(master: &MasterKey, purpose: Purpose, key_random: &[u8; 16]) -> LessSafeKey {
    let key = Zeroizing::new(hmac_sha256_with(master.seal_key(purpose), &[key_random]));
    let key = UnboundKey::new(&AES_256_GCM, &*key).expect("AES-256 takes 32 bytes");
    LessSafeKey::new(key)
}

#[expect(
    clippy::expect_used,
    reason = "AES-GCM refuses plaintexts above 64 GiB only, which do not fit beside their ciphertext in memory"
)]
fn encrypt(key: &LessSafeKey, nonce: [u8; 12], associated: &[u8], plaintext: &[u8]) -> Vec<u8> {
    // With room for the tag from the start, so that growing leaves no copy of the plaintext behind.
    let mut buffer = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
    buffer.extend_from_slice(plaintext);
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::from(associated), &mut buffer)
        .expect("the plaintext is shorter than 64 GiB");
    buffer
}

fn associated_data(key_id: KeyId, purpose: Purpose, context: &[&str]) -> Vec<u8> {
    let mut data = vec![VERSION];
    data.extend_from_slice(&key_id.to_bytes());
    append_length_prefixed(&mut data, [purpose.label().as_bytes()]);
    append_length_prefixed(&mut data, context.iter().map(|part| part.as_bytes()));
    data
}

#[cfg(test)]
mod tests;
