//! What must hold between the members of a pool's configuration, with Cognito's texts where they are known.

use std::collections::BTreeSet;

use cenote_delivery::template;
use cenote_model::ErrorCode;
use cenote_model::types::{
    AccountRecoverySettingType, AuthFactorType, EmailConfigurationType, EmailSendingAccountType,
    EncryptionKeyType, LambdaConfigType, RecoveryOptionNameType, SmsConfigurationType, UserPoolMfaType,
    UserPoolType, WebAuthnFactorConfigurationType,
};

use crate::error::Error;
use crate::pools::acr;
use crate::pools::members::Members;
use crate::pools::pool::PoolConfiguration;
use crate::sign_in::level::Level;
use crate::users::contact::Contact;

/// Tags of a pool.
pub const MAX_TAGS: usize = 50;

/// What only the request shows, because the configuration has its defaults filled in.
///
/// # Errors
/// `InvalidParameterException`.
pub fn request(members: &Members) -> Result<(), Error> {
    let unused_days =
        members.admin_create_user_config.as_ref().and_then(|config| config.unused_account_validity_days);
    if unused_days.is_some_and(|days| days != 0) {
        return Err(Error::invalid_parameter(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays",
        ));
    }
    let lambda = members.lambda_config.as_ref();
    let old = lambda.and_then(|lambda| lambda.pre_token_generation.as_deref());
    let new = lambda
        .and_then(|lambda| lambda.pre_token_generation_config.as_ref())
        .map(|it| it.lambda_arn.as_str());
    if old.zip(new).is_some_and(|(old, new)| old != new) {
        return Err(Error::invalid_parameter(
            "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's",
        ));
    }
    Ok(())
}

/// The checks of CreateUserPool and UpdateUserPool. Tiers are checked by [`super::tier`].
///
/// # Errors
/// `InvalidParameterException`, `UserPoolTaggingException` for too many tags.
pub fn configuration(configuration: &PoolConfiguration) -> Result<(), Error> {
    let pool = &configuration.user_pool;
    identifiers(pool)?;
    attribute_updates(pool)?;
    pool.account_recovery_setting.as_ref().map_or(Ok(()), recovery)?;
    pool.email_configuration.as_ref().map_or(Ok(()), email)?;
    pool.sms_configuration.as_ref().map_or(Ok(()), sms)?;
    pool.lambda_config.as_ref().map_or(Ok(()), lambda)?;
    encryption_key(pool)?;
    authentication_levels(pool)?;
    tags(pool)?;
    first_factors(configuration)?;
    invitation(configuration)?;
    recovery_beside_email(configuration)?;
    any_second_factor(configuration)
}

/// An invitation tells a password, where every user has one.
fn invitation(configuration: &PoolConfiguration) -> Result<(), Error> {
    let factors = configuration.first_factors();
    if Contact::ALL.into_iter().any(|contact| factors.contains(&contact.first_factor())) {
        return Ok(());
    }
    let invitation = configuration
        .user_pool
        .admin_create_user_config
        .as_ref()
        .and_then(|config| config.invite_message_template.as_ref());
    let Some(invitation) = invitation else { return Ok(()) };
    let lacking: Vec<String> = [
        ("emailMessage", &invitation.email_message, template::EMAIL_PATTERN),
        ("smsMessage", &invitation.sms_message, template::SMS_PATTERN),
    ]
    .into_iter()
    .filter_map(|(member, text, pattern)| Some((member, text.as_ref()?, pattern)))
    .filter(|(_, text, _)| !template::has_code(text))
    .map(|(member, text, pattern)| {
        format!(
            "Value '{text}' at 'adminCreateUserConfig.inviteMessage.{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
        )
    })
    .collect();
    match lacking.len() {
        0 => Ok(()),
        count => Err(Error::invalid_parameter(format!(
            "{count} validation error{} detected: {}",
            if count == 1 { "" } else { "s" },
            lacking.join("; ")
        ))),
    }
}

