use cenote_model::types::{AdminGetUserRequest, AdminGetUserResponse, Timestamp};

use crate::context::Context;
use crate::error::Error;
use crate::users::describe;
use crate::users::resolve::get_user;

/// AdminGetUser: everything that is shown of a user.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_get_user(
    context: &Context,
    request: AdminGetUserRequest,
) -> Result<AdminGetUserResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    Ok(AdminGetUserResponse {
        enabled: Some(user.enabled),
        mfa_options: describe::mfa_options(&user),
        preferred_mfa_setting: user.mfa.preferred.clone(),
        user_attributes: Some(describe::attributes(&user, |_| true)),
        user_create_date: Some(Timestamp(user.created_ms)),
        user_last_modified_date: Some(Timestamp(user.modified_ms)),
        user_mfa_setting_list: describe::mfa_settings(&user),
        user_status: Some(describe::status(user.status)),
        username: user.username,
    })
}
