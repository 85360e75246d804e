use cenote_model::types::{AdminEnableUserRequest, AdminEnableUserResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminEnableUser: the user may sign in again. Tokens that died when it was disabled stay dead.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_enable_user(
    context: &Context,
    request: AdminEnableUserRequest,
) -> Result<AdminEnableUserResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    update_user(context, user, |user| {
        if !user.enabled {
            user.enabled = true;
            user.modified_ms = context.now_ms;
        }
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(AdminEnableUserResponse {})
}
