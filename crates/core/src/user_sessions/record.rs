//! What a pool that keeps track of sessions writes down at a sign-in and at a refresh.

use cenote_store::{
    Change, ChangeSet, CommitError, Conflict, Revocation, SessionActivity, Sub, User, UserSession,
};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::tokens::grant::Grant;
use crate::tokens::refresh_token::RefreshToken;
use crate::tokens::validity::LONGEST_TOKEN_MS;
use crate::user_sessions::session_id;

/// The longest text of a device that the API shows.
const DEVICE_CHARACTERS: usize = 1024;
/// How often it is tried again while others sign in.
const ATTEMPTS: usize = 8;

/// Records a sign-in. When the user has as many sessions as the pool allows, the ones that were not used for the longest time
/// end. What is over anyway is forgotten.
///
/// # Errors
/// `NotAuthorizedException` when the user is gone.
pub async fn sign_in(
    context: &Context,
    pool: &Pool,
    client: &Client,
    user: &User,
    grant: &Grant,
) -> Result<(), Error> {
    if !pool.tracks_sessions() {
        return Ok(());
    }
    let session = UserSession {
        pool_id: pool.id().clone(),
        sub: user.sub.clone(),
        id: session_id::of_family(&grant.origin_jti),
        family: grant.origin_jti.clone(),
        client_id: client.record.id.clone(),
        generation: user.token_generation,
        created_ms: context.now_ms,
        expires_ms: context.now_ms + client.refresh_token_seconds() * 1000,
        activity: activity(context),
    };
    for _ in 0..ATTEMPTS {
        let mut changes = make_room(context, pool, user).await?;
        changes.insert(0, Change::InsertUserSession(session.clone()));
        match context.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                if context.store.find_user(pool.id(), &user.sub).await?.is_none() {
                    return Err(Error::incorrect_credentials());
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}

/// Leaves the user one session less than the pool allows.
async fn make_room(context: &Context, pool: &Pool, user: &User) -> Result<ChangeSet, Error> {
    let (mut active, over) = all(context, user).await?;
    let most = usize::try_from(pool.configuration.sessions.most_per_user).unwrap_or(1).max(1);
    let mut changes: ChangeSet = over.iter().map(forget).collect();
    let too_many = (active.len() + 1).saturating_sub(most);
    active.sort_by_key(|session| (session.activity.at_ms, session.created_ms));
    for session in active.iter().take(too_many) {
        changes.extend(end(context, session));
    }
    Ok(changes)
}

/// The sessions of a user that go on, and those that are over: expired, revoked, or from before a sign-out everywhere.
pub(super) async fn all(
    context: &Context,
    user: &User,
) -> Result<(Vec<UserSession>, Vec<UserSession>), Error> {
    let sessions = context.store.list_user_sessions(&user.pool_id, &user.sub).await?;
    let (active, over): (Vec<_>, Vec<_>) = sessions.into_iter().partition(|(session, revoked)| {
        !revoked && session.expires_ms > context.now_ms && session.generation == user.token_generation
    });
    let only = |list: Vec<(UserSession, bool)>| list.into_iter().map(|(session, _)| session).collect();
    Ok((only(active), only(over)))
}

/// The changes that end a session, with its refresh token and all its access tokens.
pub(super) fn end(context: &Context, session: &UserSession) -> [Change; 2] {
    let revocation = Revocation {
        pool_id: session.pool_id.clone(),
        family: session.family.clone(),
        expires_ms: session.expires_ms.max(context.now_ms) + LONGEST_TOKEN_MS,
    };
    [Change::Revoke(revocation), forget(session)]
}

fn forget(session: &UserSession) -> Change {
    Change::DeleteUserSession {
        pool_id: session.pool_id.clone(),
        sub: session.sub.clone(),
        id: session.id.clone(),
    }
}

/// What a refresh writes down. A sign-in from before the pool kept track of them has no session and gets none.
#[must_use]
pub fn refresh(context: &Context, pool: &Pool, token: &RefreshToken) -> Option<Change> {
    pool.tracks_sessions().then(|| Change::TouchUserSession {
        pool_id: pool.id().clone(),
        sub: Sub::new(token.sub.clone()),
        id: session_id::of_family(&token.grant.origin_jti),
        activity: activity(context),
    })
}

fn activity(context: &Context) -> SessionActivity {
    let device = context.caller.user_agent.as_ref();
    SessionActivity {
        at_ms: context.now_ms,
        address: context.caller.source_ip.to_string(),
        device: device.map(|text| text.chars().take(DEVICE_CHARACTERS).collect()),
    }
}
