//! DefineAuthChallenge: what a custom sign-in asks next.

use cenote_model::ErrorCode;
use cenote_model::types::ChallengeNameType;
use cenote_store::UserStatus;
use cenote_triggers::define_auth_challenge::DefineAuthChallengeRequest;

use crate::error::Error;
use crate::sign_in::credentials;
use crate::sign_in::custom::history::Custom;
use crate::sign_in::custom::{caller, create, not_configured, user_not_found};
use crate::sign_in::device::finish;
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};
use crate::trigger;
use crate::users::subject::Subject;
use crate::users::update;

/// What the function wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Tokens,
    /// A question of CreateAuthChallenge.
    Question,
    /// The proof that SRP_A announced.
    PasswordVerifier,
    /// For a user with a temporary password, once it is proved.
    NewPassword,
}

/// Asks the function.
///
/// # Errors
/// `NotAuthorizedException` when it refuses the user; `InvalidParameterException` when the pool has none;
/// `InvalidLambdaResponseException` when it says nothing that can be done; those of the trigger.
pub async fn ask(sign_in: SignIn<'_>, subject: &Subject, custom: &Custom) -> Result<Next, Error> {
    let SignIn { context, pool, .. } = sign_in;
    let function = pool.lambda().define_auth_challenge.ok_or_else(not_configured)?;
    let request = DefineAuthChallengeRequest {
        user_attributes: trigger::subject_attributes(subject),
        session: custom.session(),
        client_metadata: sign_in.answer_metadata().cloned(),
        user_not_found: user_not_found(sign_in, subject),
    };
    let said = context.invoker.invoke(&function, &caller(sign_in, subject), &request).await?;
    if said.fail_authentication == Some(true) {
        return Err(Error::incorrect_credentials());
    }
    if said.issue_tokens == Some(true) {
        return Ok(Next::Tokens);
    }
    match said.challenge_name.as_deref().and_then(ChallengeNameType::parse) {
        Some(ChallengeNameType::CustomChallenge) => Ok(Next::Question),
        Some(ChallengeNameType::PasswordVerifier) => Ok(Next::PasswordVerifier),
        Some(ChallengeNameType::NewPasswordRequired) => Ok(Next::NewPassword),
        _ => Err(unrecognizable()),
    }
}

/// Asks the function and does what it says.
///
/// # Errors
/// Those of [`ask`] and [`follow`].
pub async fn proceed(
    sign_in: SignIn<'_>,
    subject: &Subject,
    custom: Custom,
    progress: Progress,
) -> Result<Outcome, Error> {
    let next = ask(sign_in, subject, &custom).await?;
    follow(sign_in, subject, next, Progress { custom: Some(custom), ..progress }).await
}

/// Does what the function said.
///
/// # Errors
/// Those of what it wants; `InvalidLambdaResponseException` for a challenge that has no place here.
pub async fn follow(
    sign_in: SignIn<'_>,
    subject: &Subject,
    next: Next,
    progress: Progress,
) -> Result<Outcome, Error> {
    match next {
        Next::Tokens => tokens(sign_in, subject, progress).await,
        Next::Question => create::challenge(sign_in, subject, &progress).await,
        Next::PasswordVerifier | Next::NewPassword => Err(unrecognizable()),
    }
}

/// Issues tokens, to a user who may have them. Functions take their time: what others did to the user meanwhile counts.
async fn tokens(sign_in: SignIn<'_>, subject: &Subject, progress: Progress) -> Result<Outcome, Error> {
    let context = sign_in.context;
    if !subject.exists() {
        return Err(Error::incorrect_credentials());
    }
    let before = &subject.user;
    let user = update::find_again(context, before).await?.ok_or_else(Error::incorrect_credentials)?;
    credentials::check_status(&user)?;
    if user.token_generation != before.token_generation
        || user.password != before.password
        || user.status == UserStatus::ExternalProvider
    {
        return Err(Error::incorrect_credentials());
    }
    finish::finish(sign_in, &user, progress).await
}

fn unrecognizable() -> Error {
    Error::new(ErrorCode::InvalidLambdaResponseException, "Unrecognizable lambda output")
}
