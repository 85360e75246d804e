use cenote_model::types::{AdminRevokeUserSessionRequest, AdminRevokeUserSessionResponse};

use crate::context::Context;
use crate::error::Error;
use crate::user_sessions::record;
use crate::user_sessions::revoke_user_session::find;
use crate::users::resolve::get_user;

/// AdminRevokeUserSession: ends a session of a user, with its refresh and access tokens.
///
/// # Errors
/// `UserNotFoundException`, `ResourceNotFoundException` for a pool, or for a session that is none of the user's.
pub async fn admin_revoke_user_session(
    context: &Context,
    request: AdminRevokeUserSessionRequest,
) -> Result<AdminRevokeUserSessionResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let session = find(context, &user, &request.session_id).await?;
    context.commit(record::end(context, &session).into()).await?;
    Ok(AdminRevokeUserSessionResponse {})
}
