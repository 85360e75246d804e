use cenote_model::ErrorCode;
use cenote_model::types::{DeleteWebAuthnCredentialRequest, DeleteWebAuthnCredentialResponse};

use super::holder::{get_holder, gone};
use crate::context::Context;
use crate::error::Error;
use crate::users::update::update_user;

/// DeleteWebAuthnCredential: the user of the access token gives up a passkey.
///
/// # Errors
/// Those of the access token; `ResourceNotFoundException`.
pub async fn delete_web_authn_credential(
    context: &Context,
    request: DeleteWebAuthnCredentialRequest,
) -> Result<DeleteWebAuthnCredentialResponse, Error> {
    let holder = get_holder(context, &request.access_token).await?;
    let (found, _) = update_user(context, holder.user, |user| {
        let before = user.passkeys.len();
        user.passkeys.retain(|passkey| passkey.id != request.credential_id);
        Ok((user.passkeys.len() < before, Vec::new()))
    })
    .await
    .map_err(gone)?;
    if found {
        return Ok(DeleteWebAuthnCredentialResponse {});
    }
    Err(Error::new(ErrorCode::ResourceNotFoundException, "The passkey does not exist."))
}
