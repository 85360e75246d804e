//! The two contacts a user can have, and how they look when they must not be shown.

use cenote_model::types::{
    AuthFactorType, CodeDeliveryDetailsType, DeliveryMediumType, VerifiedAttributeType,
};
use cenote_store::{Channel, CodePurpose, NameKind, User};

use crate::error::Error;

/// A contact attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contact {
    Email,
    PhoneNumber,
}

impl Contact {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Email, Self::PhoneNumber];

    /// The attribute's name.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
        }
    }

    /// The name of its flag.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Email => "email_verified",
            Self::PhoneNumber => "phone_number_verified",
        }
    }

    /// The contact that an attribute's name means.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contact| contact.attribute() == name)
    }

    /// The contact that an operation is asked to verify.
    ///
    /// # Errors
    /// `InvalidParameterException` for any other attribute.
    pub fn parse_verifiable(name: &str) -> Result<Self, Error> {
        Self::from_attribute(name).ok_or_else(|| {
            Error::invalid_parameter("Invalid attribute name. Only phone_number and email can be verified.")
        })
    }

    /// How messages reach it.
    #[must_use]
    pub fn channel(self) -> Channel {
        match self {
            Self::Email => Channel::Email,
            Self::PhoneNumber => Channel::Sms,
        }
    }

    /// The same, as the wire calls it.
    #[must_use]
    pub fn medium(self) -> DeliveryMediumType {
        match self {
            Self::Email => DeliveryMediumType::Email,
            Self::PhoneNumber => DeliveryMediumType::Sms,
        }
    }

    /// The first factor that is a code sent there.
    #[must_use]
    pub fn first_factor(self) -> AuthFactorType {
        match self {
            Self::Email => AuthFactorType::EmailOtp,
            Self::PhoneNumber => AuthFactorType::SmsOtp,
        }
    }

    /// The contact as a member of AutoVerifiedAttributes.
    #[must_use]
    pub fn verified_attribute(self) -> VerifiedAttributeType {
        match self {
            Self::Email => VerifiedAttributeType::Email,
            Self::PhoneNumber => VerifiedAttributeType::PhoneNumber,
        }
    }

    /// The name it can be as an alias.
    #[must_use]
    pub fn name_kind(self) -> NameKind {
        match self {
            Self::Email => NameKind::Email,
            Self::PhoneNumber => NameKind::PhoneNumber,
        }
    }

    /// The code that verifies it.
    #[must_use]
    pub fn code_purpose(self) -> CodePurpose {
        match self {
            Self::Email => CodePurpose::VerifyEmail,
            Self::PhoneNumber => CodePurpose::VerifyPhoneNumber,
        }
    }

    /// The user's value, if it has one.
    #[must_use]
    pub fn of(self, user: &User) -> Option<&str> {
        user.attributes.get(self.attribute()).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The user's value, if it is verified.
    #[must_use]
    pub fn verified_of(self, user: &User) -> Option<&str> {
        self.of(user).filter(|_| user.attributes.get(self.flag()).is_some_and(|flag| flag == "true"))
    }

    /// The value as callers may see it: `t***@t***`, `+*******1234`.
    #[must_use]
    pub fn mask(self, value: &str) -> String {
        match self {
            Self::Email => mask_email(value),
            Self::PhoneNumber => mask_phone_number(value),
        }
    }

    /// What a caller is told of a message to this value.
    #[must_use]
    pub fn delivery_details(self, value: &str) -> CodeDeliveryDetailsType {
        CodeDeliveryDetailsType {
            destination: Some(self.mask(value)),
            delivery_medium: Some(self.medium()),
            attribute_name: Some(self.attribute().to_owned()),
        }
    }
}

fn mask_email(value: &str) -> String {
    let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    format!("{}***@{}***", first(local), first(domain))
}

fn mask_phone_number(value: &str) -> String {
    let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
    let hidden = digits.len().saturating_sub(4);
    let shown: String = digits.iter().skip(hidden).collect();
    format!("+{}{shown}", "*".repeat(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_the_observed_ones() {
        assert_eq!(Contact::Email.mask("test@test.com"), "t***@t***");
        assert_eq!(Contact::Email.mask("a@b"), "a***@b***");
        assert_eq!(Contact::Email.mask("übung@österreich.at"), "ü***@ö***");
        assert_eq!(Contact::PhoneNumber.mask("+12065551234"), "+*******1234");
        assert_eq!(Contact::PhoneNumber.mask("+442071838750"), "+********8750");
        assert_eq!(Contact::PhoneNumber.mask("+123"), "+123");
    }
}
