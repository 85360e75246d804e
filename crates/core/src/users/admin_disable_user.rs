use cenote_model::types::{AdminDisableUserRequest, AdminDisableUserResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminDisableUser: the user can't sign in, and all its tokens die for good.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_disable_user(
    context: &Context,
    request: AdminDisableUserRequest,
) -> Result<AdminDisableUserResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    update_user(context, user, |user| {
        if user.enabled {
            user.enabled = false;
            user.token_generation += 1;
            user.modified_ms = context.now_ms;
        }
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(AdminDisableUserResponse {})
}
