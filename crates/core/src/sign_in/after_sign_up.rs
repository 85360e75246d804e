//! The code of a sign-up was sent to a contact whose codes may sign in as well: whoever gave it need not give another one.

use std::sync::Arc;

use cenote_model::types::ExplicitAuthFlowsType;
use cenote_store::{User, UserStatus};

use crate::clients::Client;
use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::sign_in::advance::advance;
use crate::sign_in::choice_flow::check_tier;
use crate::sign_in::credentials;
use crate::sign_in::first_factors::{of_contact, of_user};
use crate::sign_in::level::Method;
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, Request, SignIn};
use crate::users::contact::Contact;
use crate::users::subject::Subject;
use crate::users::update::update_user;

/// What the session of a confirmation is good for.
const CONFIRMED: &str = "ConfirmSignUp";
/// What that of a sign-up is good for: nothing but being sent back, to ConfirmSignUp or to whatever comes after it.
const SIGNED_UP: &str = "SignUp";

/// The session that SignUp answers to clients that may use USER_AUTH, of somebody who is to confirm.
///
/// # Errors
/// Never in practice.
pub fn sign_up_session(
    context: &Context,
    client: &Arc<Client>,
    pool: &Arc<Pool>,
    user: &User,
) -> Result<Option<String>, Error> {
    if user.status != UserStatus::Unconfirmed {
        return Ok(None);
    }
    seal(context, client, pool, user, SIGNED_UP, &Progress::default())
}

/// Whether a session is that of a sign-up, which says nothing of who sends it.
#[must_use]
pub fn is_of_sign_up(sign_in: SignIn<'_>, session: &str) -> bool {
    Session::unseal_named(sign_in, Some(session), SIGNED_UP).is_ok()
}

/// The session that ConfirmSignUp answers when the contact that got the code is a first factor of the user.
///
/// # Errors
/// Never in practice.
pub fn session(
    context: &Context,
    client: &Arc<Client>,
    pool: &Arc<Pool>,
    user: &User,
    contact: Option<Contact>,
) -> Result<Option<String>, Error> {
    match contact.filter(|contact| of_user(pool, user).contains(&of_contact(*contact).1)) {
        Some(contact) => {
            let method = Method::of_contact(contact);
            let progress = Progress::default().with_first(FirstFactor::OneTimeCode, method);
            seal(context, client, pool, user, CONFIRMED, &progress)
        }
        None => Ok(None),
    }
}

fn seal(
    context: &Context,
    client: &Arc<Client>,
    pool: &Arc<Pool>,
    user: &User,
    name: &str,
    progress: &Progress,
) -> Result<Option<String>, Error> {
    if check_tier(pool).is_err() || !client.allows_flow(&[ExplicitAuthFlowsType::AllowUserAuth]) {
        return Ok(None);
    }
    let sign_in = SignIn::bare(context, client, pool, Request::Flow);
    Session::named(sign_in, user, name, progress).seal(sign_in).map(Some)
}

/// The flow has compared a hash with the name that came with it. Where none came it covers a name that the session's user has.
fn check_secret_hash(sign_in: SignIn<'_>, user: &User) -> Result<(), Error> {
    let parameters = sign_in.parameters;
    if parameters.find("USERNAME").is_some() {
        return Ok(());
    }
    let names = user.names.iter().map(|name| name.key.as_str());
    let names: Vec<&str> = [user.username.as_str(), user.sub.as_str()].into_iter().chain(names).collect();
    sign_in.client.verify_secret_hash(&names, parameters.find("SECRET_HASH"))
}

/// USER_AUTH with the session of a confirmation: tokens, once. No other parameter than the secret hash is looked at.
///
/// # Errors
/// `NotAuthorizedException` for any other session, for the hash, and when the user has changed meanwhile; those of
/// PreAuthentication.
pub async fn run(sign_in: SignIn<'_>, session: &str) -> Result<Outcome, Error> {
    let SignIn { context, pool, .. } = sign_in;
    let session = Session::unseal_named(sign_in, Some(session), CONFIRMED)?;
    session.check_unused(context).await?;
    let check = |user: &User| {
        session.check_state(user)?;
        // By a code to the contact that was confirmed, not to another one.
        let may = Contact::ALL.into_iter().any(|contact| {
            session.progress.shown.contains(&Method::of_contact(contact))
                && of_user(pool, user).contains(&of_contact(contact).1)
        });
        if may && user.status == UserStatus::Confirmed { Ok(()) } else { Err(session::invalid()) }
    };
    let user = session.get_user(sign_in).await?;
    check_secret_hash(sign_in, &user)?;
    check(&user)?;
    let subject = Subject::from(user);
    credentials::pre_authentication(sign_in, &subject).await?;
    let ((), user) = update_user(context, subject, |user| {
        check(user)?;
        Ok(((), vec![session.consume()]))
    })
    .await?;
    advance(sign_in, user, session.progress.clone()).await
}
