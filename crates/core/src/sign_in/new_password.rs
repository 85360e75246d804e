//! NEW_PASSWORD_REQUIRED: a user that an administrator made chooses a password of its own.

use std::collections::BTreeMap;

use cenote_model::types::{AttributeType, ChallengeNameType};
use cenote_store::{User, UserStatus};

use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::advance::advance;
use crate::sign_in::progress::Progress;
use crate::sign_in::second_factor;
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::attribute_change::Waiting;
use crate::users::attributes::{self, Stage, Writes, is_readable};
use crate::users::contact::Contact;
use crate::users::factor::Factor;
use crate::users::password_policy::{self, Wording};
use crate::users::update::{self, Decision};
use crate::users::{attribute_change, password};

const NAME: ChallengeNameType = ChallengeNameType::NewPasswordRequired;
const PREFIX: &str = "userAttributes.";

/// Asks for a new password.
///
/// # Errors
/// Never in practice.
pub fn challenge(sign_in: SignIn<'_>, user: &User, progress: &Progress) -> Result<Outcome, Error> {
    let client = sign_in.client;
    let missing: Vec<String> =
        missing_attributes(sign_in, user).into_iter().map(|name| format!("{PREFIX}{name}")).collect();
    let readable: BTreeMap<&str, &str> = user
        .attributes
        .iter()
        .filter(|(name, _)| is_readable(client, name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let json = |value: serde_json::Result<String>| value.map_err(Error::internal);
    let parameters = [
        ("USER_ID_FOR_SRP", user.username.clone()),
        ("requiredAttributes", json(serde_json::to_string(&missing))?),
        ("userAttributes", json(serde_json::to_string(&readable))?),
    ];
    let session = Session::new(sign_in, user, NAME, progress).seal(sign_in)?;
    Ok(Outcome::challenge(NAME, parameters, Some(session)))
}

fn missing_attributes(sign_in: SignIn<'_>, user: &User) -> Vec<String> {
    sign_in
        .pool
        .attributes()
        .filter(|(name, attribute)| attribute.required == Some(true) && *name != "sub")
        .filter(|(name, _)| user.attributes.get(*name).is_none_or(String::is_empty))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Takes the answer: sets the password and the missing attributes, and completes the sign-in. The session is used up only
/// by an answer that succeeds.
///
/// # Errors
/// Those of the session; `InvalidPasswordException`, `PasswordHistoryPolicyViolationException`;
/// `InvalidParameterException` for missing or malformed attributes; `NotAuthorizedException` for attributes that have a
/// value already, that the client may not write, or that would lead the code of the second factor elsewhere.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, session, NAME).await?;
    let session = &session;
    let new_password = parameters.get("NEW_PASSWORD")?;
    let user = session.get_user(sign_in).await?;
    let decided = update::decide(context, user, |mut user| {
        Box::pin(async move {
            session.check(sign_in, &user, typed)?;
            if user.status != UserStatus::ForceChangePassword {
                return Err(session::invalid());
            }
            // Where the sign-in can't go on the temporary password stays.
            let asked = second_factor::decide(pool, &user, &session.progress)?;
            password_policy::check(&pool.password_policy(), new_password, Wording::Change)?;
            let writes = check_attributes(sign_in, &user)?;
            // The temporary password itself may become the permanent one; the history is about those before it.
            if password::was_used(context, pool, &user, new_password).await?
                && !password::matches(context, pool, &user, new_password).await?
            {
                return Err(Error::password_history());
            }
            let (username, sub) = (user.username.clone(), user.sub.as_str().to_owned());
            let made =
                password::create(context, pool, &username, &sub, new_password, password::Kind::Permanent)
                    .await?;
            password::set(pool, &mut user, made);
            user.status = UserStatus::Confirmed;
            user.modified_ms = context.now_ms;
            // No code is sent for a new contact: the user asks for one. One that must be there can't wait for it.
            let before = user.clone();
            attribute_change::apply(pool, &writes, Waiting::Replacements, &mut user)?;
            if asked.is_for_a_code() {
                check_contacts(pool, &before, &mut user)?;
            }
            Ok(Decision { answer: (), after: user, further: vec![session.consume()] })
        })
    });
    let ((), user) = decided.await?.ok_or_else(session::invalid)?;
    let progress = Progress { new_password: true, ..session.progress.clone() };
    advance(sign_in, user, progress.passed(NAME)).await
}

/// Who has the temporary password alone must not say where the code of the second factor goes, nor do without it. A contact that
/// must be there and is not may still be given; then the factors from before are switched on, so that it is none beside them.
fn check_contacts(pool: &Pool, before: &User, after: &mut User) -> Result<(), Error> {
    let usable =
        |user: &User, contact| second_factor::usable(pool, user).contains(&Factor::of_contact(contact));
    for contact in Contact::ALL {
        let name = contact.attribute();
        let changes = contact.of(before) != contact.of(after);
        let is_missing = contact.of(before).is_none() && is_required(pool, name);
        if changes && !is_missing && (usable(before, contact) || usable(after, contact)) {
            return Err(Error::not_authorized(if contact.of(before).is_some() {
                format!("Cannot modify an already provided {name}")
            } else {
                format!("Cannot provide {name} before the second factor")
            }));
        }
    }
    let shown = second_factor::usable(pool, before);
    if second_factor::usable(pool, after) != shown {
        shown.into_iter().for_each(|factor| factor.switch_on(&mut after.mfa));
    }
    Ok(())
}

fn is_required(pool: &Pool, name: &str) -> bool {
    pool.find_attribute(name).is_some_and(|attribute| attribute.required == Some(true))
}

/// The attributes that come with the answer, normalized.
fn check_attributes(sign_in: SignIn<'_>, user: &User) -> Result<Writes, Error> {
    let given: Vec<AttributeType> = sign_in
        .parameters
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)))
        .map(|(name, value)| AttributeType { name: name.to_owned(), value: Some(value.to_owned()) })
        .collect();
    let present = |name: &str| user.attributes.get(name).is_some_and(|value| !value.is_empty());
    for name in given.iter().map(|item| item.name.as_str()).filter(|name| present(name)) {
        let Some(attribute) = sign_in.pool.find_attribute(name) else { continue };
        if attribute.required == Some(true) {
            return Err(Error::not_authorized(format!("Cannot modify an already provided {name}")));
        }
        if attribute.mutable == Some(false) {
            return Err(Error::invalid_parameter(format!("user.{name}: Attribute cannot be updated.\n")));
        }
    }
    attributes::check_writable(sign_in.pool, sign_in.client, given.iter().map(|item| item.name.as_str()))?;
    let writes = attributes::check_schema(sign_in.pool, &given, Stage::Create)?;
    for name in missing_attributes(sign_in, user) {
        if !writes.set.contains_key(&name) {
            return Err(Error::invalid_parameter(format!("Invalid attributes given, {name} is missing")));
        }
    }
    Ok(writes)
}
