use cenote_model::types::{SetUserSettingsRequest, SetUserSettingsResponse, UserPoolMfaType};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::mfa_preference;

/// SetUserSettings: the older way to switch SMS on or off as a second factor.
///
/// # Errors
/// Those of the access token; `InvalidParameterException`.
pub async fn set_user_settings(
    context: &Context,
    request: SetUserSettingsRequest,
) -> Result<SetUserSettingsResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let fixed = holder.pool.mfa() == UserPoolMfaType::On;
    mfa_preference::commit_options(context, &holder.pool, holder.user, &request.mfa_options, fixed).await?;
    Ok(SetUserSettingsResponse {})
}
