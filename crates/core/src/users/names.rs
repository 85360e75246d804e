//! Which names a user owns alone, and what a new user may be called.

use std::collections::BTreeSet;

use cenote_model::types::AliasAttributeType;
use cenote_store::{Change, NameKind, User, UserName};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::attributes::{is_email, is_phone_number};
use crate::users::contact::Contact;

/// The names that follow from a user's attributes. Contacts are names at once where they stand in for the user name, and
/// once they are verified where they are aliases.
#[must_use]
pub fn claims(pool: &Pool, user: &User) -> BTreeSet<UserName> {
    let mut names = BTreeSet::from([UserName { kind: NameKind::Username, key: pool.fold(&user.username) }]);
    for contact in Contact::ALL {
        let value = match contact_role(pool, contact) {
            Role::Username => contact.of(user),
            Role::Alias => contact.verified_of(user),
            Role::None => None,
        };
        names.extend(value.map(|value| UserName { kind: contact.name_kind(), key: pool.fold(value) }));
    }
    if pool.has_alias(AliasAttributeType::PreferredUsername) {
        // One name space with user names: nobody may prefer to be called like somebody else, nor the other way round.
        names.insert(UserName { kind: NameKind::PreferredUsername, key: pool.fold(&user.username) });
        names.extend(
            preferred_username(user)
                .map(|value| UserName { kind: NameKind::PreferredUsername, key: pool.fold(value) }),
        );
    }
    names
}

fn preferred_username(user: &User) -> Option<&str> {
    user.attributes.get("preferred_username").map(String::as_str).filter(|value| !value.is_empty())
}

/// Whether the user's preferred_username is a name it signs in with.
#[must_use]
pub fn claims_preferred_username(pool: &Pool, user: &User) -> bool {
    pool.has_alias(AliasAttributeType::PreferredUsername) && preferred_username(user).is_some()
}

/// What a contact is to sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    None,
    /// A name once it is verified.
    Alias,
    /// The only name.
    Username,
}

/// What a contact is in this pool.
#[must_use]
pub fn contact_role(pool: &Pool, contact: Contact) -> Role {
    let (username, alias) = match contact {
        Contact::Email => (pool.email_is_username(), AliasAttributeType::Email),
        Contact::PhoneNumber => (pool.phone_is_username(), AliasAttributeType::PhoneNumber),
    };
    if username {
        Role::Username
    } else if pool.has_alias(alias) {
        Role::Alias
    } else {
        Role::None
    }
}

/// What the name given for a new user means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewName {
    /// The user name itself.
    Own(String),
    /// A contact that stands in for the user name.
    Contact(Contact, String),
}

/// Checks the form of a new user's name.
///
/// # Errors
/// `InvalidParameterException` with the text for the pool's kind of names.
pub fn parse_new(pool: &Pool, name: &str) -> Result<NewName, Error> {
    if pool.has_username_attributes() {
        let text = match (pool.email_is_username(), pool.phone_is_username()) {
            (true, _) if is_email(name) => return Ok(NewName::Contact(Contact::Email, name.to_owned())),
            (_, true) if is_phone_number(name) => {
                return Ok(NewName::Contact(Contact::PhoneNumber, name.to_owned()));
            }
            (true, true) => "Username should be either an email or a phone number.",
            (true, false) => "Username should be an email.",
            (false, _) => "Username should be a phone number.",
        };
        return Err(Error::invalid_parameter(text));
    }
    if pool.has_alias(AliasAttributeType::Email) && is_email(name) {
        return Err(Error::invalid_parameter(
            "Username cannot be of email format, since user pool is configured for email alias.",
        ));
    }
    if pool.has_alias(AliasAttributeType::PhoneNumber) && is_phone_number(name) {
        return Err(Error::invalid_parameter(
            "Username cannot be of phone number format, since user pool is configured for phone number alias.",
        ));
    }
    Ok(NewName::Own(name.to_owned()))
}

/// The changes that take the aliases of `user` away from whoever owns them now: the others keep the values, no longer
/// verified. To be committed before the change that claims them.
///
/// # Errors
/// When the store can't be read.
pub async fn take_over(context: &Context, pool: &Pool, user: &User) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for contact in Contact::ALL {
        if contact_role(pool, contact) != Role::Alias {
            continue;
        }
        let Some(value) = contact.verified_of(user) else { continue };
        let owner =
            context.store.find_user_by_name(pool.id(), contact.name_kind(), &pool.fold(value)).await?;
        if let Some(owner) = owner.filter(|owner| owner.sub != user.sub) {
            let mut after = owner.clone();
            after.attributes.insert(contact.flag().into(), "false".into());
            after.names = claims(pool, &after);
            after.modified_ms = context.now_ms;
            changes.push(Change::update_user(&owner, &after));
        }
    }
    Ok(changes)
}
