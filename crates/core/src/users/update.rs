//! Changing a user: read, decide, compare and swap, again when somebody was faster.

use cenote_model::ErrorCode;
use cenote_store::{Change, ChangeSet, CommitError, Conflict, NameKind, PoolId, Sub, User};

use crate::context::Context;
use crate::error::Error;

/// How often a change is decided anew before the caller is asked to come back later.
const ATTEMPTS: usize = 32;

/// Applies `decide` to the user and commits what it changed, with the further changes that it returns, as one change set.
/// `decide` runs again on the newer user when somebody else changed it meanwhile; what it returns for the caller is that of
/// its last run. An error from it ends everything without a write; a result that must be written all the same is a value.
///
/// # Errors
/// Those of `decide`; `UserNotFoundException` when the user is gone; `AliasExistsException` for a name that another user
/// owns; `TooManyRequestsException` when others are always faster.
pub async fn update_user<T>(
    context: &Context,
    user: User,
    mut decide: impl FnMut(&mut User) -> Result<(T, ChangeSet), Error>,
) -> Result<(T, User), Error> {
    let mut before = user;
    for _ in 0..ATTEMPTS {
        let mut after = before.clone();
        let (answer, further) = decide(&mut after)?;
        match commit_user(context, &before, &after, further).await {
            Ok(()) => {
                if after != before {
                    after.version += 1;
                }
                return Ok((answer, after));
            }
            Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                before = reread(context, &before.pool_id, &before.sub).await?;
            }
            Err(CommitError::Conflict(Conflict::NameTaken(kind))) => return Err(name_taken(kind)),
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}

/// Commits the difference between two states of a user, and what belongs to it. Nothing to do is done.
///
/// # Errors
/// As the store's commit.
pub async fn commit_user(
    context: &Context,
    before: &User,
    after: &User,
    further: ChangeSet,
) -> Result<(), CommitError> {
    let mut changes = further;
    if before != after {
        changes.push(Change::UpdateUser { before: Box::new(before.clone()), after: Box::new(after.clone()) });
    }
    if changes.is_empty() { Ok(()) } else { context.commit(changes).await }
}

/// The user as it is now.
///
/// # Errors
/// `UserNotFoundException` when it is gone.
pub async fn reread(context: &Context, pool_id: &PoolId, sub: &Sub) -> Result<User, Error> {
    context.store.find_user(pool_id, sub).await?.ok_or_else(Error::user_missing)
}

/// What whoever changes a user hears when a name belongs to another one.
#[must_use]
pub fn name_taken(kind: NameKind) -> Error {
    match kind {
        NameKind::PreferredUsername => preferred_username_taken(),
        _ => Error::alias_exists(kind.as_str()),
    }
}

/// The same for whoever creates or confirms a user: Cognito words it differently.
#[must_use]
pub fn alias_taken(kind: NameKind) -> Error {
    match kind {
        NameKind::PreferredUsername => preferred_username_taken(),
        _ => Error::new(
            ErrorCode::AliasExistsException,
            format!("An account with the {} already exists.", kind.as_str()),
        ),
    }
}

fn preferred_username_taken() -> Error {
    Error::new(ErrorCode::AliasExistsException, "Already found an entry for the provided username.")
}
