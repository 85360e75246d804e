use cenote_model::types::{AdminUserGlobalSignOutRequest, AdminUserGlobalSignOutResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminUserGlobalSignOut: GlobalSignOut by an administrator.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_user_global_sign_out(
    context: &Context,
    request: AdminUserGlobalSignOutRequest,
) -> Result<AdminUserGlobalSignOutResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    update_user(context, user, |user| {
        user.token_generation += 1;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(AdminUserGlobalSignOutResponse {})
}
