use cenote_model::types::{ListUsersInGroupRequest, ListUsersInGroupResponse};
use cenote_store::Sub;

use crate::context::Context;
use crate::error::Error;
use crate::groups::group;
use crate::page::{self, Position};
use crate::users::describe;

/// ListUsersInGroup: by sub.
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException` for a token of another list.
pub async fn list_users_in_group(
    context: &Context,
    request: ListUsersInGroupRequest,
) -> Result<ListUsersInGroupResponse, Error> {
    let pool = context.get_pool(&request.user_pool_id).await?;
    let group = group::get(context, &pool, &request.group_name).await?;
    let list = ["ListUsersInGroup", pool.id().as_str(), &group.name];
    let after = page::unseal(context, &list, request.next_token.as_deref())?;
    let after = after.map(|position| Sub::new(position.id));
    let limit = page::size(request.limit);
    let mut users =
        context.store.list_users_in_group(pool.id(), &group.name, after.as_ref(), limit + 1).await?;
    let next = page::cut(&mut users, limit as usize, |user| Position {
        created_ms: user.created_ms,
        id: user.sub.as_str().to_owned(),
    });
    Ok(ListUsersInGroupResponse {
        next_token: next.map(|position| page::seal(context, &list, position)).transpose()?,
        users: Some(users.iter().map(|user| describe::user_type(user, |_| true)).collect()),
    })
}
