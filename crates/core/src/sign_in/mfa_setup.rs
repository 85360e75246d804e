//! MFA_SETUP: a user who must have a second factor, and has none, sets one up on the way: an authenticator app, between the two
//! requests, by AssociateSoftwareToken and VerifySoftwareToken with the session; or an e-mail address.
//!
//! All of it is good only as long as the user has no factor: whoever set one up is asked for that one.

use cenote_crypto::secret::SecretString;
use cenote_model::types::{AttributeType, ChallengeNameType};
use cenote_store::User;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::advance::advance;
use crate::sign_in::progress::Progress;
use crate::sign_in::second_factor::{self, Decision};
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, Request, SignIn};
use crate::sign_in::{code_mfa, credentials, select_mfa_type};
use crate::users::attributes::{self, Stage};
use crate::users::contact::Contact;
use crate::users::factor::Factor;
use crate::users::update::update_user;
use crate::users::{attribute_change, names, software_token};

const NAME: ChallengeNameType = ChallengeNameType::MfaSetup;

/// How far the app of a session is. Each seed has a mark, so that no session goes on with what another one did.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum App {
    #[default]
    None,
    Associated(String),
    Verified(String),
}

/// Asks for a factor to be set up.
///
/// # Errors
/// Never in practice.
pub(super) fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    factors: &[Factor],
) -> Result<Outcome, Error> {
    let session = Session::new(sign_in, user, NAME, progress).with_state(&App::None)?.seal(sign_in)?;
    let parameters =
        [("MFAS_CAN_SETUP", select_mfa_type::names(factors)?), ("USER_ID_FOR_SRP", user.username.clone())];
    Ok(Outcome::challenge(NAME, parameters, Some(session)))
}

/// What the user may still set up.
fn offered(pool: &Pool, user: &User, progress: &Progress) -> Result<Vec<Factor>, Error> {
    match second_factor::decide(pool, user, progress)? {
        Decision::SetUp(factors) => Ok(factors),
        _ => Err(session::invalid()),
    }
}

/// Takes the answer: the session of an app that was verified, or the address that a code goes to.
///
/// # Errors
/// Those of the session and of the user's state; `InvalidParameterException` for an address that is none, or that can't be set
/// up; `NotAuthorizedException` when nothing was set up; those of the message.
pub(super) async fn respond(sign_in: SignIn<'_>, text: Option<&str>) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let (typed, session) = Session::of_answer(sign_in, text, NAME).await?;
    let app: App = session.state()?;
    let user = session.get_user(sign_in).await?;
    session.check(sign_in, &user, typed)?;
    credentials::check_status(&user)?;
    if let App::Verified(mark) = app {
        let ((), user) = update_user(context, user, |user| {
            session.check(sign_in, user, typed)?;
            credentials::check_status(user)?;
            check_verified(user, &mark)?;
            Ok(((), vec![session.consume()]))
        })
        .await?;
        return advance(sign_in, user, session.progress.with_second(Factor::SoftwareToken)).await;
    }
    // The developer guide writes it in small letters.
    let given = |name| parameters.find(name).filter(|address| !address.is_empty());
    let Some(address) = given("EMAIL").or_else(|| given("email")) else {
        return Err(Error::not_authorized("The user has not set up MFA."));
    };
    check_email(pool, &user, &session.progress)?;
    let mut after = user.clone();
    let address = apply_email(sign_in, &mut after, address)?;
    let further = vec![session.consume()];
    code_mfa::challenge_new_address(sign_in, (&user, &after), &session.progress, address, further).await
}

/// Whether the session's app is the user's, and is asked for from now on.
fn check_verified(user: &User, mark: &str) -> Result<(), Error> {
    let current = user.software_token.as_ref().map(|token| software_token::mark(&token.seed));
    let enabled = Factor::SoftwareToken.is_enabled_of(user);
    if enabled && current == Some(mark) { Ok(()) } else { Err(session::invalid()) }
}

/// Whether the user may still set up an address.
///
/// # Errors
/// `NotAuthorizedException` for who has a factor meanwhile; `InvalidParameterException` where an address can't be set up.
pub(super) fn check_email(pool: &Pool, user: &User, progress: &Progress) -> Result<(), Error> {
    if offered(pool, user, progress)?.contains(&Factor::Email) && Contact::Email.of(user).is_none() {
        return Ok(());
    }
    Err(Error::invalid_parameter("An email address can't be set up for MFA."))
}

