//! An authenticator app.

use std::time::SystemTime;

use cenote_crypto::secret::SecretBytes;
use cenote_crypto::totp;

/// The code of a secret code, of the present step or one so many steps away.
pub fn code(secret_code: &str, now: SystemTime, distance: i64) -> String {
    let seed = from_base32(secret_code);
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    totp::code(&SecretBytes::new(seed), totp::step(seconds).saturating_add_signed(distance))
}

pub fn from_base32(text: &str) -> Vec<u8> {
    let digit = |character| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(character).unwrap();
    let bits: String = text.chars().map(|character| format!("{:05b}", digit(character))).collect();
    let whole = bits.as_bytes().chunks_exact(8).map(|byte| std::str::from_utf8(byte).unwrap());
    whole.map(|byte| u8::from_str_radix(byte, 2).unwrap()).collect()
}