fn identifiers(pool: &UserPoolType) -> Result<(), Error> {
    let aliases = pool.alias_attributes.as_deref().unwrap_or_default();
    if !aliases.is_empty() && pool.username_attributes.as_ref().is_some_and(|list| !list.is_empty()) {
        return Err(Error::invalid_parameter(
            "Only one of the aliasAttributes or usernameAttributes can be set in a User pool.",
        ));
    }
    let requires_preferred = pool
        .schema_attributes
        .iter()
        .flatten()
        .any(|it| it.name.as_deref() == Some("preferred_username") && it.required == Some(true));
    if requires_preferred && aliases.iter().any(|alias| alias.as_str() == "preferred_username") {
        return Err(Error::invalid_parameter(
            "The attribute preferred_username cannot be both required and an alias.",
        ));
    }
    Ok(())
}

fn attribute_updates(pool: &UserPoolType) -> Result<(), Error> {
    let verified = pool.auto_verified_attributes.as_deref().unwrap_or_default();
    let before_update = pool
        .user_attribute_update_settings
        .as_ref()
        .and_then(|settings| settings.attributes_require_verification_before_update.as_deref())
        .unwrap_or_default();
    if before_update.iter().all(|attribute| verified.contains(attribute)) {
        return Ok(());
    }
    Err(Error::invalid_parameter(
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
    ))
}

fn recovery(setting: &AccountRecoverySettingType) -> Result<(), Error> {
    let mechanisms = setting.recovery_mechanisms.as_deref().unwrap_or_default();
    let names: BTreeSet<_> = mechanisms.iter().map(|it| it.name).collect();
    let priorities: BTreeSet<_> = mechanisms.iter().map(|it| it.priority).collect();
    if names.len() < mechanisms.len() || priorities.len() < mechanisms.len() {
        return Err(Error::invalid_parameter(
            "Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.",
        ));
    }
    if mechanisms.len() > 1 && names.contains(&RecoveryOptionNameType::AdminOnly) {
        return Err(Error::invalid_parameter(
            "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.",
        ));
    }
    Ok(())
}

fn email(configuration: &EmailConfigurationType) -> Result<(), Error> {
    let developer = configuration.email_sending_account == Some(EmailSendingAccountType::Developer);
    if developer && configuration.source_arn.is_none() {
        return Err(Error::invalid_parameter("Source ARN is required to use DEVELOPER email sending owner"));
    }
    // An address, or a name with the address in angle brackets.
    let has_address = |from: &str| {
        let address = from.rsplit_once('<').map_or(from, |(_, rest)| rest.trim_end().trim_end_matches('>'));
        address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !address.contains(char::is_whitespace)
        })
    };
    if configuration.from.as_deref().is_some_and(|from| !has_address(from)) {
        return Err(Error::invalid_parameter("Provided From email address is invalid"));
    }
    Ok(())
}

/// One of the two services must be named; the model can't say so.
pub fn sms(configuration: &SmsConfigurationType) -> Result<(), Error> {
    let caller = configuration.sns_caller_arn.as_deref().is_some_and(|arn| !arn.is_empty());
    if caller || configuration.eums_sms.is_some() {
        return Ok(());
    }
    Err(Error::invalid_parameter(
        "1 validation error detected: Value null at 'smsConfiguration.snsCallerArn' failed to satisfy constraint: \
         Member must not be null",
    ))
}

fn lambda(lambda: &LambdaConfigType) -> Result<(), Error> {
    let sends = lambda.custom_sms_sender.is_some() || lambda.custom_email_sender.is_some();
    if sends && lambda.kms_key_id.is_none() {
        return Err(Error::invalid_parameter(
            "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.",
        ));
    }
    Ok(())
}

fn encryption_key(pool: &UserPoolType) -> Result<(), Error> {
    let Some(key) = &pool.key_configuration else { return Ok(()) };
    let own = key.key_type == Some(EncryptionKeyType::CustomerManagedKey);
    match (own, key.kms_key_arn.is_some()) {
        (true, false) => {
            Err(Error::invalid_parameter("KmsKeyArn is required when KeyType is CUSTOMER_MANAGED_KEY."))
        }
        (false, true) => {
            Err(Error::invalid_parameter("KmsKeyArn can only be set when KeyType is CUSTOMER_MANAGED_KEY."))
        }
        _ => Ok(()),
    }
}

