//! A password typed in: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and its older name.

use cenote_store::{Lockout, User, UserStatus};
use cenote_triggers::pre_authentication::PreAuthenticationRequest;

use crate::error::Error;
use crate::sign_in::completion::{self, Origin};
use crate::sign_in::flow::{Outcome, SignIn};
use crate::sign_in::new_password;
use crate::trigger;
use crate::users::migration::{self, Migration};
use crate::users::resolve::{Names, find_user};
use crate::users::{lockout, password, unknown, update};

/// Signs in by user name and password.
///
/// # Errors
/// In Cognito's order: parameters, secret hash, user, status, lock, PreAuthentication, password.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let username = parameters.get("USERNAME")?;
    let typed = parameters.get("PASSWORD")?;
    client.verify_secret_hash(&[username], parameters.find("SECRET_HASH"))?;
    let user = match find_user(context, pool, username, Names::SignIn).await? {
        Some(user) => Some(user),
        None => {
            migration::migrate(
                context,
                Migration {
                    pool,
                    client,
                    username,
                    password: Some(typed),
                    validation_data: sign_in.client_metadata,
                    client_metadata: None,
                },
            )
            .await?
        }
    };
    let Some(user) = user else { return Err(refuse_nobody(sign_in, username, typed).await) };
    check_status(sign_in, &user)?;
    if lockout::is_locked(&user.lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    pre_authentication(sign_in, Some(&user), &user.username).await?;
    if !password::matches(context, pool, &user, typed).await? {
        return Err(count_failure(sign_in, user).await);
    }
    let expired = user
        .password
        .as_ref()
        .and_then(|password| password.expires_ms)
        .is_some_and(|expires_ms| expires_ms <= context.now_ms);
    if expired && user.status == UserStatus::ForceChangePassword {
        return Err(Error::not_authorized(
            "Temporary password has expired and must be reset by an administrator.",
        ));
    }
    let user = forgive(sign_in, user).await?;
    if user.status == UserStatus::ForceChangePassword {
        return new_password::challenge(sign_in, &user);
    }
    completion::complete(sign_in, user, Origin::Authentication, Vec::new()).await
}

/// The user's state, before the password is looked at: disabled, reset required, unconfirmed.
fn check_status(sign_in: SignIn<'_>, user: &User) -> Result<(), Error> {
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    match user.status {
        UserStatus::ResetRequired if sign_in.client.hides_users() && user.password.is_none() => {
            // Imported: that it waits for its first password would tell that it exists.
            Err(Error::incorrect_credentials())
        }
        UserStatus::ResetRequired => Err(Error::password_reset_required()),
        UserStatus::Unconfirmed => Err(Error::user_not_confirmed()),
        UserStatus::Confirmed | UserStatus::ForceChangePassword => Ok(()),
        // Signs in through its provider only, for it has no password here.
        UserStatus::ExternalProvider => Err(Error::incorrect_credentials()),
    }
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
    let known = unknown::find(context, pool, username).await?;
    if lockout::is_locked(&known.lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    pre_authentication(sign_in, None, username).await?;
    password::matches_nobody(context, pool, username, typed).await?;
    unknown::update(context, pool, username, |known| {
        if lockout::is_locked(&known.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
        lockout::count_failure(&mut known.lockout, context.settings.limits.password_attempts, context.now_ms);
        Ok(())
    })
    .await
}

/// Counts a wrong password. Of many guesses that race, those that come after the lock are told of it, whether right or
/// wrong.
async fn count_failure(sign_in: SignIn<'_>, user: User) -> Error {
    let context = sign_in.context;
    let counted = update::update_user(context, user, |user| {
        if lockout::is_locked(&user.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
        lockout::count_failure(&mut user.lockout, context.settings.limits.password_attempts, context.now_ms);
        Ok(((), Vec::new()))
    })
    .await;
    match counted {
        Ok(_) => Error::incorrect_credentials(),
        Err(error) => error,
    }
}

/// Forgets wrong passwords after a right one. Nothing is written when there is nothing to forget. A right password that was
/// checked while others locked the user, or while it changed, does not count.
async fn forgive(sign_in: SignIn<'_>, user: User) -> Result<User, Error> {
    let context = sign_in.context;
    if user.lockout == Lockout::default() {
        return Ok(user);
    }
    let checked = user.password.clone();
    let ((), user) = update::update_user(context, user, |user| {
        if lockout::is_locked(&user.lockout, context.now_ms) {
            return Err(Error::password_attempts_exceeded());
        }
        if user.password != checked || !user.enabled {
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
