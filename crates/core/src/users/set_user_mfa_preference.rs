use cenote_model::types::{SetUserMFAPreferenceRequest, SetUserMFAPreferenceResponse, UserPoolMfaType};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::mfa_preference::Settings;

/// SetUserMFAPreference: the user of the access token switches its second factors. Where the pool requires one, it can
/// switch none off.
///
/// # Errors
/// Those of the access token; `InvalidParameterException`.
pub async fn set_user_mfa_preference(
    context: &Context,
    request: SetUserMFAPreferenceRequest,
) -> Result<SetUserMFAPreferenceResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let settings = Settings {
        sms: request.sms_mfa_settings,
        email: request.email_mfa_settings,
        software_token: request.software_token_mfa_settings,
        web_authn: request.web_authn_mfa_settings,
    };
    let fixed = holder.pool.mfa() == UserPoolMfaType::On;
    settings.commit(context, &holder.pool, holder.user, fixed).await?;
    Ok(SetUserMFAPreferenceResponse {})
}
