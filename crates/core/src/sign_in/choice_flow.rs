//! USER_AUTH: the user chooses how to show who it is.

use cenote_model::types::{ChallengeNameType, UserPoolTierType};
use cenote_store::{ChangeSet, UserStatus};

use crate::error::Error;
use crate::pools::{Pool, tier};
use crate::sign_in::credentials;
use crate::sign_in::device::presented;
use crate::sign_in::first_factors::{contact_of, offered, toward};
use crate::sign_in::progress::Progress;
use crate::sign_in::session::{self, Session};
use crate::sign_in::srp::{self, Flow};
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::step_up::{self, Start};
use crate::sign_in::{first_factor_code, password_flow, second_factor, srp_flow, target, web_authn};
use crate::users::resolve::Names;
use crate::users::subject::{self, Subject};

/// No user has a longer name.
const LONGEST_NAME_BYTES: usize = 512;

/// Whether the pool's tier has the flow at all.
///
/// # Errors
/// `FeatureUnavailableInTierException`.
pub fn check_tier(pool: &Pool) -> Result<(), Error> {
    match pool.configuration.user_pool.user_pool_tier {
        Some(lowest @ UserPoolTierType::Lite) => {
            Err(tier::feature_unavailable(lowest, "Choice-Based Sign-In"))
        }
        _ => Ok(()),
    }
}

/// Starts a sign-in: with the challenge that the client prefers, if the user has it, else with the choice.
///
/// # Errors
/// In this order: parameters, access token, user, status, level, PreAuthentication; those of the challenge.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = parameters.get("USERNAME")?;
    let target = target::read(sign_in)?;
    if typed.len() > LONGEST_NAME_BYTES {
        // It would not fit into a session.
        return Err(if client.hides_users() {
            Error::incorrect_credentials()
        } else {
            Error::user_missing()
        });
    }
    let preferred = parameters.find("PREFERRED_CHALLENGE").and_then(parse);
    let password = parameters.find("PASSWORD").filter(|_| preferred == Some(ChallengeNameType::Password));
    let credit = step_up::read(sign_in, &target).await?;
    let found = subject::find(context, pool, client, typed, Names::SignIn).await?;
    if let Some(credit) = &credit {
        credit.check(&found)?;
    }
    // Only a password leads to the pool's old directory.
    let (subject, is_counted) = match password {
        Some(password) => password_flow::migrate(sign_in, found, password).await?,
        None => (found, false),
    };
    let all = offered(sign_in, &subject, typed);
    check_existence(sign_in, &subject, &all)?;
    let progress = match step_up::start(sign_in, &subject.user, &target, credit, &all, preferred)? {
        Start::First(progress) => {
            Progress { device: presented::named(sign_in).map(str::to_owned), ..progress }
        }
        Start::Second(progress) => return ask_second(sign_in, &subject, progress).await,
    };
    let offered = toward(sign_in, &subject.user, &progress, &all);
    if offered.is_empty() {
        return Err(target::level_unreachable());
    }
    let chosen = preferred.filter(|challenge| offered.contains(challenge));
    if let Some(chosen) = chosen {
        check_password(sign_in, &subject, chosen, is_counted)?;
    }
    credentials::pre_authentication(sign_in, &subject).await?;
    let Some(chosen) = chosen else {
        let name = ChallengeNameType::SelectChallenge;
        let session = Session::of_subject(sign_in, &subject, typed, name, &progress).seal(sign_in)?;
        let outcome = Outcome::challenge(name, [], Some(session));
        return Ok(Outcome { available: Some(offered), ..outcome });
    };
    let choice = Choice { subject, typed, progress, offered, chosen, is_counted, spent: ChangeSet::new() };
    ask(sign_in, choice).await
}

/// Begins with a second factor.
async fn ask_second(sign_in: SignIn<'_>, subject: &Subject, progress: Progress) -> Result<Outcome, Error> {
    let user = &subject.user;
    credentials::pre_authentication(sign_in, subject).await?;
    let device = presented::find(sign_in, user, None).await?;
    let asked = second_factor::challenge(sign_in, user, &Progress { device, ..progress }).await?;
    asked.ok_or_else(session::invalid)
}

