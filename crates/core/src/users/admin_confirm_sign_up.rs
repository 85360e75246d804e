use cenote_model::types::{AdminConfirmSignUpRequest, AdminConfirmSignUpResponse};

use crate::context::Context;
use crate::error::Error;
use crate::users::confirmation;
use crate::users::resolve::get_user;
use crate::users::update::update_user;

/// AdminConfirmSignUp: confirms without a code, and without verifying any contact.
///
/// # Errors
/// `NotAuthorizedException` for a user that is not unconfirmed; those of PostConfirmation, which undo nothing.
pub async fn admin_confirm_sign_up(
    context: &Context,
    request: AdminConfirmSignUpRequest,
) -> Result<AdminConfirmSignUpResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let ((), user) = update_user(context, user, |user| {
        confirmation::check_unconfirmed(user)?;
        confirmation::set_confirmed(context, user);
        Ok(((), Vec::new()))
    })
    .await?;
    confirmation::announce(context, &pool, &user, None, request.client_metadata.as_ref()).await?;
    Ok(AdminConfirmSignUpResponse {})
}
