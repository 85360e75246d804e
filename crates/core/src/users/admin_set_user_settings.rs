use cenote_model::types::{AdminSetUserSettingsRequest, AdminSetUserSettingsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::mfa_preference;
use crate::users::resolve::get_user;

/// AdminSetUserSettings: the older way to switch SMS on or off as a user's second factor.
///
/// # Errors
/// `UserNotFoundException`, `InvalidParameterException`.
pub async fn admin_set_user_settings(
    context: &Context,
    request: AdminSetUserSettingsRequest,
) -> Result<AdminSetUserSettingsResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    mfa_preference::commit_options(context, &pool, user, &request.mfa_options, false).await?;
    Ok(AdminSetUserSettingsResponse {})
}
