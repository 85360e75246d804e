//! What surrounds every proof of a password, typed in or by SRP: the user's state, the lock, PreAuthentication before it; the
//! count or the admission after it.

use cenote_store::{ChangeSet, Lockout, User, UserStatus};
use cenote_triggers::pre_authentication::PreAuthenticationRequest;

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::step::SignIn;
use crate::trigger;
use crate::users::subject::Subject;
use crate::users::{lockout, update};

/// Checks whether somebody may try a password at all. Where users are hidden a name that nobody has goes the same way, and
/// only whoever has the password learns of the status.
///
/// # Errors
/// `UserNotFoundException`, and those of [`check_status`].
pub fn check_existence(sign_in: SignIn<'_>, subject: &Subject) -> Result<(), Error> {
    if sign_in.client.hides_users() {
        return Ok(());
    }
    if !subject.exists() {
        return Err(Error::user_missing());
    }
    check_status(&subject.user)
}

/// Whether the user's state lets it sign in: disabled, reset required, unconfirmed. One of a provider signs in there only:
/// here every password is wrong.
///
/// # Errors
/// `NotAuthorizedException`, `PasswordResetRequiredException`, `UserNotConfirmedException`.
pub fn check_status(user: &User) -> Result<(), Error> {
    if !user.enabled {
        return Err(Error::user_disabled());
    }
    match user.status {
        UserStatus::ResetRequired => Err(Error::password_reset_required()),
        UserStatus::Unconfirmed => Err(Error::user_not_confirmed()),
        UserStatus::Confirmed | UserStatus::ForceChangePassword | UserStatus::ExternalProvider => Ok(()),
    }
}

/// Whether wrong passwords have locked the user at this moment.
///
/// # Errors
/// `NotAuthorizedException`.
pub fn check_unlocked(context: &Context, user: &User) -> Result<(), Error> {
    if lockout::is_locked(&user.lockout, context.now_ms) {
        return Err(Error::password_attempts_exceeded());
    }
    Ok(())
}

/// Asks the pool's function whether the user may sign in.
///
/// # Errors
/// Those of the trigger.
pub async fn pre_authentication(sign_in: SignIn<'_>, subject: &Subject) -> Result<(), Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let Some(function) = pool.lambda().pre_authentication else { return Ok(()) };
    let request = PreAuthenticationRequest {
        user_attributes: trigger::subject_attributes(pool, subject),
        validation_data: sign_in.validation_data().cloned(),
        user_not_found: client.hides_users().then_some(!subject.exists()),
    };
    let caller = trigger::caller(context, pool, &subject.user.username, Some(client.id()));
    context.invoker.invoke(&function, &caller, &request).await?;
    Ok(())
}

/// Counts a wrong password and says that it was wrong. Of many guesses that race, those that come after the lock are told of
/// it, whether right or wrong.
///
/// `further` is written with the count.
pub async fn count_failure(sign_in: SignIn<'_>, subject: Subject, further: &ChangeSet) -> Error {
    match count_wrong(sign_in, subject, further).await {
        Ok(_) => Error::incorrect_credentials(),
        Err(error) => error,
    }
}

/// Counts a wrong password and writes `further`; the user as it is then.
///
/// # Errors
/// `NotAuthorizedException` when the user is locked already, and when `further` uses up a session for the second time.
pub async fn count_wrong(sign_in: SignIn<'_>, subject: Subject, further: &ChangeSet) -> Result<User, Error> {
    let context = sign_in.context;
    let tolerated = context.settings.limits.password_attempts;
    let ((), user) = update::update_user(context, subject, |user| {
        check_unlocked(context, user)?;
        lockout::count_failure(&mut user.lockout, tolerated, context.now_ms);
        Ok(((), further.clone()))
    })
    .await?;
    Ok(user)
}

/// Looks at the user again after a right password, and writes `further`: one that was checked while others locked the user,
/// disabled it or gave it another password does not count. Wrong passwords before it are forgotten.
///
/// # Errors
/// `NotAuthorizedException` for those, for a temporary password whose time is over, and when what was proved was used
/// already; those of [`check_status`].
pub async fn admit(sign_in: SignIn<'_>, user: User, further: &ChangeSet) -> Result<User, Error> {
    let context = sign_in.context;
    let checked = user.password.clone();
    let (status, enabled) = (user.status, user.enabled);
    let user = update::reread(context, &user.pool_id, &user.sub).await?;
    let ((), user) = update::update_user(context, user, |user| {
        check_unlocked(context, user)?;
        if user.password != checked || user.status != status || user.enabled != enabled {
            return Err(Error::incorrect_credentials());
        }
        check_status(user)?;
        user.lockout = Lockout::default();
        Ok(((), further.clone()))
    })
    .await?;
    let expires_ms = user.password.as_ref().and_then(|password| password.expires_ms);
    if user.status == UserStatus::ForceChangePassword && expires_ms.is_some_and(|ms| ms <= context.now_ms) {
        return Err(Error::not_authorized(
            "Temporary password has expired and must be reset by an administrator.",
        ));
    }
    Ok(user)
}
