//! What a sign-in is asked next: the one place that decides it, whatever the flow and however far it has come.

use cenote_store::{User, UserStatus};

use crate::error::Error;
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{completion, new_password, second_factor, session, web_authn};

/// Asks for what is still missing, in Cognito's order: a password of its own, a second factor; then the tokens. What the step
/// before had to write, such as its used session, is written.
///
/// # Errors
/// Those of the next challenge, or of the tokens.
pub async fn advance(sign_in: SignIn<'_>, user: User, progress: Progress) -> Result<Outcome, Error> {
    if progress.first == FirstFactor::Password && user.status == UserStatus::ForceChangePassword {
        return new_password::challenge(sign_in, &user, &progress);
    }
    match progress.first {
        FirstFactor::Missing => return Err(session::invalid()),
        FirstFactor::OneTimeCode => {}
        FirstFactor::WebAuthn { .. } if web_authn::was_two_factors(sign_in.pool, &user, &progress) => {}
        FirstFactor::Password | FirstFactor::WebAuthn { .. } => second_factor::refuse(sign_in, &user)?,
    }
    completion::complete(sign_in, &user, &progress).await
}
