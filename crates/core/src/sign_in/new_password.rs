//! NEW_PASSWORD_REQUIRED: a user that an administrator made chooses a password of its own.

use std::collections::BTreeMap;

use cenote_model::types::{AttributeType, ChallengeNameType};
use cenote_store::{Change, CodePurpose, CommitError, Conflict, Sub, User, UserStatus};

use crate::error::Error;
use crate::sign_in::completion::{self, Origin};
use crate::sign_in::flow::{Outcome, SignIn};
use crate::sign_in::session::{self, Session};
use crate::users::attributes::{self, Stage, is_readable};
use crate::users::contact::Contact;
use crate::users::password_policy::{self, Wording};
use crate::users::update::name_taken;
use crate::users::{names, password};

const NAME: &str = "NEW_PASSWORD_REQUIRED";
const PREFIX: &str = "userAttributes.";

/// Asks for a new password.
///
/// # Errors
/// Never in practice.
pub fn challenge(sign_in: SignIn<'_>, user: &User) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let missing: Vec<String> =
        missing_attributes(sign_in, user).into_iter().map(|name| format!("{PREFIX}{name}")).collect();
    let readable: BTreeMap<&str, &str> = user
        .attributes
        .iter()
        .filter(|(name, _)| is_readable(client, name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let json = |value: serde_json::Result<String>| value.map_err(Error::internal);
    let parameters = BTreeMap::from([
        ("USER_ID_FOR_SRP".to_owned(), user.username.clone()),
        ("requiredAttributes".to_owned(), json(serde_json::to_string(&missing))?),
        ("userAttributes".to_owned(), json(serde_json::to_string(&readable))?),
    ]);
    let _ = pool;
    Ok(Outcome {
        result: None,
        challenge: Some(ChallengeNameType::NewPasswordRequired),
        parameters,
        session: Some(Session::new(context, client, user, NAME).seal(context, client)?),
    })
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
/// value already or that the client may not write.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = parameters.get("USERNAME")?;
    client.verify_secret_hash(&[typed], parameters.find("SECRET_HASH"))?;
    let session = Session::unseal(context, client, session, NAME)?;
    session.check_unused(context).await?;
    let new_password = parameters.get("NEW_PASSWORD")?;
    let user = context
        .store
        .find_user(pool.id(), &Sub::new(session.sub.clone()))
        .await?
        .ok_or_else(session::invalid)?;
    check_name(sign_in, &user, typed)?;
    session.check_user(&user)?;
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    if user.status != UserStatus::ForceChangePassword {
        return Err(session::invalid());
    }
    completion::refuse_second_factor(sign_in, &user)?;
    password_policy::check(&pool.password_policy(), new_password, Wording::Change)?;
    let writes = check_attributes(sign_in, &user)?;
    if password::was_used(context, pool, &user, new_password).await?
        && !keeps_temporary(sign_in, &user, new_password).await?
    {
        return Err(Error::password_history());
    }
    let mut after = user.clone();
    let made = password::create(
        context,
        pool,
        &user.username,
        user.sub.as_str(),
        new_password,
        password::Kind::Permanent,
    )
    .await?;
    password::set(pool, &mut after, made);
    after.status = UserStatus::Confirmed;
    after.codes.remove(&CodePurpose::Reset);
    for contact in Contact::ALL {
        if writes.contains_key(contact.attribute()) {
            after.attributes.remove(contact.flag());
        }
    }
    after.attributes.extend(writes);
    after.names = names::claims(pool, &after);
    after.modified_ms = context.now_ms;
    let changes = vec![
        session.consume(context),
        Change::UpdateUser { before: Box::new(user), after: Box::new(after.clone()) },
    ];
    match context.commit(changes).await {
        Ok(()) => {}
        Err(CommitError::Conflict(Conflict::SessionUsed)) => return Err(session::used_before()),
        Err(CommitError::Conflict(Conflict::NameTaken(kind))) => return Err(taken(kind)),
        Err(CommitError::Conflict(_)) => return Err(session::invalid()),
        Err(other) => return Err(other.into()),
    }
    after.version += 1;
    completion::complete(sign_in, after, Origin::NewPassword, Vec::new()).await
}

fn taken(kind: cenote_store::NameKind) -> Error {
    name_taken(kind)
}

/// The temporary password itself may become the permanent one; the history is about those before it.
async fn keeps_temporary(sign_in: SignIn<'_>, user: &User, new_password: &str) -> Result<bool, Error> {
    password::matches(sign_in.context, sign_in.pool, user, new_password).await
}

/// The answer must name the session's user, by whatever name it has.
fn check_name(sign_in: SignIn<'_>, user: &User, typed: &str) -> Result<(), Error> {
    let folded = sign_in.pool.fold(typed);
    let named = typed == user.sub.as_str() || user.names.iter().any(|name| name.key == folded);
    if named { Ok(()) } else { Err(session::invalid()) }
}

/// The attributes that come with the answer, normalized.
fn check_attributes(sign_in: SignIn<'_>, user: &User) -> Result<BTreeMap<String, String>, Error> {
    let given: Vec<AttributeType> = sign_in
        .parameters
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)))
        .map(|(name, value)| AttributeType { name: name.to_owned(), value: Some(value.to_owned()) })
        .collect();
    for item in &given {
        let required =
            sign_in.pool.find_attribute(&item.name).is_some_and(|attribute| attribute.required == Some(true));
        if required && user.attributes.get(&item.name).is_some_and(|value| !value.is_empty()) {
            return Err(Error::not_authorized(format!("Cannot modify an already provided {}", item.name)));
        }
    }
    attributes::check_writable(sign_in.client, given.iter().map(|item| item.name.as_str()))?;
    let writes = attributes::check_schema(sign_in.pool, &given, Stage::Create)?;
    for name in missing_attributes(sign_in, user) {
        if !writes.set.contains_key(&name) {
            return Err(Error::invalid_parameter(format!("Invalid attributes given, {name} is missing")));
        }
    }
    Ok(writes.set)
}
