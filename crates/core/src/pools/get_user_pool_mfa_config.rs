use cenote_model::types::{
    GetUserPoolMfaConfigRequest, GetUserPoolMfaConfigResponse, SmsMfaConfigType, UserPoolMfaType,
};

use crate::context::Context;
use crate::error::Error;
use crate::pools::pool::PoolConfiguration;

/// GetUserPoolMfaConfig.
///
/// # Errors
/// As the model declares them.
pub async fn get_user_pool_mfa_config(
    context: &Context,
    request: GetUserPoolMfaConfigRequest,
) -> Result<GetUserPoolMfaConfigResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    Ok(effective(&pool.configuration))
}

/// The factors that are set up.
#[must_use]
pub fn effective(configuration: &PoolConfiguration) -> GetUserPoolMfaConfigResponse {
    let pool = &configuration.user_pool;
    GetUserPoolMfaConfigResponse {
        mfa_configuration: Some(pool.mfa_configuration.unwrap_or(UserPoolMfaType::Off)),
        sms_mfa_configuration: configuration.sms_mfa.then(|| SmsMfaConfigType {
            sms_authentication_message: pool.sms_authentication_message.clone(),
            sms_configuration: pool.sms_configuration.clone(),
        }),
        software_token_mfa_configuration: configuration.software_token_mfa.clone(),
        email_mfa_configuration: configuration.email_mfa.clone(),
        web_authn_configuration: configuration.web_authn.clone(),
    }
}
