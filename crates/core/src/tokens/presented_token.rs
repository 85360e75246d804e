//! An access or ID token that is given away for another one: whose it is, if it is good.

use std::sync::Arc;

use cenote_crypto::jwt::{self, JwtError};
use cenote_model::types::TokenTypeIdentifierType;
use cenote_store::{ClientId, Sub, User};
use serde::Deserialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::claims::split_scopes;
use crate::tokens::grant::{Authentication, is_current};

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iss: String,
    client_id: Option<String>,
    aud: Option<Value>,
    token_use: String,
    #[serde(default)]
    scope: String,
    exp: i64,
    auth_time: i64,
    event_id: Option<String>,
    jti: Option<String>,
    origin_jti: Option<String>,
    act: Option<Value>,
    acr: Option<String>,
    amr: Option<Vec<String>>,
}

/// What a good token says.
#[derive(Debug)]
pub(super) struct PresentedToken {
    pub sub: String,
    pub client_id: String,
    /// None for the token of a client itself.
    pub user: Option<User>,
    pub scopes: Vec<String>,
    /// Seconds.
    pub expires: i64,
    pub auth_time: i64,
    pub event_id: Option<String>,
    pub family: Option<String>,
    /// Who acts for the subject already.
    pub act: Option<Value>,
    /// How strong the sign-in was, if it says so.
    pub authentication: Option<Authentication>,
}

impl PresentedToken {
    /// Checks a token of the pool as an operation by access token does, but for its scope.
    ///
    /// # Errors
    /// `NotAuthorizedException` with the text for the first check that fails; `UserNotFoundException`.
    pub(super) async fn read(
        context: &Context,
        pool: &Arc<Pool>,
        text: &str,
        kind: TokenTypeIdentifierType,
    ) -> Result<Self, Error> {
        let (name, token_use) = match kind {
            TokenTypeIdentifierType::AccessToken => ("Access Token", "access"),
            TokenTypeIdentifierType::IdToken => ("Id Token", "id"),
            TokenTypeIdentifierType::Saml2 => {
                return Err(Error::not_built("The exchange of SAML assertions"));
            }
        };
        let invalid = || Error::not_authorized(format!("Invalid {name}"));
        if text.len() > jwt::MAX_TOKEN_BYTES {
            return Err(invalid());
        }
        let keys = pool.keys(context).await?;
        let find = |kid: Option<&str>| match kind {
            TokenTypeIdentifierType::AccessToken => keys.find_access_key(kid?),
            _ => keys.find_id_key(kid?),
        };
        let claims = jwt::verify(text, find).map_err(|error| match error {
            JwtError::BadSignature => Error::not_authorized(format!("Could not verify signature for {name}")),
            JwtError::Malformed | JwtError::UnknownKey | JwtError::WrongAlgorithm => invalid(),
        })?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| invalid())?;
        if !pool.is_issuer(&claims.iss, &context.settings) || claims.token_use != token_use {
            return Err(invalid());
        }
        if claims.exp.saturating_mul(1000) <= context.now_ms {
            return Err(Error::not_authorized(format!("{name} has expired")));
        }
        let audience = claims.aud.as_ref().and_then(Value::as_str).map(str::to_owned);
        let client_id = claims.client_id.clone().or(audience).ok_or_else(invalid)?;
        let client =
            context.find_client(&client_id).await?.ok_or_else(|| Error::client_missing(&client_id))?;
        if client.record.pool_id != *pool.id() {
            return Err(invalid());
        }
        let user = if ClientId::new(claims.sub.as_str()) == client.record.id {
            None
        } else {
            Some(user(context, pool, &claims, name).await?)
        };
        Ok(Self {
            sub: claims.sub.clone(),
            client_id,
            user,
            scopes: split_scopes(&claims.scope),
            expires: claims.exp,
            auth_time: claims.auth_time,
            event_id: claims.event_id,
            family: claims.origin_jti,
            act: claims.act,
            authentication: claims.acr.zip(claims.amr).map(|(acr, amr)| Authentication { acr, amr }),
        })
    }
}

/// The user, if nothing ended its sign-in. A token that can't tell, because it has no id, is not good enough.
async fn user(context: &Context, pool: &Pool, claims: &Claims, name: &str) -> Result<User, Error> {
    let sub = Sub::new(claims.sub.as_str());
    let (user, revoked) = context
        .store
        .find_token_holder(pool.id(), &sub, claims.origin_jti.as_deref())
        .await?
        .ok_or_else(Error::user_missing)?;
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    let current = claims.jti.as_ref().is_some_and(|id| is_current(context, pool, &user, id));
    if revoked || !current {
        return Err(Error::not_authorized(format!("{name} has been revoked")));
    }
    Ok(user)
}
