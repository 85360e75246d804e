//! Authenticator apps: the seed that a user and the server share, and the codes that are computed from it.

use cenote_crypto::sealed::Purpose;
use cenote_crypto::secret::{SecretBytes, SecretString};
use cenote_crypto::totp::{self, Outcome};
use cenote_model::ErrorCode;
use cenote_store::{Sealed, SoftwareToken, User};

use crate::context::Context;
use crate::error::Error;
use crate::pools::Pool;
use crate::users::factor::Factor;

/// Refuses apps where the pool does not offer them. Those that are enrolled go on.
///
/// # Errors
/// `SoftwareTokenMFANotFoundException`.
pub fn check_offered(pool: &Pool) -> Result<(), Error> {
    if Factor::SoftwareToken.is_on_in(pool) {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::SoftwareTokenMFANotFoundException,
        "Software Token MFA has not been enabled by the userPool",
    ))
}

/// Gives the user a new seed and returns its text. A verified token stays in force until the new one is verified; another
/// seed that waited is void.
pub fn associate(context: &Context, user: &mut User) -> SecretString {
    let seed = totp::generate_seed(context.random.as_ref());
    let sealed =
        context.keyring.seal_text(Purpose::TotpSeed, &scope(user), seed.expose(), context.random.as_ref());
    user.unverified_seed = Some(Sealed(sealed));
    totp::seed_text(&seed)
}

/// Takes the first code of the seed that waits; then it is the user's token. Where none waits the code of the present token is
/// taken, and is used up.
///
/// # Errors
/// `EnableSoftwareTokenMFAException` for a wrong code, or when the user has neither; `ExpiredCodeException` for one that was
/// used.
pub fn verify(context: &Context, user: &mut User, code: &str, name: Option<&str>) -> Result<(), Error> {
    let Some(waiting) = user.unverified_seed.clone() else {
        let token = user.software_token.as_ref().ok_or_else(mismatch)?;
        let step = accept(context, user, token, code)?.ok_or_else(mismatch)?;
        if let Some(token) = &mut user.software_token {
            token.last_step = step;
            if name.is_some() {
                token.name = name.map(str::to_owned);
            }
        }
        return Ok(());
    };
    let seed = open(context, user, &waiting)?;
    let Outcome::Accepted { step } = totp::verify(&seed, code, now_seconds(context), None) else {
        return Err(mismatch());
    };
    user.software_token =
        Some(SoftwareToken { seed: waiting, last_step: step, name: name.map(str::to_owned) });
    user.unverified_seed = None;
    Ok(())
}

/// Takes a code of the user's token and remembers its step; whether it is right.
///
/// # Errors
/// `SoftwareTokenMFANotFoundException` for a user without one; `ExpiredCodeException` for a code that was used.
pub fn redeem(context: &Context, user: &mut User, code: &str) -> Result<bool, Error> {
    let token = user.software_token.as_ref().ok_or_else(missing)?;
    let accepted = accept(context, user, token, code)?;
    if let (Some(step), Some(token)) = (accepted, &mut user.software_token) {
        token.last_step = step;
    }
    Ok(accepted.is_some())
}

/// Takes the user's apps away, and the factor with them.
pub fn remove(user: &mut User) {
    user.software_token = None;
    user.unverified_seed = None;
    Factor::SoftwareToken.switch_off(&mut user.mfa);
}

/// The user has no token.
#[must_use]
pub fn missing() -> Error {
    Error::new(
        ErrorCode::SoftwareTokenMFANotFoundException,
        "Software Token MFA does not exist for the user.",
    )
}

/// What tells one seed from another, and opens nothing.
#[must_use]
pub fn mark(seed: &Sealed) -> &str {
    let start = seed.0.len().saturating_sub(22);
    seed.0.get(start..).unwrap_or_default()
}

fn mismatch() -> Error {
    Error::new(ErrorCode::EnableSoftwareTokenMFAException, "Code mismatch and fail enable Software Token MFA")
}

/// The step of a right code.
fn accept(context: &Context, user: &User, token: &SoftwareToken, code: &str) -> Result<Option<u64>, Error> {
    let seed = open(context, user, &token.seed)?;
    match totp::verify(&seed, code, now_seconds(context), Some(token.last_step)) {
        Outcome::Accepted { step } => Ok(Some(step)),
        Outcome::Wrong => Ok(None),
        Outcome::AlreadyUsed => Err(Error::new(
            ErrorCode::ExpiredCodeException,
            "Your software token has already been used once.",
        )),
    }
}

fn open(context: &Context, user: &User, seed: &Sealed) -> Result<SecretBytes, Error> {
    context.keyring.unseal_text(Purpose::TotpSeed, &scope(user), &seed.0).map_err(Error::internal)
}

fn scope(user: &User) -> [&str; 2] {
    [user.pool_id.as_str(), user.sub.as_str()]
}

fn now_seconds(context: &Context) -> u64 {
    u64::try_from(context.now_ms.div_euclid(1000)).unwrap_or_default()
}
