//! What a pool has when nothing was asked for, and what a part has when only some of it was.

use std::collections::BTreeMap;

use cenote_model::types::{
    AccountRecoverySettingType, AdminCreateUserConfigType, AuthFactorType, DcrConfigurationType,
    DefaultEmailOptionType, DeletionProtectionType, EmailConfigurationType, EmailSendingAccountType,
    EncryptionKeyType, IssuerConfigurationType, IssuerType, KeyConfigurationType, LambdaConfigType,
    OAuthFlowType, PasswordPolicyType, RecoveryOptionNameType, RecoveryOptionType, SignInPolicyType,
    StatusType, UserPoolMfaType, UserPoolPolicyType, UserPoolType, VerificationMessageTemplateType,
};

/// Days a temporary password works; 0 means this too.
const TEMPORARY_PASSWORD_DAYS: i32 = 7;

/// A pool of which only the name was given, without name and schema.
#[must_use]
pub fn user_pool() -> UserPoolType {
    UserPoolType {
        account_recovery_setting: Some(account_recovery()),
        admin_create_user_config: Some(AdminCreateUserConfigType {
            allow_admin_create_user_only: Some(false),
            invite_message_template: None,
            unused_account_validity_days: Some(TEMPORARY_PASSWORD_DAYS),
        }),
        deletion_protection: Some(DeletionProtectionType::Inactive),
        email_configuration: Some(EmailConfigurationType {
            email_sending_account: Some(EmailSendingAccountType::CognitoDefault),
            ..EmailConfigurationType::default()
        }),
        issuer_configuration: Some(IssuerConfigurationType { type_: Some(IssuerType::Original) }),
        key_configuration: Some(KeyConfigurationType {
            key_type: Some(EncryptionKeyType::AwsOwnedKey),
            kms_key_arn: None,
        }),
        lambda_config: Some(LambdaConfigType::default()),
        mfa_configuration: Some(UserPoolMfaType::Off),
        policies: Some(UserPoolPolicyType {
            password_policy: Some(PasswordPolicyType {
                minimum_length: Some(8),
                password_history_size: None,
                require_lowercase: Some(true),
                require_numbers: Some(true),
                require_symbols: Some(true),
                require_uppercase: Some(true),
                temporary_password_validity_days: Some(TEMPORARY_PASSWORD_DAYS),
            }),
            sign_in_policy: None,
        }),
        user_pool_tags: Some(BTreeMap::new()),
        verification_message_template: Some(VerificationMessageTemplateType {
            default_email_option: Some(DefaultEmailOptionType::ConfirmWithCode),
            ..VerificationMessageTemplateType::default()
        }),
        ..UserPoolType::default()
    }
}

/// Every pool since 2020 recovers by e-mail first.
fn account_recovery() -> AccountRecoverySettingType {
    let option = |priority, name| RecoveryOptionType { priority, name };
    AccountRecoverySettingType {
        recovery_mechanisms: Some(vec![
            option(1, RecoveryOptionNameType::VerifiedEmail),
            option(2, RecoveryOptionNameType::VerifiedPhoneNumber),
        ]),
    }
}

/// The sign-in policy of the tiers that have one.
#[must_use]
pub fn sign_in_policy() -> SignInPolicyType {
    SignInPolicyType { allowed_first_auth_factors: Some(vec![AuthFactorType::Password]) }
}

/// A given password policy is not merged with the default: what it does not require is not required.
#[must_use]
pub fn password_policy(given: &PasswordPolicyType) -> PasswordPolicyType {
    PasswordPolicyType {
        minimum_length: given.minimum_length.or(Some(8)),
        password_history_size: given.password_history_size,
        require_lowercase: given.require_lowercase.or(Some(false)),
        require_numbers: given.require_numbers.or(Some(false)),
        require_symbols: given.require_symbols.or(Some(false)),
        require_uppercase: given.require_uppercase.or(Some(false)),
        temporary_password_validity_days: given
            .temporary_password_validity_days
            .filter(|days| *days > 0)
            .or(Some(TEMPORARY_PASSWORD_DAYS)),
    }
}

/// Setting either member of the token trigger sets the other; the older one means version 1.
#[must_use]
pub fn lambda_config(mut given: LambdaConfigType) -> LambdaConfigType {
    use cenote_model::types::{
        PreTokenGenerationLambdaVersionType as Version, PreTokenGenerationVersionConfigType,
    };
    if let Some(config) = &given.pre_token_generation_config {
        given.pre_token_generation = Some(config.lambda_arn.clone());
    } else if let Some(arn) = &given.pre_token_generation {
        given.pre_token_generation_config = Some(PreTokenGenerationVersionConfigType {
            lambda_arn: arn.clone(),
            lambda_version: Version::V1_0,
        });
    }
    given
}

/// The block for dynamic client registration, once it is given. An empty list is kept: it refuses that kind.
#[must_use]
pub fn dcr_configuration(given: DcrConfigurationType) -> DcrConfigurationType {
    DcrConfigurationType {
        allowed_scopes: given.allowed_scopes,
        authenticated_grant_types: given
            .authenticated_grant_types
            .or_else(|| Some(vec![OAuthFlowType::Code, OAuthFlowType::ClientCredentials])),
        enable_status: given.enable_status.or(Some(StatusType::Enabled)),
        open_dcr_enabled: given.open_dcr_enabled.or(Some(false)),
        open_dcr_grant_types: given.open_dcr_grant_types.or_else(|| Some(vec![OAuthFlowType::Code])),
    }
}
