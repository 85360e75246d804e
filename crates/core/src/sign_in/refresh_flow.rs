//! New tokens for a refresh token.

use std::collections::BTreeMap;

use cenote_model::types::AuthenticationResultType;
use cenote_store::{Sub, User};
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::step::{Outcome, SignIn};
use crate::tokens::issue::{self, Issue, Refresh};
use crate::tokens::refresh_token::RefreshToken;

/// REFRESH_TOKEN_AUTH and its older name. No metadata reaches the triggers.
///
/// # Errors
/// Those of the secret hash and of [`refresh`].
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let (token, user) = open(context, pool, client, parameters.get("REFRESH_TOKEN")?).await?;
    // No user name travels with a refresh token, so the hash covers the one that the token knows.
    client
        .verify_secret_hash(&[user.username.as_str(), user.sub.as_str()], parameters.find("SECRET_HASH"))?;
    let tokens = refresh(context, pool, client, &token, &user, None).await?;
    Ok(Outcome::tokens(tokens))
}

/// A refresh token of this client, and its user.
///
/// # Errors
/// `NotAuthorizedException` for what is no such token, or when the user is gone.
pub(super) async fn open(
    context: &Context,
    pool: &Pool,
    client: &Client,
    text: &str,
) -> Result<(RefreshToken, User), Error> {
    let token = RefreshToken::unseal(context, client, text)
        .ok_or_else(|| Error::not_authorized("Invalid Refresh Token"))?;
    let user = context.store.find_user(pool.id(), &Sub::new(token.sub.clone())).await?;
    let gone = || Error::not_authorized("The user has been deleted for the associated refresh token");
    Ok((token, user.ok_or_else(gone)?))
}

/// Issues new ID and access tokens of the same sign-in. Attributes are read afresh.
///
/// # Errors
/// `NotAuthorizedException` when the token is too old or revoked, or its user disabled; those of the trigger.
pub(super) async fn refresh(
    context: &Context,
    pool: &Pool,
    client: &Client,
    token: &RefreshToken,
    user: &User,
    client_metadata: Option<&BTreeMap<String, String>>,
) -> Result<AuthenticationResultType, Error> {
    if token.expires_ms <= context.now_ms {
        return Err(Error::not_authorized("Refresh Token has expired"));
    }
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if token.is_revoked(context, pool.id(), user).await? {
        return Err(Error::not_authorized("Refresh Token has been revoked"));
    }
    let source = TokenGenerationSource::RefreshTokens;
    let grant = &token.grant;
    issue::issue(
        context,
        Issue { pool, client, user, grant, refresh: Refresh::Keep, source, client_metadata },
    )
    .await
}
