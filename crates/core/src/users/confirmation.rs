//! From UNCONFIRMED to CONFIRMED: by code, and what follows.

use std::collections::BTreeMap;

use cenote_model::types::VerifiedAttributeType;
use cenote_store::{ChangeSet, Code, CodePurpose, CommitError, Conflict, User, UserStatus};
use cenote_triggers::post_confirmation::{PostConfirmationRequest, PostConfirmationSource};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::trigger;
use crate::users::attempts::{self, Attempt};
use crate::users::codes::{self, Comparison};
use crate::users::contact::Contact;
use crate::users::names;
use crate::users::new_user::{Aliases, can_be_taken_over};
use crate::users::subject::Subject;
use crate::users::update::{alias_taken, commit_subject};

/// How often the decision is taken anew when others change the user meanwhile.
const ATTEMPTS: usize = 32;

/// The contact that gets the code of a sign-up: one that the pool verifies and the user has, the phone before the e-mail.
pub(super) fn code_contact(pool: &Pool, user: &User) -> Option<Contact> {
    [Contact::PhoneNumber, Contact::Email]
        .into_iter()
        .find(|contact| pool.auto_verifies(contact.verified_attribute()) && contact.of(user).is_some())
}

/// Whether the pool sends codes to new users at all.
pub(super) fn sends_codes(pool: &Pool) -> bool {
    [VerifiedAttributeType::Email, VerifiedAttributeType::PhoneNumber]
        .into_iter()
        .any(|attribute| pool.auto_verifies(attribute))
}

/// Redeems the code of a sign-up: the user as it is then, and the contact that got the code. Every try counts, wrong codes too;
/// a code survives a contact that another user owns.
///
/// # Errors
/// `LimitExceededException`, `NotAuthorizedException`, `ExpiredCodeException`, `CodeMismatchException`,
/// `AliasExistsException`.
pub(super) async fn redeem(
    context: &Context,
    pool: &Pool,
    subject: Subject,
    code: &str,
    aliases: Aliases,
    hides_users: bool,
) -> Result<(User, Option<Contact>), Error> {
    let limit = context.settings.limits.confirm_sign_up_attempts_per_hour;
    let mut before = subject;
    for _ in 0..ATTEMPTS {
        let mut after = before.user.clone();
        attempts::count(&mut after.attempts, Attempt::ConfirmSignUp, limit, context.now_ms)?;
        let outcome = confirm_by_code(context, pool, &mut after, code, hides_users);
        let further = match (&outcome, aliases) {
            (Ok(_), Aliases::TakeOver) => names::take_over(context, pool, &after).await?,
            _ => ChangeSet::new(),
        };
        match commit_subject(context, &before, &after, further).await {
            Ok(()) => return outcome.map(|contact| (after, contact)),
            Err(CommitError::Conflict(Conflict::NameTaken(kind)))
                if aliases == Aliases::Respect || !can_be_taken_over(pool, kind) =>
            {
                return Err(alias_taken(kind));
            }
            Err(CommitError::Conflict(Conflict::VersionChanged | Conflict::NameTaken(_))) => {
                before = before.reread(context).await?.ok_or_else(Error::user_missing)?;
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::too_many_requests())
}

fn confirm_by_code(
    context: &Context,
    pool: &Pool,
    user: &mut User,
    code: &str,
    hides_users: bool,
) -> Result<Option<Contact>, Error> {
    let redeemed = if hides_users {
        check_hidden(context, user, code)?
    } else {
        if !user.enabled {
            return Err(Error::user_disabled());
        }
        check_unconfirmed(user)?;
        codes::verify(context, user, CodePurpose::SignUp, code)?
    };
    let contact = Contact::from_attribute(&redeemed.attribute).filter(|contact| contact.of(user).is_some());
    if let Some(contact) = contact {
        user.attributes.insert(contact.flag().into(), "true".into());
    }
    set_confirmed(context, user);
    user.names = names::claims(pool, user);
    attempts::clear(&mut user.attempts, Attempt::ConfirmSignUp);
    Ok(contact)
}

/// Where users are hidden, only who has the right code learns more than that it is wrong: that it has expired.
fn check_hidden(context: &Context, user: &User, code: &str) -> Result<Code, Error> {
    let compared = codes::compare(context, user, CodePurpose::SignUp, code)?;
    let stored = user.codes.get(&CodePurpose::SignUp);
    match (compared, stored) {
        _ if !user.enabled || user.status != UserStatus::Unconfirmed => Err(Error::code_mismatch()),
        (Comparison::Right, Some(stored)) => Ok(stored.clone()),
        (Comparison::RightButExpired, _) => Err(Error::code_expired()),
        _ => Err(Error::code_mismatch()),
    }
}

/// # Errors
/// `NotAuthorizedException` for a user in any other status.
pub(super) fn check_unconfirmed(user: &User) -> Result<(), Error> {
    if user.status == UserStatus::Unconfirmed {
        return Ok(());
    }
    let status = user.status.as_str();
    Err(Error::not_authorized(format!("User cannot be confirmed. Current status is {status}")))
}

/// Confirms the user; its code has served.
pub fn set_confirmed(context: &Context, user: &mut User) {
    user.status = UserStatus::Confirmed;
    user.codes.remove(&CodePurpose::SignUp);
    user.modified_ms = context.now_ms;
}

/// Tells the pool's PostConfirmation function. The user stays confirmed, whatever it says.
///
/// # Errors
/// Those of the trigger.
pub async fn announce(
    context: &Context,
    pool: &Pool,
    user: &User,
    client_id: Option<&str>,
    client_metadata: Option<&BTreeMap<String, String>>,
) -> Result<(), Error> {
    let Some(function) = pool.lambda().post_confirmation else { return Ok(()) };
    let request = PostConfirmationRequest {
        source: PostConfirmationSource::ConfirmSignUp,
        user_attributes: trigger::user_attributes(user),
        client_metadata: client_metadata.cloned(),
    };
    let caller = trigger::caller(context, pool, &user.username, client_id);
    context.invoker.invoke(&function, &caller, &request).await?;
    Ok(())
}
