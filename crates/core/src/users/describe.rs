//! Users as the wire shows them.

use cenote_model::types::{
    AttributeType, AuthFactorType, DeliveryMediumType, MFAOptionType, Timestamp, UserStatusType, UserType,
};
use cenote_store::{User, UserStatus};

use crate::users::contact::Contact;

/// The user's attributes with `sub`, as far as `shown` lets them through.
#[must_use]
pub fn attributes(user: &User, shown: impl Fn(&str) -> bool) -> Vec<AttributeType> {
    let sub = std::iter::once(("sub", user.sub.as_str()));
    let others = user.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut list: Vec<AttributeType> = sub
        .chain(others)
        .filter(|(name, _)| shown(name))
        .map(|(name, value)| AttributeType { name: name.to_owned(), value: Some(value.to_owned()) })
        .collect();
    list.sort_by(|left, right| left.name.cmp(&right.name));
    list
}

/// The status by its name on the wire.
#[must_use]
pub fn status(status: UserStatus) -> UserStatusType {
    match status {
        UserStatus::Unconfirmed => UserStatusType::Unconfirmed,
        UserStatus::Confirmed => UserStatusType::Confirmed,
        UserStatus::ResetRequired => UserStatusType::ResetRequired,
        UserStatus::ForceChangePassword => UserStatusType::ForceChangePassword,
        UserStatus::ExternalProvider => UserStatusType::ExternalProvider,
    }
}

/// A user as lists and AdminCreateUser show it.
#[must_use]
pub fn user_type(user: &User, shown: impl Fn(&str) -> bool) -> UserType {
    UserType {
        username: Some(user.username.clone()),
        attributes: Some(attributes(user, shown)),
        user_create_date: Some(Timestamp(user.created_ms)),
        user_last_modified_date: Some(Timestamp(user.modified_ms)),
        enabled: Some(user.enabled),
        user_status: Some(status(user.status)),
        mfa_options: mfa_options(user),
    }
}

/// The second factors in use, absent when there are none.
#[must_use]
pub fn mfa_settings(user: &User) -> Option<Vec<String>> {
    (!user.mfa.enabled.is_empty()).then(|| user.mfa.enabled.iter().cloned().collect())
}

/// SMS, if it was switched on by the older operations.
#[must_use]
pub fn mfa_options(user: &User) -> Option<Vec<MFAOptionType>> {
    user.mfa.sms_option.then(|| {
        vec![MFAOptionType {
            attribute_name: Some(Contact::PhoneNumber.attribute().to_owned()),
            delivery_medium: Some(DeliveryMediumType::Sms),
        }]
    })
}

/// What the user can show, whatever the pool asks for: a password, verified contacts, passkeys, a verified token.
#[must_use]
pub fn auth_factors(user: &User) -> Vec<AuthFactorType> {
    [
        (user.password.is_some(), AuthFactorType::Password),
        (Contact::Email.verified_of(user).is_some(), AuthFactorType::EmailOtp),
        (Contact::PhoneNumber.verified_of(user).is_some(), AuthFactorType::SmsOtp),
        (!user.passkeys.is_empty(), AuthFactorType::WebAuthn),
        (user.software_token.is_some(), AuthFactorType::SoftwareToken),
    ]
    .into_iter()
    .filter_map(|(has, factor)| has.then_some(factor))
    .collect()
}
