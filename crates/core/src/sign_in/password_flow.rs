//! A password typed in: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and its older name.

use cenote_store::{ChangeSet, Lockout, UserStatus};

use crate::error::Error;
use crate::sign_in::advance::advance;
use crate::sign_in::credentials;
use crate::sign_in::device::presented;
use crate::sign_in::guess::{self, Guess};
use crate::sign_in::progress::Progress;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::migration::{self, Migration};
use crate::users::resolve::{Names, find_user};
use crate::users::subject::{self, Subject};
use crate::users::{password, update};

/// Signs in by user name and password.
///
/// # Errors
/// In Cognito's order: parameters, user, status, lock, PreAuthentication, password.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let username = parameters.get("USERNAME")?;
    let typed = parameters.get("PASSWORD")?;
    let found = subject::find(context, pool, client, username, Names::SignIn).await?;
    let (subject, is_counted) = migrate(sign_in, found, typed).await?;
    credentials::check_existence(sign_in, &subject)?;
    check_unlocked_unless_counted(sign_in, &subject, is_counted)?;
    credentials::pre_authentication(sign_in, &subject).await?;
    prove(sign_in, subject, Progress::default(), typed, is_counted, ChangeSet::new()).await
}

/// The lock. The fifth guess may have started it; it is answered as it would be of a user.
///
/// # Errors
/// `NotAuthorizedException`.
pub(super) fn check_unlocked_unless_counted(
    sign_in: SignIn<'_>,
    subject: &Subject,
    is_counted: bool,
) -> Result<(), Error> {
    if is_counted { Ok(()) } else { credentials::check_unlocked(sign_in.context, &subject.user) }
}

/// Compares the password and goes on with the sign-in. `spent` is written whether it is right or wrong.
///
/// # Errors
/// `NotAuthorizedException` for a wrong one; those of the user's state.
pub(super) async fn prove(
    sign_in: SignIn<'_>,
    subject: Subject,
    progress: Progress,
    typed: &str,
    is_counted: bool,
    spent: ChangeSet,
) -> Result<Outcome, Error> {
    let SignIn { context, pool, .. } = sign_in;
    let guess = Guess::begin(sign_in, subject, is_counted).await?;
    let user = &guess.subject.user;
    let matches = password::matches(context, pool, user, typed).await?;
    if !matches || user.status == UserStatus::ExternalProvider {
        return Err(guess.wrong(spent).await);
    }
    let device = presented::find(sign_in, user, progress.device.as_deref()).await;
    let user = guess.right(if device.is_ok() { spent } else { ChangeSet::new() }).await?;
    advance(sign_in, user, Progress { device: device?, ..progress.with_password() }).await
}

/// Asks the pool's old directory for a user that the pool lacks, and says whether the guess is counted. The directory's function
/// checks the password, so what it refuses is a wrong password like any other, and guessing at it is locked like guessing
/// here. It counts before the function is asked: of many guesses that race, the function compares no more than the lock
/// allows.
pub(super) async fn migrate(
    sign_in: SignIn<'_>,
    nobody: Subject,
    typed: &str,
) -> Result<(Subject, bool), Error> {
    let SignIn { context, pool, client, .. } = sign_in;
    if nobody.exists() || pool.lambda().user_migration.is_none() {
        return Ok((nobody, false));
    }
    let username = nobody.user.username.clone();
    let counted = match guess::count_before(sign_in, nobody.clone()).await {
        Ok(counted) => counted,
        Err(refused) => {
            // Those who were faster may have brought the user over.
            let user = find_user(context, pool, &username, Names::SignIn).await?;
            return user.map(|user| (user.into(), false)).ok_or(refused);
        }
    };
    let migration = Migration {
        pool,
        client,
        username: &username,
        password: Some(typed),
        validation_data: sign_in.validation_data(),
        client_metadata: sign_in.answer_metadata(),
    };
    let Some(user) = migration::migrate(context, migration).await? else { return Ok((counted, true)) };
    update::update_user(context, counted, |user| {
        user.lockout = Lockout::default();
        Ok(((), Vec::new()))
    })
    .await?;
    if user.status == UserStatus::ResetRequired {
        // Whoever comes with the password that the function knows may be told, here and not again.
        return Err(Error::password_reset_required());
    }
    Ok((user.into(), false))
}
