//! Who an access token speaks for.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cenote_crypto::jwt::{self, JwtError};
use cenote_model::types::GetUserResponse;
use cenote_store::{ClientId, PoolId, Sub, User};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::clients::Client;
use crate::context::Context;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::claims::ADMIN_SCOPE;
use crate::tokens::grant::{Authentication, is_current};
use crate::tokens::verified_tokens::{Answered, VerifiedToken};

/// How long an answer is remembered. It is compared with the store at each use, so this only bounds what a database could do
/// that was put back to an earlier state under a running server.
const ANSWER_KEPT_MS: i64 = 60_000;

/// The user behind a valid access token.
#[derive(Debug)]
pub struct TokenHolder {
    pub pool: Arc<Pool>,
    pub client: Arc<Client>,
    pub user: User,
    /// The sign-in that the token is of, if it says so.
    pub family: Option<String>,
    /// The device that the sign-in came from.
    pub device_key: Option<String>,
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
    device_key: Option<String>,
}

/// What a token claims, to find the keys it must be signed with.
fn unverified(token: &str) -> Option<Claims> {
    decode(token)
}

fn decode<T: DeserializeOwned>(token: &str) -> Option<T> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// The client that a token claims to be for. Nothing of it is checked.
#[must_use]
pub fn claimed_client(token: &str) -> Option<ClientId> {
    unverified(token).map(|claims| ClientId::new(claims.client_id))
}

/// Checks an access token, in Cognito's order: form, signature, time, scope, client, user, revocation.
///
/// # Errors
/// `NotAuthorizedException` with the text for the first that fails; `ResourceNotFoundException` for a deleted client,
/// `UserNotFoundException` for a deleted user.
pub async fn authenticate(context: &Context, token: &str) -> Result<TokenHolder, Error> {
    BelievedToken::read(context, token).await?.holder(context).await
}

/// An access token as what is left of a sign-in.
#[derive(Debug)]
pub struct PastSignIn {
    pub holder: TokenHolder,
    /// Seconds.
    pub auth_time: i64,
    pub authentication: Option<Authentication>,
    /// Whether somebody else acts for the user by it.
    pub is_delegated: bool,
}

#[derive(Deserialize)]
struct SignInClaims {
    auth_time: i64,
    acr: Option<String>,
    amr: Option<Vec<String>>,
    act: Option<IgnoredAny>,
}

/// Checks an access token, and says what it says of the sign-in.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_sign_in(context: &Context, token: &str) -> Result<PastSignIn, Error> {
    let holder = authenticate(context, token).await?;
    // Its signature was verified just now.
    let SignInClaims { auth_time, acr, amr, act } = decode(token).ok_or_else(invalid)?;
    let authentication = acr.zip(amr).map(|(acr, amr)| Authentication { acr, amr });
    Ok(PastSignIn { holder, auth_time, authentication, is_delegated: act.is_some() })
}

/// An access token that is good as far as its user is not asked.
#[derive(Debug)]
pub(crate) struct BelievedToken {
    pool: Arc<Pool>,
    client: Arc<Client>,
    token: Arc<VerifiedToken>,
}

