//! Hashes of confirmation codes.
//!
//! A code has six digits, so a plain hash of it would be undone in no time. What is stored is a message authentication
//! code under a key derived from the master key: useless without that key, and bound to pool, user and purpose so that
//! the code of one place does not pass at another.

use crate::keyring::{KeyRing, MacPurpose};

/// What is stored of a confirmation code.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmationCodeHash([u8; 32]);

impl ConfirmationCodeHash {
    /// The hash of `code` for the user `sub` of pool `pool_id`. `purpose` names what the code confirms, such as `SignUp`.
    pub fn create(key_ring: &KeyRing, pool_id: &str, sub: &str, purpose: &str, code: &str) -> Self {
        Self(key_ring.mac(MacPurpose::ConfirmationCode, &[pool_id, sub, purpose], code.as_bytes()))
    }

    /// Whether `code` is the one that was hashed, in constant time and under any key of the ring.
    pub fn verify(&self, key_ring: &KeyRing, pool_id: &str, sub: &str, purpose: &str, code: &str) -> bool {
        key_ring.mac_matches(MacPurpose::ConfirmationCode, &[pool_id, sub, purpose], code.as_bytes(), &self.0)
    }

    /// As stored.
    pub const fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The reverse of [`ConfirmationCodeHash::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::MasterKey;
    use crate::random::SeededRandom;

    #[test]
    fn only_the_same_code_of_the_same_place_passes() {
        let key = |seed| MasterKey::generate(&SeededRandom::new(seed));
        let ring = KeyRing::new(key(1), vec![]);
        let hash = ConfirmationCodeHash::create(&ring, "pool", "sub", "SignUp", "012345");
        let hash = ConfirmationCodeHash::from_bytes(hash.to_bytes());
        assert!(hash.verify(&ring, "pool", "sub", "SignUp", "012345"));
        assert!(!hash.verify(&ring, "pool", "sub", "SignUp", "12345"));
        assert!(!hash.verify(&ring, "pool", "sub", "SignUp", "012346"));
        assert!(!hash.verify(&ring, "pool", "sub", "ForgotPassword", "012345"));
        assert!(!hash.verify(&ring, "pool", "bus", "SignUp", "012345"));
        assert!(!hash.verify(&ring, "loop", "sub", "SignUp", "012345"));
        let rotated = KeyRing::new(key(2), vec![key(1)]);
        assert!(hash.verify(&rotated, "pool", "sub", "SignUp", "012345"));
        assert!(!hash.verify(&KeyRing::new(key(2), vec![]), "pool", "sub", "SignUp", "012345"));
    }
}
