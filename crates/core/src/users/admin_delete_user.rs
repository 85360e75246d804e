use cenote_model::types::AdminDeleteUserRequest;

use crate::context::Context;
use crate::error::Error;
use crate::users::deletion::delete;
use crate::users::resolve::get_user;

/// AdminDeleteUser: at once, also when the user is enabled.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`.
pub async fn admin_delete_user(context: &Context, request: AdminDeleteUserRequest) -> Result<(), Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    delete(context, user).await
}
