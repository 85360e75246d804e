use cenote_model::types::{ListUserSessionsRequest, ListUserSessionsResponse};

use crate::context::Context;
use crate::error::Error;
use crate::tokens::access_token::authenticate;
use crate::user_sessions::describe;

/// ListUserSessions: the user's own sessions at all clients.
///
/// # Errors
/// Those of the access token; `InvalidParameterException` for a token of a page.
pub async fn list_user_sessions(
    context: &Context,
    request: ListUserSessionsRequest,
) -> Result<ListUserSessionsResponse, Error> {
    let holder = authenticate(context, &request.access_token).await?;
    let (own, next) = (holder.family.as_deref(), request.next_token.as_deref());
    let sessions = describe::list(context, "ListUserSessions", &holder.user, own, next).await?;
    Ok(ListUserSessionsResponse { next_token: None, sessions: Some(sessions) })
}