/// A value must tell which level it is, so no two levels share one, not even with the default of a level that is left out.
fn authentication_levels(pool: &UserPoolType) -> Result<(), Error> {
    let values: BTreeSet<&str> = Level::ALL.into_iter().map(|level| acr::name(pool, level)).collect();
    if values.len() < Level::ALL.len() {
        return Err(Error::invalid_parameter("AcrValue must be unique across all levels."));
    }
    Ok(())
}

fn tags(pool: &UserPoolType) -> Result<(), Error> {
    if pool.user_pool_tags.as_ref().is_some_and(|tags| tags.len() > MAX_TAGS) {
        return Err(Error::new(
            ErrorCode::UserPoolTaggingException,
            format!("A user pool can have no more than {MAX_TAGS} tags."),
        ));
    }
    Ok(())
}

/// What may be the first factor, and what of it goes with a required second one.
///
/// # Errors
/// `InvalidParameterException`.
pub fn first_factors(configuration: &PoolConfiguration) -> Result<(), Error> {
    let pool = &configuration.user_pool;
    let allows = |factor| configuration.first_factors().contains(&factor);
    if allows(AuthFactorType::SmsOtp) && pool.sms_configuration.is_none() {
        return Err(Error::invalid_parameter(
            "SMS_OTP can not be configured as AuthFactor as user pool is missing valid SMS configuration",
        ));
    }
    if !allows(AuthFactorType::Password) {
        return Err(Error::invalid_parameter(
            "Password should be configured as one of the allowed first auth factors.",
        ));
    }
    if pool.mfa_configuration != Some(UserPoolMfaType::On) {
        return Ok(());
    }
    if allows(AuthFactorType::EmailOtp) || allows(AuthFactorType::SmsOtp) {
        return Err(Error::invalid_parameter(
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled",
        ));
    }
    let verifies_user = configuration.web_authn.as_ref().is_some_and(|it| {
        it.factor_configuration == Some(WebAuthnFactorConfigurationType::MultiFactorWithUserVerification)
    });
    if allows(AuthFactorType::WebAuthn) && !verifies_user {
        return Err(Error::invalid_parameter(
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed \
             first auth factor",
        ));
    }
    Ok(())
}

/// One mailbox must not be both the second factor and the only way around the first.
///
/// # Errors
/// `InvalidParameterException`.
pub fn recovery_beside_email(configuration: &PoolConfiguration) -> Result<(), Error> {
    let mechanisms = configuration
        .user_pool
        .account_recovery_setting
        .as_ref()
        .and_then(|setting| setting.recovery_mechanisms.as_deref())
        .unwrap_or_default();
    let only_email = !mechanisms.is_empty()
        && mechanisms.iter().all(|it| it.name == RecoveryOptionNameType::VerifiedEmail);
    if configuration.email_mfa.is_some() && only_email {
        return Err(Error::invalid_parameter(
            "Cannot set EmailMfaConfiguration when verified_email is the only recovery mechanism of the user pool.",
        ));
    }
    Ok(())
}

/// MFA needs a factor; the only one that CreateUserPool and UpdateUserPool can set up is SMS.
fn any_second_factor(configuration: &PoolConfiguration) -> Result<(), Error> {
    let off = matches!(configuration.user_pool.mfa_configuration, None | Some(UserPoolMfaType::Off));
    let any = configuration.sms_mfa
        || configuration.software_token_mfa.is_some()
        || configuration.email_mfa.is_some();
    if off || any { Ok(()) } else { Err(sms_required()) }
}

/// MFA without the SMS configuration it needs.
#[must_use]
pub fn sms_required() -> Error {
    Error::invalid_parameter(
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
    )
}
