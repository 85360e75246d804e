//! SELECT_MFA_TYPE: the user chooses one of several second factors.

use cenote_model::types::ChallengeNameType;
use cenote_store::User;

use crate::error::Error;
use crate::sign_in::credentials;
use crate::sign_in::progress::Progress;
use crate::sign_in::second_factor;
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::factor::Factor;

const NAME: ChallengeNameType = ChallengeNameType::SelectMfaType;

/// Asks which.
///
/// # Errors
/// Never in practice.
pub(super) fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    factors: &[Factor],
) -> Result<Outcome, Error> {
    let session = Session::new(sign_in, user, NAME, progress).seal(sign_in)?;
    let parameters = [("MFAS_CAN_CHOOSE", names(factors)?), ("USER_ID_FOR_SRP", user.username.clone())];
    Ok(Outcome::challenge(NAME, parameters, Some(session)))
}

/// Factors as the parameters of a challenge list them.
///
/// # Errors
/// Never in practice.
pub(super) fn names(factors: &[Factor]) -> Result<String, Error> {
    let names: Vec<&str> = factors.iter().map(|factor| factor.name()).collect();
    serde_json::to_string(&names).map_err(Error::internal)
}

/// Takes the answer, and asks for the factor that was chosen. The session is used up together with what brings the code.
///
/// # Errors
/// Those of the session and of the user's state; `InvalidParameterException` for what can't be chosen; those of the message.
pub(super) async fn respond(sign_in: SignIn<'_>, session: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { pool, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, session, NAME).await?;
    let chosen = Factor::parse(parameters.get("ANSWER")?);
    let user = session.get_user(sign_in).await?;
    session.check(sign_in, &user, typed)?;
    credentials::check_status(&user)?;
    // What may be chosen is what the user has now.
    let decision = second_factor::decide(pool, &user, &session.progress)?;
    if !decision.is_for_a_code() {
        return Err(session::invalid());
    }
    let Some(factor) = chosen.filter(|factor| decision.takes(*factor)) else {
        return Err(Error::invalid_parameter("The ANSWER is none of MFAS_CAN_CHOOSE."));
    };
    second_factor::ask(sign_in, &user, &session.progress, factor, vec![session.consume()]).await
}
