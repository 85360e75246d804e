use cenote_model::types::{AdminListUserSessionsRequest, AdminListUserSessionsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::user_sessions::describe;
use crate::users::resolve::get_user;

/// AdminListUserSessions: a user's sessions at all clients.
///
/// # Errors
/// `ResourceNotFoundException`, `UserNotFoundException`, `InvalidParameterException` for a token of a page.
pub async fn admin_list_user_sessions(
    context: &Context,
    request: AdminListUserSessionsRequest,
) -> Result<AdminListUserSessionsResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let user = get_user(context, &pool, &request.username).await?;
    let next = request.next_token.as_deref();
    let sessions = describe::list(context, "AdminListUserSessions", &user, None, next).await?;
    Ok(AdminListUserSessionsResponse { next_token: None, sessions: Some(sessions) })
}
