//! SOFTWARE_TOKEN_MFA: a code of the user's authenticator app.

use cenote_model::types::ChallengeNameType;
use cenote_store::{ChangeSet, User};

use crate::error::Error;
use crate::sign_in::mfa_answer::{self, Answer};
use crate::sign_in::progress::Progress;
use crate::sign_in::session::Session;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::factor::Factor;
use crate::users::software_token;

const NAME: ChallengeNameType = ChallengeNameType::SoftwareTokenMfa;

/// Asks for a code, and writes `further`.
///
/// # Errors
/// `NotAuthorizedException` when what is to be written uses up a session for the second time.
pub(super) async fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    further: ChangeSet,
) -> Result<Outcome, Error> {
    let session = Session::new(sign_in, user, NAME, progress).seal(sign_in)?;
    sign_in.context.commit(further).await?;
    let mut outcome = Outcome::challenge(NAME, [("USER_ID_FOR_SRP", user.username.clone())], Some(session));
    if let Some(name) = user.software_token.as_ref().and_then(|token| token.name.clone()) {
        outcome.parameters.insert("FRIENDLY_DEVICE_NAME".to_owned(), name);
    }
    Ok(outcome)
}

/// Takes the answer.
///
/// # Errors
/// Those of the session, of the lock and of the code.
pub(super) async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, session, NAME).await?;
    let code = parameters.get("SOFTWARE_TOKEN_MFA_CODE")?;
    let factor = Factor::SoftwareToken;
    let answer = Answer { session: &session, factor, typed };
    mfa_answer::take(sign_in, &answer, "Invalid code received for user", |user| {
        if user.software_token.is_none() {
            return Err(software_token::missing());
        }
        mfa_answer::check_usable(sign_in, user, factor)?;
        software_token::redeem(context, user, code)
    })
    .await
}
