//! Who an access token speaks for.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::jwt::{self, JwtError};
use cenote_store::{Sub, User};
use serde::Deserialize;

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::claims::ADMIN_SCOPE;
use crate::tokens::grant::is_current;

/// The user behind a valid access token.
#[derive(Debug)]
pub struct TokenHolder {
    pub pool: Arc<Pool>,
    pub client: Arc<Client>,
    pub user: User,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    client_id: String,
    token_use: String,
    #[serde(default)]
    scope: String,
    exp: i64,
    jti: String,
    origin_jti: Option<String>,
}

/// What a token claims, to find the keys it must be signed with.
fn unverified(token: &str) -> Option<Claims> {
    if token.len() > jwt::MAX_TOKEN_BYTES {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// Checks an access token, in Cognito's order: form, signature, time, scope, client, user, revocation.
///
/// # Errors
/// `NotAuthorizedException` with the text for the first that fails; `ResourceNotFoundException` for a deleted client,
/// `UserNotFoundException` for a deleted user.
pub async fn authenticate(context: &Context, token: &str) -> Result<TokenHolder, Error> {
    let invalid = || Error::not_authorized("Invalid Access Token");
    let pool_id = unverified(token)
        .filter(|claims| claims.token_use == "access")
        .and_then(|claims| claims.iss.rsplit_once('/').map(|(_, pool_id)| pool_id.to_owned()))
        .ok_or_else(invalid)?;
    let pool =
        context.cache.find_pool(context, &cenote_store::PoolId::new(pool_id)).await?.ok_or_else(invalid)?;
    let keys = pool.keys(context).await?;
    let claims = jwt::verify(token, |kid| keys.find_access_key(kid?)).map_err(|error| match error {
        JwtError::BadSignature => Error::not_authorized("Could not verify signature for Access Token"),
        JwtError::Malformed | JwtError::UnknownKey | JwtError::WrongAlgorithm => invalid(),
    })?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| invalid())?;
    if claims.iss != pool.issuer(&context.settings) || claims.token_use != "access" {
        return Err(invalid());
    }
    if claims.exp.saturating_mul(1000) <= context.now_ms {
        return Err(Error::not_authorized("Access Token has expired"));
    }
    if !claims.scope.split(' ').any(|scope| scope == ADMIN_SCOPE) {
        return Err(Error::not_authorized("Access Token does not have required scopes"));
    }
    let client = context.get_client(&claims.client_id).await?;
    if client.record.pool_id != *pool.id() {
        return Err(invalid());
    }
    let user =
        context.store.find_user(pool.id(), &Sub::new(claims.sub)).await?.ok_or_else(Error::user_missing)?;
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    let family_revoked = match &claims.origin_jti {
        Some(family) => context.store.is_revoked(pool.id(), family).await?,
        None => false,
    };
    if family_revoked || !is_current(context, &pool, &user, &claims.jti) {
        return Err(Error::not_authorized("Access Token has been revoked"));
    }
    Ok(TokenHolder { pool, client, user })
}
