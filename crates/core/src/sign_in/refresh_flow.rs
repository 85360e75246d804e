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

/// A refresh token and its user.
pub(super) struct Holder {
    token: RefreshToken,
    user: User,
    /// Whether the sign-in was revoked, by itself or with all others of the user.
    revoked: bool,
}

/// REFRESH_TOKEN_AUTH and its older name. No metadata reaches the triggers.
///
/// # Errors
/// Those of the secret hash and of [`refresh`].
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let holder = open(context, pool, client, parameters.get("REFRESH_TOKEN")?).await?;
    // No user name travels with a refresh token, so the hash covers the one that the token knows.
    client.verify_secret_hash(
        &[holder.user.username.as_str(), holder.user.sub.as_str()],
        parameters.find("SECRET_HASH"),
    )?;
    let tokens = refresh(context, pool, client, &holder, None).await?;
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
) -> Result<Holder, Error> {
    let token = RefreshToken::unseal(context, client, text)
        .ok_or_else(|| Error::not_authorized("Invalid Refresh Token"))?;
    let (sub, family) = (Sub::new(token.sub.clone()), token.grant.origin_jti.as_str());
    let (user, revoked) =
        context.store.find_token_holder(pool.id(), &sub, Some(family)).await?.ok_or_else(|| {
            Error::not_authorized("The user has been deleted for the associated refresh token")
        })?;
    let revoked = revoked || token.generation != user.token_generation;
    Ok(Holder { token, user, revoked })
}

/// Issues new ID and access tokens of the same sign-in. Attributes are read afresh.
///
/// # Errors
/// `NotAuthorizedException` when the token is too old or revoked, or its user disabled; those of the trigger.
pub(super) async fn refresh(
    context: &Context,
    pool: &Pool,
    client: &Client,
    holder: &Holder,
    client_metadata: Option<&BTreeMap<String, String>>,
) -> Result<AuthenticationResultType, Error> {
    let Holder { token, user, revoked } = holder;
    if token.expires_ms <= context.now_ms {
        return Err(Error::not_authorized("Refresh Token has expired"));
    }
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if *revoked {
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
