use cenote_model::types::{AdminDeleteSoftwareTokenRequest, AdminDeleteSoftwareTokenResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::resolve::get_user;
use crate::users::software_token;
use crate::users::update::update_user;

/// AdminDeleteSoftwareToken: the user's authenticator app counts no more, and another one may be set up.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_delete_software_token(
    context: &Context,
    request: AdminDeleteSoftwareTokenRequest,
) -> Result<AdminDeleteSoftwareTokenResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    update_user(context, user, |user| {
        let before = user.clone();
        software_token::remove(user);
        if *user != before {
            user.modified_ms = context.now_ms;
        }
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(AdminDeleteSoftwareTokenResponse {})
}
