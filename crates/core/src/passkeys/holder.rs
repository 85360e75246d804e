//! Whose access token it is, in operations on passkeys.

use cenote_model::ErrorCode;
use cenote_store::UserStatus;

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::{TokenHolder, authenticate};

/// The user of an access token.
///
/// # Errors
/// Those of the access token; `PasswordResetRequiredException`.
pub(super) async fn get_holder(context: &Context, access_token: &str) -> Result<TokenHolder, Error> {
    let holder = authenticate(context, access_token).await.map_err(gone)?;
    if holder.user.status == UserStatus::ResetRequired {
        return Err(Error::password_reset_required());
    }
    Ok(holder)
}

/// These operations do not declare that a user or a client is gone.
pub(super) fn gone(error: Error) -> Error {
    match error.code {
        ErrorCode::UserNotFoundException | ErrorCode::ResourceNotFoundException => {
            Error::not_authorized("Access Token has been revoked")
        }
        _ => error,
    }
}
