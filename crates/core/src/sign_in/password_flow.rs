//! A password typed in: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and its older name.

use cenote_store::{Lockout, User, UserStatus};
use cenote_triggers::pre_authentication::PreAuthenticationRequest;

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::completion::{self, Origin};
use crate::sign_in::new_password;
use crate::sign_in::step::{Outcome, SignIn};
use crate::trigger;
use crate::users::migration::{self, Migration};
use crate::users::resolve::{Names, find_user};
use crate::users::{lockout, password, unknown, update};

/// Signs in by user name and password.
///
/// # Errors
/// In Cognito's order: parameters, user, status, lock, PreAuthentication, password.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let username = parameters.get("USERNAME")?;
    let typed = parameters.get("PASSWORD")?;
    let user = match find_user(context, pool, username, Names::SignIn).await? {
        Some(user) => Some(user),
        None => migrate(sign_in, username, typed).await?,
    };
    let Some(user) = user else { return Err(refuse_nobody(sign_in, username, typed).await) };
    let standing = check_status(sign_in, &user)?;
    if lockout::is_locked(&user.lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    pre_authentication(sign_in, Some(&user), &user.username).await?;
    let matches = password::matches(context, pool, &user, typed).await?;
    if !matches || standing == Standing::HasNoPassword {
        return Err(count_failure(sign_in, user).await);
    }
    let user = confirm_match(sign_in, user).await?;
    let expired = user
        .password
        .as_ref()
        .and_then(|password| password.expires_ms)
        .is_some_and(|expires_ms| expires_ms <= context.now_ms);
    if user.status == UserStatus::ForceChangePassword {
        if expired {
            return Err(Error::not_authorized(
                "Temporary password has expired and must be reset by an administrator.",
            ));
        }
        return new_password::challenge(sign_in, &user);
    }
    completion::complete(sign_in, user, Origin::Authentication).await
}

/// What a user's status lets it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    SignsIn,
    /// Every password is wrong, and counted as such.
    HasNoPassword,
}

/// The user's state, before the password is looked at: disabled, reset required, unconfirmed.
fn check_status(sign_in: SignIn<'_>, user: &User) -> Result<Standing, Error> {
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    match user.status {
        // Imported: that it waits for its first password would tell that it exists.
        UserStatus::ResetRequired if sign_in.client.hides_users() && user.password.is_none() => {
            Ok(Standing::HasNoPassword)
        }
        UserStatus::ResetRequired => Err(Error::password_reset_required()),
        UserStatus::Unconfirmed => Err(Error::user_not_confirmed()),
        UserStatus::Confirmed | UserStatus::ForceChangePassword => Ok(Standing::SignsIn),
        // Signs in through its provider only.
        UserStatus::ExternalProvider => Ok(Standing::HasNoPassword),
    }
}

/// Asks the pool's old directory for a user that the pool lacks. Its function checks the password, so what it refuses is a
/// wrong password like any other, and guessing at it is locked like guessing here. It counts before the function is asked:
/// of many guesses that race, the function compares no more than the lock allows.
async fn migrate(sign_in: SignIn<'_>, username: &str, typed: &str) -> Result<Option<User>, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    if pool.lambda().user_migration.is_none() {
        return Ok(None);
    }
    if let Err(refused) = count_failure_of_nobody(sign_in, username).await {
        // Those who were faster may have brought the user over.
        let user = find_user(context, pool, username, Names::SignIn).await?;
        return user.map(Some).ok_or(refused);
    }
    let migration = Migration {
        pool,
        client,
        username,
        password: Some(typed),
        validation_data: sign_in.client_metadata,
        client_metadata: None,
    };
    let migrated = migration::migrate(context, migration).await?;
    if migrated.is_some() {
        unknown::update(context, pool, username, |known| {
            known.lockout = Lockout::default();
            Ok(())
        })
        .await?;
    }
    Ok(migrated)
}

/// What a name without a user is answered: the truth, or the work and the answers of a wrong password.
async fn refuse_nobody(sign_in: SignIn<'_>, username: &str, typed: &str) -> Error {
    if !sign_in.client.hides_users() {
        return Error::user_missing();
    }
    match wrong_password_of_nobody(sign_in, username, typed).await {
        Ok(()) => Error::incorrect_credentials(),
        Err(error) => error,
    }
}

async fn wrong_password_of_nobody(sign_in: SignIn<'_>, username: &str, typed: &str) -> Result<(), Error> {
    let SignIn { context, pool, .. } = sign_in;
    // Where another directory was asked, the guess is counted.
    let is_counted = pool.lambda().user_migration.is_some();
    if !is_counted {
        let known = unknown::find(context, pool, username).await?;
        if lockout::is_locked(&known.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
    }
    pre_authentication(sign_in, None, username).await?;
    password::matches_nobody(context, pool, username, typed).await?;
    if is_counted { Ok(()) } else { count_failure_of_nobody(sign_in, username).await }
}

async fn count_failure_of_nobody(sign_in: SignIn<'_>, username: &str) -> Result<(), Error> {
    let SignIn { context, pool, .. } = sign_in;
    unknown::update(context, pool, username, |known| count_wrong(context, &mut known.lockout)).await
}

/// Counts a wrong password. Of many guesses that race, those that come after the lock are told of it, whether right or
/// wrong.
async fn count_failure(sign_in: SignIn<'_>, user: User) -> Error {
    let context = sign_in.context;
    let counted =
        update::update_user(context, user, |user| Ok((count_wrong(context, &mut user.lockout)?, Vec::new())))
            .await;
    match counted {
        Ok(_) => Error::incorrect_credentials(),
        Err(error) => error,
    }
}

fn count_wrong(context: &Context, lockout: &mut Lockout) -> Result<(), Error> {
    if lockout::is_locked(lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    lockout::count_failure(lockout, context.settings.limits.password_attempts, context.now_ms);
    Ok(())
}

/// Looks at the user again after a right password: one that was checked while others locked the user, disabled it or gave it
/// another password does not count. Wrong passwords before it are forgotten; there is a write only if there were some.
async fn confirm_match(sign_in: SignIn<'_>, user: User) -> Result<User, Error> {
    let context = sign_in.context;
    let checked = user.password.clone();
    let status = user.status;
    let user = update::reread(context, &user.pool_id, &user.sub).await?;
    let ((), user) = update::update_user(context, user, |user| {
        if lockout::is_locked(&user.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
        if user.password != checked || user.status != status || !user.enabled {
            return Err(Error::incorrect_credentials());
        }
        user.lockout = Lockout::default();
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(user)
}

async fn pre_authentication(sign_in: SignIn<'_>, user: Option<&User>, username: &str) -> Result<(), Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let Some(function) = pool.lambda().pre_authentication else { return Ok(()) };
    let request = PreAuthenticationRequest {
        user_attributes: user.map(|user| trigger::user_attributes(pool, user)).unwrap_or_default(),
        validation_data: sign_in.client_metadata.cloned(),
        user_not_found: client.hides_users().then_some(user.is_none()),
    };
    let caller = trigger::caller(context, pool, username, Some(client.id()));
    context.invoker.invoke(&function, &caller, &request).await?;
    Ok(())
}
