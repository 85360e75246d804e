//! Values that must not reach a log and do not stay in memory.

use core::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// A secret value: prints as `[redacted]`, is erased when dropped, compares in constant time. What is inside is only
/// reachable through [`Secret::expose`], so that each use can be found and reviewed.
#[derive(Clone, Default)]
pub struct Secret<T: Zeroize>(T);

/// A secret text: a password, a client secret, an access token.
pub type SecretString = Secret<String>;

/// Secret bytes: a key, an unsealed record.
pub type SecretBytes = Secret<Vec<u8>>;

impl<T: Zeroize> Secret<T> {
    /// Takes the value in; the caller should hold no other copy.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Never format it, never keep a copy longer than needed.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for SecretString {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T: Zeroize + AsRef<[u8]>> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.0.as_ref(), other.0.as_ref())
    }
}

impl<T: Zeroize + AsRef<[u8]>> Eq for Secret<T> {}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// Whether both byte strings are the same, in a time that depends on their lengths only.
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_value() {
        let text = format!("{:?}", (SecretString::from("hunter2"), SecretBytes::from(vec![7, 7])));
        assert_eq!(text, "([redacted], [redacted])");
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(SecretString::from("a"), SecretString::from("a"));
        assert_ne!(SecretString::from("a"), SecretString::from("b"));
        assert_ne!(SecretString::from("a"), SecretString::from("aa"));
        assert!(constant_time_eq(b"", b""));
        assert!(!constant_time_eq(b"ab", b"ac"));
    }

    #[test]
    fn is_read_from_configuration() {
        let secret: SecretString = serde_json::from_str("\"hunter2\"").unwrap();
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn dropping_erases_the_value() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};
        struct Probe(Arc<AtomicBool>);
        impl Zeroize for Probe {
            fn zeroize(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let erased = Arc::new(AtomicBool::new(false));
        drop(Secret::new(Probe(Arc::clone(&erased))));
        assert!(erased.load(Ordering::Relaxed));
    }
}
