//! Setting and checking passwords: SRP verifiers, sealed, made and compared off the threads that serve connections.

use std::sync::Arc;

use cenote_crypto::keyring::KeyRing;
use cenote_crypto::random::{RandomSource, token_bytes};
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
    let verifier =
        context.run(move || Verifier::create(&pool_part, &name, password.expose(), random.as_ref())).await?;
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

/// Whether this is the user's password. Does the same work for a user without one, and for a name that nobody has.
///
/// # Errors
/// `InternalErrorException` when the stored verifier can't be opened.
pub async fn matches(context: &Context, pool: &Pool, user: &User, password: &str) -> Result<bool, Error> {
    let matches = compare(context, pool, user, vec![verifier(context, user)?], password).await?;
    Ok(matches && user.password.is_some())
}

/// The user's verifier, or one that no password matches for a user without one, and for a name that nobody has.
///
/// # Errors
/// `InternalErrorException` when the stored verifier can't be opened.
pub fn verifier(context: &Context, user: &User) -> Result<Verifier, Error> {
    match &user.password {
        Some(stored) => open(context, [user.pool_id.as_str(), user.sub.as_str()], &stored.verifier),
        None => open(context, DECOY, &context.decoy_verifier),
    }
}

/// Where the verifier that stands in for a missing one lies.
const DECOY: [&str; 2] = ["no pool", "no user"];

/// A sealed verifier that no password matches, to stand in for a missing one.
#[must_use]
pub fn decoy_verifier(keyring: &KeyRing, random: &dyn RandomSource) -> Sealed {
    let verifier = Verifier::simulated(&token_bytes(random));
    Sealed(keyring.seal_text(Purpose::PasswordVerifier, &DECOY, verifier.to_bytes().expose(), random))
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
    let scope = [user.pool_id.as_str(), user.sub.as_str()];
    let opened = verifiers.iter().map(|sealed| open(context, scope, sealed)).collect::<Result<_, _>>()?;
    compare(context, pool, user, opened, password).await
}

async fn compare(
    context: &Context,
    pool: &Pool,
    user: &User,
    verifiers: Vec<Verifier>,
    password: &str,
) -> Result<bool, Error> {
    if verifiers.is_empty() {
        return Ok(false);
    }
    let (pool_part, name) = (pool.id().name_part().to_owned(), user.username.clone());
    let password = SecretString::new(password.to_owned());
    context
        .run(move || {
            // Every one is compared: which of them matched must not show in the time.
            verifiers
                .iter()
                .fold(false, |found, verifier| found | verifier.matches(&pool_part, &name, password.expose()))
        })
        .await
}

fn open(context: &Context, scope: [&str; 2], sealed: &Sealed) -> Result<Verifier, Error> {
    let plain =
        context.keyring.unseal_text(Purpose::PasswordVerifier, &scope, &sealed.0).map_err(Error::internal)?;
    Verifier::from_bytes(plain.expose()).map_err(Error::internal)
}
