//! New tokens for a refresh token: REFRESH_TOKEN_AUTH and its older name.

use cenote_store::Sub;
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::error::Error;
use crate::sign_in::step::{Outcome, SignIn};
use crate::tokens::issue::{self, Refresh};
use crate::tokens::refresh_token::RefreshToken;

/// Issues new ID and access tokens of the same sign-in. Attributes are read afresh.
///
/// # Errors
/// `NotAuthorizedException` with the text for what is wrong with the token or its user.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let text = parameters.get("REFRESH_TOKEN")?;
    let token = RefreshToken::unseal(context, client, text);
    let user = match &token {
        Some(token) => context.store.find_user(pool.id(), &Sub::new(token.sub.clone())).await?,
        None => None,
    };
    let Some(token) = token else { return Err(Error::not_authorized("Invalid Refresh Token")) };
    let Some(user) = user else {
        return Err(Error::not_authorized("The user has been deleted for the associated refresh token"));
    };
    // No user name travels with a refresh token, so the hash covers the one that the token knows.
    client
        .verify_secret_hash(&[user.username.as_str(), user.sub.as_str()], parameters.find("SECRET_HASH"))?;
    if token.expires_ms <= context.now_ms {
        return Err(Error::not_authorized("Refresh Token has expired"));
    }
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if token.is_revoked(context, pool.id(), &user).await? {
        return Err(Error::not_authorized("Refresh Token has been revoked"));
    }
    let tokens = issue::issue(
        context,
        issue::Issue {
            pool,
            client,
            user: &user,
            grant: &token.grant,
            refresh: Refresh::Keep,
            source: TokenGenerationSource::RefreshTokens,
            client_metadata: None,
        },
    )
    .await?;
    Ok(Outcome::tokens(tokens))
}
