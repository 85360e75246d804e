//! A guess at a password, typed in or proved: its turn, its count, and what comes of it.
//!
//! Of somebody with wrong passwords a guess is counted before it is compared, and a right one takes the counts back. So of
//! guesses that race, on however many instances, it is settled who is compared before anybody knows who is right.
//!
//! Of somebody without, nothing is written before: nearly all guesses are right. A process compares such guesses one after the
//! other, so that of those that race each instance compares one at the most before the first wrong one is counted. All of them
//! are counted afterwards, even if that makes the lock longer: no password is compared for nothing.
//!
//! Whose turn it is has waited for a processor: did it wait meanwhile, behind everybody else, those of one user would each wait as
//! long, one after the other.

use cenote_store::{ChangeSet, Lockout, User, UserStatus};

use crate::error::Error;
use crate::sign_in::credentials::{check_status, check_unlocked};
use crate::sign_in::step::SignIn;
use crate::users::lockout;
use crate::users::subject::Subject;
use crate::users::turns::Turn;
use crate::users::update::update_user;

/// A guess under way.
#[derive(Debug)]
pub struct Guess<'a> {
    sign_in: SignIn<'a>,
    turn: Turn<'a>,
    /// Whom to compare it with.
    pub subject: Subject,
    is_counted: bool,
}

impl<'a> Guess<'a> {
    /// Waits for its turn, and counts it where it has to be; `is_counted`: it is already.
    ///
    /// # Errors
    /// `NotAuthorizedException` when others have locked the user meanwhile.
    pub async fn begin(sign_in: SignIn<'a>, subject: Subject, is_counted: bool) -> Result<Self, Error> {
        let context = sign_in.context;
        context.wait_in_line().await?;
        let turn = context.password_turns.take(&subject.user).await;
        let mut guess = Self { sign_in, turn, subject, is_counted };
        if is_counted {
            return Ok(guess);
        }
        if guess.has_no_failures() && guess.turn.is_later_than(context.came) {
            guess.subject = guess.subject.reread(context).await?.ok_or_else(Error::incorrect_credentials)?;
        }
        if !guess.has_no_failures() {
            guess.subject = count_before(sign_in, guess.subject).await?;
            guess.turn.counted();
            guess.is_counted = true;
        }
        Ok(guess)
    }

    /// None that still counts: who failed long ago is treated like a name that was never heard of.
    fn has_no_failures(&self) -> bool {
        lockout::failures(&self.subject.user.lockout, self.sign_in.context.now_ms) == 0
    }

    /// It is wrong. Of many that race, those that come after the lock are told of it. `further` is written.
    pub async fn wrong(mut self, further: ChangeSet) -> Error {
        let context = self.sign_in.context;
        if self.is_counted {
            return context
                .commit(further)
                .await
                .err()
                .map_or_else(Error::incorrect_credentials, Error::from);
        }
        let counted = update_user(context, self.subject, |user| {
            let unlocked = check_unlocked(context, user);
            count(self.sign_in, user);
            Ok((unlocked, further.clone()))
        });
        let counted = counted.await.and_then(|(unlocked, _)| unlocked);
        self.turn.counted();
        counted.err().unwrap_or_else(Error::incorrect_credentials)
    }

    /// It is right: looks at the user again, writes `further`, and forgets wrong passwords. Where others disabled the user or
    /// gave it another password meanwhile it does not count, nor where it was not counted and they locked the user.
    ///
    /// # Errors
    /// `NotAuthorizedException` for those, for a temporary password whose time is over, and when what was proved was used
    /// already; those of [`check_status`].
    pub async fn right(self, further: ChangeSet) -> Result<User, Error> {
        let Self { sign_in, turn, subject, is_counted } = self;
        let context = sign_in.context;
        let compared = subject.user.clone();
        let subject = if is_counted { Some(subject) } else { subject.reread(context).await? };
        let subject = subject.ok_or_else(Error::user_missing)?;
        let ((), user) = update_user(context, subject, |user| {
            if !is_counted {
                check_unlocked(context, user)?;
            }
            let same = user.password == compared.password
                && user.status == compared.status
                && user.enabled == compared.enabled;
            if !same {
                return Err(Error::incorrect_credentials());
            }
            check_status(user)?;
            user.lockout = Lockout::default();
            Ok(((), further.clone()))
        })
        .await?;
        drop(turn);
        let expires_ms = user.password.as_ref().and_then(|password| password.expires_ms);
        let is_over = expires_ms.is_some_and(|ms| ms <= context.now_ms);
        if user.status == UserStatus::ForceChangePassword && is_over {
            return Err(Error::not_authorized(
                "Temporary password has expired and must be reset by an administrator.",
            ));
        }
        Ok(user)
    }
}

/// Counts a guess before anything is compared.
///
/// # Errors
/// `NotAuthorizedException` when the user is locked.
pub async fn count_before(sign_in: SignIn<'_>, subject: Subject) -> Result<Subject, Error> {
    let ((), user) = update_user(sign_in.context, subject.clone(), |user| {
        check_unlocked(sign_in.context, user)?;
        count(sign_in, user);
        Ok(((), ChangeSet::new()))
    })
    .await?;
    Ok(subject.with(user))
}

fn count(sign_in: SignIn<'_>, user: &mut User) {
    let context = sign_in.context;
    let tolerated = context.settings.limits.password_attempts;
    lockout::count_failure(&mut user.lockout, tolerated, context.now_ms);
}
