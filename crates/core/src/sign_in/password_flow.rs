//! A password typed in: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and its older name.

use std::collections::BTreeMap;

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
use crate::users::subject::{self, Subject};
use crate::users::{lockout, password, update};

/// Signs in by user name and password.
///
/// # Errors
/// In Cognito's order: parameters, user, status, lock, PreAuthentication, password. Where users are hidden a name that nobody
/// has goes the same way, and only whoever has the password learns of the status.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let username = parameters.get("USERNAME")?;
    let typed = parameters.get("PASSWORD")?;
    let found = subject::find(context, pool, client, username, Names::SignIn).await?;
    let (subject, is_counted) = migrate(sign_in, found, typed).await?;
    let hides = client.hides_users();
    let user = &subject.user;
    if !hides {
        if !subject.exists() {
            return Err(Error::user_missing());
        }
        check_status(user)?;
    }
    // The fifth guess may have started the lock; it is answered as it would be of a user.
    if !is_counted && lockout::is_locked(&user.lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    pre_authentication(sign_in, &subject).await?;
    let matches = password::matches(context, pool, user, typed).await?;
    if !matches || user.status == UserStatus::ExternalProvider {
        if is_counted {
            return Err(Error::incorrect_credentials());
        }
        return Err(count_failure(sign_in, subject).await);
    }
    let user = confirm_match(sign_in, subject.user).await?;
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

/// Whether the user's state lets it sign in: disabled, reset required, unconfirmed. One of a provider signs in there only:
/// here every password is wrong.
fn check_status(user: &User) -> Result<(), Error> {
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    match user.status {
        UserStatus::ResetRequired => Err(Error::password_reset_required()),
        UserStatus::Unconfirmed => Err(Error::user_not_confirmed()),
        UserStatus::Confirmed | UserStatus::ForceChangePassword | UserStatus::ExternalProvider => Ok(()),
    }
}

/// Asks the pool's old directory for a user that the pool lacks, and says whether the guess is counted. The directory's function
/// checks the password, so what it refuses is a wrong password like any other, and guessing at it is locked like guessing
/// here. It counts before the function is asked: of many guesses that race, the function compares no more than the lock
/// allows.
async fn migrate(sign_in: SignIn<'_>, nobody: Subject, typed: &str) -> Result<(Subject, bool), Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    if nobody.exists() || pool.lambda().user_migration.is_none() {
        return Ok((nobody, false));
    }
    let username = nobody.user.username.clone();
    let counted = match count_wrong_of(sign_in, nobody.clone()).await {
        Ok(user) => nobody.with(user),
        Err(refused) => {
            // Those who were faster may have brought the user over.
            let user = find_user(context, pool, &username, Names::SignIn).await?;
            return user.map(|user| (user.into(), false)).ok_or(refused);
        }
    };
    let migration = Migration {
        pool,
        client,
        username: &username,
        password: Some(typed),
        validation_data: sign_in.client_metadata,
        client_metadata: None,
    };
    let Some(user) = migration::migrate(context, migration).await? else { return Ok((counted, true)) };
    update::update_user(context, counted, |user| {
        user.lockout = Lockout::default();
        Ok(((), Vec::new()))
    })
    .await?;
    Ok((user.into(), false))
}

/// Counts a wrong password. Of many guesses that race, those that come after the lock are told of it, whether right or
/// wrong.
async fn count_failure(sign_in: SignIn<'_>, subject: Subject) -> Error {
    match count_wrong_of(sign_in, subject).await {
        Ok(_) => Error::incorrect_credentials(),
        Err(error) => error,
    }
}

async fn count_wrong_of(sign_in: SignIn<'_>, subject: Subject) -> Result<User, Error> {
    let context = sign_in.context;
    let ((), user) = update::update_user(context, subject, |user| {
        Ok((count_wrong(context, &mut user.lockout)?, Vec::new()))
    })
    .await?;
    Ok(user)
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
    let (status, enabled) = (user.status, user.enabled);
    let user = update::reread(context, &user.pool_id, &user.sub).await?;
    let ((), user) = update::update_user(context, user, |user| {
        if lockout::is_locked(&user.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
        if user.password != checked || user.status != status || user.enabled != enabled {
            return Err(Error::incorrect_credentials());
        }
        check_status(user)?;
        user.lockout = Lockout::default();
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(user)
}

async fn pre_authentication(sign_in: SignIn<'_>, subject: &Subject) -> Result<(), Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let Some(function) = pool.lambda().pre_authentication else { return Ok(()) };
    let request = PreAuthenticationRequest {
        user_attributes: if subject.exists() {
            trigger::user_attributes(pool, &subject.user)
        } else {
            BTreeMap::default()
        },
        validation_data: sign_in.client_metadata.cloned(),
        user_not_found: client.hides_users().then_some(!subject.exists()),
    };
    let caller = trigger::caller(context, pool, &subject.user.username, Some(client.id()));
    context.invoker.invoke(&function, &caller, &request).await?;
    Ok(())
}
