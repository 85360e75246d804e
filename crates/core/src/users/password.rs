//! Setting and checking passwords: SRP verifiers, sealed, made and compared off the threads that serve connections.

use std::sync::Arc;

use cenote_crypto::sealed::Purpose;
use cenote_crypto::secret::SecretString;
use cenote_crypto::srp::Verifier;
use cenote_store::{CodePurpose, Password, Sealed, User};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;

/// How long a new password holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Permanent,
    /// Until the pool's days for temporary passwords are over.
    Temporary,
}

/// Makes the sealed verifier of a password for a user with this name and sub.
///
/// # Errors
/// `InternalErrorException` when the process is stopping.
pub async fn create(
    context: &Context,
    pool: &Pool,
    username: &str,
    sub: &str,
    password: &str,
    kind: Kind,
) -> Result<Password, Error> {
    let pool_part = pool.id().name_part().to_owned();
    let name = username.to_owned();
    let password = SecretString::new(password.to_owned());
    let random = Arc::clone(&context.random);
    let verifier = context
        .compute
        .run(move || Verifier::create(&pool_part, &name, password.expose(), random.as_ref()))
        .await?;
    let sealed = context.keyring.seal_text(
        Purpose::PasswordVerifier,
        &[pool.id().as_str(), sub],
        verifier.to_bytes().expose(),
        context.random.as_ref(),
    );
    let expires_ms = match kind {
        Kind::Permanent => None,
        Kind::Temporary => Some(context.now_ms + temporary_days(pool) * 86_400_000),
    };
    Ok(Password { verifier: Sealed(sealed), set_ms: context.now_ms, expires_ms })
}

fn temporary_days(pool: &Pool) -> i64 {
    match pool.password_policy().temporary_password_validity_days {
        None | Some(0) => 7,
        Some(days) => i64::from(days),
    }
}

/// Gives the user a new password; the old one goes into the history, as far as the pool keeps one. A reset code that is under
/// way is void: whoever asked for it must not undo the change.
pub fn set(pool: &Pool, user: &mut User, password: Password) {
    let kept =
        usize::try_from(pool.password_policy().password_history_size.unwrap_or(0).max(1) - 1).unwrap_or(0);
    if let Some(old) = user.password.replace(password) {
        user.password_history.insert(0, old.verifier);
    }
    user.password_history.truncate(kept);
    user.codes.remove(&CodePurpose::Reset);
}

/// Whether this is the user's password. Takes as long for a user without one.
///
/// # Errors
/// `InternalErrorException` when the stored verifier can't be opened.
pub async fn matches(context: &Context, pool: &Pool, user: &User, password: &str) -> Result<bool, Error> {
    match &user.password {
        Some(stored) => compare(context, pool, user, std::slice::from_ref(&stored.verifier), password).await,
        None => matches_nobody(context, pool, &user.username, password).await,
    }
}

/// The work of [`matches()`] for a name that nobody has; never true.
///
/// # Errors
/// `InternalErrorException` when the process is stopping.
pub async fn matches_nobody(
    context: &Context,
    pool: &Pool,
    username: &str,
    password: &str,
) -> Result<bool, Error> {
    let (pool_part, name) = (pool.id().name_part().to_owned(), username.to_owned());
    let password = SecretString::new(password.to_owned());
    let seed = pool.secret;
    context
        .compute
        .run(move || {
            let verifier = Verifier::simulated(&seed);
            let _ = verifier.matches(&pool_part, &name, password.expose());
            false
        })
        .await
}

/// Whether the pool's history forbids this password: the current one and those before it.
///
/// # Errors
/// `InternalErrorException` when a stored verifier can't be opened.
pub async fn was_used(context: &Context, pool: &Pool, user: &User, password: &str) -> Result<bool, Error> {
    let size = usize::try_from(pool.password_policy().password_history_size.unwrap_or(0)).unwrap_or(0);
    let verifiers: Vec<Sealed> = user
        .password
        .iter()
        .map(|password| password.verifier.clone())
        .chain(user.password_history.iter().cloned())
        .take(size)
        .collect();
    compare(context, pool, user, &verifiers, password).await
}

async fn compare(
    context: &Context,
    pool: &Pool,
    user: &User,
    verifiers: &[Sealed],
    password: &str,
) -> Result<bool, Error> {
    if verifiers.is_empty() {
        return Ok(false);
    }
    let opened = verifiers
        .iter()
        .map(|sealed| open(context, user, sealed))
        .collect::<Result<Vec<Verifier>, Error>>()?;
    let (pool_part, name) = (pool.id().name_part().to_owned(), user.username.clone());
    let password = SecretString::new(password.to_owned());
    context
        .compute
        .run(move || {
            // Every one is compared: which of them matched must not show in the time.
            opened
                .iter()
                .fold(false, |found, verifier| found | verifier.matches(&pool_part, &name, password.expose()))
        })
        .await
}

fn open(context: &Context, user: &User, sealed: &Sealed) -> Result<Verifier, Error> {
    let plain = context
        .keyring
        .unseal_text(Purpose::PasswordVerifier, &[user.pool_id.as_str(), user.sub.as_str()], &sealed.0)
        .map_err(Error::internal)?;
    Verifier::from_bytes(plain.expose()).map_err(Error::internal)
}
