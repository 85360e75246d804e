//! What comes before every proof of a password, typed in or by SRP: the user's state, the lock, PreAuthentication.

use cenote_store::{User, UserStatus};
use cenote_triggers::pre_authentication::PreAuthenticationRequest;

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::step::SignIn;
use crate::trigger;
use crate::users::lockout;
use crate::users::subject::Subject;

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
        user_attributes: trigger::subject_attributes(subject),
        validation_data: sign_in.validation_data().cloned(),
        user_not_found: client.hides_users().then_some(!subject.exists()),
    };
    let caller = trigger::caller(context, pool, &subject.user.username, Some(client.id()));
    context.invoker.invoke(&function, &caller, &request).await?;
    Ok(())
}
