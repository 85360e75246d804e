//! SELECT_CHALLENGE, and the challenges PASSWORD and PASSWORD_SRP: the answers of USER_AUTH on the way to a password.

use cenote_model::types::ChallengeNameType;

use crate::error::Error;
use crate::sign_in::choice_flow::{Choice, ask, check_existence, check_password, parse};
use crate::sign_in::first_factors::{offered, toward};
use crate::sign_in::password_flow;
use crate::sign_in::session::Session;
use crate::sign_in::step::{Outcome, SignIn};

/// Takes a choice, which may bring the factor at once, or what the choice asked for. The session ends with it, also with a
/// wrong password.
///
/// # Errors
/// Those of the session, of the user's state and of the factor; `InvalidParameterException` for a factor that was not
/// offered.
pub async fn respond(
    sign_in: SignIn<'_>,
    session: Option<&str>,
    challenge: ChallengeNameType,
) -> Result<Outcome, Error> {
    let parameters = sign_in.parameters;
    let (typed, session) = Session::of_answer(sign_in, session, challenge).await?;
    let chosen = match challenge {
        ChallengeNameType::Password => parameters.get("PASSWORD").map(|_| Some(challenge))?,
        ChallengeNameType::PasswordSrp => parameters.get("SRP_A").map(|_| Some(challenge))?,
        _ => parse(parameters.get("ANSWER")?),
    };
    let (subject, typed) = session.get_subject(sign_in, typed).await?;
    session.check_unchanged(&subject.user)?;
    let all = offered(sign_in, &subject, typed);
    check_existence(sign_in, &subject, &all)?;
    let offered = toward(sign_in, &subject.user, &session.progress, &all);
    let Some(chosen) = chosen.filter(|chosen| offered.contains(chosen)) else {
        return Err(Error::invalid_parameter("The ANSWER is none of the AvailableChallenges."));
    };
    let password = parameters.find("PASSWORD").filter(|_| chosen == ChallengeNameType::Password);
    let (subject, is_counted) = match password {
        Some(password) => password_flow::migrate(sign_in, subject, password).await?,
        None => (subject, false),
    };
    check_password(sign_in, &subject, chosen, is_counted)?;
    let (progress, spent) = (session.progress.clone(), vec![session.consume()]);
    ask(sign_in, Choice { subject, typed, progress, offered, chosen, is_counted, spent }).await
}
