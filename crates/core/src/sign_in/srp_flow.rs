//! USER_SRP_AUTH: the password is proved, never sent.

use cenote_crypto::srp::{ClientPublic, ClientPublicError};

use crate::error::Error;
use crate::sign_in::credentials;
use crate::sign_in::srp::{self, Flow};
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::resolve::Names;
use crate::users::subject;

/// Starts a sign-in by SRP.
///
/// # Errors
/// In Cognito's order: parameters, user, status, A, lock, PreAuthentication.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let username = parameters.get("USERNAME")?;
    let client_public = parameters.get("SRP_A")?;
    let subject = subject::find(context, pool, client, username, Names::SignIn).await?;
    credentials::check_existence(sign_in, &subject)?;
    let client_public = parse_client_public(client_public)?;
    credentials::check_unlocked(context, &subject.user)?;
    credentials::pre_authentication(sign_in, &subject).await?;
    srp::challenge(sign_in, &subject, Flow::Srp, &client_public, None).await
}

/// Reads SRP_A.
///
/// # Errors
/// `InvalidParameterException` that says what is wrong with it.
pub(super) fn parse_client_public(hex: &str) -> Result<ClientPublic, Error> {
    ClientPublic::parse(hex).map_err(|error| {
        Error::invalid_parameter(match error {
            ClientPublicError::TooLong => "SRP_A is too long.",
            ClientPublicError::Empty | ClientPublicError::NotHex => "SRP_A is not a hexadecimal number.",
        })
    })
}
