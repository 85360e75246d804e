//! CUSTOM_AUTH: the start.

use cenote_model::types::ChallengeNameType;

use crate::error::Error;
use crate::sign_in::credentials;
use crate::sign_in::custom::define::{self, Next};
use crate::sign_in::custom::history::Custom;
use crate::sign_in::custom::not_configured;
use crate::sign_in::device::presented;
use crate::sign_in::progress::{FirstFactor, Progress};
use crate::sign_in::session::Session;
use crate::sign_in::srp::{self, Flow};
use crate::sign_in::srp_flow::parse_client_public;
use crate::sign_in::step::{Outcome, SignIn};
use crate::users::resolve::Names;
use crate::users::subject;

/// Starts a custom sign-in. With `CHALLENGE_NAME=SRP_A` the function may have the password proved first; guesses at it count
/// as they do elsewhere, and the lock holds. Without it no password is asked for, and the lock is not looked at.
///
/// # Errors
/// In this order: parameters, functions, user, status, A, lock, device, PreAuthentication, DefineAuthChallenge and what it wants.
pub async fn run(sign_in: SignIn<'_>) -> Result<Outcome, Error> {
    let SignIn { context, pool, client, parameters, .. } = sign_in;
    let typed = parameters.get("USERNAME")?;
    let client_public = match parameters.find("CHALLENGE_NAME") {
        Some("SRP_A") => Some(parameters.get("SRP_A")?),
        _ => None,
    };
    if pool.lambda().define_auth_challenge.is_none() {
        return Err(not_configured());
    }
    let subject = subject::find(context, pool, client, typed, Names::SignIn).await?;
    credentials::check_existence(sign_in, &subject)?;
    let client_public = client_public.map(parse_client_public).transpose()?;
    if client_public.is_some() {
        credentials::check_unlocked(context, &subject.user)?;
    }
    let device = presented::find(sign_in, &subject.user, None).await?;
    credentials::pre_authentication(sign_in, &subject).await?;
    let custom = if client_public.is_some() { Custom::with_srp(typed) } else { Custom::plain(typed) };
    let next = define::ask(sign_in, &subject, &custom).await?;
    let first = FirstFactor::Custom;
    let progress = Progress { first, custom: Some(custom), device, ..Progress::default() };
    if let (Next::PasswordVerifier, Some(client_public)) = (next, client_public) {
        // The secret block says everything; clients that expect a session get one.
        let name = ChallengeNameType::PasswordVerifier;
        let session = Session::of_subject(sign_in, &subject, typed, name, &progress).seal(sign_in)?;
        return srp::challenge(sign_in, &subject, Flow::Custom, &client_public, Some(session)).await;
    }
    define::follow(sign_in, &subject, next, progress).await
}
