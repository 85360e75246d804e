//! SHA-256 and HMAC-SHA256 over several pieces, joined without separators.

use aws_lc_rs::{digest, hmac};

/// The SHA-256 of the pieces one after the other.
pub(crate) fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for piece in pieces {
        context.update(piece);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The HMAC-SHA256 of the pieces one after the other.
pub(crate) fn hmac_sha256(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    hmac_sha256_with(&hmac_sha256_key(key), pieces)
}

/// A key made ready for [`hmac_sha256_with`], which takes as long as the hash of a short text itself.
pub(crate) fn hmac_sha256_key(key: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

/// As [`hmac_sha256`], for a key that is used again and again.
pub(crate) fn hmac_sha256_with(key: &hmac::Key, pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for piece in pieces {
        context.update(piece);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}
