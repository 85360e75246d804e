use cenote_model::ErrorCode;
use cenote_model::types::{AssociateSoftwareTokenRequest, AssociateSoftwareTokenResponse};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::mfa_setup;
use crate::tokens::access_token::authenticate;
use crate::users::software_token;
use crate::users::update::update_user;

/// AssociateSoftwareToken: a new seed for an authenticator app, for the user of the access token, or for one who sets up a
/// second factor on the way in.
///
/// # Errors
/// In this order: exactly one of the two, access token or session, pool.
pub async fn associate_software_token(
    context: &Context,
    request: AssociateSoftwareTokenRequest,
) -> Result<AssociateSoftwareTokenResponse, Error> {
    let outcome = match (request.access_token, request.session) {
        (Some(token), None) => associate(context, &token).await,
        (None, Some(session)) => mfa_setup::associate(context, &session).await.map(|(seed, session)| {
            AssociateSoftwareTokenResponse {
                secret_code: Some(seed.expose().to_owned()),
                session: Some(session),
            }
        }),
        _ => Err(either()),
    };
    outcome.map_err(declared)
}

async fn associate(context: &Context, token: &str) -> Result<AssociateSoftwareTokenResponse, Error> {
    let holder = authenticate(context, token).await?;
    software_token::check_offered(&holder.pool)?;
    let (seed, _) =
        update_user(context, holder.user, |user| Ok((software_token::associate(context, user), Vec::new())))
            .await?;
    Ok(AssociateSoftwareTokenResponse { secret_code: Some(seed.expose().to_owned()), session: None })
}

/// Neither an access token nor a session, or both.
pub(super) fn either() -> Error {
    Error::invalid_parameter("Either AccessToken or Session must be given, and not both.")
}

/// The operation declares less than those it does the same as.
fn declared(error: Error) -> Error {
    match error.code {
        ErrorCode::TooManyRequestsException => Error::new(
            ErrorCode::ConcurrentModificationException,
            "The user is being changed by another request. Try again.",
        ),
        ErrorCode::UserNotFoundException
        | ErrorCode::PasswordResetRequiredException
        | ErrorCode::UserNotConfirmedException => Error::not_authorized(error.message.unwrap_or_default()),
        _ => error,
    }
}
