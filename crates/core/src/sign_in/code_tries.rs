//! Tries at the codes of a sign-in, whether the code is the first factor or the second: the tries of a session and, for a second
//! factor, the lock.
//!
//! Every try is counted in the user's row, right or wrong, by the change set that says what comes of it. So tries that race take
//! their turns there, on however many instances, and a right code counts only while tries are left. It leaves none to those that
//! it has overtaken: they would begin a new count, of guesses at a session that is over. Of a first factor only
//! those of the session are counted: anybody may ask for one, and nobody is to lock others out. Whoever is asked for a second
//! factor has shown the first. The lock is another one than that of passwords: who has the password must not win new guesses
//! by it.

use cenote_model::ErrorCode;
use cenote_store::{ChangeSet, Lockout, User};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::one_time_code::CodeUse;
use crate::sign_in::session::{self, Session};
use crate::users::lockout;
use crate::users::subject::Subject;
use crate::users::update::update_user;

/// Tries after which a session is worth nothing.
const TRIES: u32 = 10;

/// In place of the tries of a session whose code was right.
const USED: u32 = u32::MAX;

/// Lets `compare` compare a code: `None` when it is wrong, else it may change the user, and the session is used up. A wrong code
/// leaves the session alive.
///
/// # Errors
/// `NotAuthorizedException` for a session without tries, while the user is locked, and for a session that was used meanwhile;
/// `CodeMismatchException` with the text `mismatch`; those of `compare`, uncounted.
pub async fn redeem<T: Send>(
    context: &Context,
    subject: impl Into<Subject>,
    session: &Session,
    used_as: CodeUse,
    mismatch: &'static str,
    compare: impl Fn(&mut User) -> Result<Option<T>, Error>,
) -> Result<(T, User), Error> {
    let tolerated = context.settings.limits.mfa_code_attempts;
    let (redeemed, user) = update_user(context, subject, |user| {
        if used_as == CodeUse::SecondFactor && lockout::is_locked(&user.code_tries.lockout, context.now_ms) {
            return Err(locked());
        }
        count(context, user, session)?;
        let redeemed = compare(user)?;
        if redeemed.is_some() {
            set_used(user, session);
        }
        let lockout = &mut user.code_tries.lockout;
        match (used_as, &redeemed) {
            (CodeUse::FirstFactor, _) => {}
            (CodeUse::SecondFactor, Some(_)) => *lockout = Lockout::default(),
            (CodeUse::SecondFactor, None) => lockout::count_failure(lockout, tolerated, context.now_ms),
        }
        let used = if redeemed.is_some() { vec![session.consume()] } else { ChangeSet::new() };
        Ok((redeemed, used))
    })
    .await?;
    let redeemed = redeemed.ok_or_else(|| Error::new(ErrorCode::CodeMismatchException, mismatch))?;
    Ok((redeemed, user))
}

fn count(context: &Context, user: &mut User, session: &Session) -> Result<(), Error> {
    let sessions = &mut user.code_tries.sessions;
    sessions.retain(|_, tries| context.now_ms < tries.expires_ms);
    let tries = sessions.entry(session.id().to_owned()).or_default();
    match tries.count {
        USED => return Err(Error::session_used()),
        TRIES.. => return Err(session::invalid()),
        count => tries.count = count + 1,
    }
    tries.expires_ms = session.expires_ms;
    Ok(())
}

fn set_used(user: &mut User, session: &Session) {
    if let Some(tries) = user.code_tries.sessions.get_mut(session.id()) {
        tries.count = USED;
    }
}

fn locked() -> Error {
    Error::not_authorized(
        "Too many invalid credentials attempts. User temporarily locked. Please try again after few seconds.",
    )
}
