use cenote_model::types::{AdminGetUserAuthFactorsRequest, AdminGetUserAuthFactorsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::describe;
use crate::users::resolve::get_user;

/// AdminGetUserAuthFactors: what a user can show to sign in.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_get_user_auth_factors(
    context: &Context,
    request: AdminGetUserAuthFactorsRequest,
) -> Result<AdminGetUserAuthFactorsResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    Ok(AdminGetUserAuthFactorsResponse {
        configured_user_auth_factors: Some(describe::auth_factors(&user)),
        preferred_mfa_setting: user.mfa.preferred.clone(),
        user_mfa_setting_list: describe::mfa_settings(&user),
        username: user.username,
    })
}
