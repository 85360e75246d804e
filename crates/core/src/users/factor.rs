//! The second factors by their names, what the pool says of them, and what a user must have for each.

use cenote_model::types::ChallengeNameType;
use cenote_store::{MfaPreference, User};
use serde::{Deserialize, Serialize};

use crate::pools::Pool;
use crate::users::contact::Contact;

/// What a user can show beside a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    Sms,
    SoftwareToken,
    Email,
}

impl Factor {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Sms, Self::SoftwareToken, Self::Email];

    /// As in `UserMFASettingList`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sms => "SMS_MFA",
            Self::SoftwareToken => "SOFTWARE_TOKEN_MFA",
            Self::Email => "EMAIL_OTP",
        }
    }

    /// The factor that an answer names. The model has a name of its own for e-mail.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = if name == "EMAIL_MFA" { "EMAIL_OTP" } else { name };
        Self::ALL.into_iter().find(|factor| factor.name() == name)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sms => "SMS MFA",
            Self::SoftwareToken => "Software Token MFA",
            Self::Email => "Email MFA",
        }
    }

    /// The challenge that asks for it.
    #[must_use]
    pub fn challenge(self) -> ChallengeNameType {
        match self {
            Self::Sms => ChallengeNameType::SmsMfa,
            Self::SoftwareToken => ChallengeNameType::SoftwareTokenMfa,
            Self::Email => ChallengeNameType::EmailOtp,
        }
    }

    /// Where its codes are sent.
    #[must_use]
    pub fn contact(self) -> Option<Contact> {
        match self {
            Self::Sms => Some(Contact::PhoneNumber),
            Self::SoftwareToken => None,
            Self::Email => Some(Contact::Email),
        }
    }

    /// The factor that sends its codes to a contact.
    #[must_use]
    pub fn of_contact(contact: Contact) -> Self {
        match contact {
            Contact::PhoneNumber => Self::Sms,
            Contact::Email => Self::Email,
        }
    }

    /// Whether the pool offers it.
    #[must_use]
    pub fn is_on_in(self, pool: &Pool) -> bool {
        let configuration = &pool.configuration;
        match self {
            Self::Sms => configuration.sms_mfa,
            Self::SoftwareToken => {
                configuration.software_token_mfa.as_ref().and_then(|it| it.enabled).unwrap_or_default()
            }
            Self::Email => configuration.email_mfa.is_some(),
        }
    }

    /// Whether the user has what it needs: a contact, or a token that was verified.
    #[must_use]
    pub fn is_ready_for(self, user: &User) -> bool {
        match self.contact() {
            Some(contact) => contact.of(user).is_some(),
            None => user.software_token.is_some(),
        }
    }

    /// Whether the user has switched it on.
    #[must_use]
    pub fn is_enabled_of(self, user: &User) -> bool {
        user.mfa.enabled.contains(self.name())
    }

    /// Switches it on.
    pub fn switch_on(self, mfa: &mut MfaPreference) {
        mfa.enabled.insert(self.name().to_owned());
    }

    /// Switches it off; it is not preferred any more either.
    pub fn switch_off(self, mfa: &mut MfaPreference) {
        mfa.enabled.remove(self.name());
        if mfa.preferred.as_deref() == Some(self.name()) {
            mfa.preferred = None;
        }
        if self == Self::Sms {
            mfa.sms_option = false;
        }
    }
}