/// Reads the name of a first factor's challenge.
#[must_use]
pub fn parse(name: &str) -> Option<ChallengeNameType> {
    use ChallengeNameType::{EmailOtp, Password, PasswordSrp, SmsOtp, WebAuthn};
    [Password, PasswordSrp, EmailOtp, SmsOtp, WebAuthn]
        .into_iter()
        .find(|challenge| challenge.as_str() == name)
}

/// What is checked before somebody may try a password; nothing for the other factors.
///
/// # Errors
/// Those of the user's state and of the lock.
pub fn check_password(
    sign_in: SignIn<'_>,
    subject: &Subject,
    chosen: ChallengeNameType,
    is_counted: bool,
) -> Result<(), Error> {
    if !matches!(chosen, ChallengeNameType::Password | ChallengeNameType::PasswordSrp) {
        return Ok(());
    }
    credentials::check_existence(sign_in, subject)?;
    password_flow::check_unlocked_unless_counted(sign_in, subject, is_counted)
}

/// As for a password, but that a code confirms who is not confirmed yet.
///
/// # Errors
/// As [`credentials::check_existence`].
pub fn check_existence(
    sign_in: SignIn<'_>,
    subject: &Subject,
    offered: &[ChallengeNameType],
) -> Result<(), Error> {
    let confirms = subject.user.status == UserStatus::Unconfirmed
        && offered.iter().any(|challenge| contact_of(*challenge).is_some());
    if sign_in.client.hides_users() || !subject.exists() || !confirms {
        return credentials::check_existence(sign_in, subject);
    }
    if subject.user.enabled { Ok(()) } else { Err(Error::user_disabled()) }
}

/// A factor that was chosen, among those that were offered.
#[derive(Debug)]
pub struct Choice<'a> {
    pub subject: Subject,
    /// The user as it was typed first.
    pub typed: &'a str,
    /// What the sign-in asks for, and what it began with.
    pub progress: Progress,
    pub offered: Vec<ChallengeNameType>,
    pub chosen: ChallengeNameType,
    /// Whether a wrong password was counted already.
    pub is_counted: bool,
    /// What ends with this step: the session that it answers.
    pub spent: ChangeSet,
}

/// Asks for the chosen factor, or takes it where it came with the choice.
///
/// # Errors
/// Those of the factor.
pub async fn ask(sign_in: SignIn<'_>, choice: Choice<'_>) -> Result<Outcome, Error> {
    let parameters = sign_in.parameters;
    let Choice { subject, typed, progress, offered, chosen, is_counted, spent } = choice;
    let session = |challenge| Session::of_subject(sign_in, &subject, typed, challenge, &progress);
    let given = |name| parameters.find(name).filter(|value| !value.is_empty());
    let outcome = match (chosen, given("PASSWORD"), given("SRP_A")) {
        (ChallengeNameType::Password, Some(password), _) => {
            return password_flow::prove(sign_in, subject, progress, password, is_counted, spent).await;
        }
        (ChallengeNameType::PasswordSrp, _, Some(client_public)) => {
            let client_public = srp_flow::parse_client_public(client_public)?;
            let session = session(ChallengeNameType::PasswordVerifier);
            sign_in.context.commit(spent).await?;
            srp::challenge_typed(sign_in, &subject, typed, Flow::Choice, &client_public, Some(&session))
                .await?
        }
        (ChallengeNameType::WebAuthn, ..) => {
            web_authn::challenge(sign_in, &subject, typed, &progress, spent).await?
        }
        _ => match contact_of(chosen) {
            Some(contact) => {
                first_factor_code::challenge(sign_in, subject, typed, &progress, contact, spent).await?
            }
            None => {
                let session = session(chosen).seal(sign_in)?;
                sign_in.context.commit(spent).await?;
                Outcome::challenge(chosen, [], Some(session))
            }
        },
    };
    Ok(Outcome { available: Some(offered), ..outcome })
}
