use cenote_model::types::DeleteUserRequest;

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::deletion::delete;

/// DeleteUser: the user of the access token deletes itself.
///
/// # Errors
/// Those of the access token.
pub async fn delete_user(context: &Context, request: DeleteUserRequest) -> Result<(), Error> {
    let holder = authenticate(context, &request.access_token).await?;
    delete(context, holder.user).await
}
