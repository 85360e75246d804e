//! What surrounds every code of a second factor: the lock, the tries of a session, the count.
//!
//! The count is another one than that of passwords: who has the password must not win new guesses by it.

use cenote_model::ErrorCode;
use cenote_store::{ChangeSet, Lockout, User};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::credentials;
use crate::sign_in::progress::Progress;
use crate::sign_in::second_factor;
use crate::sign_in::session::{self, Session};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::factor::Factor;
use crate::users::lockout;
use crate::users::update::update_user;

/// Wrong codes after which a session is worth nothing.
const TRIES: u64 = 10;

/// How many wrong codes the user had given when a session was made. What another sign-in of the user gives counts as well.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Tries {
    before: u64,
}

impl Tries {
    /// A session that begins now.
    #[must_use]
    pub fn new(user: &User) -> Self {
        Self { before: user.mfa_codes.wrong }
    }
}

/// An answer to a challenge that asks for a code.
pub struct Answer<'a> {
    pub session: &'a Session,
    pub tries: Tries,
    pub factor: Factor,
    /// The user as it was typed.
    pub typed: &'a str,
}

/// Compares a code with `compare`, which may change the user when it is right, and goes on with the sign-in. A wrong code is
/// counted, and leaves the session alive.
///
/// # Errors
/// Those of the session and of the user's state; `NotAuthorizedException` while the user is locked, and for a session with too
/// many tries; `CodeMismatchException` with this text; those of `compare`, uncounted.
pub async fn take(
    sign_in: SignIn<'_>,
    answer: &Answer<'_>,
    mismatch: &'static str,
    compare: impl Fn(&mut User) -> Result<bool, Error> + Send + Sync,
) -> Result<Outcome, Error> {
    let context = sign_in.context;
    let Answer { session, tries, factor, typed } = answer;
    let user = session.get_user(sign_in).await?;
    let tolerated = context.settings.limits.mfa_code_attempts;
    let (outcome, user) = update_user(context, user, |user| {
        session.check(sign_in, user, typed)?;
        credentials::check_status(user)?;
        if lockout::is_locked(&user.mfa_codes.lockout, context.now_ms) {
            return Err(locked());
        }
        if user.mfa_codes.wrong.saturating_sub(tries.before) >= TRIES {
            return Err(session::invalid());
        }
        if !compare(user)? {
            lockout::count_failure(&mut user.mfa_codes.lockout, tolerated, context.now_ms);
            user.mfa_codes.wrong = user.mfa_codes.wrong.saturating_add(1);
            let wrong = Error::new(ErrorCode::CodeMismatchException, mismatch);
            return Ok((Err(wrong), ChangeSet::new()));
        }
        user.mfa_codes.lockout = Lockout::default();
        user.mfa_codes.right = user.mfa_codes.right.wrapping_add(1);
        Ok((Ok(()), vec![session.consume()]))
    })
    .await?;
    outcome?;
    let progress = Progress { second: Some(*factor), ..session.progress.clone() };
    advance(sign_in, user, progress.passed(factor.challenge())).await
}

/// Whether the factor of a session is one that the user can still show.
///
/// # Errors
/// `NotAuthorizedException` when it was switched off meanwhile.
pub fn check_usable(sign_in: SignIn<'_>, user: &User, factor: Factor) -> Result<(), Error> {
    if second_factor::usable(sign_in.pool, user).contains(&factor) { Ok(()) } else { Err(session::invalid()) }
}

fn locked() -> Error {
    Error::not_authorized(
        "Too many invalid credentials attempts. User temporarily locked. Please try again after few seconds.",
    )
}
