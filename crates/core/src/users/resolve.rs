//! From the name that a caller typed to the user.

use cenote_store::{NameKind, Sub, User};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// Which names lead to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// User name and aliases: sign-in.
    SignIn,
    /// The sub as well: administration, and codes by public operations.
    WithSub,
}

/// Finds a user: by its user name, then by its sub, then by an attribute that is an identifier in this pool.
///
/// # Errors
/// When the store can't be read.
pub async fn find_user(
    context: &Context,
    pool: &Pool,
    name: &str,
    names: Names,
) -> Result<Option<User>, Error> {
    let mut candidates = context.store.find_users_by_name(pool.id(), &pool.fold(name)).await?;
    candidates.sort_by_key(|(kind, _)| *kind);
    // Read even where a user name was found: the number of reads must not tell of it.
    if names == Names::WithSub
        && looks_like_sub(name)
        && let Some(user) = context.store.find_user(pool.id(), &Sub::new(name)).await?
        && !candidates.iter().any(|(kind, _)| *kind == NameKind::Username)
    {
        return Ok(Some(user));
    }
    Ok(candidates.into_iter().next().map(|(_, user)| user))
}

/// The user an administrator named.
///
/// # Errors
/// `UserNotFoundException` when there is none.
pub async fn get_user(context: &Context, pool: &Pool, name: &str) -> Result<User, Error> {
    find_user(context, pool, name, Names::WithSub).await?.ok_or_else(Error::user_missing)
}

/// Whether a name has the form of a sub; most lookups are spared a read by it.
pub(super) fn looks_like_sub(name: &str) -> bool {
    name.len() == 36 && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
