use cenote_model::types::{GetTokensFromRefreshTokenRequest, GetTokensFromRefreshTokenResponse};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::refresh_flow::{open, refresh};
use crate::tokens::client_secret;

/// GetTokensFromRefreshToken: new tokens for a refresh token, by the client's secret itself. A public client's is ignored.
/// The only way to refresh where refresh tokens rotate.
///
/// # Errors
/// `NotAuthorizedException` for the secret, before the token is looked at, and for the token; `RefreshTokenReuseException`.
pub async fn get_tokens_from_refresh_token(
    context: &Context,
    request: GetTokensFromRefreshTokenRequest,
) -> Result<GetTokensFromRefreshTokenResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    client_secret::check(&client, request.client_secret.as_deref())?;
    let holder = open(context, &pool, &client, &request.refresh_token).await?;
    let metadata = request.client_metadata.as_ref();
    let tokens = refresh(context, &pool, &client, &holder, request.device_key.as_deref(), metadata).await?;
    Ok(GetTokensFromRefreshTokenResponse { authentication_result: Some(tokens) })
}
