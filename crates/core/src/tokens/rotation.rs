//! Refresh tokens that change with every use.
//!
//! The tokens of a sign-in are a family, known by its `origin_jti`. The first one needs no row; from the first rotation on, a
//! row says which token is the newest and which was the one before. The newest is good, the one before until a moment that is
//! fixed when it is rotated out: for a client that did not get the answer. Whoever retries takes the place of the newest one.

use cenote_crypto::random::uuid;
use cenote_model::ErrorCode;
use cenote_model::types::{FeatureType, RefreshTokenRotationType};
use cenote_store::{Change, CommitError, Conflict, RefreshFamily, Sub};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::tokens::refresh_token::RefreshToken;

/// How often it is tried again while others refresh the same sign-in.
const ATTEMPTS: usize = 32;

impl Client {
    /// Whether the client's refresh tokens change with every use.
    #[must_use]
    pub fn rotates_refresh_tokens(&self) -> bool {
        self.rotation().is_some_and(|rotation| rotation.feature == FeatureType::Enabled)
    }

    fn retry_grace_ms(&self) -> i64 {
        let seconds = self.rotation().and_then(|rotation| rotation.retry_grace_period_seconds);
        i64::from(seconds.unwrap_or(0)) * 1000
    }

    fn rotation(&self) -> Option<&RefreshTokenRotationType> {
        self.configuration.refresh_token_rotation.as_ref()
    }
}

/// Which of a family's tokens was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Newest,
    OneBefore,
}

/// Where the token stands in its family.
fn place(context: &Context, token: &RefreshToken, family: Option<&RefreshFamily>) -> Option<Place> {
    let Some(family) = family else {
        // Nothing was rotated: only the sign-in's own token can be there.
        return token.member.is_empty().then_some(Place::Newest);
    };
    if token.member == family.current {
        Some(Place::Newest)
    } else if token.member == family.previous && context.now_ms < family.previous_until_ms {
        Some(Place::OneBefore)
    } else {
        None
    }
}

/// Whether the token is one of those that its family's rotations left good.
#[must_use]
pub fn is_good(context: &Context, token: &RefreshToken, family: Option<&RefreshFamily>) -> bool {
    place(context, token, family).is_some()
}

/// What is answered to a token that another one has replaced. Where the operator wants it, its sign-in ends: nobody can tell
/// whether the user has the newest token, or a thief.
///
/// # Errors
/// When that can't be written.
pub async fn refuse_reuse(context: &Context, client: &Client, token: &RefreshToken) -> Result<Error, Error> {
    if context.settings.reuse_revokes {
        context.commit(vec![token.revoke(context, client)]).await?;
    }
    Ok(reuse())
}

fn reuse() -> Error {
    Error::new(ErrorCode::RefreshTokenReuseException, "Refresh token reuse detected")
}

/// Replaces a token, which was good for its `family` a moment ago, by a new one of the same sign-in, and returns it. The new
/// one lives as long as the old one would have. `further` is written with it.
///
/// # Errors
/// `RefreshTokenReuseException` when somebody else was faster and the token is not good any more; `NotAuthorizedException`
/// when the user is gone.
pub async fn rotate(
    context: &Context,
    client: &Client,
    token: &RefreshToken,
    family: Option<RefreshFamily>,
    further: Option<Change>,
) -> Result<String, Error> {
    let next = RefreshToken { member: uuid(context.random.as_ref()), ..token.clone() };
    let (pool_id, sub) = (&client.record.pool_id, Sub::new(token.sub.clone()));
    let mut family = family;
    for _ in 0..ATTEMPTS {
        let place = place(context, token, family.as_ref()).ok_or_else(reuse)?;
        let before = family.unwrap_or_else(|| RefreshFamily {
            pool_id: pool_id.clone(),
            family: token.grant.origin_jti.clone(),
            sub: sub.clone(),
            expires_ms: token.expires_ms,
            ..RefreshFamily::default()
        });
        let current = next.member.clone();
        let after = match place {
            Place::Newest => RefreshFamily {
                previous: before.current,
                previous_until_ms: context.now_ms + client.retry_grace_ms(),
                current,
                ..before
            },
            Place::OneBefore => RefreshFamily { current, ..before },
        };
        let changes = further.iter().cloned().chain([Change::PutRefreshFamily(after)]).collect();
        match context.commit(changes).await {
            Ok(()) => return next.seal(context, client),
            Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                if context.store.find_user(pool_id, &sub).await?.is_none() {
                    return Err(RefreshToken::user_gone());
                }
                family = context.store.find_refresh_family(pool_id, &token.grant.origin_jti).await?.1;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
