//! Master keys and what is derived from them: keys that seal ([`crate::sealed`]) and keys that authenticate.
//!
//! A ring holds one active key and any number of older ones. New values are made with the active key; old values stay
//! readable until they are sealed again, so a key is rotated without a stop. Master keys themselves never encrypt or
//! authenticate anything: every use has a key of its own, derived with HMAC-SHA256 (the expand step of RFC 5869) from a
//! label naming the use, and kept from then on.

use core::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::encoding::{append_length_prefixed, decode_base64_lenient, decode_hex, encode_hex};
use crate::hash::{hmac_sha256, hmac_sha256_key, hmac_sha256_with, sha256};
use crate::random::{RandomSource, token_bytes};
use crate::sealed::Purpose;
use crate::secret::{Secret, SecretString, constant_time_eq};
use crate::work;

/// Which master key made a value: the first four bytes of the key's SHA-256. Not secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(u32);

impl KeyId {
    /// As it stands in front of sealed values, big-endian.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// The reverse of [`KeyId::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }
}

/// Eight hex digits.
impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&encode_hex(&self.to_bytes()))
    }
}

/// A 32-byte master key.
#[derive(Clone)]
pub struct MasterKey {
    id: KeyId,
    key: Secret<[u8; 32]>,
    derived: Arc<DerivedKeys>,
}

/// The keys that were derived so far, by what they are for. AWS-LC erases them when they are dropped.
#[derive(Default)]
struct DerivedKeys {
    seal: [DerivedKey; Purpose::COUNT],
    mac: [DerivedKey; MacPurpose::COUNT],
}

type DerivedKey = OnceLock<Box<hmac::Key>>;

impl PartialEq for MasterKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for MasterKey {}

impl MasterKey {
    /// Wraps 32 bytes, which must come from a cryptographic random source.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        let [a, b, c, d, ..] = sha256(&[&key]);
        Self { id: KeyId::from_bytes([a, b, c, d]), key: Secret::new(key), derived: Arc::default() }
    }

    /// A new key.
    pub fn generate(random: &dyn RandomSource) -> Self {
        Self::from_bytes(token_bytes(random))
    }

    /// Which key this is.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key as a line of a key file: standard base64, 44 characters.
    pub fn to_text(&self) -> SecretString {
        SecretString::new(STANDARD.encode(self.key.expose()))
    }

    /// One line of a key file without white space around it.
    fn parse(text: &str) -> Result<Self, KeyLineProblem> {
        let hex = (text.len() == 64).then(|| decode_hex(text)).flatten();
        let bytes = hex.or_else(|| decode_base64_lenient(text));
        let bytes = Zeroizing::new(bytes.ok_or(KeyLineProblem::Encoding)?);
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyLineProblem::Length(bytes.len()))?;
        if key.iter().all(|byte| key.first() == Some(byte)) {
            return Err(KeyLineProblem::NotRandom);
        }
        Ok(Self::from_bytes(key))
    }

    /// The key from which the keys of sealed values are made.
    #[expect(clippy::indexing_slicing, reason = "there is a place for each purpose")]
    pub(crate) fn seal_key(&self, purpose: Purpose) -> &hmac::Key {
        self.derived.seal[purpose as usize].get_or_init(|| self.derive("seal", purpose.label()))
    }

    #[expect(clippy::indexing_slicing, reason = "there is a place for each purpose")]
    fn mac_key(&self, purpose: MacPurpose) -> &hmac::Key {
        self.derived.mac[purpose as usize].get_or_init(|| self.derive("mac", purpose.label()))
    }

    fn derive(&self, what: &str, purpose: &str) -> Box<hmac::Key> {
        let mut info = Vec::new();
        append_length_prefixed(&mut info, ["cenote", what, "1", purpose].map(str::as_bytes));
        let key = Zeroizing::new(hmac_sha256(self.key.expose(), &[&info, &[1]]));
        Box::new(hmac_sha256_key(&*key))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.id)
    }
}

