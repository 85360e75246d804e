use cenote_model::ErrorCode;
use cenote_model::types::{RevokeUserSessionRequest, RevokeUserSessionResponse};
use cenote_store::{User, UserSession};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::user_sessions::record;

/// RevokeUserSession: ends another session of the user, with its refresh and access tokens. Sessions of managed login, which
/// could be linked to it, do not exist yet.
///
/// # Errors
/// Those of the access token; `InvalidParameterException` for the session that asks, `ResourceNotFoundException` for one that
/// is none of the user's.
pub async fn revoke_user_session(
    context: &Context,
    request: RevokeUserSessionRequest,
) -> Result<RevokeUserSessionResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let session = find(context, &holder.user, &request.session_id).await?;
    if holder.family.as_ref() == Some(&session.family) {
        return Err(Error::invalid_parameter("The current session cannot be revoked."));
    }
    context.commit(record::end(context, &session).into()).await?;
    Ok(RevokeUserSessionResponse {})
}

/// A session of the user that goes on.
///
/// # Errors
/// `ResourceNotFoundException` when there is none of this id.
pub(super) async fn find(context: &Context, user: &User, id: &str) -> Result<UserSession, Error> {
    let (active, _) = record::all(context, user).await?;
    let missing = || Error::new(ErrorCode::ResourceNotFoundException, "User session does not exist.");
    active.into_iter().find(|session| session.id == id).ok_or_else(missing)
}
