//! From a request to a pool's configuration.
//!
//! One function serves CreateUserPool and UpdateUserPool: a new pool is an update of the default one. Which members an
//! update keeps when it leaves them out, and which go back to the default, is measured, not what the API reference says.

use cenote_model::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AdvancedSecurityModeType, DefaultEmailOptionType,
    DeviceConfigurationType, EmailConfigurationType, EmailSendingAccountType, EncryptionKeyType,
    IssuerConfigurationType, IssuerType, KeyConfigurationType, SoftwareTokenMfaConfigType,
    UserAttributeUpdateSettingsType, UserPoolMfaType, UserPoolPolicyType, UserPoolTierType, UserPoolType,
    VerificationMessageTemplateType, VerifiedAttributeType,
};

use crate::pools::defaults;
use crate::pools::members::Members;
use crate::pools::pool::PoolConfiguration;

/// The configuration after a request. `before` is the pool as it is, or [`defaults::user_pool`] with what only
/// CreateUserPool can say. Nothing is checked yet.
#[must_use]
pub fn apply(members: Members, mut before: PoolConfiguration) -> PoolConfiguration {
    let given = members.mfa_configuration;
    let mfa = given.or(before.user_pool.mfa_configuration).unwrap_or(UserPoolMfaType::Off);
    if mfa == UserPoolMfaType::Off {
        // As SetUserPoolMfaConfig has it: no factor is set up while there is no second factor.
        before = PoolConfiguration { software_token_mfa: None, sms_mfa: false, email_mfa: None, ..before };
    }
    let user_pool = user_pool(members, before.user_pool, mfa, before.sms_mfa);
    // Whoever asks for MFA where there is no factor gets the one that can be had here.
    let any_factor = is_enabled(before.software_token_mfa.as_ref()) || before.email_mfa.is_some();
    let becomes_factor = mfa != UserPoolMfaType::Off && given.is_some() && !any_factor;
    let sms_mfa = user_pool.sms_configuration.is_some() && (before.sms_mfa || becomes_factor);
    PoolConfiguration { user_pool, sms_mfa, ..before }
}

/// What DescribeUserPool shows. `sms_mfa`: SMS is a second factor.
fn user_pool(members: Members, before: UserPoolType, mfa: UserPoolMfaType, sms_mfa: bool) -> UserPoolType {
    let default = defaults::user_pool();
    let tier = tier(&members, &before);
    let template = template(&members, before.verification_message_template.clone());
    let policies = policies(members.policies, before.policies, tier);
    let auto_verified = members.auto_verified_attributes.map(distinct).filter(|list| !list.is_empty());
    UserPoolType {
        // Kept when left out.
        name: members.pool_name.or(before.name),
        user_pool_tier: Some(tier),
        mfa_configuration: Some(mfa),
        user_pool_tags: members.user_pool_tags.or(before.user_pool_tags).or(default.user_pool_tags),
        deletion_protection: members.deletion_protection.or(before.deletion_protection),
        account_recovery_setting: members
            .account_recovery_setting
            .filter(has_mechanisms)
            .or(before.account_recovery_setting),
        user_attribute_update_settings: update_settings(
            members.user_attribute_update_settings.or(before.user_attribute_update_settings),
            auto_verified.as_deref(),
        ),
        // These change what every token says, or which key seals it: never by leaving them out.
        issuer_configuration: members
            .issuer_configuration
            .map(issuer_configuration)
            .or(before.issuer_configuration),
        key_configuration: members.key_configuration.map(key_configuration).or(before.key_configuration),
        acr_configuration: members.acr_configuration.or(before.acr_configuration),
        dcr_configuration: members
            .dcr_configuration
            .map(defaults::dcr_configuration)
            .or(before.dcr_configuration),

        // Back to the default when left out.
        auto_verified_attributes: auto_verified,
        user_pool_add_ons: members.user_pool_add_ons,
        lambda_config: members.lambda_config.map(defaults::lambda_config).or(default.lambda_config),
        admin_create_user_config: Some(admin_create_user(
            members.admin_create_user_config.or(default.admin_create_user_config),
            &policies,
        )),
        email_configuration: members
            .email_configuration
            .map(email_configuration)
            .or(default.email_configuration),
        // It stays as long as second factors rely on it.
        sms_configuration: members.sms_configuration.or(before.sms_configuration.filter(|_| sms_mfa)),
        device_configuration: members.device_configuration.map(device_configuration),
        sms_authentication_message: members.sms_authentication_message,

        // The three older members mirror the template.
        email_verification_message: template.email_message.clone(),
        email_verification_subject: template.email_subject.clone(),
        sms_verification_message: template.sms_message.clone(),
        verification_message_template: Some(template),
        policies: Some(policies),

        // Said once, or by other operations.
        schema_attributes: before.schema_attributes,
        alias_attributes: before.alias_attributes,
        username_attributes: before.username_attributes,
        username_configuration: before.username_configuration,
        domain: before.domain,
        custom_domain: before.custom_domain,
        status: before.status,
        ..UserPoolType::default()
    }
}

