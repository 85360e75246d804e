//! The answer to a CUSTOM_CHALLENGE, and VerifyAuthChallengeResponse.

use cenote_triggers::verify_auth_challenge_response::VerifyAuthChallengeResponseRequest;

use crate::error::Error;
use crate::sign_in::custom::create::{NAME, Question};
use crate::sign_in::custom::{caller, define, not_configured, user_not_found};
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::trigger;

/// Takes the answer. The session is used up before the function looks at it, right or wrong: of many answers to one question
/// it sees one.
///
/// # Errors
/// Those of the session; `InvalidParameterException` when the pool has no such function; those of the triggers;
/// `NotAuthorizedException` when the functions refuse the user.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, session, NAME).await?;
    let answer = parameters
        .find("ANSWER")
        .ok_or_else(|| Error::invalid_parameter("Missing required parameter ANSWER"))?;
    let function = pool.lambda().verify_auth_challenge_response.ok_or_else(not_configured)?;
    let question: Question = session.state()?;
    let mut custom = session.progress.custom.clone().ok_or_else(session::invalid)?;
    // Whether the user is enabled is not said here: where users are hidden only whoever passes learns of it.
    let (subject, _) = session.get_subject(sign_in, typed).await?;
    session.check_unchanged(&subject.user)?;
    context.commit(vec![session.consume()]).await?;
    let request = VerifyAuthChallengeResponseRequest {
        user_attributes: trigger::subject_attributes(&subject),
        private_challenge_parameters: question.private,
        challenge_answer: answer.to_owned(),
        client_metadata: sign_in.answer_metadata().cloned(),
        user_not_found: user_not_found(sign_in, &subject),
    };
    let said = context.invoker.invoke(&function, &caller(sign_in, &subject), &request).await?;
    custom.answered(said.answer_correct == Some(true), question.metadata);
    define::proceed(sign_in, &subject, custom, session.progress.clone()).await
}
