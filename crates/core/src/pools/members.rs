//! What CreateUserPool and UpdateUserPool both take.

use std::collections::BTreeMap;

use cenote_model::types::{
    AccountRecoverySettingType, AcrLevelConfigType, AdminCreateUserConfigType, CreateUserPoolRequest,
    DcrConfigurationType, DeletionProtectionType, DeviceConfigurationType, EmailConfigurationType,
    IssuerConfigurationType, KeyConfigurationType, LambdaConfigType, SmsConfigurationType,
    UpdateUserPoolRequest, UserAttributeUpdateSettingsType, UserPoolAddOnsType, UserPoolMfaType,
    UserPoolPolicyType, UserPoolTierType, VerificationMessageTemplateType, VerifiedAttributeType,
};

/// The configuration in a request; the names are the API's.
#[derive(Clone, Debug, Default)]
pub struct Members {
    pub account_recovery_setting: Option<AccountRecoverySettingType>,
    pub acr_configuration: Option<BTreeMap<String, AcrLevelConfigType>>,
    pub admin_create_user_config: Option<AdminCreateUserConfigType>,
    pub auto_verified_attributes: Option<Vec<VerifiedAttributeType>>,
    pub dcr_configuration: Option<DcrConfigurationType>,
    pub deletion_protection: Option<DeletionProtectionType>,
    pub device_configuration: Option<DeviceConfigurationType>,
    pub email_configuration: Option<EmailConfigurationType>,
    pub email_verification_message: Option<String>,
    pub email_verification_subject: Option<String>,
    pub issuer_configuration: Option<IssuerConfigurationType>,
    pub key_configuration: Option<KeyConfigurationType>,
    pub lambda_config: Option<LambdaConfigType>,
    pub mfa_configuration: Option<UserPoolMfaType>,
    pub policies: Option<UserPoolPolicyType>,
    pub pool_name: Option<String>,
    pub sms_authentication_message: Option<String>,
    pub sms_configuration: Option<SmsConfigurationType>,
    pub sms_verification_message: Option<String>,
    pub user_attribute_update_settings: Option<UserAttributeUpdateSettingsType>,
    pub user_pool_add_ons: Option<UserPoolAddOnsType>,
    pub user_pool_tags: Option<BTreeMap<String, String>>,
    pub user_pool_tier: Option<UserPoolTierType>,
    pub verification_message_template: Option<VerificationMessageTemplateType>,
}

macro_rules! members {
    ($request:ident, $pool_name:expr) => {
        Members {
            pool_name: $pool_name,
            account_recovery_setting: $request.account_recovery_setting,
            acr_configuration: $request.acr_configuration,
            admin_create_user_config: $request.admin_create_user_config,
            auto_verified_attributes: $request.auto_verified_attributes,
            dcr_configuration: $request.dcr_configuration,
            deletion_protection: $request.deletion_protection,
            device_configuration: $request.device_configuration,
            email_configuration: $request.email_configuration,
            email_verification_message: $request.email_verification_message,
            email_verification_subject: $request.email_verification_subject,
            issuer_configuration: $request.issuer_configuration,
            key_configuration: $request.key_configuration,
            lambda_config: $request.lambda_config,
            mfa_configuration: $request.mfa_configuration,
            policies: $request.policies,
            sms_authentication_message: $request.sms_authentication_message,
            sms_configuration: $request.sms_configuration,
            sms_verification_message: $request.sms_verification_message,
            user_attribute_update_settings: $request.user_attribute_update_settings,
            user_pool_add_ons: $request.user_pool_add_ons,
            user_pool_tags: $request.user_pool_tags,
            user_pool_tier: $request.user_pool_tier,
            verification_message_template: $request.verification_message_template,
        }
    };
}

impl From<CreateUserPoolRequest> for Members {
    /// Leaves out what can only be said once: the schema and how users sign in.
    fn from(request: CreateUserPoolRequest) -> Self {
        members!(request, Some(request.pool_name))
    }
}

impl From<UpdateUserPoolRequest> for Members {
    fn from(request: UpdateUserPoolRequest) -> Self {
        members!(request, request.pool_name)
    }
}