/// Whether the software token is on.
#[must_use]
pub fn is_enabled(software_token: Option<&SoftwareTokenMfaConfigType>) -> bool {
    software_token.is_some_and(|it| it.enabled == Some(true))
}

/// Each value once, in the order of the first time.
pub fn distinct<T: PartialEq>(list: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(list.len());
    for value in list {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

/// Threat protection selects the tier that has it for a new pool, unless another is asked for.
fn tier(members: &Members, before: &UserPoolType) -> UserPoolTierType {
    let protects = members
        .user_pool_add_ons
        .as_ref()
        .is_some_and(|it| it.advanced_security_mode != AdvancedSecurityModeType::Off);
    let implied = protects.then_some(UserPoolTierType::Plus);
    members.user_pool_tier.or(before.user_pool_tier).or(implied).unwrap_or(UserPoolTierType::Essentials)
}

/// Either half is kept when it is left out, so an update can't remove a sign-in policy. LITE has none unless it was given.
fn policies(
    given: Option<UserPoolPolicyType>,
    before: Option<UserPoolPolicyType>,
    tier: UserPoolTierType,
) -> UserPoolPolicyType {
    let (given, before) = (given.unwrap_or_default(), before.unwrap_or_default());
    let mut sign_in_policy = given
        .sign_in_policy
        .filter(|policy| policy.allowed_first_auth_factors.is_some())
        .or(before.sign_in_policy)
        .or_else(|| (tier != UserPoolTierType::Lite).then(defaults::sign_in_policy));
    if let Some(policy) = &mut sign_in_policy {
        policy.allowed_first_auth_factors = policy.allowed_first_auth_factors.take().map(distinct);
    }
    UserPoolPolicyType {
        password_policy: given
            .password_policy
            .as_ref()
            .map(defaults::password_policy)
            .or(before.password_policy),
        sign_in_policy,
    }
}

fn has_mechanisms(setting: &AccountRecoverySettingType) -> bool {
    setting.recovery_mechanisms.as_ref().is_some_and(|list| !list.is_empty())
}

/// Present, if only as an empty list, as soon as the pool verifies something by itself.
fn update_settings(
    settings: Option<UserAttributeUpdateSettingsType>,
    auto_verified: Option<&[VerifiedAttributeType]>,
) -> Option<UserAttributeUpdateSettingsType> {
    let settings = settings.or_else(|| auto_verified.map(|_| UserAttributeUpdateSettingsType::default()))?;
    Some(UserAttributeUpdateSettingsType {
        attributes_require_verification_before_update: Some(distinct(
            settings.attributes_require_verification_before_update.unwrap_or_default(),
        )),
    })
}

/// Texts that a template leaves out come from the three older members.
fn template(
    members: &Members,
    before: Option<VerificationMessageTemplateType>,
) -> VerificationMessageTemplateType {
    let older = (
        members.email_verification_message.clone(),
        members.email_verification_subject.clone(),
        members.sms_verification_message.clone(),
    );
    let mut template = match &members.verification_message_template {
        Some(given) => {
            let mut given = given.clone();
            given.email_message = given.email_message.or(older.0);
            given.email_subject = given.email_subject.or(older.1);
            given.sms_message = given.sms_message.or(older.2);
            given
        }
        None => {
            let mut kept = before.unwrap_or_default();
            kept.email_message = older.0.or(kept.email_message);
            kept.email_subject = older.1.or(kept.email_subject);
            kept.sms_message = older.2.or(kept.sms_message);
            kept
        }
    };
    template.default_email_option.get_or_insert(DefaultEmailOptionType::ConfirmWithCode);
    template
}

/// The days of an unused account mirror those of a temporary password.
fn admin_create_user(
    given: Option<AdminCreateUserConfigType>,
    policies: &UserPoolPolicyType,
) -> AdminCreateUserConfigType {
    let given = given.unwrap_or_default();
    AdminCreateUserConfigType {
        allow_admin_create_user_only: given.allow_admin_create_user_only.or(Some(false)),
        invite_message_template: given.invite_message_template,
        unused_account_validity_days: policies
            .password_policy
            .as_ref()
            .and_then(|policy| policy.temporary_password_validity_days),
    }
}

fn email_configuration(mut given: EmailConfigurationType) -> EmailConfigurationType {
    given.email_sending_account.get_or_insert(EmailSendingAccountType::CognitoDefault);
    given
}

fn issuer_configuration(mut given: IssuerConfigurationType) -> IssuerConfigurationType {
    given.type_.get_or_insert(IssuerType::Original);
    given
}

fn key_configuration(mut given: KeyConfigurationType) -> KeyConfigurationType {
    given.key_type.get_or_insert(EncryptionKeyType::AwsOwnedKey);
    given
}

fn device_configuration(mut given: DeviceConfigurationType) -> DeviceConfigurationType {
    given.challenge_required_on_new_device.get_or_insert(false);
    given.device_only_remembered_on_user_prompt.get_or_insert(false);
    given
}
