//! Changing a user: read, decide, compare and swap, again when somebody was faster.

use std::pin::Pin;

use cenote_model::ErrorCode;
use cenote_store::{Change, ChangeSet, CommitError, Conflict, NameKind, PoolId, Sub, User};

use crate::context::Context;
use crate::error::Error;
use crate::users::subject::Subject;

/// How often a change is decided anew before the caller is asked to come back later.
const ATTEMPTS: usize = 32;

/// What was decided about a user.
#[derive(Debug)]
pub struct Decision<T> {
    /// For the caller, once the rest is written.
    pub answer: T,
    /// The user as it is to be.
    pub after: User,
    /// What belongs in the same change set.
    pub further: ChangeSet,
}

/// A decision under way. Boxed: the compiler can't see yet that a borrowing asynchronous closure may change threads.
pub type Deciding<'a, T> = Pin<Box<dyn Future<Output = Result<Decision<T>, Error>> + Send + 'a>>;

/// Lets `decide` decide about somebody and commits what it says as one change set, the user as it is then beside the answer.
/// It decides again about the newer user when somebody else changed it meanwhile. An error from it ends everything without a
/// write; a result that must be written all the same is an answer. `None` when the user is gone.
///
/// # Errors
/// Those of `decide`; `AliasExistsException` for a name that another user owns; `TooManyRequestsException` when others are
/// always faster.
pub async fn decide<'a, T>(
    context: &Context,
    subject: impl Into<Subject>,
    mut decide: impl FnMut(User) -> Deciding<'a, T>,
) -> Result<Option<(T, User)>, Error> {
    let mut before = subject.into();
    for _ in 0..ATTEMPTS {
        let Decision { answer, mut after, further } = decide(before.user.clone()).await?;
        match commit_subject(context, &before, &after, further).await {
            Ok(()) => {
                if after != before.user {
                    after.version += 1;
                }
                return Ok(Some((answer, after)));
            }
            Err(CommitError::Conflict(Conflict::VersionChanged)) => match before.reread(context).await? {
                Some(subject) => before = subject,
                None => return Ok(None),
            },
            Err(CommitError::Conflict(Conflict::NameTaken(kind))) => return Err(name_taken(kind)),
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}

/// [`decide`] for decisions that need nothing but the user, which must be there.
///
/// # Errors
/// Those of [`decide`]; `UserNotFoundException` when the user is gone.
pub async fn update_user<'a, T: Send + 'a>(
    context: &Context,
    subject: impl Into<Subject>,
    mut change: impl FnMut(&mut User) -> Result<(T, ChangeSet), Error>,
) -> Result<(T, User), Error> {
    let decided = decide(context, subject, |mut after| {
        let changed = change(&mut after);
        Box::pin(async move {
            let (answer, further) = changed?;
            Ok(Decision { answer, after, further })
        })
    });
    decided.await?.ok_or_else(Error::user_missing)
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
    let changes = if before == after { Vec::new() } else { vec![Change::update_user(before, after)] };
    commit(context, changes, further).await
}

/// The same for whomever a public caller named.
///
/// # Errors
/// As the store's commit.
pub async fn commit_subject(
    context: &Context,
    before: &Subject,
    after: &User,
    further: ChangeSet,
) -> Result<(), CommitError> {
    let changes = if before.user == *after { Vec::new() } else { vec![before.change_to(after)] };
    commit(context, changes, further).await
}

async fn commit(context: &Context, of_user: ChangeSet, further: ChangeSet) -> Result<(), CommitError> {
    let mut changes = further;
    // Before the messages, which can't fail: a change set that is refused before it has written costs the store least.
    let messages = changes.iter().position(|change| matches!(change, Change::AppendMessage(_)));
    let place = messages.unwrap_or(changes.len());
    changes.splice(place..place, of_user);
    context.commit(changes).await
}

/// The same user as it is now, or `None` when it is gone.
///
/// # Errors
/// When the store can't be read.
pub async fn find_again(context: &Context, user: &User) -> Result<Option<User>, Error> {
    Ok(context.store.find_user(&user.pool_id, &user.sub).await?)
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
