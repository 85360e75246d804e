use cenote_model::types::{
    SetUserPoolMfaConfigRequest, SetUserPoolMfaConfigResponse, SoftwareTokenMfaConfigType, UserPoolMfaType,
    UserVerificationType,
};

use crate::context::Context;
use crate::error::Error;
use crate::passkeys::relying_party;
use crate::pools::get_user_pool_mfa_config::effective;
use crate::pools::pool::{Pool, PoolConfiguration};
use crate::pools::{checks, tier};

/// SetUserPoolMfaConfig: replaces all factors. What is left out is off, so a call with only the pool's id switches MFA off.
/// Passkeys are no second factor of their own and are kept.
///
/// # Errors
/// As the model declares them.
pub async fn set_user_pool_mfa_config(
    context: &Context,
    request: SetUserPoolMfaConfigRequest,
) -> Result<SetUserPoolMfaConfigResponse, Error> {
    let pool = Pool::read(context, &request.user_pool_id).await?;
    let configuration = apply(request, pool.configuration.clone())?;
    checks::first_factors(&configuration)?;
    checks::recovery_beside_email(&configuration)?;
    tier::check_factors(&configuration)?;
    pool.replace(context, &configuration).await?;
    let shown = effective(&configuration);
    Ok(SetUserPoolMfaConfigResponse {
        mfa_configuration: shown.mfa_configuration,
        sms_mfa_configuration: shown.sms_mfa_configuration,
        software_token_mfa_configuration: shown.software_token_mfa_configuration,
        email_mfa_configuration: shown.email_mfa_configuration,
        web_authn_configuration: shown.web_authn_configuration,
    })
}

fn apply(
    request: SetUserPoolMfaConfigRequest,
    before: PoolConfiguration,
) -> Result<PoolConfiguration, Error> {
    let mut after = before;
    let mfa = request.mfa_configuration.unwrap_or(UserPoolMfaType::Off);
    let any_block = request.sms_mfa_configuration.is_some()
        || request.software_token_mfa_configuration.is_some()
        || request.email_mfa_configuration.is_some();
    if mfa == UserPoolMfaType::Off && any_block {
        return Err(Error::invalid_parameter(
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        ));
    }
    if mfa != UserPoolMfaType::Off && !any_block {
        return Err(Error::invalid_parameter(
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
        ));
    }
    after.user_pool.mfa_configuration = Some(mfa);
    after.sms_mfa = request.sms_mfa_configuration.is_some();
    if let Some(sms) = request.sms_mfa_configuration {
        if let Some(configuration) = sms.sms_configuration {
            checks::sms(&configuration)?;
            after.user_pool.sms_configuration = Some(configuration);
        }
        if after.user_pool.sms_configuration.is_none() {
            return Err(checks::sms_required());
        }
        if sms.sms_authentication_message.is_some() {
            after.user_pool.sms_authentication_message = sms.sms_authentication_message;
        }
    }
    after.software_token_mfa = request
        .software_token_mfa_configuration
        .map(|given| SoftwareTokenMfaConfigType { enabled: given.enabled.or(Some(false)) });
    after.email_mfa = request.email_mfa_configuration;
    if let Some(mut passkeys) = request.web_authn_configuration {
        relying_party::check_id(passkeys.relying_party_id.as_deref())?;
        passkeys.user_verification.get_or_insert(UserVerificationType::Preferred);
        after.web_authn = Some(passkeys);
    }
    Ok(after)
}
