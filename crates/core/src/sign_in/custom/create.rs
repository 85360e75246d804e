//! CreateAuthChallenge: the question, and the session for its answer.

use std::collections::BTreeMap;

use cenote_model::ErrorCode;
use cenote_model::types::ChallengeNameType;
use cenote_triggers::create_auth_challenge::CreateAuthChallengeRequest;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sign_in::custom::{caller, not_configured, user_not_found};
use crate::sign_in::progress::Progress;
use crate::sign_in::session::{self, Session};
use crate::sign_in::srp;
use crate::sign_in::step::{Outcome, SignIn};
use crate::trigger;
use crate::users::subject::Subject;

pub(super) const NAME: ChallengeNameType = ChallengeNameType::CustomChallenge;

/// The longest session that the model takes. A client is given none that it can't send back.
const MAX_SESSION_LENGTH: usize = 4096;

/// What is kept of a question until it is answered. Only the functions see it.
#[derive(Serialize, Deserialize)]
pub(super) struct Question {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub private: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

/// Asks the function for a question, and the user that question.
///
/// # Errors
/// `InvalidParameterException` when the pool has no such function; `InvalidLambdaResponseException` when what it wants to keep
/// is too long; those of the trigger.
pub async fn challenge(
    sign_in: SignIn<'_>,
    subject: &Subject,
    progress: &Progress,
) -> Result<Outcome, Error> {
    let SignIn { context, pool, .. } = sign_in;
    let function = pool.lambda().create_auth_challenge.ok_or_else(not_configured)?;
    let custom = progress.custom.as_ref().ok_or_else(session::invalid)?;
    let request = CreateAuthChallengeRequest {
        user_attributes: trigger::subject_attributes(subject),
        challenge_name: NAME.as_str().to_owned(),
        session: custom.session(),
        client_metadata: sign_in.answer_metadata().cloned(),
        user_not_found: user_not_found(sign_in, subject),
    };
    let made = context.invoker.invoke(&function, &caller(sign_in, subject), &request).await?;
    let question = Question {
        private: made.private_challenge_parameters.unwrap_or_default(),
        metadata: made.challenge_metadata,
    };
    let session = Session::of_subject(sign_in, subject, &custom.typed, NAME, progress);
    let session = session.with_state(&question)?.seal(sign_in)?;
    if session.len() > MAX_SESSION_LENGTH {
        return Err(Error::new(
            ErrorCode::InvalidLambdaResponseException,
            "The challenge's private parameters and the names of the challenges before it are too long for a session.",
        ));
    }
    let mut parameters = made.public_challenge_parameters.unwrap_or_default();
    parameters.insert("USERNAME".to_owned(), srp::user_id(sign_in, subject, &custom.typed));
    Ok(Outcome { challenge: Some(NAME), parameters, session: Some(session), ..Outcome::default() })
}
