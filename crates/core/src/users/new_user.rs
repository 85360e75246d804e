//! Users on their way into the store: named, checked against those that are there, inserted.

use std::collections::BTreeMap;

use cenote_crypto::random::uuid;
use cenote_model::ErrorCode;
use cenote_store::{Change, ChangeSet, CommitError, Conflict, NameKind, Sub, User, UserStatus};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::contact::Contact;
use crate::users::names::{self, NewName, Role, contact_role};
use crate::users::resolve::looks_like_sub;
use crate::users::update::alias_taken;

/// How often an insert is tried again while others move the aliases that it takes over.
const ATTEMPTS: usize = 32;

/// Whether aliases that belong to other users go to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aliases {
    Respect,
    TakeOver,
}

/// A user with this name and these attributes, in memory only.
///
/// # Errors
/// `InvalidParameterException` when the attributes hold another contact than the one given as the name.
pub(super) fn build(
    context: &Context,
    pool: &Pool,
    name: NewName,
    mut attributes: BTreeMap<String, String>,
) -> Result<User, Error> {
    let sub = uuid(context.random.as_ref());
    let username = match name {
        NewName::Own(name) => name,
        NewName::Contact(contact, value) => {
            let given = attributes.insert(contact.attribute().to_owned(), value.clone());
            if given.is_some_and(|given| pool.fold(&given) != pool.fold(&value)) {
                return Err(Error::invalid_parameter(format!(
                    "The attribute {} must be the same as the username.",
                    contact.attribute()
                )));
            }
            sub.clone()
        }
    };
    let mut user = User {
        pool_id: pool.id().clone(),
        sub: Sub::new(sub),
        version: 1,
        username,
        created_ms: context.now_ms,
        modified_ms: context.now_ms,
        enabled: true,
        status: UserStatus::Unconfirmed,
        attributes,
        ..User::default()
    };
    user.names = names::claims(pool, &user);
    Ok(user)
}

/// Whether users of this pool may do without a password, if they have the contact for it.
pub(super) fn may_lack_password(pool: &Pool) -> bool {
    let factors = pool.configuration.first_factors();
    Contact::ALL.into_iter().any(|contact| factors.contains(&contact.first_factor()))
}

/// The contacts of a user that codes to sign in with may go to.
pub(super) fn code_contacts(pool: &Pool, user: &User) -> impl Iterator<Item = Contact> {
    let factors = pool.configuration.first_factors();
    Contact::ALL
        .into_iter()
        .filter(|contact| factors.contains(&contact.first_factor()) && contact.of(user).is_some())
}

/// Whether nobody has the names of a new user. `exists` is the text for a taken user name.
///
/// # Errors
/// `UsernameExistsException`, `AliasExistsException`.
pub(super) async fn check_free(
    context: &Context,
    pool: &Pool,
    user: &User,
    aliases: Aliases,
    exists: &str,
) -> Result<(), Error> {
    for name in &user.names {
        let owner = context.store.find_user_by_name(pool.id(), name.kind, &name.key).await?;
        if owner.is_some() && !(aliases == Aliases::TakeOver && can_be_taken_over(pool, name.kind)) {
            return Err(taken(pool, user, name.kind, exists));
        }
    }
    // Administrators name users by their sub as well: nobody may be called like somebody else's.
    let sub = Sub::new(user.username.to_ascii_lowercase());
    let shadows = sub != user.sub && looks_like_sub(sub.as_str());
    if shadows && context.store.find_user(pool.id(), &sub).await?.is_some() {
        return Err(taken(pool, user, NameKind::Username, exists));
    }
    Ok(())
}

/// Writes a new user with what belongs to it, in one change set.
///
/// # Errors
/// As [`check_free`], for names that somebody took meanwhile; `TooManyRequestsException` when aliases move all the time.
pub(super) async fn insert(
    context: &Context,
    pool: &Pool,
    user: &User,
    aliases: Aliases,
    exists: &str,
    further: ChangeSet,
) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let mut changes = match aliases {
            Aliases::Respect => Vec::new(),
            Aliases::TakeOver => names::take_over(context, pool, user).await?,
        };
        changes.push(Change::InsertUser(Box::new(user.clone())));
        changes.extend(further.iter().cloned());
        match context.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict(Conflict::VersionChanged)) if aliases == Aliases::TakeOver => {}
            Err(CommitError::Conflict(Conflict::NameTaken(kind))) => {
                if aliases == Aliases::Respect || !can_be_taken_over(pool, kind) {
                    return Err(taken(pool, user, kind, exists));
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}

/// Verified contacts move to whoever proves them next, names of one's own don't.
pub(super) fn can_be_taken_over(pool: &Pool, kind: NameKind) -> bool {
    contact_of(kind).is_some_and(|contact| contact_role(pool, contact) == Role::Alias)
}

fn taken(pool: &Pool, user: &User, kind: NameKind, exists: &str) -> Error {
    let username_exists = |text: String| Error::new(ErrorCode::UsernameExistsException, text);
    // Somebody else is called so, or prefers to be.
    let username = kind == NameKind::Username
        || kind == NameKind::PreferredUsername && !names::claims_preferred_username(pool, user);
    match contact_of(kind) {
        _ if username => username_exists(exists.to_owned()),
        Some(contact) if contact_role(pool, contact) == Role::Username => {
            username_exists(format!("An account with the given {} already exists.", contact.attribute()))
        }
        _ => alias_taken(kind),
    }
}

fn contact_of(kind: NameKind) -> Option<Contact> {
    Contact::ALL.into_iter().find(|contact| contact.name_kind() == kind)
}
