use cenote_model::types::{GetTokensFromRefreshTokenRequest, GetTokensFromRefreshTokenResponse};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::flow::rotates;
use crate::sign_in::refresh_flow::{open, refresh};

/// GetTokensFromRefreshToken: new tokens for a refresh token, by the client's secret itself. A public client's is ignored.
/// Rotation is not built yet.
///
/// # Errors
/// `NotAuthorizedException` for the secret, before the token is looked at, and for the token.
pub async fn get_tokens_from_refresh_token(
    context: &Context,
    request: GetTokensFromRefreshTokenRequest,
) -> Result<GetTokensFromRefreshTokenResponse, Error> {
    let (client, pool) = context.get_client_and_pool(&request.client_id).await?;
    if !client.secrets.is_empty() {
        let id = client.id();
        let given = request.client_secret.as_deref().ok_or_else(|| {
            Error::not_authorized(format!("Client {id} is configured for secret but secret was not received"))
        })?;
        if !client.has_secret(given) {
            return Err(Error::secret_hash_wrong(id));
        }
    }
    if rotates(&client) {
        return Err(Error::not_built("Refresh token rotation"));
    }
    let holder = open(context, &pool, &client, &request.refresh_token).await?;
    let metadata = request.client_metadata.as_ref();
    let tokens = refresh(context, &pool, &client, &holder, metadata).await?;
    Ok(GetTokensFromRefreshTokenResponse { authentication_result: Some(tokens) })
}
