//! What a pool asks of a password, and what Cognito says when it is not met. The first failure only.

use cenote_crypto::random::RandomSource;
use cenote_model::types::PasswordPolicyType;

use crate::error::Error;

const SYMBOLS: &str = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-";
const MAX_LENGTH: usize = 256;

/// Where a password is set; the texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    SignUp,
    AdminCreateUser,
    /// Everywhere else.
    Change,
}

impl Wording {
    fn lead_in(self) -> &'static str {
        match self {
            Self::SignUp => "Password did not conform with policy: ",
            Self::AdminCreateUser => "Password did not conform with password policy: ",
            Self::Change => "Password does not conform to policy: ",
        }
    }
}

/// Checks a new password.
///
/// # Errors
/// `InvalidPasswordException` with the first reason.
pub fn check(policy: &PasswordPolicyType, password: &str, wording: Wording) -> Result<(), Error> {
    match violation(policy, password) {
        None => Ok(()),
        Some(reason) => Err(Error::invalid_password(format!("{}{reason}", wording.lead_in()))),
    }
}

fn violation(policy: &PasswordPolicyType, password: &str) -> Option<&'static str> {
    let required = |member: Option<bool>| member.unwrap_or_default();
    let length = password.chars().count();
    if length < minimum_length(policy) {
        return Some("Password not long enough");
    }
    if length > MAX_LENGTH {
        return Some("Password too long");
    }
    if password.starts_with(char::is_whitespace) || password.ends_with(char::is_whitespace) {
        return Some("Password must not begin or end with a space");
    }
    if required(policy.require_uppercase) && !password.chars().any(|c| c.is_ascii_uppercase()) {
        return Some("Password must have uppercase characters");
    }
    if required(policy.require_lowercase) && !password.chars().any(|c| c.is_ascii_lowercase()) {
        return Some("Password must have lowercase characters");
    }
    if required(policy.require_numbers) && !password.chars().any(|c| c.is_ascii_digit()) {
        return Some("Password must have numeric characters");
    }
    // A space counts, for the edges are free of it.
    if required(policy.require_symbols) && !password.chars().any(|c| c == ' ' || SYMBOLS.contains(c)) {
        return Some("Password must have symbol characters");
    }
    None
}

fn minimum_length(policy: &PasswordPolicyType) -> usize {
    usize::try_from(policy.minimum_length.unwrap_or(8)).unwrap_or(8)
}

/// A temporary password that meets every policy of this length: at least eight characters, one of each class, none that is
/// easily taken for another, none that means something in HTML.
#[must_use]
pub fn generate(policy: &PasswordPolicyType, random: &dyn RandomSource) -> String {
    const CLASSES: [&[u8]; 4] =
        [b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"abcdefghijkmnopqrstuvwxyz", b"23456789", b"!@#$%*()-_=+[]{};:,.?"];
    let length = minimum_length(policy).max(8);
    let mut characters: Vec<char> = (0..length)
        .filter_map(|index| {
            let class = CLASSES.get(index).copied().unwrap_or_else(|| pick(random, &CLASSES).unwrap_or(b"x"));
            pick(random, class).map(char::from)
        })
        .collect();
    // Fisher and Yates.
    for index in (1..characters.len()).rev() {
        characters.swap(index, below(random, index + 1));
    }
    characters.into_iter().collect()
}

fn pick<T: Copy>(random: &dyn RandomSource, from: &[T]) -> Option<T> {
    from.get(below(random, from.len())).copied()
}

/// A uniform number below `bound`, which is at least 1 and at most 256.
fn below(random: &dyn RandomSource, bound: usize) -> usize {
    let fair = 256 - 256 % bound.max(1);
    loop {
        let mut byte = [0];
        random.fill(&mut byte);
        let number = usize::from(byte[0]);
        if number < fair {
            return number % bound.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_crypto::random::SeededRandom;

    use super::*;

    fn strict(minimum_length: i32) -> PasswordPolicyType {
        PasswordPolicyType {
            minimum_length: Some(minimum_length),
            require_uppercase: Some(true),
            require_lowercase: Some(true),
            require_numbers: Some(true),
            require_symbols: Some(true),
            ..PasswordPolicyType::default()
        }
    }

    #[test]
    fn the_first_reason_is_told() {
        let reason = |password| violation(&strict(8), password);
        assert_eq!(reason("aB3$"), Some("Password not long enough"));
        assert_eq!(reason("aaaaaaaa"), Some("Password must have uppercase characters"));
        assert_eq!(reason("AAAAAAAA"), Some("Password must have lowercase characters"));
        assert_eq!(reason("aAaAaAaA"), Some("Password must have numeric characters"));
        assert_eq!(reason("aAaAaA12"), Some("Password must have symbol characters"));
        assert_eq!(reason("ÄäÄäÄä12$"), Some("Password must have uppercase characters"));
        assert_eq!(reason("aAaA 12a"), None);
        assert_eq!(reason(" aAaA12$a"), Some("Password must not begin or end with a space"));
        assert_eq!(reason("Passw0rd!"), None);
        for symbol in SYMBOLS.chars() {
            assert_eq!(violation(&strict(8), &format!("aAaAaA12{symbol}")), None, "{symbol}");
        }
        assert_eq!(
            violation(&PasswordPolicyType { minimum_length: Some(6), ..Default::default() }, "aaaaaa"),
            None
        );
    }

    #[test]
    fn generated_passwords_meet_the_strictest_policy() {
        let random = SeededRandom::new(3);
        for minimum in [6, 8, 20, 99] {
            let password = generate(&strict(minimum), &random);
            assert_eq!(violation(&strict(minimum), &password), None);
            assert_eq!(password.chars().count(), usize::try_from(minimum).unwrap().max(8));
            assert!(!password.contains(['<', '>', '&', '"', '\'', 'l', 'I', 'O', '0', '1']));
        }
        assert_ne!(generate(&strict(8), &random), generate(&strict(8), &random));
    }
}
