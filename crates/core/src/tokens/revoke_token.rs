use cenote_model::ErrorCode;
use cenote_model::types::{RevokeTokenRequest, RevokeTokenResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::refresh_token::RefreshToken;

/// RevokeToken: a refresh token and every access token of the same sign-in. Unknown tokens, and those revoked before, are
/// no error. Checked in the order secret, feature, token.
///
/// # Errors
/// `UnauthorizedException`, `UnsupportedOperationException`, `UnsupportedTokenTypeException`.
pub async fn revoke_token(
    context: &Context,
    request: RevokeTokenRequest,
) -> Result<RevokeTokenResponse, Error> {
    let unauthorized = || Error::new(ErrorCode::UnauthorizedException, "Invalid client or secret");
    // The operation knows no error of its own for a client that does not exist.
    let client = context.find_client(&request.client_id).await?.ok_or_else(unauthorized)?;
    let secret = request.client_secret.as_deref().unwrap_or_default();
    if !client.secrets.is_empty() && !client.has_secret(secret) {
        return Err(unauthorized());
    }
    if !client.revokes_tokens() {
        return Err(Error::new(
            ErrorCode::UnsupportedOperationException,
            "This feature is not enabled for this client",
        ));
    }
    if request.token.split('.').count() == 3 {
        return Err(Error::new(ErrorCode::UnsupportedTokenTypeException, "Unsupported Token Type"));
    }
    let Some(token) = RefreshToken::unseal(context, &client, &request.token) else {
        return Ok(RevokeTokenResponse {});
    };
    context.commit(vec![token.revoke(context, &client)]).await?;
    Ok(RevokeTokenResponse {})
}
