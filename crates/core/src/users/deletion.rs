//! The end of a user.

use cenote_store::{Change, CommitError, Conflict, User};

use crate::context::Context;
use crate::error::Error;
use crate::users::update::reread;

/// How often it is tried again while others change the user.
const ATTEMPTS: usize = 32;

/// Deletes the user with its names, codes and counters. Its tokens die with it.
///
/// # Errors
/// `UserNotFoundException` when somebody else was faster.
pub(super) async fn delete(context: &Context, user: User) -> Result<(), Error> {
    let mut user = user;
    for _ in 0..ATTEMPTS {
        let (pool_id, sub) = (user.pool_id.clone(), user.sub.clone());
        match context.commit(vec![Change::DeleteUser(Box::new(user))]).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(Conflict::VersionChanged)) => {
                user = reread(context, &pool_id, &sub).await?;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}
