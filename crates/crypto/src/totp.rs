//! Time-based one-time passwords (RFC 6238) as authenticator apps compute them: HMAC-SHA-1, six digits, steps of 30
//! seconds from the epoch on. A code of the step before or after the current one is accepted as well, for clocks that are
//! a little off.

use aws_lc_rs::hmac;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use crate::random::{RandomSource, token_bytes};
use crate::secret::{SecretBytes, SecretString};

/// Length of a step.
pub const STEP_SECONDS: u64 = 30;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new seed of 32 bytes, whose text form has 52 characters.
pub fn generate_seed(random: &dyn RandomSource) -> SecretBytes {
    SecretBytes::new(token_bytes::<32>(random).to_vec())
}

/// The seed as a person types it into an app: base32 (RFC 4648) in upper case without padding.
pub fn seed_text(seed: &SecretBytes) -> SecretString {
    let seed = seed.expose();
    let mut text = String::with_capacity(seed.len() * 8 / 5 + 1);
    for group in seed.chunks(5) {
        let mut bits = [0; 8];
        for (to, from) in bits.iter_mut().skip(3).zip(group) {
            *to = *from;
        }
        let bits = u64::from_be_bytes(bits);
        let characters = (group.len() * 8).div_ceil(5);
        for index in 0..characters {
            let value = (bits >> (35 - 5 * index)) & 31;
            let character = usize::try_from(value).ok().and_then(|value| ALPHABET.get(value));
            text.extend(character.copied().map(char::from));
        }
    }
    SecretString::new(text)
}

/// The seed whose text form this is; `None` for what is no base32. An app does this when the text is typed in.
pub fn parse_seed_text(text: &str) -> Option<SecretBytes> {
    let mut seed = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut length) = (0, 0);
    for character in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == character)?;
        bits = (bits << 5 | digit) & 0xfff;
        length += 5;
        if length >= 8 {
            length -= 8;
            seed.push(u8::try_from(bits >> length & 0xff).ok()?);
        }
    }
    Some(SecretBytes::new(seed))
}

/// The number of the step an instant lies in.
pub const fn step(epoch_seconds: u64) -> u64 {
    epoch_seconds / STEP_SECONDS
}

/// The code of a step: six digits.
pub fn code(seed: &SecretBytes, step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed.expose());
    let tag = hmac::sign(&key, &step.to_be_bytes());
    // RFC 4226, section 5.3: the low four bits of the last byte say which four bytes to take.
    let tag = tag.as_ref();
    let offset = tag.last().map_or(0, |byte| usize::from(byte & 15));
    let word = tag.iter().skip(offset).take(4).fold(0, |word, byte| word << 8 | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Right. The step is to be stored as the last one used, in the same transaction.
    Accepted {
        /// The step the code belongs to.
        step: u64,
    },
    /// Right, but of a step no later than the last one used: each code is good once.
    AlreadyUsed,
    /// Not the code of any step in reach.
    Wrong,
}

/// Checks a code against the current step and its neighbours. All three are computed and compared whatever the outcome.
pub fn verify(
    seed: &SecretBytes,
    presented: &str,
    now_epoch_seconds: u64,
    last_used_step: Option<u64>,
) -> Outcome {
    let current = step(now_epoch_seconds);
    // The latest matching step counts: by accident two neighbours may have the same code.
    let mut matched = Choice::from(0);
    let mut matched_step = 0;
    for candidate in current.saturating_sub(1)..=current.saturating_add(1) {
        let same = code(seed, candidate).as_bytes().ct_eq(presented.as_bytes());
        matched |= same;
        matched_step.conditional_assign(&candidate, same);
    }
    if !bool::from(matched) {
        Outcome::Wrong
    } else if last_used_step.is_some_and(|last| matched_step <= last) {
        Outcome::AlreadyUsed
    } else {
        Outcome::Accepted { step: matched_step }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::random::SeededRandom;

    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        secret_base32: String,
        unix_time: u64,
        counter: u64,
        code: String,
    }

    /// A plain decoder to read the vectors with.
    fn decode(text: &str) -> SecretBytes {
        let digit = |byte: u8| ALPHABET.iter().position(|character| *character == byte).unwrap();
        let bits: String = text.bytes().map(|byte| format!("{:05b}", digit(byte))).collect();
        let whole = bits.as_bytes().chunks_exact(8).map(|byte| std::str::from_utf8(byte).unwrap());
        SecretBytes::new(whole.map(|byte| u8::from_str_radix(byte, 2).unwrap()).collect())
    }

    #[test]
    fn every_published_vector_holds() {
        let file: File = serde_json::from_str(include_str!("../tests/vectors/totp.json")).unwrap();
        assert_eq!(file.cases.len(), 14);
        for case in file.cases {
            let seed = decode(&case.secret_base32);
            assert_eq!(seed_text(&seed).expose(), &case.secret_base32);
            assert_eq!(parse_seed_text(&case.secret_base32).unwrap().expose(), seed.expose());
            assert_eq!(step(case.unix_time), case.counter);
            assert_eq!(code(&seed, case.counter), case.code);
            let accepted = Outcome::Accepted { step: case.counter };
            assert_eq!(verify(&seed, &case.code, case.unix_time, None), accepted);
        }
    }

    /// The examples of RFC 4648, section 10, without their padding.
    #[test]
    fn seeds_are_written_in_base32() {
        let texts = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"];
        for (length, text) in texts.into_iter().enumerate() {
            let seed = SecretBytes::new(b"foobar"[..length].to_vec());
            assert_eq!(seed_text(&seed).expose(), text);
            assert_eq!(parse_seed_text(text).unwrap().expose(), seed.expose());
        }
        assert_eq!(seed_text(&generate_seed(&SeededRandom::new(1))).expose().len(), 52);
        assert!(parse_seed_text("not base32").is_none());
    }

    #[test]
    fn one_step_either_side_is_accepted() {
        let seed = generate_seed(&SeededRandom::new(1));
        let now = 1_795_450_834;
        for distance in -3i64..=3 {
            let step = step(now).checked_add_signed(distance).unwrap();
            let expected = if distance.abs() <= 1 { Outcome::Accepted { step } } else { Outcome::Wrong };
            assert_eq!(verify(&seed, &code(&seed, step), now, None), expected, "{distance}");
        }
        // The first steps have no neighbour before them.
        assert_eq!(verify(&seed, &code(&seed, 0), 0, None), Outcome::Accepted { step: 0 });
    }

    #[test]
    fn a_code_is_good_once() {
        let seed = generate_seed(&SeededRandom::new(1));
        let now = 1_795_450_834;
        let used = step(now);
        let verify = |step| verify(&seed, &code(&seed, step), now, Some(used));
        assert_eq!(verify(used - 1), Outcome::AlreadyUsed);
        assert_eq!(verify(used), Outcome::AlreadyUsed);
        assert_eq!(verify(used + 1), Outcome::Accepted { step: used + 1 });
        assert_eq!(verify(used + 2), Outcome::Wrong);
    }

    #[test]
    fn what_is_no_code_is_wrong() {
        let seed = generate_seed(&SeededRandom::new(1));
        let now = 1_795_450_834;
        let right = code(&seed, step(now));
        for wrong in ["", "abcdef", &right[1..], &format!("{right}0"), &format!(" {right}"), "٠٠٠٠٠٠"] {
            assert_eq!(verify(&seed, wrong, now, None), Outcome::Wrong, "{wrong:?}");
        }
    }
}
