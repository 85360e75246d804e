use cenote_crypto::secret::SecretBytes;
use cenote_crypto::totp;

/// An authenticator app, as a user has it on the phone.
#[derive(Clone, Debug)]
pub struct AuthenticatorApp {
    /// What was typed in.
    pub text: String,
    seed: Vec<u8>,
}

impl AuthenticatorApp {
    /// Types a secret code in.
    ///
    /// # Panics
    /// When it is no base32.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let digit = |byte: u8| match byte {
            b'A'..=b'Z' => u32::from(byte - b'A'),
            b'2'..=b'7' => u32::from(byte - b'2') + 26,
            other => panic!("no digit of base32: {other}"),
        };
        let (mut bits, mut length, mut seed) = (0, 0, Vec::new());
        for byte in text.bytes() {
            bits = (bits << 5 | digit(byte)) & 0xfff;
            length += 5;
            if length >= 8 {
                length -= 8;
                seed.push(u8::try_from(bits >> length & 0xff).unwrap_or_default());
            }
        }
        Self { text: text.to_owned(), seed }
    }

    /// The code of the step of this moment, or of one so many steps away.
    #[must_use]
    pub fn code(&self, now_ms: i64, distance: i64) -> String {
        let seconds = u64::try_from(now_ms.div_euclid(1000)).unwrap_or_default();
        let step = totp::step(seconds).saturating_add_signed(distance);
        totp::code(&SecretBytes::new(self.seed.clone()), step)
    }

    /// A code that is right at no step in reach.
    #[must_use]
    pub fn wrong(&self, now_ms: i64) -> String {
        let near: Vec<String> = (-2..=2).map(|distance| self.code(now_ms, distance)).collect();
        (0..10).map(|digit| digit.to_string().repeat(6)).find(|code| !near.contains(code)).unwrap_or_default()
    }
}
