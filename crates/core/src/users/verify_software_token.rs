use cenote_model::types::{
    VerifySoftwareTokenRequest, VerifySoftwareTokenResponse, VerifySoftwareTokenResponseType,
};

use crate::context::Context;
use crate::error::Error;
use crate::sign_in::mfa_setup;
use crate::tokens::access_token::authenticate;
use crate::users::associate_software_token::either;
use crate::users::software_token;
use crate::users::update::update_user;

/// VerifySoftwareToken: the first code of an authenticator app. By access token the factor is not switched on yet; by the session
/// of a sign-in it is.
///
/// # Errors
/// In this order: exactly one of the two, access token or session, pool, code.
pub async fn verify_software_token(
    context: &Context,
    request: VerifySoftwareTokenRequest,
) -> Result<VerifySoftwareTokenResponse, Error> {
    let name = request.friendly_device_name.as_deref();
    let session = match (request.access_token, request.session) {
        (Some(token), None) => {
            let holder = authenticate(context, &token).await?;
            software_token::check_offered(&holder.pool)?;
            update_user(context, holder.user, |user| {
                software_token::verify(context, user, &request.user_code, name)?;
                Ok(((), Vec::new()))
            })
            .await?;
            None
        }
        (None, Some(session)) => Some(mfa_setup::verify(context, &session, &request.user_code, name).await?),
        _ => return Err(either()),
    };
    Ok(VerifySoftwareTokenResponse { session, status: Some(VerifySoftwareTokenResponseType::Success) })
}
