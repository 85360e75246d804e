//! SMS_MFA and EMAIL_OTP: a code that is sent to the user.

use cenote_store::{ChangeSet, User};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sign_in::mfa_answer::{self, Answer};
use crate::sign_in::mfa_setup;
use crate::sign_in::one_time_code::{self, Addressee, CodeUse, MISMATCH, SentCode, delivery_parameters};
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::contact::Contact;
use crate::users::factor::Factor;
use crate::users::names;

/// What the session of a code remembers.
#[derive(Serialize, Deserialize)]
struct Asked {
    code: SentCode,
    /// The address that the code went to, if it is to become the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_address: Option<String>,
}

/// Sends a code to the user's contact and asks for it. `further` is written together with the message.
///
/// # Errors
/// Those of the message; `NotAuthorizedException` when what is to be written uses up a session for the second time.
pub(super) async fn challenge(
    sign_in: SignIn<'_>,
    user: &User,
    progress: &Progress,
    contact: Contact,
    further: ChangeSet,
) -> Result<Outcome, Error> {
    send(sign_in, user, user, progress, contact, None, further).await
}

/// The same with an address that becomes the user's by its code, of which `with_address` has it already.
///
/// # Errors
/// As [`challenge`].
pub(super) async fn challenge_new_address(
    sign_in: SignIn<'_>,
    (user, with_address): (&User, &User),
    progress: &Progress,
    address: String,
    further: ChangeSet,
) -> Result<Outcome, Error> {
    send(sign_in, user, with_address, progress, Contact::Email, Some(address), further).await
}

async fn send(
    sign_in: SignIn<'_>,
    user: &User,
    with_address: &User,
    progress: &Progress,
    contact: Contact,
    new_address: Option<String>,
    further: ChangeSet,
) -> Result<Outcome, Error> {
    let name = Factor::of_contact(contact).challenge();
    let details = contact.delivery_details(contact.of(with_address).ok_or_else(session::invalid)?);
    let addressee = Addressee::of(sign_in, user.clone().into(), CodeUse::SecondFactor).await?;
    let draft = one_time_code::draft(sign_in, with_address, contact).await?;
    let (code, message) =
        SentCode::create(sign_in, with_address, CodeUse::SecondFactor, (contact, Some(contact)), &draft);
    let asked = Asked { code, new_address };
    let session = Session::new(sign_in, user, name, progress).with_state(&asked)?.seal(sign_in)?;
    addressee.send(sign_in, message, further).await?;
    let [medium, destination] = delivery_parameters(&details);
    let parameters = [medium, destination, ("USER_ID_FOR_SRP", user.username.clone())];
    Ok(Outcome::challenge(name, parameters, Some(session)))
}

/// Whether a session of EMAIL_OTP is of this challenge, not of a first factor. Whoever takes the answer checks the rest.
pub(super) fn is_asked_by(sign_in: SignIn<'_>, session: Option<&str>) -> bool {
    let session = session.and_then(|text| Session::open(sign_in.context, text).ok());
    session.is_some_and(|session| session.progress.first != FirstFactor::Missing)
}

/// Takes the answer.
///
/// # Errors
/// Those of the session, of the lock and of the code; `AliasExistsException` when another user has the contact as its name.
pub(super) async fn respond(
    sign_in: SignIn<'_>,
    session: Option<&str>,
    contact: Contact,
) -> Result<Outcome, Error> {
    let SignIn { context, pool, parameters, .. } = sign_in;
    let factor = Factor::of_contact(contact);
    let (typed, session) = Session::of_answer(sign_in, session, factor.challenge()).await?;
    let Asked { code: sent, new_address } = session.state()?;
    let code = match contact {
        Contact::PhoneNumber => parameters.get("SMS_MFA_CODE")?,
        Contact::Email => one_time_code::mailed(parameters)?,
    };
    let answer = Answer { session: &session, factor, typed };
    mfa_answer::take(sign_in, &answer, MISMATCH, |user| {
        let mut after = user.clone();
        match &new_address {
            None => mfa_answer::check_usable(sign_in, user, factor)?,
            Some(address) => {
                mfa_setup::check_email(pool, user, &session.progress)?;
                mfa_setup::apply_email(sign_in, &mut after, address)?;
            }
        }
        // It is right for the contact that got it only: one that was changed meanwhile is not verified.
        if !sent.is_right(context, &after, CodeUse::SecondFactor, code) {
            return Ok(false);
        }
        if contact.verified_of(&after).is_none() {
            after.attributes.insert(contact.flag().to_owned(), "true".to_owned());
            after.names = names::claims(pool, &after);
            after.modified_ms = context.now_ms;
        }
        *user = after;
        Ok(true)
    })
    .await
}
