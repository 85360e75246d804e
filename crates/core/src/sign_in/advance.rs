//! What a sign-in is asked next: the one place that decides it, whatever the flow and however far it has come.

use cenote_store::{User, UserStatus};

use crate::error::Error;
use crate::sign_in::custom::define;
use crate::sign_in::device::finish::finish;
use crate::sign_in::device::{presented, srp_auth};
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::second_factor::Decision;
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{new_password, second_factor, session, web_authn};

/// Asks for what is still missing, in Cognito's order: a password of its own; a second factor, or the proof of a device in its
/// place where no level needs one; what the pool's functions want of a custom sign-in; the proof of a remembered device; then
/// the tokens. What the step before had to write, such as its used session, is written.
///
/// # Errors
/// Those of the next challenge, among them `InvalidParameterException` for a user without a factor that must be asked for; or
/// of the tokens.
pub async fn advance(sign_in: SignIn<'_>, user: User, progress: Progress) -> Result<Outcome, Error> {
    if progress.first == FirstFactor::Password && user.status == UserStatus::ForceChangePassword {
        if let Some(custom) = &progress.custom {
            // The function hears of the proof and may refuse; a new password comes first whatever else it wants.
            define::ask(sign_in, &user.clone().into(), custom).await?;
        }
        return new_password::challenge(sign_in, &user, &progress);
    }
    let asks = match progress.first {
        FirstFactor::Missing => return Err(session::invalid()),
        FirstFactor::OneTimeCode => {
            // Nothing can follow it: whoever has to show more does not begin with it.
            if second_factor::decide(sign_in.pool, &user, &progress)? != Decision::Nothing {
                return Err(session::invalid());
            }
            false
        }
        FirstFactor::Custom => false,
        FirstFactor::WebAuthn { .. } if web_authn::was_two_factors(sign_in.pool, &user, &progress) => {
            second_factor::missing_level(sign_in.pool, &user, &progress)?.is_some()
        }
        FirstFactor::Password | FirstFactor::WebAuthn { .. } => {
            // One that is asked for and can't be shown is asked for, too.
            !matches!(second_factor::decide(sign_in.pool, &user, &progress), Ok(Decision::Nothing))
        }
    };
    if asks {
        let device = presented::remembered(sign_in, &user, &progress).await?;
        // A device is no method: it leads to no level.
        let for_level = second_factor::missing_level(sign_in.pool, &user, &progress)?.is_some();
        match device.filter(|_| presented::replaces_second_factor(sign_in.pool) && !for_level) {
            Some(_) if progress.device_proved => {}
            Some(device) => return srp_auth::challenge(sign_in, &user, &device.key, &progress).await,
            None => {
                if let Some(outcome) = second_factor::challenge(sign_in, &user, &progress).await? {
                    return Ok(outcome);
                }
            }
        }
    }
    if let Some(custom) = progress.custom.clone().filter(|custom| !custom.is_finished()) {
        return define::proceed(sign_in, &user.into(), custom, progress).await;
    }
    finish(sign_in, &user, progress).await
}
