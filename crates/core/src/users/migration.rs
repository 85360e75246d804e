//! Users that the pool does not know yet and its UserMigration function does.

use std::collections::BTreeMap;

use cenote_crypto::random::uuid;
use cenote_model::ErrorCode;
use cenote_model::types::{AliasAttributeType, AttributeType, UserPoolMfaType};
use cenote_store::{Sub, User, UserStatus};
use cenote_triggers::pre_sign_up::{PreSignUpRequest, PreSignUpSource};
use cenote_triggers::user_migration::{UserMigrationRequest, UserMigrationResponse, UserMigrationSource};
use zeroize::Zeroizing;

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::trigger;
use crate::users::attributes::{self, Stage};
use crate::users::contact::Contact;
use crate::users::factor::Factor;
use crate::users::names::{self, NewName, Role, contact_role};
use crate::users::new_user::{self, Aliases};
use crate::users::password;
use crate::users::resolve::{Names, find_user};

/// A user that may be migrated.
#[derive(Clone, Copy)]
pub struct Migration<'a> {
    pub pool: &'a Pool,
    pub client: &'a Client,
    /// As typed.
    pub username: &'a str,
    /// At sign-in, the password typed with it.
    pub password: Option<&'a str>,
    pub validation_data: Option<&'a BTreeMap<String, String>>,
    pub client_metadata: Option<&'a BTreeMap<String, String>>,
}

impl std::fmt::Debug for Migration<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Migration(***)")
    }
}

/// Asks the pool's UserMigration function and creates the user from its answer. `None` when there is no function, or when
/// it does not know the user either. No welcome message is sent: there is no temporary password to tell.
///
/// # Errors
/// Those of the triggers; `InvalidLambdaResponseException` for an answer that makes no user.
pub async fn migrate(context: &Context, migration: Migration<'_>) -> Result<Option<User>, Error> {
    let pool = migration.pool;
    let lambda = pool.lambda();
    let Some(function) = &lambda.user_migration else { return Ok(None) };
    let request = UserMigrationRequest {
        source: match migration.password {
            Some(password) => {
                UserMigrationSource::Authentication { password: Zeroizing::new(password.to_owned()) }
            }
            None => UserMigrationSource::ForgotPassword,
        },
        validation_data: migration.validation_data.cloned(),
        client_metadata: migration.client_metadata.cloned(),
    };
    let caller = trigger::caller(context, pool, migration.username, Some(migration.client.id()));
    let answer = context.invoker.invoke(function, &caller, &request).await?;
    let Some(user) = new_user(context, &migration, answer.clone()).await? else { return Ok(None) };
    if let Some(function) = &lambda.pre_sign_up {
        let request = PreSignUpRequest {
            source: PreSignUpSource::AdminCreateUser,
            user_attributes: user.attributes.clone(),
            validation_data: migration.validation_data.cloned(),
            client_metadata: migration.client_metadata.cloned(),
        };
        let caller = trigger::caller(context, pool, &user.username, Some(migration.client.id()));
        context.invoker.invoke(function, &caller, &request).await?;
    }
    let aliases =
        if answer.force_alias_creation.unwrap_or_default() { Aliases::TakeOver } else { Aliases::Respect };
    match new_user::insert(context, pool, &user, aliases, "", Vec::new()).await {
        Ok(()) => Ok(Some(user)),
        Err(error)
            if matches!(error.code, ErrorCode::UsernameExistsException | ErrorCode::AliasExistsException) =>
        {
            // Most likely somebody else migrated the same user at the same time.
            let migrated = find_user(context, pool, migration.username, Names::SignIn).await?;
            migrated.map(Some).ok_or_else(|| failed(migration.client))
        }
        Err(other) => Err(other),
    }
}

fn failed(client: &Client) -> Error {
    Error::new(
        ErrorCode::InvalidLambdaResponseException,
        format!("Exception migrating user in app client {}", client.id()),
    )
}

/// The user that an answer describes; `None` when it has no attributes.
async fn new_user(
    context: &Context,
    migration: &Migration<'_>,
    answer: UserMigrationResponse,
) -> Result<Option<User>, Error> {
    let pool = migration.pool;
    let Some(mut given) = answer.user_attributes.filter(|given| !given.is_empty()) else { return Ok(None) };
    let own_name = given.remove("username");
    for ignored in ["password", "sub", "cognito:user_status", "cognito:mfa_enabled"] {
        given.remove(ignored);
    }
    let list: Vec<AttributeType> =
        given.into_iter().map(|(name, value)| AttributeType { name, value: Some(value) }).collect();
    let attributes =
        attributes::check_schema(pool, &list, Stage::Create).map_err(|_| failed(migration.client))?.set;
    let sub = uuid(context.random.as_ref());
    let username = if pool.has_username_attributes() {
        let fits = Contact::ALL.iter().any(|contact| {
            contact_role(pool, *contact) == Role::Username
                && attributes
                    .get(contact.attribute())
                    .is_some_and(|value| pool.fold(value) == pool.fold(migration.username))
        });
        if !fits {
            return Err(failed(migration.client));
        }
        sub.clone()
    } else {
        name_in_pool(pool, migration, own_name, &attributes)?
    };
    let mut user = User {
        pool_id: pool.id().clone(),
        sub: Sub::new(sub.clone()),
        version: 1,
        username: username.clone(),
        created_ms: context.now_ms,
        modified_ms: context.now_ms,
        enabled: true,
        status: UserStatus::ResetRequired,
        attributes,
        ..User::default()
    };
    if answer.enable_sms_mfa.unwrap_or_default() {
        if Contact::PhoneNumber.of(&user).is_none() || pool.mfa() == UserPoolMfaType::Off {
            return Err(failed(migration.client));
        }
        Factor::Sms.switch_on(&mut user.mfa);
    }
    if answer.final_user_status.as_deref() == Some("CONFIRMED") {
        user.status = UserStatus::Confirmed;
        if let Some(typed) = migration.password {
            let new =
                password::create(context, pool, &username, &sub, typed, password::Kind::Permanent).await?;
            user.password = Some(new);
        }
    }
    user.names = names::claims(pool, &user);
    Ok(Some(user))
}

/// The user name in a pool whose users have names of their own. Who typed an alias gets that alias and the name that the
/// function says; who typed a name gets that name.
fn name_in_pool(
    pool: &Pool,
    migration: &Migration<'_>,
    own_name: Option<String>,
    attributes: &BTreeMap<String, String>,
) -> Result<String, Error> {
    let typed = pool.fold(migration.username);
    let alias = [
        (AliasAttributeType::Email, "email"),
        (AliasAttributeType::PhoneNumber, "phone_number"),
        (AliasAttributeType::PreferredUsername, "preferred_username"),
    ]
    .into_iter()
    .any(|(kind, name)| {
        pool.has_alias(kind) && attributes.get(name).is_some_and(|value| pool.fold(value) == typed)
    });
    let name = match own_name {
        Some(name) if pool.fold(&name) == typed || alias => name,
        None => migration.username.to_owned(),
        Some(_) => return Err(failed(migration.client)),
    };
    // A name in the form of an alias would stand in that alias' way.
    let own = matches!(names::parse_new(pool, &name), Ok(NewName::Own(_)));
    if own && is_user_name(&name) { Ok(name) } else { Err(failed(migration.client)) }
}

/// What the model asks of user names; a function may say anything.
fn is_user_name(name: &str) -> bool {
    (1..=128).contains(&name.chars().count()) && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}
