//! New tokens for a refresh token.

use std::collections::BTreeMap;

use cenote_model::ErrorCode;
use cenote_model::types::AuthenticationResultType;
use cenote_store::{RefreshFamily, Sub, User};
use cenote_triggers::pre_token_generation::TokenGenerationSource;

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::device::presented;
use crate::sign_in::step::{Outcome, SignIn};
use crate::tokens::issue::{self, Issue, Refresh};
use crate::tokens::refresh_token::RefreshToken;
use crate::tokens::rotation;
use crate::user_sessions::record;

/// A refresh token and its user.
pub(super) struct Holder {
    token: RefreshToken,
    user: User,
    /// Whether the sign-in was revoked, by itself or with all others of the user.
    revoked: bool,
    /// Which of the sign-in's tokens are good, if they were ever rotated.
    family: Option<RefreshFamily>,
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
    let tokens = refresh(context, pool, client, &holder, parameters.find("DEVICE_KEY"), None).await.map_err(
        |error| {
            // The flow knows no word for a token that was replaced while the client rotated them.
            let replaced = error.code == ErrorCode::RefreshTokenReuseException;
            if replaced { Error::not_authorized("Refresh Token has been revoked") } else { error }
        },
    )?;
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
    let (sub, origin_jti) = (Sub::new(token.sub.clone()), token.grant.origin_jti.as_str());
    let found = context.store.find_refresh_holder(pool.id(), &sub, origin_jti).await?;
    let (user, revoked, family) = found.ok_or_else(RefreshToken::user_gone)?;
    let revoked = revoked || token.generation != user.token_generation;
    Ok(Holder { token, user, revoked, family })
}

/// Issues new ID and access tokens of the same sign-in, and a new refresh token if the client rotates them. Attributes are
/// read afresh. Only a rotation writes, and a pool that keeps track of sessions.
///
/// # Errors
/// `NotAuthorizedException` when the token is too old or revoked, its user disabled, or its device another or forgotten;
/// `RefreshTokenReuseException` when a rotation has replaced it; those of the trigger.
pub(super) async fn refresh(
    context: &Context,
    pool: &Pool,
    client: &Client,
    holder: &Holder,
    device_key: Option<&str>,
    client_metadata: Option<&BTreeMap<String, String>>,
) -> Result<AuthenticationResultType, Error> {
    let Holder { token, user, revoked, family } = holder;
    if token.expires_ms <= context.now_ms {
        return Err(Error::not_authorized("Refresh Token has expired"));
    }
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if *revoked {
        return Err(Error::not_authorized("Refresh Token has been revoked"));
    }
    presented::check_refresh(context, pool, user, token.grant.device_key.as_deref(), device_key).await?;
    if !rotation::is_good(context, token, family.as_ref()) {
        return Err(rotation::refuse_reuse(context, client, token).await?);
    }
    let source = TokenGenerationSource::RefreshTokens;
    let grant = &token.grant;
    let issue = Issue { pool, client, user, grant, refresh: Refresh::Again, source, client_metadata };
    let mut tokens = issue::issue(context, issue).await?;
    let recorded = record::refresh(context, pool, token);
    if client.rotates_refresh_tokens() {
        tokens.refresh_token =
            Some(rotation::rotate(context, client, token, family.clone(), recorded).await?);
    } else if let Some(change) = recorded {
        context.commit(vec![change]).await?;
    }
    Ok(tokens)
}