/// What a message authentication code is for; codes for different purposes have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacPurpose {
    /// Stored hashes of confirmation codes.
    ConfirmationCode,
    /// What an unknown user is answered with, so that asking twice gives the same.
    UnknownUser,
    /// Which of a user's generations of tokens a token belongs to.
    TokenGeneration,
}

impl MacPurpose {
    /// How many there are: names the last one.
    const COUNT: usize = Self::TokenGeneration as usize + 1;

    /// Part of stored values: never change one.
    const fn label(self) -> &'static str {
        match self {
            Self::ConfirmationCode => "confirmation-code",
            Self::UnknownUser => "unknown-user",
            Self::TokenGeneration => "token-generation",
        }
    }
}

/// The active master key and the older ones that are still needed.
#[derive(Clone)]
pub struct KeyRing {
    active: MasterKey,
    older: Vec<MasterKey>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.keys()).finish()
    }
}

impl KeyRing {
    /// A ring that makes new values with `active` and also reads those of `older`.
    pub const fn new(active: MasterKey, older: Vec<MasterKey>) -> Self {
        Self { active, older }
    }

    /// Reads a key file: one key a line, base64 (either alphabet) or hex of 32 bytes, the first is the active one. Empty
    /// lines and what follows a `#` are ignored. Errors name the line, never what stands in it.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let key =
                MasterKey::parse(content).map_err(|problem| KeyFileError::Line { line_number, problem })?;
            if keys.contains(&key) {
                let problem = KeyLineProblem::Repeated;
                return Err(KeyFileError::Line { line_number, problem });
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let active = keys.next().ok_or(KeyFileError::Empty)?;
        Ok(Self::new(active, keys.collect()))
    }

    /// The key new values are made with.
    pub const fn active(&self) -> &MasterKey {
        &self.active
    }

    /// Every key, the active one first.
    pub fn keys(&self) -> impl Iterator<Item = &MasterKey> {
        core::iter::once(&self.active).chain(&self.older)
    }

    /// The authentication code of `data` in a context (such as the pool it belongs to) under the active key. A stored
    /// code outlives a rotation: compare with [`KeyRing::mac_matches`].
    pub fn mac(&self, purpose: MacPurpose, context: &[&str], data: &[u8]) -> [u8; 32] {
        mac_with(&self.active, purpose, context, data)
    }

    /// The codes under every key of the ring, the active key's first.
    pub fn mac_candidates(&self, purpose: MacPurpose, context: &[&str], data: &[u8]) -> Vec<[u8; 32]> {
        let code = |key| mac_with(key, purpose, context, data);
        self.keys().map(code).collect()
    }

    /// Whether `code` was made by [`KeyRing::mac`] from the same input with any key of the ring. The time depends on the
    /// number of keys and the length of the input only.
    pub fn mac_matches(&self, purpose: MacPurpose, context: &[&str], data: &[u8], code: &[u8]) -> bool {
        let candidates = self.mac_candidates(purpose, context, data);
        candidates.iter().fold(false, |found, candidate| found | constant_time_eq(candidate, code))
    }
}

fn mac_with(key: &MasterKey, purpose: MacPurpose, context: &[&str], data: &[u8]) -> [u8; 32] {
    work::count(work::Kind::Mac);
    let mut message = Zeroizing::new(Vec::new());
    append_length_prefixed(&mut message, context.iter().map(|part| part.as_bytes()));
    append_length_prefixed(&mut message, [data]);
    hmac_sha256_with(key.mac_key(purpose), &[&message])
}

/// Why a key file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// No key in it.
    #[error("the key file holds no key: write one line with 32 random bytes as base64 or hex")]
    Empty,
    /// One line is wrong.
    #[error("line {line_number} of the key file {problem}")]
    Line {
        /// Counted from 1.
        line_number: usize,
        /// What is wrong with it.
        problem: KeyLineProblem,
    },
}