impl BelievedToken {
    /// The checks of [`authenticate`] up to the client.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn read(context: &Context, token: &str) -> Result<Self, Error> {
        let (pool, token) = verify(context, token).await?;
        if token.expires.saturating_mul(1000) <= context.now_ms {
            return Err(Error::not_authorized("Access Token has expired"));
        }
        if !token.has_admin_scope {
            return Err(Error::not_authorized("Access Token does not have required scopes"));
        }
        let client = context.get_client(token.client_id.as_str()).await?;
        if client.record.pool_id != *pool.id() {
            return Err(invalid());
        }
        Ok(Self { pool, client, token })
    }

    /// The rest of the checks.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn holder(&self, context: &Context) -> Result<TokenHolder, Error> {
        let Self { pool, client, token } = self;
        let (user, revoked) = context
            .store
            .find_token_holder(pool.id(), &token.sub, token.family.as_deref())
            .await?
            .ok_or_else(Error::user_missing)?;
        if !user.enabled {
            return Err(Error::user_disabled());
        }
        if revoked || !belongs_to(token, context, pool, &user) {
            return Err(Error::not_authorized("Access Token has been revoked"));
        }
        Ok(TokenHolder {
            pool: Arc::clone(pool),
            client: Arc::clone(client),
            user,
            family: token.family.clone(),
            device_key: token.device_key.clone(),
        })
    }

    /// What GetUser answered this token before, if it would say the same now: the sign-in is not revoked, and user and client
    /// are those of then, by their versions. In every other case it is for [`Self::holder`] to say what is wrong.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(crate) async fn last_answer(
        &self,
        context: &Context,
    ) -> Result<Option<Encoded<GetUserResponse>>, Error> {
        let Self { pool, client, token } = self;
        let Some(last) = token.answered.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            return Ok(None);
        };
        if last.client_version != client.record.version || context.now_ms - last.at_ms >= ANSWER_KEPT_MS {
            return Ok(None);
        }
        let family = token.family.as_deref();
        let found = context.store.find_token_holder_version(pool.id(), &token.sub, family).await?;
        Ok(found.filter(|(version, revoked)| *version == last.user_version && !revoked).map(|_| last.answer))
    }

    /// Remembers what GetUser answers.
    pub(crate) fn keep_answer(
        &self,
        context: &Context,
        holder: &TokenHolder,
        answer: Encoded<GetUserResponse>,
    ) {
        let answered = Answered {
            user_version: holder.user.version,
            client_version: holder.client.record.version,
            at_ms: context.now_ms,
            answer,
        };
        *self.token.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(answered);
    }
}

/// The pool whose keys signed the token, and what it says.
async fn verify(context: &Context, token: &str) -> Result<(Arc<Pool>, Arc<VerifiedToken>), Error> {
    if token.len() > jwt::MAX_TOKEN_BYTES {
        return Err(invalid());
    }
    let fingerprint = jwt::fingerprint(token);
    if let Some(known) = context.verified_tokens.find(&fingerprint)
        && let Some(pool) = context.cache.find_pool(context, &known.pool_id).await?
        && known.is_signed_by(&pool.keys(context).await?)
    {
        return Ok((pool, known));
    }
    let pool_id = unverified(token)
        .filter(|claims| claims.token_use == "access")
        .and_then(|claims| claims.iss.rsplit_once('/').map(|(_, pool_id)| PoolId::new(pool_id)))
        .ok_or_else(invalid)?;
    let pool = context.cache.find_pool(context, &pool_id).await?.ok_or_else(invalid)?;
    let keys = pool.keys(context).await?;
    let claims = jwt::verify(token, |kid| keys.find_access_key(kid?)).map_err(|error| match error {
        JwtError::BadSignature => Error::not_authorized("Could not verify signature for Access Token"),
        JwtError::Malformed | JwtError::UnknownKey | JwtError::WrongAlgorithm => invalid(),
    })?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| invalid())?;
    if !pool.is_issuer(&claims.iss, &context.settings) || claims.token_use != "access" {
        return Err(invalid());
    }
    let verified = Arc::new(VerifiedToken {
        pool_id,
        sub: Sub::new(claims.sub),
        client_id: ClientId::new(claims.client_id),
        expires: claims.exp,
        has_admin_scope: claims.scope.split(' ').any(|scope| scope == ADMIN_SCOPE),
        token_id: claims.jti,
        family: claims.origin_jti,
        device_key: claims.device_key,
        generation: OnceLock::new(),
        answered: Mutex::new(None),
        keys: Arc::downgrade(&keys),
    });
    context.verified_tokens.remember(fingerprint, Arc::clone(&verified));
    Ok((pool, verified))
}

/// Whether the token is of the user's present generation.
fn belongs_to(token: &VerifiedToken, context: &Context, pool: &Pool, user: &User) -> bool {
    if token.generation.get() == Some(&user.token_generation) {
        return true;
    }
    let current = is_current(context, pool, user, &token.token_id);
    if current {
        // Another one was there before only if two have the same mark; then it is computed each time.
        let _ = token.generation.set(user.token_generation);
    }
    current
}

/// It is none, or not one of those that are taken here.
#[must_use]
pub fn invalid() -> Error {
    Error::not_authorized("Invalid Access Token")
}
