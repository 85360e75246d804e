//! EMAIL_OTP and SMS_OTP as first factors: a code that is sent to whoever wants to sign in.

use cenote_model::types::ChallengeNameType;
use cenote_store::{ChangeSet, User, UserStatus};

use crate::error::Error;
use crate::messages;
use crate::recovery::simulated;
use crate::sign_in::advance::advance;
use crate::sign_in::code_tries;
use crate::sign_in::device::presented;
use crate::sign_in::first_factors::{of_contact, of_user};
use crate::sign_in::level::Method;
use crate::sign_in::one_time_code::{self, Addressee, CodeUse, MISMATCH, SentCode, delivery_parameters};
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::session::{self, Session};
use crate::sign_in::srp;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::contact::Contact;
use crate::users::subject::Subject;
use crate::users::{confirmation, names};

/// Sends a code and asks for it. The count, the message and `spent` are one change set. Where users are hidden somebody who
/// can't sign in by it gets a code that is right for nobody, and its message goes nowhere.
///
/// # Errors
/// `TooManyRequestsException` when the user had too many codes; those of the message.
pub async fn challenge(
    sign_in: SignIn<'_>,
    subject: Subject,
    typed: &str,
    progress: &Progress,
    contact: Contact,
    spent: ChangeSet,
) -> Result<Outcome, Error> {
    let addressee = Addressee::of(sign_in, subject, CodeUse::FirstFactor).await?;
    let subject = &addressee.subject;
    let recipient = recipient(sign_in, subject, contact);
    let user = &subject.user;
    let draft = match recipient {
        Some(contact) => one_time_code::draft(sign_in, user, contact).await?,
        None => one_time_code::draft_decoy(sign_in, user, contact, simulated::address(contact))?,
    };
    let (code, message) = SentCode::create(sign_in, user, CodeUse::FirstFactor, (contact, recipient), &draft);
    let (_, name) = of_contact(contact);
    let session =
        Session::of_subject(sign_in, subject, typed, name, progress).with_state(&code)?.seal(sign_in)?;
    let user_id = srp::user_id(sign_in, subject, typed);
    let details = {
        let folded = |value: &str| contact.delivery_details(&sign_in.pool.fold(value));
        // Invented for users too: it takes its time.
        let invented = sign_in.client.hides_users().then(|| simulated::details(sign_in.pool, typed, contact));
        match (contact.of(user).filter(|_| subject.exists()), invented) {
            (Some(value), None) => contact.delivery_details(value),
            (Some(value), Some(_)) => folded(value),
            (None, invented) => invented.unwrap_or_default(),
        }
    };
    addressee.send(sign_in, message, spent).await?;
    let [medium, destination] = delivery_parameters(&details);
    Ok(Outcome::challenge(name, [medium, destination, ("USER_ID_FOR_SRP", user_id)], Some(session)))
}

/// Who gets the code, if anybody does: only a client that hides its users asks for others.
fn recipient(sign_in: SignIn<'_>, subject: &Subject, contact: Contact) -> Option<Contact> {
    let SignIn { context, pool, client, .. } = sign_in;
    let user = &subject.user;
    let may_sign_in = subject.exists()
        && user.enabled
        && matches!(user.status, UserStatus::Confirmed | UserStatus::Unconfirmed)
        && of_user(pool, user).contains(&of_contact(contact).1);
    let value = contact.of(user).unwrap_or_default();
    let reachable =
        !client.hides_users() || messages::check_deliverable(context, pool, contact, value).is_ok();
    Some(contact).filter(|_| may_sign_in && reachable)
}

/// Takes the code. The right one verifies the contact that got it, and confirms a user who is not confirmed yet.
///
/// # Errors
/// Those of the session; `CodeMismatchException` for a wrong code, which leaves it alive for a while; those of the user's
/// state, once the code is right; `AliasExistsException` when another user has the contact as its name.
pub async fn respond(sign_in: SignIn<'_>, session: Option<&str>, contact: Contact) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let (_, name) = of_contact(contact);
    let (typed, session) = Session::of_answer(sign_in, session, name).await?;
    let code = match contact {
        Contact::Email => one_time_code::mailed(parameters)?,
        Contact::PhoneNumber => parameters.get("SMS_OTP_CODE")?,
    };
    let sent: SentCode = session.state()?;
    let (subject, _) = session.get_subject(sign_in, typed).await?;
    let redeemed = code_tries::redeem(context, subject, &session, CodeUse::FirstFactor, MISMATCH, |user| {
        if !sent.is_right(context, user, CodeUse::FirstFactor, code) {
            return Ok(None);
        }
        check_state(sign_in, &session, user, name)?;
        let confirms = user.status == UserStatus::Unconfirmed;
        if confirms {
            confirmation::set_confirmed(context, user);
        }
        if contact.verified_of(user).is_none() {
            user.attributes.insert(contact.flag().to_owned(), "true".to_owned());
            user.modified_ms = context.now_ms;
        }
        user.names = names::claims(pool, user);
        Ok(Some(confirms))
    });
    let (confirmed, user) = redeemed.await?;
    if confirmed {
        let metadata = sign_in.answer_metadata();
        confirmation::announce(context, pool, &user, Some(client.id()), metadata).await?;
    }
    let device = presented::find_own(sign_in, &user, session.progress.device.as_deref()).await?;
    let progress = Progress { device, ..session.progress };
    let method = Method::of_contact(contact);
    advance(sign_in, user, progress.with_first(FirstFactor::OneTimeCode, method)).await
}

/// What only the owner of the code may learn.
fn check_state(
    sign_in: SignIn<'_>,
    session: &Session,
    user: &User,
    name: ChallengeNameType,
) -> Result<(), Error> {
    session.check_state(user)?;
    if user.status == UserStatus::ResetRequired {
        return Err(Error::password_reset_required());
    }
    // A second factor, or a password to be chosen, may have come meanwhile.
    if of_user(sign_in.pool, user).contains(&name) { Ok(()) } else { Err(session::invalid()) }
}
