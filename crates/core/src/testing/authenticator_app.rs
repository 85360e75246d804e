use cenote_crypto::secret::SecretBytes;
use cenote_crypto::totp;

/// An authenticator app, as a user has it on the phone.
#[derive(Clone, Debug)]
pub struct AuthenticatorApp {
    /// What was typed in.
    pub text: String,
    seed: SecretBytes,
}

impl AuthenticatorApp {
    /// Types a secret code in.
    ///
    /// # Panics
    /// When it is no base32.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let seed = totp::parse_seed_text(text).unwrap_or_else(|| panic!("no base32: {text}"));
        Self { text: text.to_owned(), seed }
    }

    /// The code of the step of this moment, or of one so many steps away.
    #[must_use]
    pub fn code(&self, now_ms: i64, distance: i64) -> String {
        let seconds = u64::try_from(now_ms.div_euclid(1000)).unwrap_or_default();
        let step = totp::step(seconds).saturating_add_signed(distance);
        totp::code(&self.seed, step)
    }

    /// A code that is right at no step in reach.
    #[must_use]
    pub fn wrong(&self, now_ms: i64) -> String {
        let near: Vec<String> = (-2..=2).map(|distance| self.code(now_ms, distance)).collect();
        (0..10).map(|digit| digit.to_string().repeat(6)).find(|code| !near.contains(code)).unwrap_or_default()
    }
}
