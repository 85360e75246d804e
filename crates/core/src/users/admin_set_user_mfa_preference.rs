use cenote_model::types::{AdminSetUserMFAPreferenceRequest, AdminSetUserMFAPreferenceResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::mfa_preference::Settings;
use crate::users::resolve::get_user;

/// AdminSetUserMFAPreference: an administrator switches a user's second factors.
///
/// # Errors
/// `UserNotFoundException`, `InvalidParameterException`.
pub async fn admin_set_user_mfa_preference(
    context: &Context,
    request: AdminSetUserMFAPreferenceRequest,
) -> Result<AdminSetUserMFAPreferenceResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let settings = Settings {
        sms: request.sms_mfa_settings,
        email: request.email_mfa_settings,
        software_token: request.software_token_mfa_settings,
        web_authn: request.web_authn_mfa_settings,
    };
    settings.commit(context, &pool, user, false).await?;
    Ok(AdminSetUserMFAPreferenceResponse {})
}
