//! What surrounds every code of a second factor: the session and the user's state before it, the rest of the sign-in after it.

use cenote_store::User;

use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::one_time_code::CodeUse;
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::sign_in::{code_tries, credentials, second_factor};
use crate::users::factor::Factor;

/// An answer to a challenge that asks for a code.
pub struct Answer<'a> {
    pub session: &'a Session,
    pub factor: Factor,
    /// The user as it was typed.
    pub typed: &'a str,
}

/// Compares a code with `compare`, which may change the user when it is right, and goes on with the sign-in.
///
/// # Errors
/// Those of the session, of the user's state and of [`code_tries::redeem`].
pub async fn take(
    sign_in: SignIn<'_>,
    answer: &Answer<'_>,
    mismatch: &'static str,
    compare: impl Fn(&mut User) -> Result<bool, Error> + Send + Sync,
) -> Result<Outcome, Error> {
    let Answer { session, factor, typed } = answer;
    let user = session.get_user(sign_in).await?;
    let redeemed =
        code_tries::redeem(sign_in.context, user, session, CodeUse::SecondFactor, mismatch, |user| {
            session.check(sign_in, user, typed)?;
            credentials::check_status(user)?;
            Ok(compare(user)?.then_some(()))
        });
    let ((), user) = redeemed.await?;
    let progress = session.progress.clone().with_second(*factor);
    advance(sign_in, user, progress.passed(factor.challenge())).await
}

/// Whether the factor of a session is one that the user can still show.
///
/// # Errors
/// `NotAuthorizedException` when it was switched off meanwhile.
pub fn check_usable(sign_in: SignIn<'_>, user: &User, factor: Factor) -> Result<(), Error> {
    if second_factor::usable(sign_in.pool, user).contains(&factor) { Ok(()) } else { Err(session::invalid()) }
}
