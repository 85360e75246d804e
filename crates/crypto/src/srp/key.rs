//! The key both sides arrive at, and the signature made with it.

use zeroize::Zeroizing;

use super::group::{self, Element};
use crate::hash::{hmac_sha256, sha256};

/// The label of the key derivation, with the block counter of RFC 5869.
const KEY_LABEL: &[u8] = b"Caldera Derived Key\x01";

/// Whose password is proved: of a user, the part of the pool id after the underscore and the user name; of a device, its
/// group key and its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Identity<'a> {
    pub(super) scope: &'a str,
    pub(super) id: &'a str,
}

impl Identity<'_> {
    /// x = H(pad(salt) | H(scope | id | ":" | password)). The text is taken as it is, without normalisation.
    pub(super) fn private_value(&self, salt: &[u8], password: &str) -> Zeroizing<[u8; 32]> {
        let inner =
            Zeroizing::new(sha256(&[self.scope.as_bytes(), self.id.as_bytes(), b":", password.as_bytes()]));
        Zeroizing::new(sha256(&[&group::pad(salt), &*inner]))
    }

    /// The signature a client sends to show that it has the key.
    pub(super) fn sign(&self, key: &[u8; 16], secret_block: &[u8], timestamp: &str) -> [u8; 32] {
        let message = [self.scope.as_bytes(), self.id.as_bytes(), secret_block, timestamp.as_bytes()];
        hmac_sha256(key, &message)
    }
}

/// u = H(pad(A) | pad(B)).
pub(super) fn scrambler(client_public: &[u8], server_public: &[u8]) -> [u8; 32] {
    sha256(&[&group::pad(client_public), &group::pad(server_public)])
}

/// HMAC-SHA256(key = pad(u), message = pad(S)): the extract step of RFC 5869.
pub(super) fn pseudorandom_key(shared: &Element, scrambler: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let shared = Zeroizing::new(group::to_fixed_bytes(shared));
    Zeroizing::new(hmac_sha256(&group::pad(scrambler), &[&group::pad(&*shared)]))
}

/// The first 16 bytes of the expand step.
pub(super) fn session_key(pseudorandom_key: &[u8; 32]) -> Zeroizing<[u8; 16]> {
    let block = Zeroizing::new(hmac_sha256(pseudorandom_key, &[KEY_LABEL]));
    let mut key = Zeroizing::new([0; 16]);
    for (to, from) in key.iter_mut().zip(block.iter()) {
        *to = *from;
    }
    key
}
