use cenote_model::ErrorCode;
use cenote_model::types::{GlobalSignOutRequest, GlobalSignOutResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::users::update::update_user;

/// GlobalSignOut: every refresh and access token of the user that was issued until now is refused from now on.
///
/// # Errors
/// Those of the access token.
pub async fn global_sign_out(
    context: &Context,
    request: GlobalSignOutRequest,
) -> Result<GlobalSignOutResponse, Error> {
    let holder = authenticate(context, &request.access_token).await.map_err(of_deleted_user)?;
    let signed_out = update_user(context, holder.user, |user| {
        user.token_generation += 1;
        Ok(((), Vec::new()))
    });
    signed_out.await.map_err(of_deleted_user)?;
    Ok(GlobalSignOutResponse {})
}

/// The operation knows no `UserNotFoundException`. With its user, the token is gone.
fn of_deleted_user(error: Error) -> Error {
    if error.code == ErrorCode::UserNotFoundException {
        return Error::not_authorized("Access Token has been revoked");
    }
    error
}