/// What is wrong with a line of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyLineProblem {
    /// Not text in a known encoding.
    #[error("is neither base64 nor hex")]
    Encoding,
    /// Decodes to so many bytes instead of 32.
    #[error("holds a key of {0} bytes, but a key has 32")]
    Length(usize),
    /// Every byte is the same.
    #[error("holds a key that was not drawn at random")]
    NotRandom,
    /// The same key stands further up.
    #[error("repeats a key from a line above")]
    Repeated,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn key(seed: u64) -> MasterKey {
        MasterKey::generate(&SeededRandom::new(seed))
    }

    #[test]
    fn a_key_file_is_read_in_every_encoding() {
        let (first, second, third) = (key(1), key(2), key(3));
        let hex = encode_hex(third.key.expose()).to_uppercase();
        let text = format!(
            "# keys of the service\n\n {} # since spring\r\n{}\n\t{hex}\n",
            first.to_text().expose(),
            second.to_text().expose().trim_end_matches('=').replace('+', "-").replace('/', "_"),
        );
        let ring = KeyRing::parse(&text).unwrap();
        assert_eq!(ring.active(), &first);
        assert!(ring.keys().eq([&first, &second, &third]));
    }

    #[test]
    fn errors_name_the_line_and_not_the_content() {
        let good = key(1).to_text();
        let good = good.expose();
        let message = |text: &str| KeyRing::parse(text).unwrap_err().to_string();
        assert!(message("# nothing\n\n").starts_with("the key file holds no key"));
        assert_eq!(message(&format!("{good}\n!!")), "line 2 of the key file is neither base64 nor hex");
        assert_eq!(message(&format!("\n{good}AAAA")), "line 2 of the key file is neither base64 nor hex");
        assert_eq!(message("AAAA"), "line 1 of the key file holds a key of 3 bytes, but a key has 32");
        assert_eq!(
            message(&"00".repeat(32)),
            "line 1 of the key file holds a key that was not drawn at random"
        );
        assert_eq!(
            message(&format!("{good}\n\n{good}")),
            "line 3 of the key file repeats a key from a line above"
        );
    }

    #[test]
    fn debug_shows_ids_only() {
        let ring = KeyRing::new(key(1), vec![key(2)]);
        let text = format!("{ring:?}");
        assert_eq!(text, format!("[MasterKey({}), MasterKey({})]", key(1).id(), key(2).id()));
        assert_eq!(key(1).id().to_string().len(), 8);
        assert_eq!(KeyId::from_bytes(key(1).id().to_bytes()), key(1).id());
    }

    #[test]
    fn a_code_outlives_the_rotation_of_its_key() {
        let before = KeyRing::new(key(1), vec![]);
        let after = KeyRing::new(key(2), vec![key(1)]);
        let gone = KeyRing::new(key(2), vec![]);
        let purpose = MacPurpose::ConfirmationCode;
        let code = before.mac(purpose, &["pool"], b"123456");
        assert!(before.mac_matches(purpose, &["pool"], b"123456", &code));
        assert!(after.mac_matches(purpose, &["pool"], b"123456", &code));
        assert!(!gone.mac_matches(purpose, &["pool"], b"123456", &code));
        assert_eq!(after.mac_candidates(purpose, &["pool"], b"123456").len(), 2);
        assert_eq!(after.mac_candidates(purpose, &["pool"], b"123456")[1], code);
    }

    #[test]
    fn purpose_context_and_data_are_all_bound() {
        let ring = KeyRing::new(key(1), vec![]);
        let code = ring.mac(MacPurpose::ConfirmationCode, &["ab", "c"], b"d");
        assert_ne!(code, ring.mac(MacPurpose::TokenGeneration, &["ab", "c"], b"d"));
        assert_ne!(code, ring.mac(MacPurpose::UnknownUser, &["ab", "c"], b"d"));
        assert_ne!(code, ring.mac(MacPurpose::ConfirmationCode, &["a", "bc"], b"d"));
        assert_ne!(code, ring.mac(MacPurpose::ConfirmationCode, &["ab"], b"cd"));
        assert_ne!(code, ring.mac(MacPurpose::ConfirmationCode, &["ab", "c", "d"], b""));
        assert!(!ring.mac_matches(MacPurpose::ConfirmationCode, &["ab", "c"], b"d", &code[..31]));
    }
}