/// Gives the user the address, and switches its factor on; the address as it is stored.
///
/// # Errors
/// `InvalidParameterException` for what is no address; `NotAuthorizedException` when the client may not write it.
pub(super) fn apply_email(sign_in: SignIn<'_>, user: &mut User, address: &str) -> Result<String, Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    let name = Contact::Email.attribute();
    let given = [AttributeType { name: name.to_owned(), value: Some(address.to_owned()) }];
    attributes::check_writable(pool, client, std::iter::once(name))?;
    let writes = attributes::check_schema(pool, &given, Stage::Create)?;
    let address = writes.set.get(name).cloned().ok_or_else(session::invalid)?;
    // Another one may wait for its verification.
    attribute_change::remove_contact(user, Contact::Email);
    user.attributes.insert(name.to_owned(), address.clone());
    Factor::Email.switch_on(&mut user.mfa);
    user.names = names::claims(pool, user);
    user.modified_ms = context.now_ms;
    Ok(address)
}

/// AssociateSoftwareToken by the session of MFA_SETUP: the text of the new seed, and the next session.
///
/// # Errors
/// Those of the session and of the user's state; `SoftwareTokenMFANotFoundException` where the pool has no apps.
pub async fn associate(context: &Context, text: &str) -> Result<(SecretString, String), Error> {
    let (client, pool) = Session::find_home(context, text).await?;
    let sign_in = SignIn::bare(context, &client, &pool, Request::Answer);
    let session = Session::unseal(sign_in, Some(text), NAME)?;
    session.check_unused(context).await?;
    software_token::check_offered(&pool)?;
    let user = session.get_user(sign_in).await?;
    let (seed, user) = update_user(context, user, |user| {
        check_setting_up(sign_in, &session, user)?;
        let seed = software_token::associate(context, user);
        Ok((seed, vec![session.consume()]))
    })
    .await?;
    let waiting = user.unverified_seed.as_ref().ok_or_else(session::invalid)?;
    let app = App::Associated(software_token::mark(waiting).to_owned());
    Ok((seed, next_session(sign_in, &user, &session.progress, &app)?))
}

/// VerifySoftwareToken by the session that AssociateSoftwareToken gave: the session that answers MFA_SETUP. The factor is on
/// from then on, even if the challenge is never answered.
///
/// # Errors
/// As [`associate`], and those of the code.
pub async fn verify(
    context: &Context,
    text: &str,
    code: &str,
    device_name: Option<&str>,
) -> Result<String, Error> {
    let (client, pool) = Session::find_home(context, text).await?;
    let sign_in = SignIn::bare(context, &client, &pool, Request::Answer);
    let session = Session::unseal(sign_in, Some(text), NAME)?;
    session.check_unused(context).await?;
    software_token::check_offered(&pool)?;
    let App::Associated(mark) = session.state()? else { return Err(session::invalid()) };
    let user = session.get_user(sign_in).await?;
    let ((), user) = update_user(context, user, |user| {
        check_setting_up(sign_in, &session, user)?;
        if user.unverified_seed.as_ref().map(software_token::mark) != Some(mark.as_str()) {
            return Err(session::invalid());
        }
        software_token::verify(context, user, code, device_name)?;
        Factor::SoftwareToken.switch_on(&mut user.mfa);
        Ok(((), vec![session.consume()]))
    })
    .await?;
    next_session(sign_in, &user, &session.progress, &App::Verified(mark))
}

/// Whether the session's user may set up an app at this moment.
fn check_setting_up(sign_in: SignIn<'_>, session: &Session, user: &User) -> Result<(), Error> {
    session.check(sign_in, user, user.sub.as_str())?;
    credentials::check_status(user)?;
    if offered(sign_in.pool, user, &session.progress)?.contains(&Factor::SoftwareToken) {
        return Ok(());
    }
    Err(session::invalid())
}

fn next_session(sign_in: SignIn<'_>, user: &User, progress: &Progress, app: &App) -> Result<String, Error> {
    Session::new(sign_in, user, NAME, progress).with_state(app)?.seal(sign_in)
}
