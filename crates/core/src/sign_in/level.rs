//! How strongly a user has shown who it is: Cognito's four levels of authentication, and the methods that make them.

use cenote_model::types::ChallengeNameType;
use cenote_store::Passkey;
use serde::{Deserialize, Serialize};

use crate::sign_in::first_factors;
use crate::users::contact::Contact;
use crate::users::factor::Factor;

/// What a user has shown, by the names of the `amr` claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Typed in, or proved by SRP.
    #[serde(rename = "pwd")]
    Password,
    #[serde(rename = "otp")]
    SoftwareToken,
    #[serde(rename = "sms")]
    Sms,
    #[serde(rename = "email_otp")]
    Email,
    #[serde(rename = "swk")]
    PlatformPasskey,
    #[serde(rename = "hwk")]
    RoamingPasskey,
}

/// Stands beside two or more methods in `amr`.
const SEVERAL: &str = "mfa";

impl Method {
    const ALL: [Self; 6] = [
        Self::Password,
        Self::SoftwareToken,
        Self::Sms,
        Self::Email,
        Self::PlatformPasskey,
        Self::RoamingPasskey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::SoftwareToken => "otp",
            Self::Sms => "sms",
            Self::Email => "email_otp",
            Self::PlatformPasskey => "swk",
            Self::RoamingPasskey => "hwk",
        }
    }

    /// The method that a code is which was sent to a contact.
    #[must_use]
    pub fn of_contact(contact: Contact) -> Self {
        match contact {
            Contact::Email => Self::Email,
            Contact::PhoneNumber => Self::Sms,
        }
    }

    /// The method that a second factor is.
    #[must_use]
    pub fn of_factor(factor: Factor) -> Self {
        factor.contact().map_or(Self::SoftwareToken, Self::of_contact)
    }

    /// The method that a passkey is. One whose authenticator did not say what it is claims less.
    #[must_use]
    pub fn of_passkey(passkey: &Passkey) -> Self {
        match passkey.attachment.as_deref() {
            Some("cross-platform") => Self::RoamingPasskey,
            _ => Self::PlatformPasskey,
        }
    }

    /// The method that a first factor's challenge asks for; of passkeys the one that claims less.
    #[must_use]
    pub fn of_challenge(challenge: ChallengeNameType) -> Self {
        match (challenge, first_factors::contact_of(challenge)) {
            (ChallengeNameType::WebAuthn, _) => Self::PlatformPasskey,
            (_, Some(contact)) => Self::of_contact(contact),
            (_, None) => Self::Password,
        }
    }
}

/// What `amr` says of these methods, in the order in which they were shown.
#[must_use]
pub fn amr(shown: &[Method]) -> Vec<String> {
    let several = (shown.len() > 1).then_some(SEVERAL);
    shown.iter().map(|method| method.name()).chain(several).map(str::to_owned).collect()
}

/// The methods that an `amr` names. Whatever else is in it counts for nothing.
#[must_use]
pub fn read_amr(amr: &[String]) -> Vec<Method> {
    let mut shown = Vec::new();
    for name in amr {
        let method = Method::ALL.into_iter().find(|method| method.name() == name);
        shown.extend(method.filter(|method| !shown.contains(method)));
    }
    shown
}

/// A level of authentication. Higher ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// A password.
    #[serde(rename = "1")]
    One,
    /// A code that was sent.
    #[serde(rename = "2")]
    Two,
    /// A passkey, or a password and a code that was sent.
    #[serde(rename = "3")]
    Three,
    /// A password and a code of an authenticator app.
    #[serde(rename = "4")]
    Four,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::One, Self::Two, Self::Three, Self::Four];

    /// The highest level that these methods meet.
    #[must_use]
    pub fn of(shown: &[Method]) -> Option<Self> {
        let has = |method| shown.contains(&method);
        let code = has(Method::Sms) || has(Method::Email);
        let passkey = has(Method::PlatformPasskey) || has(Method::RoamingPasskey);
        match has(Method::Password) {
            true if has(Method::SoftwareToken) => Some(Self::Four),
            true if code => Some(Self::Three),
            _ if passkey => Some(Self::Three),
            _ if code => Some(Self::Two),
            true => Some(Self::One),
            false => None,
        }
    }

    /// Whether these methods meet it.
    #[must_use]
    pub fn is_met_by(self, shown: &[Method]) -> bool {
        Self::of(shown) >= Some(self)
    }

    /// Whether these methods meet it with one more.
    #[must_use]
    pub fn is_met_with(self, shown: &[Method], further: Method) -> bool {
        self.is_met_by(&[shown, &[further]].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every set of methods, with the level that the table of Cognito's developer guide gives it.
    #[test]
    fn the_level_is_the_highest_whose_combination_is_complete() {
        for set in 0..64u32 {
            let shown: Vec<Method> =
                (0..6).filter(|at| set & (1 << at) != 0).map(|at| Method::ALL[at]).collect();
            let names = amr(&shown);
            let has = |name: &str| names.iter().any(|it| it == name);
            let combinations = [
                (4, has("pwd") && has("otp")),
                (3, has("swk") || has("hwk")),
                (3, has("pwd") && has("sms")),
                (3, has("pwd") && has("email_otp")),
                (2, has("sms") || has("email_otp")),
                (1, has("pwd")),
            ];
            let expected = combinations.iter().find(|(_, complete)| *complete).map(|(level, _)| *level);
            let level = Level::of(&shown).map(|level| level as usize + 1);
            assert_eq!(level, expected, "{names:?}");
            assert_eq!(has("mfa"), shown.len() > 1, "{names:?}");
            assert_eq!(read_amr(&names), shown);
            for level in Level::ALL {
                assert_eq!(level.is_met_by(&shown), Level::of(&shown).is_some_and(|it| it >= level));
            }
        }
    }

    #[test]
    fn names_that_mean_nothing_count_for_nothing() {
        let amr = ["fed", "pwd", "mfa", "pwd", "face"].map(str::to_owned);
        assert_eq!(read_amr(&amr), [Method::Password]);
    }
}
