//! Where randomness comes from, and the values the service makes of it.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::encoding::hex_digits;
use crate::hash::sha256;

/// A source of random bytes, handed to whatever needs them.
pub trait RandomSource: Send + Sync {
    /// Overwrites all of `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);
}

/// The random numbers of the operating system. AWS-LC has a generator of its own, which signatures and TLS use; it gathers
/// entropy for tens of milliseconds before its first number, and the first answer after a start would wait for it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    /// Fails only where there is no such source at all. Going on without randomness or trying again for ever would both be
    /// worse than unwinding out of the one operation that asked.
    #[expect(clippy::expect_used, reason = "every system that this program runs on has random numbers")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has random numbers");
    }
}

/// The same bytes for the same seed, for tests and reproducible fixtures only: anyone who knows the seed knows every
/// byte. Block `n` is the SHA-256 of seed and `n`. Shared between threads it stays usable, but which thread gets which
/// block is then up to the scheduler.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    next_block: AtomicU64,
}

impl SeededRandom {
    /// A source that starts at block 0 of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, next_block: AtomicU64::new(0) }
    }
}

impl RandomSource for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.next_block.fetch_add(1, Ordering::Relaxed);
            let block = sha256(&[&self.seed.to_be_bytes(), &number.to_be_bytes()]);
            for (byte, random) in chunk.iter_mut().zip(block) {
                *byte = random;
            }
        }
    }
}

/// `N` random bytes.
pub fn token_bytes<const N: usize>(random: &dyn RandomSource) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// `length` characters drawn evenly from `alphabet`: bytes at or above the largest multiple of its size are thrown away,
/// so that no character is likelier than another. The alphabet has 1 to 256 characters.
fn draw(random: &dyn RandomSource, alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let bytes: [u8; 32] = token_bytes(random);
        let fair_bytes = bytes.into_iter().map(usize::from).filter(|byte| *byte < fair);
        let characters = fair_bytes.filter_map(|byte| alphabet.get(byte % alphabet.len()));
        text.extend(characters.take(length - text.len()).copied().map(char::from));
    }
    text
}

/// `length` decimal digits, each value equally likely: a confirmation code.
pub fn digits(random: &dyn RandomSource, length: usize) -> String {
    draw(random, b"0123456789", length)
}

/// `length` characters of A-Z, a-z and 0-9: the second half of a user pool id.
pub fn alphanumeric(random: &dyn RandomSource, length: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    draw(random, alphabet, length)
}

/// A random number of `length` digits in base 32 with the digits 0-9 and a-v, five bits a digit: 26 for an app client id
/// (130 bits), 51 or 52 for its secret.
pub fn base32hex_lower(random: &dyn RandomSource, length: usize) -> String {
    draw(random, b"0123456789abcdefghijklmnopqrstuv", length)
}

/// A random (version 4) UUID of RFC 9562 in lower case, such as `3f8b1c2e-7d64-4a51-9c0a-5e2b7f1d8a90`.
pub fn uuid(random: &dyn RandomSource) -> String {
    uuid_of(token_bytes(random))
}

/// The UUID that [`uuid`] makes of these random bytes.
pub fn uuid_of(mut bytes: [u8; 16]) -> String {
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let digits = bytes.map(hex_digits);
    // ASCII always is.
    let digits = std::str::from_utf8(digits.as_flattened()).unwrap_or_default();
    let mut text = String::with_capacity(36);
    for group in [0..8, 8..12, 12..16, 16..20, 20..32] {
        if group.start > 0 {
            text.push('-');
        }
        text.push_str(digits.get(group).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the bytes 0, 1, 2 … 255, 0, 1 ….
    struct Counting(AtomicU64);

    impl RandomSource for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes()[7];
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let first: [u8; 70] = token_bytes(&SeededRandom::new(1));
        let again: [u8; 70] = token_bytes(&SeededRandom::new(1));
        let other: [u8; 70] = token_bytes(&SeededRandom::new(2));
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert_ne!(first[..32], first[32..64]);
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        assert_ne!(token_bytes::<32>(&SystemRandom), token_bytes::<32>(&SystemRandom));
    }

    #[test]
    fn every_digit_is_equally_likely() {
        // 256 consecutive bytes hold 250 fair ones, 25 of each digit; the six above are skipped.
        let text = digits(&Counting(AtomicU64::new(0)), 500);
        for digit in '0'..='9' {
            assert_eq!(text.matches(digit).count(), 50, "{digit}");
        }
        let text = alphanumeric(&Counting(AtomicU64::new(0)), 496);
        for character in ('0'..='9').chain('a'..='z').chain('A'..='Z') {
            assert_eq!(text.matches(character).count(), 8, "{character}");
        }
        let text = base32hex_lower(&Counting(AtomicU64::new(0)), 256);
        for character in ('0'..='9').chain('a'..='v') {
            assert_eq!(text.matches(character).count(), 8, "{character}");
        }
    }

    #[test]
    fn lengths_are_exact() {
        let random = SeededRandom::new(3);
        for length in [0, 1, 6, 26, 33, 64, 100] {
            assert_eq!(digits(&random, length).len(), length);
            assert_eq!(base32hex_lower(&random, length).len(), length);
        }
    }

    #[test]
    fn uuids_have_the_shape_of_version_4() {
        let random = SeededRandom::new(4);
        for _ in 0..50 {
            let text = uuid(&random);
            let groups: Vec<usize> = text.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12]);
            assert_eq!(&text[14..15], "4");
            assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"));
            assert!(text.chars().all(|c| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c)));
        }
    }
}
